import {compact} from './compact.js';
import {parseDaemonAddress, parseHost, parsePort} from './daemon-address.js';
import {completeWalletOption, type WalletOption} from './discovery/wallet-options.js';
import {loaderPrefix, type ProgramFacts, programName, walletArgv} from './discovery/wallet-process.js';
import {isObject} from './schemas.js';
import {cleanText, isCleanText, redactChainData, redacted, shellWord, withoutUrlQuery} from './text.js';

/**
 * Decides which parts of a command line are shown. Any option may contain a secret (a login, a webhook's token, a header),
 * so only values that are known to contain none are shown.
 */

/** Returns the part of an option's value that may be shown; `undefined` if nothing may. */
type Show = (value: string) => string | undefined;

const maxValueLength = 300;

const showIf =
	(isHarmless: (value: string) => boolean): Show =>
	value =>
		value.length <= maxValueLength && isHarmless(value) ? value : undefined;

const port = showIf(value => parsePort(value) !== undefined);
const host = showIf(value => parseHost(value) !== undefined);
const count = showIf(value => /^\d{1,12}$/.test(value));
const path: Show = value =>
	value.length <= maxValueLength && isCleanText(value) && !/:\/\/|:[^/]*@/.test(value)
		? redactChainData(value)
		: undefined;
const sslMode = showIf(value => /^(?:enabled|disabled|autodetect)$/.test(value));
/** `2`, or categories and their levels: `*:WARNING,net.http:DEBUG`. */
const logLevel = showIf(value =>
	value.split(',').every(part => /^[+-]?(?:\d|[\w.*]{1,40}:(?:FATAL|ERROR|WARNING|INFO|DEBUG|TRACE))$/.test(part)),
);

/** The address with its user information redacted. An address with a path is not shown, because the path may be a token. */
const address: Show = value => {
	const [, scheme = '', user = '', rest = ''] = /^([a-z][a-z\d]{0,9}:\/\/)?(.*@)?([^@]*)$/i.exec(value) ?? [];
	const isAlone = /^[^/]+\/?$/.test(rest) && parseDaemonAddress(rest, 'refused') !== undefined;
	return isAlone ? `${scheme}${user === '' ? '' : `${redacted}@`}${rest}` : undefined;
};

/** An option that takes no value. */
const flag = 'flag';

/** The options that are known to contain no secret. Of all other options only the name is shown. */
const harmless: Partial<Record<WalletOption, Show | typeof flag>> = {
	'allow-mismatched-daemon-version': flag,
	'confirm-external-bind': flag,
	'daemon-ssl-allow-any-cert': flag,
	'daemon-ssl-allow-chained': flag,
	detach: flag,
	'disable-rpc-ban': flag,
	'disable-rpc-login': flag,
	help: flag,
	'no-dns': flag,
	'no-initial-sync': flag,
	'non-interactive': flag,
	offline: flag,
	'prompt-for-password': flag,
	'restricted-rpc': flag,
	'rpc-ignore-ipv4': flag,
	'rpc-ssl-allow-chained': flag,
	'rpc-use-ipv6': flag,
	stagenet: flag,
	testnet: flag,
	'trusted-daemon': flag,
	'untrusted-daemon': flag,
	version: flag,
	'config-file': path,
	'daemon-address': address,
	'daemon-host': host,
	'daemon-port': port,
	'daemon-ssl': sslMode,
	'daemon-ssl-ca-certificates': path,
	'daemon-ssl-certificate': path,
	'daemon-ssl-private-key': path,
	'kdf-rounds': count,
	'log-file': path,
	'log-level': logLevel,
	'max-concurrency': count,
	'max-log-file-size': count,
	'max-log-files': count,
	'password-file': path,
	pidfile: path,
	proxy: address,
	'rpc-bind-ip': host,
	'rpc-bind-ipv6-address': host,
	'rpc-bind-port': port,
	'rpc-max-connections': count,
	'rpc-max-connections-per-private-ip': count,
	'rpc-max-connections-per-public-ip': count,
	'rpc-response-soft-limit': count,
	'rpc-restricted-bind-ip': host,
	'rpc-restricted-bind-ipv6-address': host,
	'rpc-ssl': sslMode,
	'rpc-ssl-ca-certificates': path,
	'rpc-ssl-certificate': path,
	'rpc-ssl-private-key': path,
	'shared-ringdb-dir': path,
	'wallet-dir': path,
	'wallet-file': path,
};

const maxArguments = 100;

/**
 * A process's command line with secrets redacted. For a wallet: options that are known to contain no secret, and the names
 * of other options with the value `***`. For another program: its name and the number of its arguments.
 * @param maxLength the maximum length in characters; a longer line ends with an ellipsis
 */
export function shownCommandLine(program: ProgramFacts, maxLength = 500): string {
	const argv = walletArgv(program);
	return cleanText(argv ? walletLine(program, argv) : foreignLine(program), maxLength);
}

function foreignLine(program: ProgramFacts): string {
	const given = program.argv.length - 1;
	return `${programName(program) ?? redacted}${given > 0 ? ` (${given} argument${given === 1 ? '' : 's'})` : ''}`;
}

function walletLine(program: ProgramFacts, [file = '', ...rest]: readonly string[]): string {
	const shown = shownArguments(rest.slice(0, maxArguments));
	return [...loaderPrefix(program), quoted(file), ...shown, ...(rest.length > maxArguments ? ['…'] : [])].join(' ');
}

/**
 * A command that the user typed, with secrets redacted, to be stored and shown. For a wallet as {@link shownCommandLine}.
 * For another program: its arguments up to the first that may be a secret, which is the value of an option with a name such
 * as `password`, or anything but letters, digits and `@./_-`.
 */
export function shownCommand(argv: readonly string[]): string {
	if (walletArgv({argv})) {
		return shownCommandLine({argv});
	}

	const mayHideNext = (word: string): boolean => /^-(?:.*(?:pass|login|secret|token|key|auth|cred)|[apu]$)/i.test(word);
	const isPlain = (word: string): boolean => /^[\w@./-]{1,80}$/.test(word) && !/^-[A-Za-z][\w@./]/.test(word);
	const hidden = argv.findIndex((word, index) => !isPlain(word) || (index > 0 && mayHideNext(argv[index - 1] ?? '')));
	return [...argv.slice(0, hidden === -1 ? undefined : hidden), ...(hidden === -1 ? [] : ['…'])].join(' ');
}

/**
 * The arguments as Monero's parser reads them: any text is the value of the option before it, unless the text is itself an
 * option.
 */
function shownArguments(words: readonly string[]): readonly string[] {
	/** Shows the next word, if it is the value of an option. */
	let due: Show | undefined;
	return words.map(word => {
		const option = optionIn(word);
		const show = due;
		due = undefined;
		if (show && option?.known === undefined) {
			return shownValue(show, word);
		}

		if (!option) {
			return /^-[A-Za-z]$/.test(word) ? word : redacted;
		}

		const {name, value, known} = option;
		const shows = known === undefined ? undefined : harmless[known];
		const showing = shows === flag ? switchValue : (shows ?? nothing);
		if (value === undefined) {
			due = shows === flag ? undefined : showing;
			return name;
		}

		return `${name}=${shownValue(showing, value)}`;
	});
}

const nothing: Show = () => undefined;
const switchValue = showIf(value => /^(?:[01]|true|false|yes|no|on|off)$/i.test(value));

function shownValue(show: Show, value: string): string {
	const shown = show(value);
	return shown === undefined ? redacted : quoted(shown);
}

/** Quotes a value so that it remains one word. */
function quoted(value: string): string {
	return value === '' || /[\s'"]/.test(value) ? shellWord(value) : value;
}

/** Parses `--NAME` or `--NAME=VALUE`. A secret that starts with dashes is parsed too, but its name is not a known option. */
function optionIn(
	word: string,
): {readonly name: string; readonly value?: string; readonly known?: WalletOption} | undefined {
	const [, name = '', value] = /^(--[A-Za-z][\w-]{0,39})(?:=([\s\S]*))?$/.exec(word) ?? [];
	return name === '' ? undefined : compact({name, value, known: completeWalletOption(name.slice(2))});
}

/**
 * Redacts a command line that was stored or sent by another version of xmrtop, which may have redacted less. A line made by
 * this version is returned unchanged.
 */
export function shownStoredLine(line: string): string {
	if (/^[^\s'"]+(?: \(\d+ arguments?\))?$/.test(line)) {
		return line;
	}

	return shownCommandLine({argv: wordsOf(line.slice(0, maxStoredLength))}, maxStoredLength);
}

/** The maximum length that any version stored or sent. */
const maxStoredLength = 1000;

/** Splits a line into words; text in single quotes stays together, and an unmatched quote is a separate word. */
function wordsOf(line: string): readonly string[] {
	return [...line.matchAll(/(?:'[^']*'|\\'|[^\s'])+|'/g)].map(([word]) =>
		word.replace(/'([^']*)'|\\'/g, (_, inner: string | undefined) => inner ?? "'"),
	);
}

/** The fields of a result's details that may contain a secret if another version of xmrtop wrote them. */
interface Exposed {
	readonly cmdline?: unknown;
	readonly url?: unknown;
	readonly checks?: unknown;
}

/**
 * Redacts details that were stored or sent by another version of xmrtop, which may have redacted less.
 * @returns the same object if there is nothing to redact
 */
export function withoutShownSecrets<D extends object>(details: D): D {
	const {cmdline, url, checks} = details as Exposed;
	const shown = {
		...(typeof cmdline === 'string' ? {cmdline: shownStoredLine(cmdline)} : {}),
		...(typeof url === 'string' ? {url: withoutUrlQuery(url)} : {}),
		...(isObject(checks) ? {checks: shownChecks(checks)} : {}),
	};
	return Object.keys(shown).length === 0 ? details : {...details, ...shown};
}

/** Redacts the parts of a `full` check. */
function shownChecks(checks: object): object {
	return Object.fromEntries(
		Object.entries(checks).map(([name, part]) => [
			name,
			isObject(part) && 'details' in part && isObject(part.details)
				? {...part, details: withoutShownSecrets(part.details)}
				: part,
		]),
	);
}
