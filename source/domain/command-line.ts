import {compact} from './compact.js';
import {parseDaemonAddress, parseHost, parsePort} from './daemon-address.js';
import {completeWalletOption, type WalletOption} from './discovery/wallet-options.js';
import {loaderPrefix, type ProgramFacts, programName, walletArgv} from './discovery/wallet-process.js';
import {isObject} from './schemas.js';
import {cleanText, isCleanText, redacted, shellWord, withoutUrlQuery} from './text.js';

/**
 * What may be shown of a command line. Any option may hold a secret (a login, a webhook's token, a header), so nothing is shown but
 * what is known to hold none.
 */

/** What may be shown of an option's value; `undefined` when nothing may. */
type Show = (value: string) => string | undefined;

const maxValueLength = 300;

const showIf =
	(isHarmless: (value: string) => boolean): Show =>
	value =>
		value.length <= maxValueLength && isHarmless(value) ? value : undefined;

const port = showIf(value => parsePort(value) !== undefined);
const host = showIf(value => parseHost(value) !== undefined);
const count = showIf(value => /^\d{1,12}$/.test(value));
const path = showIf(value => isCleanText(value) && !/:\/\/|:[^/]*@/.test(value));
const sslMode = showIf(value => /^(?:enabled|disabled|autodetect)$/.test(value));
/** `2`, or categories and their levels: `*:WARNING,net.http:DEBUG`. */
const logLevel = showIf(value =>
	value.split(',').every(part => /^[+-]?(?:\d|[\w.*]{1,40}:(?:FATAL|ERROR|WARNING|INFO|DEBUG|TRACE))$/.test(part)),
);

/** The address without the user information it may hold; none with a path, which may be a token. */
const address: Show = value => {
	const [, scheme = '', user = '', rest = ''] = /^([a-z][a-z\d]{0,9}:\/\/)?(.*@)?([^@]*)$/i.exec(value) ?? [];
	const isAlone = /^[^/]+\/?$/.test(rest) && parseDaemonAddress(rest, 'refused') !== undefined;
	return isAlone ? `${scheme}${user === '' ? '' : `${redacted}@`}${rest}` : undefined;
};

/** An option that takes no value. */
const flag = 'flag';

/** The options known to hold no secret. Of all others the name alone is shown. */
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
 * A process's command line as it may be shown: of a wallet the options known to hold no secret, of its other options the names, each
 * value `***`; of another program its name and the number of its arguments.
 * @param maxLength characters kept before an ellipsis
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
 * A command that a person typed, as it may be kept and shown: of a wallet as {@link shownCommandLine}; of another program its plain
 * words up to an argument that may hold a secret: the value of an option that is called so, or anything but letters, digits and `@./_-`.
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

/** The arguments as Monero's parser reads them: it takes any text for the value of an option, unless that is itself an option. */
function shownArguments(words: readonly string[]): readonly string[] {
	/** What shows the value that is due. */
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

/** One word of the line, whatever it holds. */
function quoted(value: string): string {
	return value === '' || /[\s'"]/.test(value) ? shellWord(value) : value;
}

/** `--NAME` or `--NAME=VALUE`; what only looks like one (a secret may begin with dashes too) has a name that no option has. */
function optionIn(
	word: string,
): {readonly name: string; readonly value?: string; readonly known?: WalletOption} | undefined {
	const [, name = '', value] = /^(--[A-Za-z][\w-]{0,39})(?:=([\s\S]*))?$/.exec(word) ?? [];
	return name === '' ? undefined : compact({name, value, known: completeWalletOption(name.slice(2))});
}

/**
 * Shows a command line that was stored or sent by an xmrtop, perhaps by one that showed more. One that this version made comes out as
 * it went in.
 */
export function shownStoredLine(line: string): string {
	if (/^[^\s'"]+(?: \(\d+ arguments?\))?$/.test(line)) {
		return line;
	}

	return shownCommandLine({argv: wordsOf(line.slice(0, maxStoredLength))}, maxStoredLength);
}

/** No version stored or sent more. */
const maxStoredLength = 1000;

/** The words of a line, those within single quotes together; a stray quote is a word of its own. */
function wordsOf(line: string): readonly string[] {
	return [...line.matchAll(/(?:'[^']*'|\\'|[^\s'])+|'/g)].map(([word]) =>
		word.replace(/'([^']*)'|\\'/g, (_, inner: string | undefined) => inner ?? "'"),
	);
}

/** What of a result's details may hold a secret when another version of this program wrote them. */
interface Exposed {
	readonly cmdline?: unknown;
	readonly url?: unknown;
	readonly checks?: unknown;
}

/**
 * Details that were stored or sent by an xmrtop, perhaps by one that showed more of a command line, as they may be shown.
 * @returns the same object when there is nothing to hide
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

/** The parts of a `full` check. */
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
