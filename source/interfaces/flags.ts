import meow from 'meow';
import {checkMethods} from '../domain/check-method.js';
import {InputError} from '../domain/input-error.js';
import {states} from '../domain/state.js';
import {shown} from '../domain/text.js';
import {failLevels} from './fail-level.js';

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
	method: {value: 'METHOD', short: 'm', choices: checkMethods, about: 'how to check: pid, port, api (default) or full'},
	interval: {value: 'D', short: 'i', about: 'time between cycles (default 5s, at least 1s)'},
	timeout: {value: 'D', about: 'bounds an RPC call (default 3s)'},
	concurrency: {value: 'N', about: 'checks under way at once (default 256)'},
	group: {value: 'GROUP', about: 'only nodes of this group'},
	state: {value: 'STATE', choices: states, about: 'only nodes in this state: up, degraded, busy, down, unknown'},
	all: {about: 'every available node, as when none is named'},
	json: {about: 'one JSON document on stdout'},
	ndjson: {about: 'one JSON document per cycle on stdout, each on a line of its own, as status --json gives it'},
	csv: {about: 'comma-separated values on stdout'},
	nagios: {about: 'one line with perfdata; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'},
	'json-schema': {about: 'print the JSON Schema of --json and end'},
	save: {isNegative: true, about: 'leave the stored results alone'},
	'fail-on': {value: 'LEVEL', choices: failLevels, about: 'exit 1 from: degraded, failed (default) or down'},
	'config-dir': {value: 'DIR', path: 'folder', about: 'folder of nodes.json'},
	'state-dir': {value: 'DIR', path: 'folder', about: 'folder of results.json and transitions.ndjson'},
	color: {isNegative: true, about: 'no colours'},
	ascii: {about: 'draw with ASCII only'},
	unicode: {about: 'draw with Unicode whatever the locale says'},
	help: {short: 'h', about: 'help for a command'},
	version: {short: 'V', about: 'the version of xmrtop'},
	name: {value: 'NAME', about: 'a new name'},
	port: {value: 'N', about: 'the RPC port'},
	host: {value: 'H', about: 'IPv4, IPv6 or DNS name (default 127.0.0.1)'},
	path: {value: 'P', about: 'path of the RPC (default /json_rpc)'},
	username: {value: 'U', about: 'user of the login (HTTP Digest)'},
	'password-env': {value: 'V', about: 'environment variable that holds the password'},
	'password-file': {value: 'F', path: 'file', about: 'file that holds the password'},
	'login-file': {value: 'F', path: 'file', about: 'the monero-wallet-rpc.PORT.login file the wallet writes'},
	'password-stdin': {about: 'read the password from stdin, and keep it in nodes.json'},
	tls: {about: 'speak https; --no-tls on edit: speak http again'},
	'tls-ca-file': {value: 'F', path: 'file', about: 'PEM file of the authorities to trust'},
	'tls-fingerprint': {value: 'F', about: 'SHA-256 of the one certificate to accept'},
	'tls-insecure': {about: 'accept any certificate'},
	daemon: {value: 'D', about: 'the monerod the wallet uses: host:port or URL; none: leave it alone'},
	'daemon-username': {value: 'U', about: 'user of the daemon login'},
	'daemon-password-env': {value: 'V', about: 'environment variable with the daemon password'},
	'daemon-password-file': {value: 'F', path: 'file', about: 'file with the daemon password'},
	'daemon-tls-ca-file': {value: 'F', path: 'file', about: 'PEM file of the authorities to trust for the daemon'},
	'daemon-tls-fingerprint': {value: 'F', about: "SHA-256 of the daemon's certificate, the one to accept"},
	'daemon-tls-insecure': {about: 'accept any certificate of the daemon'},
	pid: {value: 'N', about: "the process's id"},
	'pid-file': {value: 'F', path: 'file', about: "file that holds the process's id"},
	title: {value: 'T', about: 'a longer name to show'},
	'expect-wallet': {about: 'a wallet should be open (--no-expect-wallet: need not)'},
	'busy-max': {value: 'D', about: 'how long proof of work excuses silence'},
	for: {value: 'D', about: 'for this long only (nodes disable); what to wait for: up, ok or down (wait)'},
	limit: {value: 'N', about: 'at most the last N outages and transitions'},
	prune: {about: 'remove the nodes that the file does not name'},
	'dry-run': {about: 'say what would change, and change nothing'},
	add: {about: 'add the new ones to the nodes'},
	nodes: {value: 'N', about: 'how many nodes (default 12)'},
	'on-change': {
		value: 'PROGRAM',
		path: 'file',
		about: 'run this program for every alert, with the alert as JSON on its stdin',
	},
	'webhook-file': {value: 'F', path: 'file', about: 'file that holds the URL alerts are posted to (or XMRTOP_WEBHOOK)'},
	listen: {value: 'ADDRESS', about: 'HOST:PORT (default 127.0.0.1:8780) or unix:PATH'},
	prefix: {value: 'PATH', about: 'put the routes under this path, such as /admin/monero'},
	'token-file': {value: 'F', path: 'file', about: 'file that holds the bearer token (or XMRTOP_TOKEN)'},
	connect: {
		value: 'URL',
		isRepeatable: true,
		about: 'read another host: ssh://[USER@]HOST or http://HOST:PORT; repeatable',
	},
	hold: {about: 'start the fleet, print its --config-dir, stay until a signal'},
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
			throw new InputError('bad_usage', `--${name} is given twice: once is allowed`);
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
