import meow from 'meow';
import {checkMethods} from '../domain/check-method.js';
import {failLevels} from '../domain/fail-level.js';
import {InputError} from '../domain/input-error.js';
import {states} from '../domain/state.js';
import {shown} from '../domain/text.js';

/** One flag a person can give. */
export interface Flag {
	/** What stands for the value in help; absent for a switch. */
	readonly value?: string;
	readonly short?: string;
	/** The only values there are, for completion; what reads the value says so in its own words. */
	readonly choices?: readonly string[];
	/** What its value is a path of, for completion. */
	readonly path?: 'file' | 'folder';
	/** May be given more than once. */
	readonly isRepeatable?: true;
	/** A switch that is on by default and given as `--no-NAME`. */
	readonly isNegative?: true;
	/** A few words for help. */
	readonly about: string;
}

/** Every flag of every command, by its name without dashes. */
export const flagTable = {
	method: {value: 'METHOD', short: 'm', choices: checkMethods, about: 'check method: pid, port, api (default) or full'},
	interval: {value: 'D', short: 'i', about: 'time between check cycles (default 5s, at least 1s)'},
	timeout: {value: 'D', about: 'timeout of an RPC call (default 3s)'},
	concurrency: {value: 'N', about: 'maximum number of concurrent checks (default 256)'},
	group: {value: 'GROUP', about: 'only nodes in this group'},
	state: {value: 'STATE', choices: states, about: 'only nodes in this state: up, degraded, busy, down, unknown'},
	all: {about: 'all enabled nodes (the default if no node is named)'},
	json: {about: 'one JSON document on stdout'},
	ndjson: {about: 'one JSON document per cycle on stdout, one per line, in the format of status --json'},
	csv: {about: 'CSV (comma-separated values) on stdout'},
	nagios: {about: 'one line with perfdata; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'},
	'json-schema': {about: 'print the JSON Schema of the --json output and exit'},
	save: {isNegative: true, about: 'do not save the results'},
	'fail-on': {
		value: 'LEVEL',
		choices: failLevels,
		about: 'lowest severity that exits with 1: degraded, failed (default) or down',
	},
	'config-dir': {value: 'DIR', path: 'folder', about: 'folder that contains nodes.json'},
	'state-dir': {value: 'DIR', path: 'folder', about: 'folder that contains results.json and transitions.ndjson'},
	color: {isNegative: true, about: 'disable colours'},
	ascii: {about: 'use only ASCII characters'},
	unicode: {about: 'use Unicode characters regardless of the locale'},
	help: {short: 'h', about: 'show help for a command'},
	version: {short: 'V', about: 'show the version of xmrtop'},
	name: {value: 'NAME', about: 'a new name'},
	port: {value: 'N', about: 'the RPC port'},
	host: {value: 'H', about: 'IPv4, IPv6 or DNS name (default 127.0.0.1)'},
	path: {value: 'P', about: 'URL path of the RPC (default /json_rpc)'},
	username: {value: 'U', about: 'user name for HTTP Digest authentication'},
	'password-env': {value: 'V', about: 'environment variable that contains the password'},
	'password-file': {value: 'F', path: 'file', about: 'file that contains the password'},
	'login-file': {value: 'F', path: 'file', about: 'the monero-wallet-rpc.PORT.login file written by the wallet'},
	'password-stdin': {about: 'read the password from stdin and store it in nodes.json'},
	tls: {about: 'use https (--no-tls with nodes edit: use http again)'},
	'tls-ca-file': {value: 'F', path: 'file', about: 'PEM file with the CA certificates to trust'},
	'tls-fingerprint': {value: 'F', about: 'SHA-256 fingerprint of the certificate to accept'},
	'tls-insecure': {about: 'accept any certificate'},
	daemon: {value: 'D', about: 'the monerod the wallet uses: host:port or URL; none: do not check it'},
	'daemon-username': {value: 'U', about: 'user name for the daemon'},
	'daemon-password-env': {value: 'V', about: 'environment variable that contains the daemon password'},
	'daemon-password-file': {value: 'F', path: 'file', about: 'file that contains the daemon password'},
	'daemon-tls-ca-file': {value: 'F', path: 'file', about: 'PEM file with the CA certificates to trust for the daemon'},
	'daemon-tls-fingerprint': {value: 'F', about: "SHA-256 fingerprint of the daemon's certificate to accept"},
	'daemon-tls-insecure': {about: 'accept any certificate from the daemon'},
	pid: {value: 'N', about: 'process id'},
	'pid-file': {value: 'F', path: 'file', about: 'file that contains the process id'},
	title: {value: 'T', about: 'a longer name for display'},
	'expect-wallet': {about: 'a wallet should be open (--no-expect-wallet: it need not be)'},
	'busy-max': {value: 'D', about: 'how long a busy process may stay silent'},
	for: {value: 'D', about: 'how long to disable (nodes disable); state to wait for: up, ok or down (wait)'},
	limit: {value: 'N', about: 'show only the last N outages and changes of state'},
	prune: {about: 'remove nodes that are not in the file'},
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
	listen: {value: 'ADDRESS', about: 'address to listen on: HOST:PORT (default 127.0.0.1:8780) or unix:PATH'},
	prefix: {value: 'PATH', about: 'URL path prefix of the routes, e.g. /admin/monero'},
	'token-file': {value: 'F', path: 'file', about: 'file that contains the bearer token (or XMRTOP_TOKEN)'},
	connect: {
		value: 'URL',
		isRepeatable: true,
		about: 'read a remote host: ssh://[USER@]HOST or http://HOST:PORT; repeatable',
	},
	hold: {about: 'start the fleet, print its --config-dir, and run until a signal'},
} as const satisfies Readonly<Record<string, Flag>>;

/** The name of a flag, without dashes. */
export type FlagName = keyof typeof flagTable;

/** The flags a person gave: text for those with a value, true or false for switches. */
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

/** A command line, taken apart. */
export interface ParsedArguments {
	readonly input: readonly string[];
	readonly flags: GivenFlags;
	/** Flags that no command has, as they were typed. */
	readonly unknown: readonly string[];
}

const entries = Object.entries(flagTable) as ReadonlyArray<readonly [FlagName, Flag]>;
const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Takes a command line apart.
 * @param argv without the program's own name
 * @throws InputError (`bad_usage`) for a flag given twice
 */
export function parseArguments(argv: readonly string[]): ParsedArguments {
	const unknown = refuseMisspelt(argv);
	const isUnknown = (word: string): boolean => unknown.some(flag => word === flag || word.startsWith(`${flag}=`));
	const parsed = runMeow(joinNegatives(argv).filter(word => !isUnknown(word)));
	const values = parsed.unnormalizedFlags as Record<string, unknown>;
	const byKey = new Map(entries.map(([name, flag]) => [camelCase(name), {name, flag}]));
	const shorts = new Set(entries.map(([, {short}]) => short));
	const others = Object.keys(values).filter(key => key.length === 1 && !byKey.has(key) && !shorts.has(key));
	const texts = (name: FlagName): readonly string[] => [values[camelCase(name)] ?? []].flat() as string[];
	const given = entries.map(([name]) => name).filter(name => values[camelCase(name)] !== undefined);
	return {
		input: parsed.input.map(String),
		unknown: [...unknown, ...others.map(key => `-${key}`)],
		flags: {
			text: name => texts(name)[0],
			texts,
			isOn: name => values[camelCase(name)] as boolean | undefined,
			given,
		},
	};
}

/**
 * What meow lets pass: flags in another spelling, values for switches, no value where there should be one (which would clear
 * a field), and flags given twice.
 * @returns the flags that no command has, as they were typed
 * @throws InputError (`bad_usage`)
 */
function refuseMisspelt(argv: readonly string[]): string[] {
	const end = argv.indexOf('--');
	const words = end === -1 ? argv : argv.slice(0, end);
	const seen = new Set<string>();
	const unknown: string[] = [];
	for (const [index, word] of words.entries()) {
		const [, typed, equals] = /^(--[^=]+|-[^-\d=])(=[\s\S]*)?$/.exec(word) ?? [];
		if (typed === undefined) {
			continue;
		}

		const found = flagTyped(typed);
		if (!found) {
			unknown.push(typed);
			continue;
		}

		const {name, flag} = found;
		const next = words[index + 1];
		const hasValue = equals !== undefined || (next !== undefined && !/^-[^\d.]/.test(next));
		if (flag.value === undefined && equals !== undefined) {
			throw new InputError('bad_usage', `${typed} takes no value`);
		}

		// An empty value clears a field; what may be given again and again is no field.
		const isEmpty = flag.isRepeatable && (equals === '=' || (equals === undefined && next === ''));
		if (flag.value !== undefined && (!hasValue || isEmpty)) {
			throw new InputError('bad_usage', `${typed} needs a value: ${flag.about}`);
		}

		if (flag.value !== undefined && !flag.isRepeatable && seen.has(name)) {
			throw new InputError('bad_usage', `--${name} is given twice: use it only once`);
		}

		seen.add(name);
	}

	return unknown;
}

/** A value such as -5s looks like flags to meow, unless it is joined to the flag it belongs to. */
function joinNegatives(argv: readonly string[]): string[] {
	const joined: string[] = [];
	let isPastEnd = false;
	for (const word of argv) {
		const before = joined.at(-1) ?? '';
		isPastEnd ||= word === '--';
		if (!isPastEnd && /^-[\d.]/.test(word) && flagTyped(before)?.flag.value !== undefined) {
			joined[joined.length - 1] = `${before}=${word}`;
		} else {
			joined.push(word);
		}
	}

	return joined;
}

/** The flag that was typed as `--name`, `--no-name` or `-n`. */
function flagTyped(typed: string): {readonly name: FlagName; readonly flag: Flag} | undefined {
	const found = entries.find(
		([name, {short, value}]) =>
			typed === `--${name}` || (value === undefined && typed === `--no-${name}`) || typed === `-${short}`,
	);
	return found && {name: found[0], flag: found[1]};
}

/** Whether a flag may be among the arguments, in any spelling. meow takes 0.1 ms for each flag it is told of: half of its time. */
function mayBeAmong(argv: readonly string[]): (entry: readonly [string, Flag]) => boolean {
	const squeezed = (word: string): string => word.replaceAll('-', '').toLowerCase();
	const words = argv.filter(word => word.startsWith('-')).map(squeezed);
	return ([name, {short = name}]) =>
		words.some(word => word.includes(squeezed(name)) || word.includes(squeezed(short)));
}

function runMeow(argv: readonly string[]) {
	const flags = entries.filter(mayBeAmong(argv)).map(([name, {value, short, isRepeatable}]) => [
		camelCase(name),
		{
			type: value === undefined ? 'boolean' : 'string',
			...(short === undefined ? {} : {shortFlag: short}),
			...(isRepeatable ? {isMultiple: true} : {}),
		},
	]);
	try {
		return meow({
			importMeta: import.meta,
			argv: [...argv],
			// Without these meow reads package.json, prints help and ends the process by itself.
			pkg: {name: 'xmrtop'},
			description: false,
			help: false,
			autoHelp: false,
			autoVersion: false,
			booleanDefault: undefined,
			flags: Object.fromEntries(flags),
		});
	} catch (error) {
		throw new InputError('bad_usage', error instanceof Error ? error.message.replace(/\.$/, '') : shown(error));
	}
}
