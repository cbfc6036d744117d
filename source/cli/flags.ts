import meow from 'meow';
import type {ChannelName} from '../domain/alerts/outbox.js';
import type {WebhookFormatName} from '../domain/alerts/webhook-formats.js';
import {checkMethods} from '../domain/check-method.js';
import {compact} from '../domain/compact.js';
import {InputError} from '../domain/input-error.js';
import {nodeKinds} from '../domain/node/node.js';
import {states} from '../domain/state.js';
import {failLevels} from '../domain/status-document.js';

/** One flag: how meow parses it, and its text in help and completion. */
export interface Flag {
	/** Placeholder of the value in help; absent for a switch. */
	readonly value?: string;
	readonly shortFlag?: string;
	/** The allowed values, for completion only; the code that reads the flag validates the value itself. */
	readonly choices?: readonly string[];
	/** Set when the value is a path, for completion. */
	readonly path?: 'file' | 'folder';
	/** May be given more than once. */
	readonly isMultiple?: true;
	/** A switch that is on by default and is turned off with `--no-NAME`. */
	readonly isNegative?: true;
	/** A short description for help. */
	readonly about: string;
}

/** Every flag of every command, by its name without dashes. */
export const flagTable = {
	method: {
		value: 'METHOD',
		shortFlag: 'm',
		choices: checkMethods,
		about: 'check method: pid, port, api (default) or full',
	},
	interval: {value: 'D', shortFlag: 'i', about: 'time between check cycles (default 5s, at least 1s)'},
	timeout: {value: 'D', about: 'timeout of an RPC call (default 3s)'},
	concurrency: {value: 'N', about: 'maximum number of concurrent checks (default 256)'},
	group: {value: 'GROUP', about: 'only nodes in this group'},
	state: {value: 'STATE', choices: states, about: 'only nodes in this state: up, degraded, busy, down, unknown'},
	all: {about: 'all enabled nodes (the default if no node is named)'},
	json: {about: 'one JSON document on stdout'},
	ndjson: {about: 'one JSON document per cycle on stdout, one per line, in the format of status --json'},
	csv: {about: 'CSV (comma-separated values) on stdout'},
	nagios: {about: 'one line with perfdata; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'},
	daemons: {about: 'the daemons that the nodes depend on, instead of the nodes'},
	'json-schema': {about: 'print the JSON Schema of the --json output and exit'},
	'default-view': {about: 'reset the remembered view of the live table (sort, filter, grouping, columns, ...)'},
	'screen-reader': {
		about: 'the live table as sentences for a screen reader; changes are announced (also INK_SCREEN_READER=true)',
	},
	save: {isNegative: true, about: 'do not save the results'},
	'fail-on': {
		value: 'LEVEL',
		choices: failLevels,
		about: 'lowest severity that exits with 1: degraded, failed (default) or down',
	},
	'config-dir': {value: 'DIR', path: 'folder', about: 'folder that contains nodes.json'},
	'state-dir': {value: 'DIR', path: 'folder', about: 'folder that contains results.json and transitions.ndjson'},
	color: {isNegative: true, about: 'disable colors'},
	ascii: {about: 'use only ASCII characters'},
	unicode: {about: 'use Unicode characters regardless of the locale'},
	quiet: {shortFlag: 'q', about: 'print only errors; for scripts that use the exit code'},
	debug: {about: 'write every request and its response to stderr, without secrets'},
	help: {shortFlag: 'h', about: 'show help for a command'},
	version: {shortFlag: 'V', about: 'show the version of xmrtop'},
	name: {value: 'NAME', about: 'a new name'},
	kind: {value: 'KIND', choices: nodeKinds, about: 'what the node is: wallet (default) or daemon (a monerod)'},
	port: {value: 'N', about: 'the RPC port'},
	host: {value: 'H', about: 'IPv4, IPv6 or DNS name (default 127.0.0.1)'},
	path: {value: 'P', about: 'URL path of the RPC (default /json_rpc)'},
	username: {value: 'U', about: 'user name for HTTP Digest authentication'},
	'password-env': {value: 'V', about: 'environment variable that contains the password'},
	'password-file': {value: 'F', path: 'file', about: 'file that contains the password'},
	'login-file': {value: 'F', path: 'file', about: 'the monero-wallet-rpc.PORT.login file written by the wallet'},
	'login-config': {
		value: 'F',
		path: 'file',
		about: 'configuration file of the wallet, whose rpc-login is used',
	},
	'password-stdin': {about: 'read the password from stdin and store it in nodes.json'},
	tls: {about: 'use https (--no-tls with nodes edit: use http again)'},
	'tls-ca-file': {value: 'F', path: 'file', about: 'PEM file with the CA certificates to trust'},
	'tls-fingerprint': {value: 'F', about: 'SHA-256 fingerprint of the certificate to accept'},
	'tls-insecure': {about: 'accept any certificate'},
	proxy: {value: 'P', about: 'SOCKS5 proxy for connections to the node: socks5h://host:port'},
	daemon: {value: 'D', about: 'the monerod the wallet uses: host:port or URL; none: do not check it'},
	'daemon-username': {value: 'U', about: 'user name for the daemon'},
	'daemon-password-env': {value: 'V', about: 'environment variable that contains the daemon password'},
	'daemon-password-file': {value: 'F', path: 'file', about: 'file that contains the daemon password'},
	'daemon-tls-ca-file': {value: 'F', path: 'file', about: 'PEM file with the CA certificates to trust for the daemon'},
	'daemon-tls-fingerprint': {value: 'F', about: "SHA-256 fingerprint of the daemon's certificate to accept"},
	'daemon-tls-insecure': {about: 'accept any certificate from the daemon'},
	'daemon-proxy': {value: 'P', about: 'SOCKS5 proxy for connections to the daemon: socks5h://host:port'},
	pid: {value: 'N', about: 'process id'},
	'pid-file': {value: 'F', path: 'file', about: 'file that contains the process id'},
	title: {value: 'T', about: 'a longer name for display'},
	'expect-wallet': {about: 'a wallet should be open (--no-expect-wallet: it need not be)'},
	'busy-max': {value: 'D', about: 'how long a busy process may stay silent'},
	for: {
		value: 'D',
		about: 'how long to disable (nodes disable) or silence (silence); state to wait for: up, ok or down (wait)',
	},
	reason: {value: 'T', about: 'reason, shown with the silence'},
	within: {value: 'D', about: 'how long the node may take to come up (default 2m)'},
	channel: {
		value: 'NAME',
		choices: ['program', 'webhook'] satisfies readonly ChannelName[],
		about: 'only this channel',
	},
	limit: {value: 'N', about: 'show only the last N outages and changes of state'},
	key: {value: 'K', about: 'key that chooses the action in the live table (!)'},
	on: {value: 'STATES', about: 'only for nodes in these states, e.g. down,busy (default: all)'},
	restarts: {about: 'the action ends or restarts the wallet; refused while that would lose progress'},
	follow: {about: 'the action uses the whole terminal until it ends, e.g. logs'},
	force: {about: 'run the action in any state of the node, even if progress is lost'},
	prune: {about: 'remove nodes that are not in the file'},
	yes: {shortFlag: 'y', about: 'do not ask'},
	'dry-run': {about: 'show what would change without changing anything'},
	add: {about: 'add new wallets as nodes'},
	nodes: {value: 'N', about: 'number of nodes (default 12)'},
	'on-change': {
		value: 'PROGRAM',
		path: 'file',
		about: 'program to run for every alert, with the alert as JSON on its stdin',
	},
	'webhook-file': {
		value: 'F',
		path: 'file',
		about: 'file that contains the webhook URL for alerts (or XMRTOP_WEBHOOK)',
	},
	'heartbeat-file': {
		value: 'F',
		path: 'file',
		about: 'file that contains a URL to request every minute while xmrtop is checking (or XMRTOP_HEARTBEAT)',
	},
	'heartbeat-fail': {about: 'request the heartbeat URL with /fail while a node is down'},
	'webhook-format': {
		value: 'FORMAT',
		choices: ['json', 'alertmanager', 'slack', 'discord', 'ntfy'] satisfies readonly WebhookFormatName[],
		about: 'what the webhook receives: json (default), alertmanager, slack, discord or ntfy (or XMRTOP_WEBHOOK_FORMAT)',
	},
	listen: {value: 'ADDRESS', about: 'address to listen on: HOST:PORT (default 127.0.0.1:8780) or unix:PATH'},
	prefix: {value: 'PATH', about: 'URL path prefix of the routes, e.g. /admin/monero'},
	'token-file': {value: 'F', path: 'file', about: 'file that contains the bearer token (or XMRTOP_TOKEN)'},
	connect: {
		value: 'URL',
		isMultiple: true,
		about: 'read a host: ssh://[USER@]HOST, http://HOST:PORT, prometheus+http://HOST:9090 or local; repeatable',
	},
	hosts: {
		value: 'NAME',
		isMultiple: true,
		about: 'connect to saved hosts (xmrtop hosts): a name, or all; repeatable',
	},
	'basic-auth-file': {
		value: 'F',
		path: 'file',
		about: 'file that contains USER:PASSWORD for Prometheus (HTTP Basic)',
	},
	at: {
		value: 'TIME',
		about: "with Prometheus: show the nodes as they were, e.g. 14:02, '2h ago' or 2026-11-20T14:02:00Z",
	},
	hold: {about: 'start the fleet, print its --config-dir, and run until a signal'},
} as const satisfies Readonly<Record<string, Flag>>;

/** The name of a flag, without dashes. */
export type FlagName = keyof typeof flagTable;

/** The flags that describe a node. */
export const definitionFlags = [
	'kind',
	'port',
	'host',
	'path',
	'username',
	'password-env',
	'password-file',
	'login-file',
	'login-config',
	'password-stdin',
	'tls',
	'tls-ca-file',
	'tls-fingerprint',
	'tls-insecure',
	'proxy',
	'daemon',
	'daemon-username',
	'daemon-password-env',
	'daemon-password-file',
	'daemon-tls-ca-file',
	'daemon-tls-fingerprint',
	'daemon-tls-insecure',
	'daemon-proxy',
	'pid',
	'pid-file',
	'group',
	'title',
	'timeout',
	'busy-max',
	'expect-wallet',
] as const satisfies readonly FlagName[];

/** The spelling of a flag on the command line, such as `--no-save`. */
export function flagSpelling(name: FlagName): string {
	const {isNegative}: Flag = flagTable[name];
	return `--${isNegative ? 'no-' : ''}${name}`;
}

/** The flags of a command line: text for those with a value, true or false for switches. */
export interface GivenFlags {
	/** The text given for a flag; `''` when its value is empty. */
	readonly text: (name: FlagName) => string | undefined;
	/** Every text given for a repeatable flag, in order. */
	readonly texts: (name: FlagName) => readonly string[];
	/** Whether a switch is on; `undefined` when it was not given. */
	readonly isOn: (name: FlagName) => boolean | undefined;
	/** The flags that were given, in the order of the table. */
	readonly given: readonly FlagName[];
}

/** A parsed command line. */
export interface ParsedArguments {
	readonly input: readonly string[];
	readonly flags: GivenFlags;
	/** Flags that do not exist, as they were typed. */
	readonly unknown: readonly string[];
}

const entries = Object.entries(flagTable) as ReadonlyArray<readonly [FlagName, Flag]>;
const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Converts the flags that may be among the arguments to meow's format, with names in camel case.
 * Converting all flags would take 2.3 ms of CPU at every start.
 */
function meowFlags(argv: readonly string[]) {
	const line = argv.join(' ');
	const mayBeGiven = entries.filter(([name, {shortFlag}]) =>
		[name, shortFlag].some(word => word && line.includes(word)),
	);
	return Object.fromEntries(
		mayBeGiven.map(([name, {value, shortFlag, isMultiple}]) => [
			camelCase(name),
			compact({
				type: value === undefined ? 'boolean' : 'string',
				shortFlag,
				isMultiple,
			}),
		]),
	);
}

/**
 * Parses a command line.
 * @param typedArgv the arguments, without the program's name
 * @throws InputError (`bad_usage`) for a flag given twice, a flag without its value, and a switch with a value
 */
export function parseCliArguments(typedArgv: readonly string[]): ParsedArguments {
	const argv = splitShortValues(typedArgv);
	const end = argv.indexOf('--');
	const {input, unnormalizedFlags: values} = runMeow(joinNegatives(end === -1 ? argv : argv.slice(0, end)));
	const texts = (name: FlagName): readonly string[] => [values[camelCase(name)] ?? []].flat() as string[];
	const typed = typedFlags(argv);
	for (const each of typed) {
		refuseWrongValue(each);
	}

	const unknown = typed.filter(({found}) => found === undefined).map(({word}) => word);
	const known = new Set(entries.flatMap(([name, {shortFlag}]) => [camelCase(name), shortFlag]));
	// Unknown letters in a group of short flags, such as the x of -Vx.
	const letters = Object.keys(values).filter(key => key.length === 1 && !known.has(key));
	return {
		// Arguments after `--` are not interpreted.
		input: [...input.map(String), ...(end === -1 ? [] : argv.slice(end + 1))],
		unknown: [...new Set([...unknown, ...letters.map(key => `-${key}`)])],
		flags: {
			text: name => texts(name)[0],
			texts,
			isOn: name => values[camelCase(name)] as boolean | undefined,
			given: entries.map(([name]) => name).filter(name => texts(name).length > 0),
		},
	};
}

/** A flag among the arguments, as it was typed. */
interface TypedFlag {
	/** With its dashes and without its value. */
	readonly word: string;
	/** The value attached to it, with its `=`. */
	readonly joined: string | undefined;
	/** The next argument. */
	readonly next: string | undefined;
	/** Absent when no flag has exactly this spelling. */
	readonly found: Flag | undefined;
}

/** The flags as they were typed. Needed because meow also accepts `--failOn` for `--fail-on` and does not report the spelling. */
function typedFlags(argv: readonly string[]): TypedFlag[] {
	const end = argv.indexOf('--');
	const words = end === -1 ? argv : argv.slice(0, end);
	return words.flatMap((argument, index) => {
		const [, word, joined] = /^(--[^=]+|-[^-\d.=])(=[\s\S]*)?$/.exec(argument) ?? [];
		return word === undefined ? [] : [{word, joined, next: words[index + 1], found: flagTyped(word)}];
	});
}

/**
 * Rejects what meow accepts: a switch with a value, and a flag without its value, which would clear the field.
 * @throws InputError (`bad_usage`)
 */
function refuseWrongValue({word, joined, next, found}: TypedFlag): void {
	if (found === undefined) {
		return;
	}

	const {value, isMultiple, about} = found;
	if (value === undefined && joined !== undefined) {
		throw new InputError('bad_usage', `${word} takes no value`);
	}

	const given = joined?.slice(1) ?? (next === undefined || /^-[^\d.]/.test(next) ? undefined : next);
	// An empty value clears a field; repeatable flags do not set fields, so for them it is an error.
	if (value !== undefined && (given === undefined || (isMultiple && given === ''))) {
		throw new InputError('bad_usage', `${word} needs a value: ${about}`);
	}
}

/** Rewrites `-mapi` as `-m=api`: a short flag with its value attached. */
function splitShortValues(argv: readonly string[]): string[] {
	const end = argv.indexOf('--');
	return argv.map((word, index) => {
		const isFlag = /^-[A-Za-z][^=]/.test(word) && (end === -1 || index < end);
		return isFlag && flagTyped(word.slice(0, 2))?.value !== undefined ? `${word.slice(0, 2)}=${word.slice(2)}` : word;
	});
}

/** Joins a value such as -5s to the flag before it; otherwise meow takes it for flags. */
function joinNegatives(argv: readonly string[]): string[] {
	const joined: string[] = [];
	let isPastEnd = false;
	for (const word of argv) {
		const before = joined.at(-1) ?? '';
		isPastEnd ||= word === '--';
		if (!isPastEnd && /^-[\d.]/.test(word) && flagTyped(before)?.value !== undefined) {
			joined[joined.length - 1] = `${before}=${word}`;
		} else {
			joined.push(word);
		}
	}

	return joined;
}

/** Finds the flag for `--name`, `--no-name` or `-n`. */
function flagTyped(word: string): Flag | undefined {
	return entries.find(
		([name, {shortFlag, value}]) =>
			word === `--${name}` || (value === undefined && word === `--no-${name}`) || word === `-${shortFlag}`,
	)?.[1];
}

/** @throws InputError (`bad_usage`) for a flag given twice */
function runMeow(argv: readonly string[]) {
	try {
		return meow({
			importMeta: import.meta,
			argv,
			// Without these options meow reads package.json, and handles help and unknown flags itself by printing and exiting.
			pkg: {name: 'xmrtop'},
			description: false,
			autoHelp: false,
			autoVersion: false,
			booleanDefault: undefined,
			flags: meowFlags(argv),
		});
	} catch (error) {
		const [, key] = /^The flag --(\w+) can only be set once/.exec(error instanceof Error ? error.message : '') ?? [];
		const name = entries.find(([each]) => camelCase(each) === key)?.[0];
		throw name === undefined ? error : new InputError('bad_usage', `--${name} is given twice: use it only once`);
	}
}
