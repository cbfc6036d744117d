// The parts of README.md that are made from the program's own tables.
import {readFile, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import type {Alert} from '../source/domain/alerts/alert.js';
import {fieldOfVariable} from '../source/domain/alerts/alert-variables.js';
import {checkMethods, checkMethodWords} from '../source/domain/check-method.js';
import {type State, stateWords} from '../source/domain/state.js';
import type {Command} from '../source/interfaces/command.js';
import {commandTable} from '../source/interfaces/command-table.js';
import {exitCodes} from '../source/interfaces/help.js';
import {routeTable} from '../source/interfaces/http/route-table.js';
import {families} from '../source/interfaces/metrics/families.js';
import {keyRows} from '../source/tui/view/commands.js';

const readmePath = fileURLToPath(new URL('../README.md', import.meta.url));

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
	return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const commandRows = Object.values(commandTable as Readonly<Record<string, Command>>).map(({usage, about}) => [
	code(`xmrtop ${usage}`),
	about,
]);

const stateMeanings: Readonly<Record<State, string>> = {
	up: 'it works',
	degraded: 'it answers, but its daemon or wallet is behind, its daemon is gone, or it is slow',
	busy: 'it does not answer, and its process proves that it works',
	unknown: 'not checked, or not checkable from here',
	down: 'it does not answer as it should, and nothing excuses it',
};

const alertFieldMeanings: Readonly<Record<keyof Alert, string>> = {
	schema_version: '1',
	id: 'unique, and the same whenever it is delivered again',
	kind: '`alert`, `reminder` or `recovery`',
	at: 'when it was made; all times are ISO-8601 UTC',
	method: 'how its nodes are checked',
	node: 'the node it is about; absent when a daemon is',
	node_id: 'its id',
	group: 'its group',
	daemon: 'the daemon it is about',
	from: 'the state before, where it is known',
	state: 'the state now; of several nodes the worst',
	message: 'what the check found',
	reason: 'the sentence that says what broke',
	caused_by: 'the daemon that explains it',
	since: 'the first bad result',
	downtime_ms: 'recovery: from the first bad result to the first good one',
	closed: 'recovery: `disabled`, `removed` or `not_watched`, when nobody watched its end',
	nodes: 'every node it is about: `id`, `name`, `group`, `state`, `message`, `reason`, `since`, `until`',
	text: 'all of it in one line for people',
};

function variableOf(field: string): string {
	const [name] = Object.entries(fieldOfVariable).find(([, held]) => held === field) ?? [];
	return name === undefined ? '' : `${code(name)}${field === 'nodes' ? ' (names)' : ''}`;
}

/** Every generated block, by the name in its markers. */
export const blocks: Readonly<Record<string, string>> = {
	'alert fields': table(
		['field', 'variable', 'tells'],
		Object.entries(alertFieldMeanings).map(([field, about]) => [code(field), variableOf(field), about]),
	),
	commands: table(['command', 'does'], commandRows),
	'exit codes': table(
		['code', 'meaning'],
		exitCodes.map(([number, about]) => [String(number), about]),
	),
	keys: table(
		['keys', 'do'],
		keyRows().map(({keys, does}) => [keys.split(' ').map(code).join(' '), does]),
	),
	metrics: table(
		['metric', 'labels', 'tells'],
		families.map(({name, labelNames, help}) => [code(name), labelNames.map(code).join(' '), help]),
	),
	methods: table(
		['method', 'proves', 'does not prove'],
		checkMethods.map(method => [
			code(method),
			checkMethodWords[method].proves,
			checkMethodWords[method].doesNotProve ?? '',
		]),
	),
	routes: table(
		['route', 'answers', 'takes'],
		routeTable.map(({path, about, query}) => [
			code(`GET ${path}`),
			about,
			query.map(each => code(`?${each}`)).join(' '),
		]),
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

/** The text of a README with every block put between its markers. */
export function withBlocks(text: string): string {
	return Object.entries(blocks).reduce((rest, [name, block]) => {
		const markers = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`);
		if (!markers.test(rest)) {
			throw new Error(`README.md has no place for the block "${name}"`);
		}

		return rest.replace(markers, (_, begin: string, end: string) => `${begin}\n${block}\n\n${end}`);
	}, text);
}

/** README.md as it is. */
export function readReadme(): Promise<string> {
	return readFile(readmePath, 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	await writeFile(readmePath, withBlocks(await readReadme()));
}
