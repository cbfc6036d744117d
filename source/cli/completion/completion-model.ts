import {compact} from '../../domain/compact.js';
import {settingNames} from '../../domain/settings.js';
import type {Command} from '../command.js';
import {type Flag, type FlagName, flagTable} from '../flags.js';

/** The supported shells. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A completion and its description. */
export interface Offer {
	readonly word: string;
	readonly about: string;
}

/** The possible values of a flag or an argument: a list of words, or a kind that the shell looks up. */
export type Values = readonly string[] | 'nodes' | 'actions' | 'hosts' | 'file' | 'folder' | 'free';

/** A flag of a command, for completion. */
export interface FlagOffer {
	/** Without dashes, `no-` included. */
	readonly long: string;
	readonly short?: string;
	readonly about: string;
	/** Absent for a switch. */
	readonly values?: Values;
}

/** A command, for completion. */
export interface CommandOffer {
	/** `''`, `status`, `nodes list` ... */
	readonly words: string;
	readonly about: string;
	readonly flags: readonly FlagOffer[];
	/** The values of its arguments; absent when it takes none. */
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

/** The data of all completion scripts. */
export interface CompletionModel {
	/** Every command with its flags. */
	readonly commandOffers: readonly CommandOffer[];
	/** The first words of a command line. */
	readonly firstWords: readonly Offer[];
	/** The groups, such as `nodes`, with their subcommands. */
	readonly groups: ReadonlyArray<{readonly word: string; readonly offers: readonly Offer[]}>;
	/** All spellings of the flags that have a value. */
	readonly valuedFlags: readonly string[];
}

/** @param commands the commands by name; `''` is xmrtop without a command */
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

/** All spellings of a flag: `--method`, `-m`. */
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
