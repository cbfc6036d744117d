import {settingNames} from '../../domain/settings.js';
import type {Command} from '../command.js';
import {commandTable, subcommandsOf} from '../command-table.js';
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
export type Values = readonly string[] | 'nodes' | 'file' | 'folder' | 'free';

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
	file: 'file',
	settings: settingNames,
	shells,
};

/** Every command with its flags. */
export const commandOffers: readonly CommandOffer[] = Object.entries(
	commandTable as Readonly<Record<string, Command>>,
).map(([words, {about, flags, flagWords, takes}]) => ({
	words,
	about,
	flags: flags.map(name => flagOffer(name, flagWords?.[name])),
	...(takes === undefined ? {} : {takes: takenValues[takes]}),
}));

function flagOffer(name: FlagName, own: Partial<Flag> = {}): FlagOffer {
	const {value, short, isNegative, about, choices, path}: Flag = {...flagTable[name], ...own};
	return {
		long: `${isNegative ? 'no-' : ''}${name}`,
		...(short === undefined ? {} : {short}),
		about,
		...(value === undefined ? {} : {values: choices ?? path ?? 'free'}),
	};
}

/** The words a command line can begin with. */
export const firstWords: readonly Offer[] = [
	...new Map(
		commandOffers
			.filter(({words}) => words !== '')
			.map(({words, about}) => {
				const word = words.split(' ')[0] ?? words;
				const others = subcommandsOf(word);
				return [word, {word, about: others.length > 0 ? others.join(', ') : about}] as const;
			}),
	).values(),
	{word: 'help', about: 'show help for a command'},
];

/** The first words that only begin commands, with those that may follow. */
export const groups: ReadonlyArray<{readonly word: string; readonly offers: readonly Offer[]}> = firstWords
	.map(({word}) => ({
		word,
		offers: subcommandsOf(word).map(second => ({
			word: second,
			about: (commandTable as Readonly<Record<string, Command>>)[`${word} ${second}`]?.about ?? '',
		})),
	}))
	.filter(({offers}) => offers.length > 0);

/** Every way to type a flag that has a value. */
export const valuedFlags: readonly string[] = [
	...new Set(
		commandOffers
			.flatMap(({flags}) => flags)
			.filter(({values}) => values !== undefined)
			.flatMap(({long, short}) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]),
	),
];
