// Generates the manual pages, xmrtop(1) and one per command, from the program's own tables.
import type {Command} from '../source/cli/command.js';
import {commandTexts} from '../source/cli/command-help.js';
import {type CommandWords, commandTable} from '../source/cli/command-table.js';
import {type Flag, type FlagName, flagTable} from '../source/cli/flags.js';
import {docsAddress, exitCodes, flagUsage, guideAddress} from '../source/cli/help.js';
import {settingFields} from '../source/domain/settings.js';
import {type State, stateWords} from '../source/domain/state.js';
import {stateMeanings} from '../source/tui/view/legend.js';

const commands = Object.entries(commandTable) as ReadonlyArray<readonly [CommandWords, Command]>;

/** The name of a command's manual page, such as `xmrtop-nodes-add`. */
export const pageName = (words: string): string => ['xmrtop', ...words.split(' ')].filter(Boolean).join('-');

/** Escapes text for roff. */
const literal = (text: string): string =>
	text
		.replaceAll('\\', '\\e')
		.replaceAll('-', '\\-')
		.replaceAll(/^(?=[.'])/gm, '\\&');

const bold = (text: string): string => `\\fB${literal(text)}\\fR`;
const section = (title: string, ...lines: readonly string[]): string[] => [`.SH ${title}`, ...lines];
const item = (head: string, about: string): string[] => ['.TP', head, literal(about)];
const example = (line: string): string[] => ['.PP', '.RS 4', literal(line), '.RE'];
const paragraphs = (text: string): string[] =>
	text.split('\n\n').flatMap(part => ['.PP', literal(part.replaceAll('\n', ' '))]);
const pageReference = (words: string): string => `\\fB${literal(pageName(words))}\\fR(1)`;

const environment: ReadonlyArray<readonly [name: string, about: string]> = [
	['XMRTOP_CONFIG_DIR', 'folder of nodes.json, unless --config-dir is given'],
	['XMRTOP_STATE_DIR', 'folder of results.json, transitions.ndjson and alerts.json, unless --state-dir is given'],
	[
		'XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME',
		'base folders of the default locations, which are xmrtop/ in each',
	],
	['XMRTOP_TOKEN', 'bearer token of serve and of http hosts, unless --token-file is given'],
	['XMRTOP_WEBHOOK', 'webhook URL for alerts, unless --webhook-file is given'],
	['NO_COLOR, FORCE_COLOR', 'disable or force colors'],
	['NODE_DISABLE_COMPILE_CACHE', 'do not store compiled code in the cache folder'],
];

function head(words: string, about: string, version: string): string[] {
	const name = pageName(words);
	return [
		`.TH "${name.toUpperCase()}" "1" "" "xmrtop ${version}" "xmrtop manual"`,
		'.nh',
		'.ad l',
		...section('NAME', `${literal(name)} \\- ${literal(about)}`),
	];
}

function options({flags, flagWords = {}}: Command): string[] {
	const names = (Object.keys(flagTable) as FlagName[]).filter(name => flags.includes(name));
	return names.flatMap(name => {
		const {about}: Pick<Flag, 'about'> = flagWords[name] ?? flagTable[name];
		return item(bold(flagUsage(name, flagWords)), about);
	});
}

function commandPage(words: CommandWords, command: Command, version: string): string[] {
	const {usage, about} = command;
	const {more, examples} = commandTexts[words];
	const related = commands
		.map(([other]) => other)
		.filter(other => other !== words && other !== '' && other.split(' ')[0] === words.split(' ')[0]);
	return [
		...head(words, about, version),
		...section('SYNOPSIS', bold(`xmrtop ${usage}`)),
		...section('DESCRIPTION', ...paragraphs(`${about[0]?.toUpperCase()}${about.slice(1)}.`)),
		...(more === undefined ? [] : paragraphs(more)),
		...section('OPTIONS', ...options(command)),
		...section('EXAMPLES', ...examples.flatMap(example)),
		...section(
			'SEE ALSO',
			['', ...related].map(pageReference).join(', '),
			...paragraphs(`Guide: ${guideAddress(words)}`),
		),
	];
}

function mainPage(version: string): string[] {
	const main: Command = commandTable[''];
	return [
		...head('', 'monitor for fleets of monero-wallet-rpc', version),
		...section('SYNOPSIS', bold('xmrtop [node...]'), '.br', bold('xmrtop COMMAND ...')),
		...section(
			'DESCRIPTION',
			...paragraphs(
				'Shows in a terminal, also over SSH, whether monero-wallet-rpc services and the daemons behind them work, and says in one sentence what is wrong.\n\nWithout a command, xmrtop shows the live table; without a terminal, it does the same as status. NODE is the id or name of a node; default: all enabled nodes. Durations are written 500ms, 5s, 2m, 6h.',
			),
		),
		...section(
			'COMMANDS',
			...commands.flatMap(([words, {usage, about}]) =>
				words === '' ? [] : item(bold(`xmrtop ${usage}`), `${about}; see ${pageName(words)}(1)`),
			),
		),
		...section('OPTIONS', ...options(main)),
		...section(
			'STATES',
			...Object.entries(stateWords).flatMap(([state, {ascii}]) =>
				item(bold(`${ascii} ${state}`), stateMeanings[state as State]),
			),
		),
		...section(
			'SETTINGS',
			literal('Changed by xmrtop config set; a flag of the same name overrides them.'),
			...Object.entries(settingFields).flatMap(([name, field]) =>
				item(bold(name), `${field.about} (default ${field.default})`),
			),
		),
		...section('EXIT STATUS', ...exitCodes.flatMap(([code, about]) => item(bold(String(code)), about))),
		...section('ENVIRONMENT', ...environment.flatMap(([name, about]) => item(bold(name), about))),
		...section(
			'FILES',
			...item(bold('~/.config/xmrtop/nodes.json'), 'nodes and settings'),
			...item(bold('~/.config/xmrtop/actions.json'), 'actions'),
			...item(bold('~/.config/xmrtop/hosts.json'), 'saved hosts'),
			...item(bold('~/.local/state/xmrtop/'), 'results.json, transitions.ndjson and alerts.json'),
			...item(bold('~/.cache/xmrtop/'), 'compiled code; may be removed at any time'),
		),
		...section('EXAMPLES', ...commandTexts[''].examples.flatMap(example)),
		...section(
			'SEE ALSO',
			commands.flatMap(([words]) => (words === '' ? [] : [pageReference(words)])).join(', '),
			...paragraphs(`Guides: ${docsAddress}`),
		),
	];
}

/** All manual pages: file names and contents. */
export function manPages(version: string): ReadonlyArray<readonly [file: string, text: string]> {
	return commands.map(([words, command]) => {
		const lines = words === '' ? mainPage(version) : commandPage(words, command, version);
		return [`${pageName(words)}.1`, `${lines.join('\n')}\n`] as const;
	});
}
