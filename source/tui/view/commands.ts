import type {Key} from '../terminal/keys.js';

/** The modes of the screen; each has its own valid keys. */
export type Mode =
	| 'table'
	| 'details'
	| 'json'
	| 'transitions'
	| 'daemon'
	| 'found'
	| 'help'
	| 'picker'
	| 'sort'
	| 'columns'
	| 'actions'
	| 'action'
	| 'output'
	| 'filter'
	| 'confirm'
	| 'form'
	| 'password';

interface CommandRow {
	/** Its keys. */
	readonly keys: readonly Key[];
	/** Its line in the help screen and in the README. */
	readonly topic: Topic;
	/** The modes in which it is valid. */
	readonly modes: readonly Mode[];
	/** Its word in the footer, and the keys to show there if not its first key. */
	readonly hint?: {readonly word: string; readonly keys?: string};
}

/** Lines of the help screen and of the README's list, in display order. */
const topics = {
	move: 'move the selection, which follows the node',
	open: 'full diagnostics of the node, or the page of the daemon; in a list, choose (found wallets: add it)',
	back: 'back (a filter is cleared first)',
	method: 'choose the method / pid, port, api, full',
	check: 'check the selected node / all now',
	pause: 'pause or resume',
	interval: 'longer / shorter interval',
	filter: 'filter as you type: text, state:down, group:hot, lag>5 (prefix ! to exclude)',
	problems: 'show only problems',
	order: 'choose the order from a list',
	sort: 'sort by name, state, latency, version, time in state, lag, group, host, uptime, CPU',
	invert: 'reverse the order',
	group: 'group by daemon, group or host',
	columns: 'choose the columns',
	reset: 'back to the default view',
	manage: 'add, edit, remove, disable or enable a node',
	silence: 'silence the alerts of the node for 2 h / end its silence',
	undo: 'undo the last disable or enable',
	actions: 'actions: commands of your own for the node',
	found: 'wallets running on this machine; there: add all',
	raw: 'raw JSON / transitions of the node',
	neighbors: 'previous and next node in diagnostics',
	keep: 'copy JSON to the clipboard (OSC 52) / save a snapshot',
	redraw: 'redraw',
	help: 'help',
	quit: 'back, or quit (Ctrl-C: quit)',
} as const;

/** A line of {@link topics}. */
export type Topic = keyof typeof topics;

const nodePages = ['details', 'json', 'transitions'] as const;
const pages = ['table', ...nodePages] as const;
const pickers = ['picker', 'sort', 'columns', 'actions'] as const;
const lists = [...pages, 'daemon', 'found', 'help', ...pickers, 'output'] as const;

const table = {
	up: {keys: ['up', 'k'], topic: 'move', modes: lists, hint: {word: 'move', keys: '↑↓'}},
	down: {keys: ['down', 'j'], topic: 'move', modes: lists},
	first: {keys: ['g', 'home'], topic: 'move', modes: lists},
	last: {keys: ['G', 'end'], topic: 'move', modes: lists},
	'page-up': {keys: ['pageup', 'ctrl-u'], topic: 'move', modes: lists},
	'page-down': {keys: ['pagedown', 'ctrl-d'], topic: 'move', modes: lists},
	open: {keys: ['enter'], topic: 'open', modes: ['table'], hint: {word: 'diagnose'}},
	choose: {keys: ['enter'], topic: 'open', modes: [...pickers], hint: {word: 'choose'}},
	back: {
		keys: ['escape', 'left', 'backspace'],
		topic: 'back',
		modes: [...pages, 'daemon', 'found', ...pickers, 'output'],
		hint: {word: 'back'},
	},
	'choose-method': {keys: ['m'], topic: 'method', modes: pages, hint: {word: 'method'}},
	'method-pid': {keys: ['1'], topic: 'method', modes: [...pages, 'picker']},
	'method-port': {keys: ['2'], topic: 'method', modes: [...pages, 'picker']},
	'method-api': {keys: ['3'], topic: 'method', modes: [...pages, 'picker']},
	'method-full': {keys: ['4'], topic: 'method', modes: [...pages, 'picker']},
	filter: {keys: ['/'], topic: 'filter', modes: ['table'], hint: {word: 'filter'}},
	problems: {keys: ['e'], topic: 'problems', modes: ['table'], hint: {word: 'problems'}},
	'previous-node': {keys: ['['], topic: 'neighbors', modes: nodePages, hint: {word: 'node', keys: '[ ]'}},
	'next-node': {keys: [']'], topic: 'neighbors', modes: nodePages},
	'check-node': {keys: ['r'], topic: 'check', modes: pages, hint: {word: 'check'}},
	'check-all': {keys: ['R'], topic: 'check', modes: [...pages, 'daemon'], hint: {word: 'check all'}},
	json: {keys: ['y'], topic: 'raw', modes: pages, hint: {word: 'json'}},
	transitions: {keys: ['l'], topic: 'raw', modes: pages, hint: {word: 'transitions'}},
	pause: {keys: ['p'], topic: 'pause', modes: [...pages, 'daemon'], hint: {word: 'pause'}},
	slower: {keys: ['+'], topic: 'interval', modes: pages},
	faster: {keys: ['-'], topic: 'interval', modes: pages},
	'choose-order': {keys: ['s'], topic: 'order', modes: ['table'], hint: {word: 'sort'}},
	'sort-name': {keys: ['N'], topic: 'sort', modes: ['table', 'sort']},
	'sort-state': {keys: ['S'], topic: 'sort', modes: ['table', 'sort']},
	'sort-latency': {keys: ['L'], topic: 'sort', modes: ['table', 'sort']},
	'sort-version': {keys: ['V'], topic: 'sort', modes: ['table', 'sort']},
	'sort-since': {keys: ['F'], topic: 'sort', modes: ['table', 'sort']},
	'sort-lag': {keys: ['B'], topic: 'sort', modes: ['table', 'sort']},
	'sort-group': {keys: ['T'], topic: 'sort', modes: ['table', 'sort']},
	'sort-host': {keys: ['H'], topic: 'sort', modes: ['table', 'sort']},
	'sort-uptime': {keys: ['U'], topic: 'sort', modes: ['table', 'sort']},
	'sort-cpu': {keys: ['P'], topic: 'sort', modes: ['table', 'sort']},
	invert: {keys: ['I'], topic: 'invert', modes: ['table', 'sort']},
	group: {keys: ['t'], topic: 'group', modes: ['table'], hint: {word: 'group'}},
	columns: {keys: ['C'], topic: 'columns', modes: ['table'], hint: {word: 'columns'}},
	'toggle-column': {
		keys: [' '],
		topic: 'columns',
		modes: ['columns'],
		hint: {word: 'change', keys: 'Space'},
	},
	'reset-view': {keys: ['0'], topic: 'reset', modes: ['table'], hint: {word: 'default view'}},
	'add-found': {keys: ['enter'], topic: 'open', modes: ['found'], hint: {word: 'add'}},
	'add-all-found': {keys: ['A'], topic: 'found', modes: ['found'], hint: {word: 'add all'}},
	found: {keys: ['A'], topic: 'found', modes: ['table'], hint: {word: 'found wallets'}},
	search: {keys: ['R', 'r'], topic: 'check', modes: ['found'], hint: {word: 'search again'}},
	add: {keys: ['a'], topic: 'manage', modes: ['table', 'found'], hint: {word: 'add'}},
	edit: {keys: ['E'], topic: 'manage', modes: pages},
	remove: {keys: ['x'], topic: 'manage', modes: pages},
	toggle: {keys: ['D'], topic: 'manage', modes: pages},
	silence: {keys: ['z'], topic: 'silence', modes: pages, hint: {word: 'silence'}},
	undo: {keys: ['u'], topic: 'undo', modes: pages, hint: {word: 'undo'}},
	actions: {keys: ['!'], topic: 'actions', modes: pages, hint: {word: 'actions'}},
	copy: {keys: ['c'], topic: 'keep', modes: pages, hint: {word: 'clipboard'}},
	save: {keys: ['w'], topic: 'keep', modes: pages, hint: {word: 'save'}},
	redraw: {keys: ['ctrl-l'], topic: 'redraw', modes: [...lists, 'filter', 'confirm', 'action', 'form', 'password']},
	help: {keys: ['?', 'f1'], topic: 'help', modes: [...pages, 'daemon', 'found'], hint: {word: 'help'}},
	quit: {keys: ['q'], topic: 'quit', modes: [...pages, 'daemon', 'found', ...pickers, 'output'], hint: {word: 'quit'}},
} as const satisfies Readonly<Record<string, CommandRow>>;

/** The names of all commands. `Ctrl-C` quits and `Ctrl-Z` suspends in every mode; they are handled before commands. */
export type CommandName = keyof typeof table;

/** All commands with their keys, modes and texts. The footer, the help screen and the README are generated from this table. */
export const commands: Readonly<Record<CommandName, CommandRow>> = table;

const byModeAndKey = new Map<string, CommandName>();
for (const [name, {keys, modes}] of Object.entries(commands)) {
	for (const mode of modes) {
		for (const key of keys) {
			byModeAndKey.set(`${mode} ${key}`, name as CommandName);
		}
	}
}

/** The command of a key in a mode, if any. */
export function commandOf(mode: Mode, key: Key): CommandName | undefined {
	return byModeAndKey.get(`${mode} ${key}`);
}

const keyNames: Readonly<Record<string, string>> = {
	up: '↑',
	down: '↓',
	left: '←',
	right: '→',
	enter: 'Enter',
	escape: 'Esc',
	backspace: 'Backspace',
	pageup: 'PgUp',
	pagedown: 'PgDn',
	home: 'Home',
	end: 'End',
	delete: 'Del',
	tab: 'Tab',
	f1: 'F1',
	' ': 'Space',
};

/** The display name of a key. */
export function keyName(key: Key): string {
	return keyNames[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);
}

const asciiNames: Readonly<Record<string, string>> = {'↑': 'Up', '↓': 'Down', '←': 'Left', '→': 'Right', '⏎': 'Enter'};

/** Names of keys without arrows; neighbouring ones are separated by `between`. */
export function asciiKeys(keys: string, between: string): string {
	return keys.replaceAll(/[↑↓←→⏎]+/g, signs => [...signs].map(sign => asciiNames[sign] ?? sign).join(between));
}

/** A line of the help screen and of the README's list of keys. */
export interface KeyRow {
	/** Display names of the keys, separated by spaces. */
	readonly keys: string;
	readonly does: string;
}

/** The list of keys, for the help screen and the README. */
export function keyRows(): readonly KeyRow[] {
	return (Object.keys(topics) as Topic[]).map(topic => {
		const lists = Object.values(commands)
			.filter(command => command.topic === topic)
			.map(command => command.keys.map(keyName));
		// The first key of every command, then the second keys, and so on.
		const keys = Array.from({length: Math.max(...lists.map(list => list.length))}, (_, index) =>
			lists.map(list => list[index]).filter(key => key !== undefined),
		).flat();
		const always = topic === 'quit' ? ['Ctrl-C'] : [];
		return {keys: [...new Set([...keys, ...always])].join(' '), does: topics[topic]};
	});
}
