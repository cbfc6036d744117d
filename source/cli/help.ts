import type {Command} from './command.js';
import {commandTexts} from './command-help.js';
import {type CommandWords, commandTable, listSubcommands} from './command-table.js';
import {type Flag, type FlagName, flagTable} from './flags.js';

/** The exit codes, as the help and the README list them. */
export const exitCodes = [
	[0, 'no node is at or beyond --fail-on; there are no nodes; a loop was ended by a signal'],
	[1, 'a node is at or beyond --fail-on (default failed: any status false); wait: state not reached'],
	[2, 'invalid usage, unknown node, unreadable or invalid configuration'],
	[70, 'internal error'],
	['--nagios', '0 OK, 1 WARNING (degraded, busy), 2 CRITICAL (down), 3 UNKNOWN (unknown, no nodes, any error)'],
] as const;

const all = Object.entries(commandTable) as ReadonlyArray<readonly [CommandWords, Command]>;

/** Address of the repository and the guides. `npm run readme` copies it to every other place; a test checks that. */
export const docsAddress = 'https://github.com/xmrtop/xmrtop';

/** The guide in docs/ for the first word of a command; commands not listed here are in `commands`. */
const guides: Readonly<Record<string, string>> = {
	'': 'live-table',
	alerts: 'alerts',
	demo: 'getting-started',
	discover: 'getting-started',
	during: 'alerts',
	serve: 'prometheus',
	actions: 'actions',
	run: 'actions',
	silence: 'alerts',
	status: 'checks',
	watch: 'alerts',
};

/** The address of the guide that a command belongs to. */
export function guideAddress(words: string): string {
	return `${docsAddress}/blob/main/docs/${guides[words.split(' ')[0] ?? ''] ?? 'commands'}.md`;
}

/**
 * The help of the whole program.
 * @param width maximum width in columns; absent: nothing is wrapped
 */
export function programHelp(width?: number): string {
	const rows = all.map(([, {usage, about}]) => [`xmrtop ${usage}`, about] as const);
	return [
		'xmrtop: monitor for fleets of monero-wallet-rpc',
		'',
		'Usage',
		...twoColumns(rows, width),
		'',
		...wrapped('NODE is the id or name of a node; default: all enabled nodes.', width),
		...wrapped('Durations: 500ms, 5s, 2m, 6h. For the flags of a command: xmrtop COMMAND --help', width),
		'',
		'Flags of the live table, and of status without a terminal',
		...flagLines(commandTable[''].flags, commandTable[''].flagWords, width),
		...examplesOf(''),
		'',
		'Exit codes',
		...twoColumns(
			exitCodes.map(([code, about]) => [String(code), about] as const),
			width,
		),
		'',
		`Guides: ${docsAddress}`,
		'',
	].join('\n');
}

/** The help of one command, with its flags. */
export function commandHelp(words: CommandWords, width?: number): string {
	if (words === '') {
		return programHelp(width);
	}

	const command: Command = commandTable[words];
	const {usage, about, flags, flagWords} = command;
	const {more} = commandTexts[words];
	const paragraph = more === undefined ? [] : [...wrappedParagraphs(more, width), ''];
	return [
		...wrapped(`xmrtop ${usage}: ${about}`, width),
		'',
		...paragraph,
		'Flags',
		...flagLines(flags, flagWords, width),
		...examplesOf(words),
		'',
		`Guide: ${guideAddress(words)}`,
		'',
	].join('\n');
}

function examplesOf(words: CommandWords): string[] {
	return ['', 'Examples', ...commandTexts[words].examples.map(example => `  ${example}`)];
}

/** The help of a group of commands, such as `nodes`. */
export function groupHelp(word: string, width?: number): string {
	const rows = listSubcommands(word).map(second => {
		const {usage, about} = commandTable[`${word} ${second}` as CommandWords] as Command;
		return [`xmrtop ${usage}`, about] as const;
	});
	return [...twoColumns(rows, width), ''].join('\n');
}

/** The usage of a flag: `-m, --method METHOD`. */
export function flagUsage(name: FlagName, words: Command['flagWords'] = {}): string {
	const {shortFlag, value, isNegative}: Flag = {...flagTable[name], ...words[name]};
	return `${shortFlag === undefined ? '' : `-${shortFlag}, `}--${isNegative ? 'no-' : ''}${name}${value === undefined ? '' : ` ${value}`}`;
}

function flagLines(flags: readonly FlagName[], words: Command['flagWords'] = {}, width?: number): string[] {
	const inTableOrder = (Object.keys(flagTable) as FlagName[]).filter(name => flags.includes(name));
	return twoColumns(
		inTableOrder.map(name => [flagUsage(name, words), (words[name] ?? flagTable[name]).about] as const),
		width,
	);
}

/** Lays out two columns. The second is wrapped; a text too wide for the first gets a line of its own. */
function twoColumns(rows: ReadonlyArray<readonly [string, string]>, width = Number.POSITIVE_INFINITY): string[] {
	const maxLeft = Math.max(12, Math.floor(width * 0.45));
	const left = Math.max(...rows.map(([text]) => text.length).filter(length => length <= maxLeft), 0);
	const indent = ' '.repeat(left + 4);
	return rows.flatMap(([text, about]) => {
		const [first = '', ...rest] = wrapped(about, width - left - 4);
		const lines = rest.map(line => indent + line);
		return text.length > left
			? [`  ${text}`, indent + first, ...lines]
			: [`  ${text.padEnd(left)}  ${first}`, ...lines];
	});
}

/** Wraps a text between words into lines of at most `width` characters. */
function wrapped(text: string, width = Number.POSITIVE_INFINITY): string[] {
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const last = lines.at(-1);
		if (last !== undefined && last.length + 1 + word.length <= width) {
			lines[lines.length - 1] = `${last} ${word}`;
		} else {
			lines.push(word);
		}
	}

	return lines;
}

/** Splits paragraphs into lines; their own line breaks are kept, and longer lines are wrapped. */
function wrappedParagraphs(text: string, width: number | undefined): string[] {
	const isNarrow = width !== undefined && text.split('\n').some(line => line.length > width);
	return isNarrow ? text.split('\n').flatMap(line => wrapped(line, width)) : text.split('\n');
}
