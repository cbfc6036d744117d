import type {Command} from './command.js';
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

/** The help of the whole program. */
export function programHelp(): string {
	const rows = all.map(([, {usage, about}]) => [`xmrtop ${usage}`, about] as const);
	return [
		'xmrtop: monitor for fleets of monero-wallet-rpc',
		'',
		'Usage',
		...twoColumns(rows),
		'',
		'NODE is the id or name of a node; default: all enabled nodes.',
		'Durations: 500ms, 5s, 2m, 6h. For the flags of a command: xmrtop COMMAND --help',
		'',
		'Exit codes',
		...twoColumns(exitCodes.map(([code, about]) => [String(code), about] as const)),
		'',
	].join('\n');
}

/** The help of one command, with its flags. */
export function commandHelp(words: CommandWords): string {
	if (words === '') {
		return programHelp() + ['', 'Flags', ...flagLines(commandTable[''].flags), ''].join('\n');
	}

	const {usage, about, flags, flagWords, more} = commandTable[words] as Command;
	const paragraph = more === undefined ? [] : [more, ''];
	return [`xmrtop ${usage}: ${about}`, '', ...paragraph, 'Flags', ...flagLines(flags, flagWords), ''].join('\n');
}

/** The help of a first word that only begins commands, such as `nodes`. */
export function groupHelp(word: string): string {
	const rows = listSubcommands(word).map(second => {
		const {usage, about} = commandTable[`${word} ${second}` as CommandWords] as Command;
		return [`xmrtop ${usage}`, about] as const;
	});
	return [...twoColumns(rows), ''].join('\n');
}

/** How a flag is typed: `-m, --method METHOD`. */
export function flagUsage(name: FlagName, words: Command['flagWords'] = {}): string {
	const {shortFlag, value, isNegative}: Flag = {...flagTable[name], ...words[name]};
	return `${shortFlag === undefined ? '' : `-${shortFlag}, `}--${isNegative ? 'no-' : ''}${name}${value === undefined ? '' : ` ${value}`}`;
}

function flagLines(flags: readonly FlagName[], words: Command['flagWords'] = {}): string[] {
	const inTableOrder = (Object.keys(flagTable) as FlagName[]).filter(name => flags.includes(name));
	return twoColumns(
		inTableOrder.map(name => [flagUsage(name, words), (words[name] ?? flagTable[name]).about] as const),
	);
}

function twoColumns(rows: ReadonlyArray<readonly [string, string]>): string[] {
	const width = Math.max(...rows.map(([left]) => left.length));
	return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
