import type {Command, RunCommand} from './command.js';
// The commands that cron jobs and status bars run come with the program; a file of their own costs them a millisecond.
import {runLive} from './commands/live.js';
import {runStatus} from './commands/status.js';
import type {FlagName} from './flags.js';

const everywhere = ['config-dir', 'state-dir', 'json', 'help'] as const satisfies readonly FlagName[];
const drawing = ['color', 'ascii', 'unicode'] as const satisfies readonly FlagName[];
const checking = [
	'method',
	'timeout',
	'concurrency',
	'group',
	'all',
	'save',
	'interval',
] as const satisfies readonly FlagName[];
const reporting = ['state', 'csv', 'nagios', 'fail-on', 'json-schema'] as const satisfies readonly FlagName[];
const connecting = ['connect', 'token-file'] as const satisfies readonly FlagName[];
const alerting = ['on-change', 'webhook-file'] as const satisfies readonly FlagName[];
const definition = [
	'port',
	'host',
	'path',
	'username',
	'password-env',
	'password-file',
	'login-file',
	'password-stdin',
	'tls',
	'tls-ca-file',
	'tls-fingerprint',
	'tls-insecure',
	'daemon',
	'daemon-username',
	'daemon-password-env',
	'daemon-password-file',
	'daemon-tls-ca-file',
	'daemon-tls-fingerprint',
	'daemon-tls-insecure',
	'pid',
	'pid-file',
	'group',
	'title',
	'timeout',
	'busy-max',
	'expect-wallet',
] as const satisfies readonly FlagName[];

/** Where one node is described, the words of flags that elsewhere choose among nodes. */
const definitionWords = {
	group: {value: 'GROUP', about: 'the group it belongs to'},
	timeout: {value: 'D', about: 'bounds an RPC call to this node (default: the setting)'},
} as const;

const alertHelp = [
	'A node alerts after fail_after results at or beyond alert_on, and recovers after recover_after good ones; remind',
	'repeats (xmrtop config list). Nodes behind one dead daemon make one alert. --on-change runs without a shell and',
	'arguments, with the alert as JSON on stdin and in XMRTOP_* variables; exit code 0 within 30 s is a delivery. The',
	'webhook gets the JSON by POST; 2xx is a delivery. Everything else is tried again, for 24 h, across restarts: a',
	'receiver may be told twice of the same id, and is never not told. One process per --state-dir sends alerts.',
].join('\n');
const watchHelp = [
	'Every line begins with its time (ISO-8601 UTC), except in the systemd journal, which has its own. Notes go to',
	'stderr. Results and changes are saved. The nodes are read anew before every cycle, and at once on SIGHUP.',
	'SIGINT and SIGTERM end it with 0, as a reader does that goes away.',
	'',
	alertHelp,
].join('\n');
const serveHelp = [
	'It watches as watch does, and answers with JSON from the last results. Listening beyond this machine needs a token.',
	'Whether something is at fault is said by /health (?fail_on=degraded, failed or down), not by the exit code.',
	'',
	alertHelp,
].join('\n');
/** What joining hosts means, for the commands that can. */
const connectHelp = [
	'--connect joins other hosts instead of the nodes here (repeatable): ssh://[USER@]HOST[:PORT] runs',
	"  ssh -T HOST xmrtop watch --ndjson  by the user's own ssh; http(s)://HOST:PORT[/PREFIX] reads an xmrtop serve,",
	'with the token of --token-file or XMRTOP_TOKEN, which every http host named is given. A node is then HOST/NAME.',
].join('\n');
const connectWords = {
	'token-file': {
		value: 'F',
		about: 'file that holds the token given to every http host of --connect (or XMRTOP_TOKEN)',
	},
} as const;
const waitHelp = 'Exit code 0 when they are so; 1 when --timeout or a signal ends the waiting before.';
const historyHelp = [
	'Uptime is the share of the watched time in which the status was true (up or degraded). Time counts as watched',
	'between two checks that are no further apart than three intervals (at least 90 s under watch and the live table,',
	'6 min between single runs, as of cron); everything else is unknown. An outage is the time busy or down.',
].join('\n');
const many = Number.POSITIVE_INFINITY;
const nodesCommand = (
	name: 'list' | 'show' | 'add' | 'edit' | 'remove' | 'enable' | 'disable' | 'import' | 'export',
) => {
	return async (): Promise<RunCommand> => (await import('./commands/nodes.js')).nodesCommands[name];
};

const configCommand = (name: 'list' | 'get' | 'set') => {
	return async (): Promise<RunCommand> => (await import('./commands/config.js')).configCommands[name];
};

/** Every command, by the words that are typed for it; `''` is `xmrtop` alone. */
export const commandTable = {
	'': {
		usage: '[node...]',
		about: 'the live table (without a terminal: as status)',
		more: connectHelp,
		flags: [...everywhere, ...drawing, ...checking, ...reporting, ...connecting, 'version'],
		flagWords: connectWords,
		input: [0, many],
		takes: 'nodes',
		load: async () => runLive,
	},
	status: {
		usage: 'status [node...]',
		about: 'one check, one table',
		more: connectHelp,
		flags: [...everywhere, ...drawing, ...checking, ...reporting, ...connecting],
		flagWords: connectWords,
		input: [0, many],
		takes: 'nodes',
		load: async () => runStatus,
	},
	watch: {
		usage: 'watch [node...]',
		about: 'the loop without a screen: a line per change of state, until a signal',
		more: watchHelp,
		flags: ['config-dir', 'state-dir', 'help', ...checking, ...alerting, 'ndjson'],
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/watch.js')).runWatch,
	},
	serve: {
		usage: 'serve [node...]',
		about: 'the loop, plus HTTP routes and /metrics',
		more: serveHelp,
		flags: ['config-dir', 'state-dir', 'help', ...checking, ...alerting, 'listen', 'prefix', 'token-file'],
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/serve.js')).runServe,
	},
	history: {
		usage: 'history [node...]',
		about: 'uptime, outages and changes of state',
		more: `${historyHelp}\n\n${connectHelp}`,
		flags: [...everywhere, 'method', 'group', 'csv', 'limit', 'timeout', ...connecting],
		flagWords: {
			...connectWords,
			timeout: {value: 'D', about: 'with --connect: how long a host may take to answer (default 15s)'},
			method: {value: 'METHOD', about: 'as which method saw it: pid, port, api (default; full counts as api)'},
		},
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/history.js')).runHistory,
	},
	wait: {
		usage: 'wait NODE... --for up|ok|down',
		about: 'block until the nodes are so (ok: up or degraded), or --timeout',
		more: waitHelp,
		flags: [...everywhere, 'for', 'timeout', 'method', 'interval', 'concurrency', 'save'],
		flagWords: {
			for: {value: 'STATE', choices: ['up', 'ok', 'down'], about: 'what to wait for: up, ok (up or degraded) or down'},
			timeout: {value: 'D', about: 'wait no longer than this (default: for ever)'},
		},
		input: [1, many],
		takes: 'nodes',
		load: async () => (await import('./commands/wait.js')).runWait,
	},
	'nodes list': {
		usage: 'nodes list',
		about: 'the configured nodes and their last saved results',
		flags: [...everywhere, 'group'],
		input: [0, 0],
		load: nodesCommand('list'),
	},
	'nodes show': {
		usage: 'nodes show NODE',
		about: 'everything configured of one node, without its password',
		flags: [...everywhere],
		input: [1, 1],
		takes: 'nodes',
		load: nodesCommand('show'),
	},
	'nodes add': {
		usage: 'nodes add NAME --port N',
		about: 'add a node',
		flags: [...everywhere, ...definition],
		flagWords: definitionWords,
		input: [1, 1],
		load: nodesCommand('add'),
	},
	'nodes edit': {
		usage: 'nodes edit NODE',
		about: 'change a node; an empty value clears a field',
		flags: [...everywhere, ...definition, 'name'],
		flagWords: definitionWords,
		input: [1, 1],
		takes: 'nodes',
		load: nodesCommand('edit'),
	},
	'nodes remove': {
		usage: 'nodes remove NODE...',
		about: 'remove nodes',
		flags: [...everywhere],
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('remove'),
	},
	'nodes enable': {
		usage: 'nodes enable NODE...',
		about: 'check nodes again',
		flags: [...everywhere],
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('enable'),
	},
	'nodes disable': {
		usage: 'nodes disable NODE...',
		about: 'keep nodes, but check them only when named',
		flags: [...everywhere, 'for'],
		flagWords: {for: {value: 'D', about: 'for this long only'}},
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('disable'),
	},
	'nodes import': {
		usage: 'nodes import FILE',
		about: 'add and update nodes from a JSON file (- is stdin), all or nothing',
		more: 'Relative paths in the file are taken from the current folder, and stored absolute.',
		flags: [...everywhere, 'prune', 'dry-run'],
		input: [1, 1],
		takes: 'file',
		load: nodesCommand('import'),
	},
	'nodes export': {
		usage: 'nodes export',
		about: 'the nodes as JSON, with references to passwords and never a password',
		flags: [...everywhere, 'group'],
		input: [0, 0],
		load: nodesCommand('export'),
	},
	discover: {
		usage: 'discover [--add]',
		about: 'the running monero-wallet-rpc of this machine beside the nodes; --add makes the new ones nodes',
		flags: [...everywhere, 'add'],
		input: [0, 0],
		load: async () => (await import('./commands/discover.js')).runDiscover,
	},
	demo: {
		usage: 'demo',
		about: 'a simulated fleet with every state, in the live table',
		flags: [...everywhere, ...drawing, ...checking, ...reporting, 'nodes', 'hold'],
		input: [0, 0],
		load: async () => (await import('./commands/demo.js')).runDemo,
	},
	'config list': {
		usage: 'config list',
		about: 'the settings, their values and defaults',
		flags: [...everywhere],
		input: [0, 0],
		load: configCommand('list'),
	},
	'config get': {
		usage: 'config get SETTING',
		about: 'the value of one setting',
		flags: [...everywhere],
		input: [1, 1],
		takes: 'settings',
		load: configCommand('get'),
	},
	'config set': {
		usage: 'config set SETTING VALUE',
		about: 'change a setting; an empty value means the default',
		flags: [...everywhere],
		input: [2, 2],
		takes: 'settings',
		load: configCommand('set'),
	},
	info: {
		usage: 'info',
		about: 'paths of the files, versions, the RPC methods that may be sent',
		flags: [...everywhere],
		input: [0, 0],
		load: async () => (await import('./commands/info.js')).runInfo,
	},
	completion: {
		usage: 'completion bash|zsh|fish',
		about: 'a script that makes the shell complete commands, flags and nodes',
		flags: ['help'],
		input: [1, 1],
		takes: 'shells',
		load: async () => (await import('./commands/completion.js')).runCompletion,
	},
} as const satisfies Readonly<Record<string, Command>>;

/** The words that are typed for a command. */
export type CommandWords = keyof typeof commandTable;

/**
 * Finds the command whose words a command line begins with.
 * @returns the command and what was typed after its words; `undefined` when the first word begins commands but the second is none of them
 */
export function findCommand(
	input: readonly string[],
): {readonly words: CommandWords; readonly rest: readonly string[]} | undefined {
	const has = (words: string): words is CommandWords => words !== '' && Object.hasOwn(commandTable, words);
	const two = input.slice(0, 2).join(' ');
	if (has(two)) {
		return {words: two, rest: input.slice(2)};
	}

	const one = input[0] ?? '';
	if (has(one)) {
		return {words: one, rest: input.slice(1)};
	}

	return subcommandsOf(one).length > 0 ? undefined : {words: '', rest: input};
}

/** The words that may follow a first word, such as `list`, `show` ... for `nodes`. */
export function subcommandsOf(word: string): string[] {
	return Object.keys(commandTable)
		.filter(words => words.startsWith(`${word} `))
		.map(words => words.slice(word.length + 1));
}
