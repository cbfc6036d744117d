// Generates the blocks of README.md and of the guides in docs/ that come from the program's own tables.
import {readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {fieldOfVariable} from '../source/adapters/alerts/exec-channel.js';
import type {Command} from '../source/cli/command.js';
import {commandTable} from '../source/cli/command-table.js';
import {docsAddress, exitCodes} from '../source/cli/help.js';
import type {Alert} from '../source/domain/alerts/alert.js';
import {checkMethods, checkMethodWords} from '../source/domain/check-method.js';
import {reasonCodes} from '../source/domain/reason-codes.js';
import {type State, stateWords} from '../source/domain/state.js';
import {filterFieldForms} from '../source/domain/view/filter.js';
import {families} from '../source/server/metrics/families.js';
import {routeTable} from '../source/server/route-table.js';
import {keyRows} from '../source/tui/view/commands.js';
import {stateMeanings} from '../source/tui/view/legend.js';
import {manPages} from './man-pages.js';
import {schemaTitles} from './schemas.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
	return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const commandRows = Object.values(commandTable as Readonly<Record<string, Command>>).map(({usage, about}) => [
	code(`xmrtop ${usage}`),
	about,
]);

const alertFieldMeanings: Readonly<Record<keyof Alert, string>> = {
	schema_version: '1',
	id: 'unique; unchanged when the alert is delivered again',
	kind: '`alert`, `reminder` or `recovery`',
	at: 'when the alert was created; all times are ISO-8601 UTC',
	method: 'check method',
	node: 'the affected node; absent in alerts about a daemon, a host or the monitor',
	node_id: 'id of the node',
	group: 'group of the node',
	opened_as: '`node` and `group` at the first alert, if the node was renamed or regrouped since',
	daemon: 'the affected daemon',
	host: 'the host whose nodes failed together',
	monitor: '`true` if this monitor seems cut off',
	pattern: '`flapping` or `crash_loop`, if the node does not stay in one state',
	from: 'the previous state, if known',
	state: 'the current state; for several nodes, the worst',
	message: 'message of the check',
	reason: 'what is wrong, in one sentence',
	caused_by: 'the daemon that causes it',
	since: 'time of the first bad result',
	downtime_ms: 'recovery: time from the first bad result to the first good one',
	closed: 'recovery: `disabled`, `removed` or `not_watched`, if its end was not observed',
	nodes: 'all affected nodes: `id`, `name`, `group`, `state`, `message`, `reason`, `since`, `until`',
	text: 'summary in one line',
};

function variableOf(field: string): string {
	const [name] = Object.entries(fieldOfVariable).find(([, held]) => held === field) ?? [];
	return name === undefined ? '' : `${code(name)}${field === 'nodes' ? ' (names)' : ''}`;
}

/** All generated blocks, by the name in their markers. */
export const blocks: Readonly<Record<string, string>> = {
	'alert fields': table(
		['field', 'variable', 'meaning'],
		Object.entries(alertFieldMeanings).map(([field, about]) => [code(field), variableOf(field), about]),
	),
	commands: table(['command', 'description'], commandRows),
	'exit codes': table(
		['code', 'meaning'],
		exitCodes.map(([number, about]) => [String(number), about]),
	),
	'filter fields': table(
		['field', 'value'],
		filterFieldForms.map(([name, allowed]) => [code(name), allowed]),
	),
	keys: table(
		['keys', 'action'],
		keyRows().map(({keys, does}) => [keys.split(' ').map(code).join(' '), does]),
	),
	metrics: table(
		['metric', 'labels', 'meaning'],
		families.map(({name, labelNames, help}) => [code(name), labelNames.map(code).join(' '), help]),
	),
	methods: table(
		['method', 'shows', 'does not show'],
		checkMethods.map(method => [
			code(method),
			checkMethodWords[method].proves,
			checkMethodWords[method].doesNotProve ?? '',
		]),
	),
	'reason codes': table(
		['code', 'meaning'],
		Object.entries(reasonCodes).map(([name, {says}]) => [code(name), says]),
	),
	routes: table(
		['route', 'response', 'parameters'],
		routeTable.map(({path, about, query}) => [
			code(`GET ${path}`),
			about,
			query.map(each => code(`?${each}`)).join(' '),
		]),
	),
	schemas: table(
		['schema', 'describes'],
		Object.entries(schemaTitles).map(([name, title]) => [code(`${name}.json`), title]),
	),
	states: table(
		['state', 'glyph', 'ASCII', 'meaning'],
		Object.entries(stateWords).map(([state, {glyph, ascii}]) => [
			state,
			glyph,
			code(ascii),
			stateMeanings[state as State],
		]),
	),
};

/** Replaces the text between the markers of every block in a page. */
export function withBlocks(text: string): string {
	return Object.entries(blocks).reduce((rest, [name, block]) => {
		const markers = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`);
		return rest.replace(markers, (_, begin: string, end: string) => `${begin}\n${block}\n\n${end}`);
	}, text);
}

/** Reads README.md and the guides. @returns their paths relative to the root, and their texts */
export async function readPages(): Promise<ReadonlyArray<readonly [file: string, text: string]>> {
	const guides = (await readdir(path.join(root, 'docs'))).filter(name => name.endsWith('.md')).toSorted();
	const files = ['README.md', ...guides.map(name => `docs/${name}`)];
	return Promise.all(files.map(async file => [file, await readFile(path.join(root, file), 'utf8')] as const));
}

/** Replaces every GitHub address of a repository named xmrtop with the repository's current address. */
export const withAddress = (text: string): string =>
	text.replaceAll(/https:\/\/github\.com\/[\w.-]+\/xmrtop(?![\w-])/g, docsAddress);

/** All other files that contain the repository's address, as paths relative to the root. */
export async function addressedFiles(): Promise<readonly string[]> {
	const templates = (await readdir(path.join(root, '.github/ISSUE_TEMPLATE'))).map(
		name => `.github/ISSUE_TEMPLATE/${name}`,
	);
	return [...templates, 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md'];
}

/** Path of package.json, whose `man` field lists the manual pages for npm. */
export const packagePath = fileURLToPath(new URL('../package.json', import.meta.url));

/** The text of package.json with all manual pages in its `man` field. */
export function withManual(text: string): string {
	const {version, ...others} = JSON.parse(text);
	const man = manPages(version)
		.map(([file]) => `./dist/man/${file}`)
		.toSorted();
	const fields = Object.entries({...others, man} as Record<string, unknown>);
	const {name} = others;
	return `${JSON.stringify({name, version, ...Object.fromEntries(fields)}, undefined, '\t')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	for (const [file, text] of await readPages()) {
		await writeFile(path.join(root, file), withAddress(withBlocks(text)));
	}

	for (const file of await addressedFiles()) {
		await writeFile(path.join(root, file), withAddress(await readFile(path.join(root, file), 'utf8')));
	}

	await writeFile(packagePath, withAddress(withManual(await readFile(packagePath, 'utf8'))));
}
