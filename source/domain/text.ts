/**
 * Everything a remote side, a file name or a process can put into a string that must not reach a terminal:
 * C0 and C1 control characters, DEL, line and paragraph separators, bidirectional marks, overrides and isolates,
 * zero-width, filler and other invisible characters, lone surrogates.
 */
const unsafe =
	/\p{Control}|\p{Format}|\p{Surrogate}|\p{Line_Separator}|\p{Paragraph_Separator}|\p{Default_Ignorable_Code_Point}/gu;

/** Whole escape sequences (CSI, OSC, DCS, two-character), so that their printable rest goes too. */
const escapeSequence =
	/(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C|$)|\u001B[ -/]*[0-~]/g;

/**
 * Makes text from outside safe to print on one line: escape sequences and invisible characters are removed,
 * every run of white space becomes one space.
 * @param maxLength characters kept before an ellipsis, 300 by default
 */
export function cleanText(text: string, maxLength = 300): string {
	const clean = text
		.slice(0, maxLength * 8)
		.replace(escapeSequence, '')
		.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
		.replace(unsafe, '')
		.replace(/\s+/g, ' ')
		.trim();
	return clean.length > maxLength ? `${clean.slice(0, maxLength - 1).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

/** Whether a text could be printed as it is. */
export function isCleanText(text: string): boolean {
	return text.search(unsafe) === -1;
}

/** A value in an error message: short, printable, on one line. */
export function shown(value: unknown): string {
	return cleanText(jsonOrKind(value), 80);
}

/** What is nested too deeply to be written is none of ours. */
function jsonOrKind(value: unknown): string {
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return Array.isArray(value) ? '[…]' : '{…}';
	}
}

/** What stands where a secret was. */
export const redacted = '***';

/** Options of `monero-wallet-rpc` and its relatives whose value is a secret. */
const secretOptions = [
	'rpc-login',
	'password',
	'daemon-login',
	'bitmessage-login',
	'rpc-client-secret-key',
	'electrum-seed',
] as const;

/** Options whose names look like a secret's or begin one's, and whose value is none. */
const harmlessOptions: ReadonlySet<string> = new Set([
	'disable-rpc-login',
	'prompt-for-password',
	'password-file',
	'rpc-ssl-private-key',
	'daemon-ssl-private-key',
]);

/** What programs call options that hold a secret; a process that took over a pid may be any program. */
const secretWord =
	/(?:passw(?:or)?d|passphrase|secret)$|(?:^|[-_.])(?:pass|pwd|token|login|auth|credentials?|seed|mnemonic|(?:api|access|private|spend|view)[-_]?key)$|secret[-_]?key$/i;

/**
 * Monero's option parser accepts any beginning of a flag that fits no other, so `--rpc-lo u:p` holds a login too.
 * @param name an option's name without dashes and value
 */
function isSecretOption(name: string): boolean {
	const option = name.toLowerCase();
	return (
		!harmlessOptions.has(option) &&
		(secretWord.test(option) || (option.length > 1 && secretOptions.some(secret => secret.startsWith(option))))
	);
}

/** Longer arguments and lists are never shown whole, and would cost time to search. */
const maxArgumentLength = 1000;
const maxArguments = 100;

/**
 * Removes the secrets of a command line: the values of secret options in every spelling (`--flag value`, `--flag=value`,
 * `NAME=value`, shortened flags, within a command line that is itself an argument) and user information in URLs.
 * @param argv the arguments as the process was started with
 * @returns the arguments, each secret replaced by `***`, each overlong one by `…`
 */
export function redactArgv(argv: readonly string[]): string[] {
	let nextIsSecret = false;
	const shown = argv.slice(0, maxArguments).map(argument => {
		const wasSecret = nextIsSecret;
		const [option = '', dashes = '', name = '', separator = ''] =
			/^(-{0,2})([A-Za-z][\w.-]*)([=:]?)/.exec(argument) ?? [];
		const isSecret = isSecretOption(name) && (dashes !== '' || separator === '=');
		// After a flag that takes no value (`--ask-password --rpc-login u:p`) the value of the next one is still secret.
		nextIsSecret = isSecret && option.length === argument.length && separator === '';
		if (wasSecret) {
			return redacted;
		}

		return isSecret && separator !== '' ? `${option}${redacted}` : redactArgument(argument);
	});
	return argv.length > maxArguments ? [...shown, '…'] : shown;
}

function redactArgument(argument: string): string {
	if (argument.length > maxArgumentLength) {
		return '…';
	}

	const words = splitCommandLine(argument);
	return words.length > 1
		? redactArgv(words)
				.join(' ')
				.replace(/\b(bearer|basic) [^\s'"]+/gi, `$1 ${redacted}`)
		: redactUrls(argument);
}

/**
 * Splits a command line whose arguments were joined by spaces, as `ps`, `sh -c` and process titles hold it. The bounds are
 * lost, so everything between two flags counts as the first one's value: a password may hold spaces, and must not be cut.
 */
export function splitCommandLine(line: string): string[] {
	const [program = '', ...flags] = line.trim().split(/\s+(?=--[A-Za-z])/);
	const words = program.startsWith('--') ? splitFlag(program) : program.split(/\s+/);
	return [...words, ...flags.flatMap(splitFlag)].filter(word => word !== '');
}

function splitFlag(text: string): string[] {
	const flag = /^--[\w.-]+(?=\s)/.exec(text)?.[0];
	return flag === undefined ? [text] : [flag, text.slice(flag.length).trim()];
}

/**
 * Removes user information from every URL in a text: `http://user:pass@host`, `https://token@host`, `user:pass@host:port`.
 * A password may hold `/` and `@`; what looks like a host and its port before the first `/` is none.
 */
export function redactUrls(text: string): string {
	return text
		.replace(/([a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, `$1${redacted}@`)
		.replace(/((?:^|[\s=,;"'(<])|:\/\/)[^\s/@=:"'(<]*:(?!\/\/|\d{1,5}(?:[/?#\s]|$))[^\s]*@/gi, `$1${redacted}@`);
}

/**
 * Replaces every occurrence of known secrets in a text, also as a URL or a JSON string spells them.
 * Secrets shorter than four characters are left to the other rules.
 */
export function redactSecrets(text: string, secrets: readonly string[]): string {
	const spellings = secrets
		.filter(secret => secret.length >= 4)
		.flatMap(secret => [
			secret,
			encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\uFFFD')),
			JSON.stringify(secret).slice(1, -1),
		]);
	// The longest first: a secret may be part of another.
	return [...new Set(spellings)]
		.sort((a, b) => b.length - a.length)
		.reduce((rest, secret) => rest.replaceAll(secret, redacted), text);
}
