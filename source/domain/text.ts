/**
 * Everything a remote side, a file name or a process can put into a string that must not reach a terminal:
 * C0 and C1 control characters, DEL, line and paragraph separators, bidirectional overrides and isolates,
 * zero-width and other invisible format characters, lone surrogates.
 */
const unsafe =
	/[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]|\p{Surrogate}/gu;

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
		.replace(/ {2,}/g, ' ')
		.trim();
	return clean.length > maxLength ? `${clean.slice(0, maxLength - 1).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

/** Whether a text could be printed as it is. */
export function isCleanText(text: string): boolean {
	return text.search(unsafe) === -1;
}

/** What stands where a secret was. */
export const redacted = '***';

const secretFlags = [
	'rpc-login',
	'password',
	'daemon-login',
	'bitmessage-login',
	'rpc-client-secret-key',
	'rpc-ssl-private-key-password',
] as const;

/** Flags that only name where a secret is kept. */
const pathFlags = new Set(['password-file']);

/**
 * Monero's option parser accepts any unambiguous beginning of a flag, so `--rpc-lo u:p` holds a login too.
 * @param name a flag's name without dashes and value
 */
function isSecretFlag(name: string): boolean {
	return name.length > 1 && !pathFlags.has(name) && secretFlags.some(flag => flag.startsWith(name));
}

/**
 * Removes the secrets of a `monero-wallet-rpc` command line: the values of secret flags in both spellings
 * (`--flag value`, `--flag=value`) and user information in URLs.
 * @param argv the arguments as the process was started with
 * @returns the same arguments, each secret replaced by `***`
 */
export function redactArgv(argv: readonly string[]): string[] {
	let nextIsSecret = false;
	return argv.map(argument => {
		if (nextIsSecret) {
			nextIsSecret = false;
			return redacted;
		}

		const match = /^--?([A-Za-z][\w-]*)(=)?/.exec(argument);
		if (match && isSecretFlag(match[1] ?? '')) {
			nextIsSecret = match[2] === undefined;
			return match[2] === undefined ? argument : `${match[0]}${redacted}`;
		}

		return redactUrls(argument);
	});
}

/** Removes user and password from every URL in a text (`http://user:pass@host` and `user:pass@host:port`). */
export function redactUrls(text: string): string {
	return text.replace(/((?:^|[=\s])|[a-z][a-z\d+.-]*:\/\/)[^\s/@=]*:[^\s/]*@/gi, `$1${redacted}@`);
}

/** Replaces every occurrence of known secrets in a text; secrets shorter than four characters are left to the other rules. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
	return secrets.reduce((rest, secret) => (secret.length >= 4 ? rest.replaceAll(secret, redacted) : rest), text);
}
