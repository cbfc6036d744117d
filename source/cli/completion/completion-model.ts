import {compact} from '../../domain/compact.js';
import {settingNames} from '../../domain/settings.js';
import type {Command} from '../command.js';
import {type Flag, type FlagName, flagTable} from '../flags.js';

/** The shells there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A word that can be typed and what it means. */
export interface Offer {
	readonly word: string;
	readonly about: string;
}

/** What a value or an argument is: words to choose from, or something the shell looks up. */
export type Values = readonly string[] | 'nodes' | 'actions' | 'hosts' | 'file' | 'folder' | 'free';

/** A flag of a command, as completion sees it. */
export interface FlagOffer {
	/** Without dashes, `no-` included. */
	readonly long: string;
	readonly short?: string;
	readonly about: string;
	/** Absent for a switch. */
	readonly values?: Values;
}

/** A command, as completion sees it. */
export interface CommandOffer {
	/** `''`, `status`, `nodes list` ... */
	readonly words: string;
	readonly about: string;
	readonly flags: readonly FlagOffer[];
	/** What its arguments are; absent when it takes none. */
	readonly takes?: Values;
}

const takenValues: Readonly<Record<NonNullable<Command['takes']>, Values>> = {
	nodes: 'nodes',
	actions: 'actions',
	hosts: 'hosts',
	file: 'file',
	settings: settingNames,
	shells,
};

/** Everything that the completion scripts know of the commands. */
export interface CompletionModel {
	/** Every command with its flags. */
	readonly commandOffers: readonly CommandOffer[];
	/** The words a command line can begin with. */
	readonly firstWords: readonly Offer[];
	/** The first words that only begin commands, with those that may follow. */
	readonly groups: ReadonlyArray<{readonly word: string; readonly offers: readonly Offer[]}>;
	/** Every way to type a flag that has a value. */
	readonly valuedFlags: readonly string[];
}

/** @param commands by the words that are typed for them; `''` is the program alone */
export function completionModel(commands: Readonly<Record<string, Command>>): CompletionModel {
	const commandOffers = Object.entries(commands).map(
		([words, {about, flags, flagWords, takes}]): CommandOffer => ({
			words,
			about,
			flags: flags.map(name => flagOffer(name, flagWords?.[name])),
			...(takes === undefined ? {} : {takes: takenValues[takes]}),
		}),
	);
	const first = [...new Set(commandOffers.map(({words}) => words.split(' ')[0] ?? ''))].filter(word => word !== '');
	const groups = first
		.map(word => ({word, offers: subcommandOffers(word, commandOffers)}))
		.filter(({offers}) => offers.length > 0);
	const groupOf = (word: string) => groups.find(group => group.word === word);
	return {
		commandOffers,
		firstWords: [
			...first.map(word => ({
				word,
				about:
					groupOf(word)
						?.offers.map(offer => offer.word)
						.join(', ') ??
					commands[word]?.about ??
					'',
			})),
			{word: 'help', about: 'show help for a command'},
		],
		groups,
		valuedFlags: [
			...new Set(
				commandOffers
					.flatMap(({flags}) => flags)
					.filter(({values}) => values !== undefined)
					.flatMap(typedFlagNames),
			),
		],
	};
}

function subcommandOffers(word: string, all: readonly CommandOffer[]): Offer[] {
	return all
		.filter(({words}) => words.startsWith(`${word} `))
		.map(({words, about}) => ({word: words.slice(word.length + 1), about}));
}

/** Every way to type a flag: `--method`, `-m`. */
export function typedFlagNames({long, short}: FlagOffer): string[] {
	return [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
}

function flagOffer(name: FlagName, own: Partial<Flag> = {}): FlagOffer {
	const {value, shortFlag, isNegative, about, choices, path}: Flag = {...flagTable[name], ...own};
	return compact({
		long: `${isNegative ? 'no-' : ''}${name}`,
		short: shortFlag,
		about,
		...(value === undefined ? {} : {values: choices ?? path ?? (name === 'hosts' ? 'hosts' : 'free')}),
	});
}
