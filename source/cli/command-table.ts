import type {Command, RunCommand} from './command.js';
// Cron jobs and status bars run these two commands, so they are part of the main bundle: loading them from a separate file
// takes a millisecond longer.
import {runLive} from './commands/live.js';
import {runStatus} from './commands/status.js';
import {definitionFlags, type FlagName} from './flags.js';

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
const connecting = ['connect', 'hosts', 'token-file', 'basic-auth-file', 'at'] as const satisfies readonly FlagName[];
const alerting = ['on-change', 'webhook-file', 'webhook-format'] as const satisfies readonly FlagName[];
const living = ['heartbeat-file', 'heartbeat-fail'] as const satisfies readonly FlagName[];
const connectWords = {
	'token-file': {
		value: 'F',
		about: 'file that contains the bearer token for the http hosts and Prometheus (or XMRTOP_TOKEN)',
	},
} as const;
/** Help for flags that describe the node in `nodes add` and `nodes edit`, but select nodes or checks in other commands. */
const definitionWords = {
	group: {value: 'GROUP', about: 'group of the node'},
	timeout: {value: 'D', about: 'timeout of an RPC call to this node (default: the timeout setting)'},
} as const;

const many = Number.POSITIVE_INFINITY;
const nodesCommand = (
	name: 'list' | 'show' | 'add' | 'edit' | 'remove' | 'enable' | 'disable' | 'import' | 'export',
) => {
	return async (): Promise<RunCommand> => (await import('./commands/nodes.js')).nodesCommands[name];
};

const alertsCommand = (name: 'list' | 'show' | 'test') => {
	return async (): Promise<RunCommand> => (await import('./commands/alerts.js')).alertsCommands[name];
};

const silenceCommand = (name: 'begin' | 'list' | 'end') => {
	return async (): Promise<RunCommand> => (await import('./commands/silence.js')).silenceCommands[name];
};

const actionsCommand = (name: 'add' | 'list' | 'remove' | 'suggest') => {
	return async (): Promise<RunCommand> => (await import('./commands/actions.js')).actionsCommands[name];
};

const hostsCommand = (name: 'add' | 'list' | 'remove') => {
	return async (): Promise<RunCommand> => (await import('./commands/hosts.js')).hostsCommands[name];
};

const configCommand = (name: 'list' | 'get' | 'set') => {
	return async (): Promise<RunCommand> => (await import('./commands/config.js')).configCommands[name];
};

/** Every command by its name, such as `nodes list`; `''` is `xmrtop` without a command. */
export const commandTable = {
	'': {
		usage: '[node...]',
		about: 'the live table (without a terminal: same as status)',
		flags: [
			...everywhere,
			...drawing,
			...checking,
			...reporting,
			...connecting,
			'default-view',
			'screen-reader',
			'quiet',
			'debug',
			'version',
		],
		flagWords: connectWords,
		input: [0, many],
		takes: 'nodes',
		load: async () => runLive,
	},
	status: {
		usage: 'status [node...]',
		about: 'check the nodes once and print a table',
		flags: [...everywhere, ...drawing, ...checking, ...reporting, ...connecting, 'daemons', 'quiet', 'debug'],
		flagWords: connectWords,
		input: [0, many],
		takes: 'nodes',
		load: async () => runStatus,
	},
	watch: {
		usage: 'watch [node...]',
		about: 'check in a loop and print a line per change of state, until a signal',
		flags: ['config-dir', 'state-dir', 'help', ...checking, ...alerting, ...living, 'ndjson', 'debug'],
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/watch.js')).runWatch,
	},
	serve: {
		usage: 'serve [node...]',
		about: 'check in a loop and serve HTTP routes and /metrics',
		flags: [
			'config-dir',
			'state-dir',
			'help',
			...checking,
			...alerting,
			...living,
			'listen',
			'prefix',
			'token-file',
			'debug',
		],
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/serve.js')).runServe,
	},
	history: {
		usage: 'history [node...]',
		about: 'show uptime, outages and changes of state',
		flags: [...everywhere, 'method', 'group', 'csv', 'limit', 'timeout', ...connecting],
		flagWords: {
			...connectWords,
			timeout: {value: 'D', about: 'with --connect: timeout per remote host (default 15s)'},
			method: {value: 'METHOD', about: 'check method whose history is shown: pid, port, api (default; includes full)'},
		},
		input: [0, many],
		takes: 'nodes',
		load: async () => (await import('./commands/history.js')).runHistory,
	},
	wait: {
		usage: 'wait NODE... --for up|ok|down',
		about: 'wait until the nodes reach a state (ok: up or degraded), or --timeout',
		flags: [...everywhere, 'for', 'timeout', 'method', 'interval', 'concurrency', 'save', 'quiet', 'debug'],
		flagWords: {
			for: {value: 'STATE', choices: ['up', 'ok', 'down'], about: 'state to wait for: up, ok (up or degraded) or down'},
			timeout: {value: 'D', about: 'maximum time to wait (default: forever)'},
		},
		input: [1, many],
		takes: 'nodes',
		load: async () => (await import('./commands/wait.js')).runWait,
	},
	'alerts list': {
		usage: 'alerts list',
		about: 'list open and silenced alerts, and alerts that are waiting for delivery or were given up',
		flags: [...everywhere],
		input: [0, 0],
		load: alertsCommand('list'),
	},
	'alerts show': {
		usage: 'alerts show ID',
		about: 'show an alert from alerts list',
		flags: [...everywhere],
		input: [1, 1],
		load: alertsCommand('show'),
	},
	'alerts test': {
		usage: 'alerts test',
		about: 'send a test alert through each configured channel and print the outcome',
		flags: [...everywhere, ...alerting, 'channel'],
		input: [0, 0],
		load: alertsCommand('test'),
	},
	silence: {
		usage: 'silence NODE...|--group G|--daemon D|--all --for D',
		about: 'silence alerts for a while; checks continue',
		flags: [...everywhere, 'group', 'daemon', 'all', 'for', 'reason'],
		flagWords: {
			for: {value: 'D', about: 'how long, e.g. 2h'},
			group: {value: 'GROUP', about: 'silence the nodes in this group'},
			daemon: {value: 'D', about: 'silence alerts caused by this daemon'},
			all: {about: 'silence all alerts'},
		},
		input: [0, many],
		takes: 'nodes',
		load: silenceCommand('begin'),
	},
	'silence list': {
		usage: 'silence list',
		about: 'list the silences in effect',
		flags: [...everywhere],
		input: [0, 0],
		load: silenceCommand('list'),
	},
	'silence end': {
		usage: 'silence end ID|NODE...|--all',
		about: 'end silences now',
		flags: [...everywhere, 'all'],
		flagWords: {all: {about: 'end all silences'}},
		input: [0, many],
		load: silenceCommand('end'),
	},
	during: {
		usage: 'during NODE -- COMMAND...',
		about: 'silence a node, run a command such as a restart, and wait until the node is up',
		flags: ['config-dir', 'state-dir', 'help', 'within', 'method', 'interval'],
		input: [2, many],
		takes: 'nodes',
		load: async () => (await import('./commands/silence.js')).runDuring,
	},
	'actions list': {
		usage: 'actions list',
		about: 'list the actions: commands that can be run for a node',
		flags: [...everywhere],
		input: [0, 0],
		load: actionsCommand('list'),
	},
	'actions add': {
		usage: 'actions add NAME -- COMMAND...',
		about: 'add an action',
		flags: [...everywhere, 'quiet', 'key', 'on', 'restarts', 'follow'],
		input: [2, many],
		load: actionsCommand('add'),
	},
	'actions remove': {
		usage: 'actions remove NAME...',
		about: 'remove actions',
		flags: [...everywhere, 'quiet', 'yes', 'dry-run'],
		input: [1, many],
		takes: 'actions',
		load: actionsCommand('remove'),
	},
	'actions suggest': {
		usage: 'actions suggest',
		about: 'print commands that add log and restart actions suited to what runs the wallets; adds nothing',
		flags: [...everywhere],
		input: [0, 0],
		load: actionsCommand('suggest'),
	},
	run: {
		usage: 'run ACTION NODE',
		about: 'run an action for a node',
		flags: [...everywhere, 'dry-run', 'force', 'within', 'interval', 'timeout'],
		flagWords: {
			'dry-run': {about: 'print the command without running it (with --json: as a document)'},
			within: {value: 'D', about: 'how long the node may take to come up after a restart (default 2m)'},
		},
		input: [2, 2],
		takes: 'actions',
		load: async (): Promise<RunCommand> => (await import('./commands/actions.js')).runAction,
	},
	'hosts list': {
		usage: 'hosts list',
		about: 'list the saved hosts',
		flags: [...everywhere],
		input: [0, 0],
		load: hostsCommand('list'),
	},
	'hosts add': {
		usage: 'hosts add NAME URL...',
		about: 'save hosts under a name, for --hosts',
		flags: [...everywhere, 'quiet'],
		input: [2, 65],
		load: hostsCommand('add'),
	},
	'hosts remove': {
		usage: 'hosts remove NAME...',
		about: 'remove saved hosts',
		flags: [...everywhere, 'quiet', 'dry-run'],
		input: [1, many],
		takes: 'hosts',
		load: hostsCommand('remove'),
	},
	'nodes list': {
		usage: 'nodes list',
		about: 'list the configured nodes and their last saved results',
		flags: [...everywhere, 'group'],
		input: [0, 0],
		load: nodesCommand('list'),
	},
	'nodes show': {
		usage: 'nodes show NODE',
		about: 'show the configuration of a node, without its password',
		flags: [...everywhere],
		input: [1, 1],
		takes: 'nodes',
		load: nodesCommand('show'),
	},
	'nodes add': {
		usage: 'nodes add NAME --port N',
		about: 'add a node',
		flags: [...everywhere, 'quiet', ...definitionFlags],
		flagWords: definitionWords,
		input: [1, 1],
		load: nodesCommand('add'),
	},
	'nodes edit': {
		usage: 'nodes edit NODE',
		about: 'change a node; an empty value clears a field',
		flags: [...everywhere, 'quiet', ...definitionFlags, 'name'],
		flagWords: definitionWords,
		input: [1, 1],
		takes: 'nodes',
		load: nodesCommand('edit'),
	},
	'nodes remove': {
		usage: 'nodes remove NODE...',
		about: 'remove nodes',
		flags: [...everywhere, 'quiet', 'yes', 'dry-run'],
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('remove'),
	},
	'nodes enable': {
		usage: 'nodes enable NODE...',
		about: 'enable disabled nodes',
		flags: [...everywhere, 'quiet'],
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('enable'),
	},
	'nodes disable': {
		usage: 'nodes disable NODE...',
		about: 'disable nodes: they are kept but checked only when named',
		flags: [...everywhere, 'quiet', 'for'],
		flagWords: {for: {value: 'D', about: 'disable only for this long (default: until nodes enable)'}},
		input: [1, many],
		takes: 'nodes',
		load: nodesCommand('disable'),
	},
	'nodes import': {
		usage: 'nodes import FILE',
		about: 'add and update nodes from a JSON file (-: stdin), all or nothing',
		flags: [...everywhere, 'quiet', 'prune', 'dry-run'],
		input: [1, 1],
		takes: 'file',
		load: nodesCommand('import'),
	},
	'nodes export': {
		usage: 'nodes export',
		about: 'print the nodes as JSON, without passwords but with references to them',
		flags: [...everywhere, 'group'],
		input: [0, 0],
		load: nodesCommand('export'),
	},
	discover: {
		usage: 'discover [--add]',
		about: 'list wallets running on this machine, and which are configured; --add adds the new ones',
		flags: [...everywhere, 'quiet', 'add'],
		input: [0, 0],
		load: async () => (await import('./commands/discover.js')).runDiscover,
	},
	demo: {
		usage: 'demo',
		about: 'show a simulated fleet with every state in the live table',
		flags: [...everywhere, ...drawing, ...checking, ...reporting, 'nodes', 'hold', 'screen-reader'],
		input: [0, 0],
		load: async () => (await import('./commands/demo.js')).runDemoCommand,
	},
	'config list': {
		usage: 'config list',
		about: 'list the settings with their values and defaults',
		flags: [...everywhere],
		input: [0, 0],
		load: configCommand('list'),
	},
	'config get': {
		usage: 'config get SETTING',
		about: 'print the value of a setting',
		flags: [...everywhere],
		input: [1, 1],
		takes: 'settings',
		load: configCommand('get'),
	},
	'config set': {
		usage: 'config set SETTING VALUE',
		about: 'change a setting; an empty value restores the default',
		flags: [...everywhere, 'quiet'],
		input: [2, 2],
		takes: 'settings',
		load: configCommand('set'),
	},
	info: {
		usage: 'info',
		about: 'show file paths, versions, and the RPC methods xmrtop may call',
		flags: [...everywhere],
		input: [0, 0],
		load: async () => (await import('./commands/info.js')).runInfo,
	},
	man: {
		usage: 'man [COMMAND]',
		about: 'show the manual, or the page of a command',
		flags: ['help'],
		input: [0, 2],
		load: async (): Promise<RunCommand> => (await import('./commands/info.js')).createManual(findCommand),
	},
	completion: {
		usage: 'completion bash|zsh|fish',
		about: 'print a shell completion script for commands, flags and nodes',
		flags: ['help'],
		input: [1, 1],
		takes: 'shells',
		load: async (): Promise<RunCommand> => (await import('./commands/completion.js')).createCompletion(commandTable),
	},
} as const satisfies Readonly<Record<string, Command>>;

/** The name of a command, such as `nodes list`. */
export type CommandWords = keyof typeof commandTable;

/** Aliases after the shell's own commands: `ls` and `rm` alone, and as the second word of a command. */
const aliases = {ls: 'nodes list', rm: 'nodes remove'} as const satisfies Readonly<Record<string, CommandWords>>;
const subcommandAliases = {ls: 'list', rm: 'remove'} as const;

/** The first words of all commands. */
export function firstWords(): string[] {
	const words = Object.keys(commandTable).map(each => each.split(' ')[0] ?? '');
	return [...new Set([...words, 'help', 'version'])].filter(word => word !== '');
}

/**
 * Finds the command that a command line begins with.
 * @returns the command and its arguments; `undefined` when the first word is a group such as `nodes` and the second is not one of its commands
 */
export function findCommand(
	input: readonly string[],
): {readonly words: CommandWords; readonly rest: readonly string[]} | undefined {
	const has = (words: string): words is CommandWords => words !== '' && Object.hasOwn(commandTable, words);
	const [first = '', second = ''] = input;
	const alias = Object.hasOwn(aliases, first) ? aliases[first as keyof typeof aliases] : undefined;
	if (alias) {
		return {words: alias, rest: input.slice(1)};
	}

	const isAlias = Object.hasOwn(subcommandAliases, second);
	const two = `${first} ${isAlias ? subcommandAliases[second as keyof typeof subcommandAliases] : second}`;
	if (has(two)) {
		return {words: two, rest: input.slice(2)};
	}

	if (has(first)) {
		return {words: first, rest: input.slice(1)};
	}

	return listSubcommands(first).length > 0 ? undefined : {words: '', rest: input};
}

/** The subcommands of a first word, such as `list`, `show` ... for `nodes`. */
export function listSubcommands(word: string): string[] {
	return Object.keys(commandTable)
		.filter(words => words.startsWith(`${word} `))
		.map(words => words.slice(word.length + 1));
}
