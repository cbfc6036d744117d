/**
 * The characters in text from a server, a file name or a process that must not reach a terminal: C0 and C1 control
 * characters, DEL, line and paragraph separators, bidirectional marks, overrides and isolates, zero-width, filler and other
 * invisible characters, lone surrogates.
 */
const unsafe =
	/\p{Control}|\p{Format}|\p{Surrogate}|\p{Line_Separator}|\p{Paragraph_Separator}|\p{Default_Ignorable_Code_Point}/gu;

/** Complete escape sequences (CSI, OSC, DCS, two-character), so that their printable characters are removed too. */
const escapeSequence =
	/(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C|$)|\u001B[ -/]*[0-~]/g;

/**
 * Makes text from outside safe to print on one line: removes escape sequences and invisible characters, and replaces every
 * run of white space by one space.
 * @param maxLength the maximum length in characters, default 300; a longer text ends with an ellipsis
 */
export function cleanText(text: string, maxLength = 300): string {
	const start = text.slice(0, maxLength * 8);
	const clean = (isPlain(start) ? start : withoutUnsafe(start)).replace(/\s+/g, ' ').trim();
	return clean.length > maxLength ? `${clean.slice(0, maxLength - 1).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

function withoutUnsafe(text: string): string {
	return text
		.replace(escapeSequence, '')
		.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
		.replace(unsafe, '');
}

/** The same for output with columns: spaces are kept, and a tab becomes four spaces. */
export function cleanLine(text: string, maxLength: number): string {
	const start = text.slice(0, maxLength * 8).replace(/\t/g, '    ');
	return (isPlain(start) ? start : withoutUnsafe(start)).trimEnd().slice(0, maxLength);
}

/** Whether a text is only printable ASCII, a fast test that nearly every text passes. */
function isPlain(text: string): boolean {
	return /^[ -~]*$/.test(text);
}

/** Whether a text can be printed unchanged. */
export function isCleanText(text: string): boolean {
	return isPlain(text) || text.search(unsafe) === -1;
}

/** A value in an error message: short, printable, on one line; characters that cannot be seen are written as `\u202e`. */
export function quoteValue(value: unknown): string {
	const text = jsonOrKind(value).slice(0, 640);
	return cleanText(isPlain(text) ? text : text.replace(unsafe, escaped), 80);
}

const escaped = (character: string): string =>
	character.replace(/[\s\S]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** JSON.stringify throws for values that are nested too deeply; only their kind is shown. */
function jsonOrKind(value: unknown): string {
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return Array.isArray(value) ? '[…]' : '{…}';
	}
}

/**
 * The end of an error message that suggests a similar word: `; did you mean status?`. A word is similar if it differs in
 * case, or by one letter that is added, missing, changed or swapped with the next (by two, for words of six letters or
 * more). Empty if no word is similar.
 */
export function didYouMean(typed: string, words: readonly string[], spell = (word: string): string => word): string {
	const wanted = typed.toLowerCase();
	const maxDistance = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : 2;
	const near = words
		.map(word => ({word, distance: editDistance(wanted, word.toLowerCase(), maxDistance)}))
		.filter(({distance}) => distance <= maxDistance)
		.sort((a, b) => a.distance - b.distance);
	return near[0] === undefined ? '' : `; did you mean ${cleanText(spell(near[0].word), 80)}?`;
}

/** The edit distance, or any number greater than `most`. */
function editDistance(a: string, b: string, maxDistance: number): number {
	if (Math.abs(a.length - b.length) > maxDistance) {
		return maxDistance + 1;
	}

	let before: number[] = [];
	let row = Array.from({length: b.length + 1}, (_, column) => column);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const isSame = a[i - 1] === b[j - 1];
			const steps = [(row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(!isSame)];
			if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
				steps.push((before[j - 2] ?? 0) + 1);
			}

			next.push(Math.min(...steps));
		}

		before = row;
		row = next;
	}

	return row[b.length] ?? 0;
}

/** The text that replaces a secret. */
export const redacted = '***';

/**
 * A URL or address that was mistyped, without what may be a secret: the text before an `@`, and the values of parameters. The
 * selector of a Prometheus URL (`?match=`) is kept.
 */
export function withoutUrlSecrets(url: string): string {
	return url
		.replace(/^((?:[a-z\d+.-]+:\/\/)?).*@/is, `$1${redacted}@`)
		.replace(/([?#&])(?!match=)([^=&]*)=.*/s, `$1$2=${redacted}`);
}

/** A URL without its query, which may contain a token. */
export function withoutUrlQuery(url: string): string {
	return url.replace(/\?.*/s, `?${redacted}`);
}

/**
 * Splits a command line whose arguments were joined by spaces, as in `ps`, `sh -c` and process titles. The boundaries of
 * arguments are lost, so everything between two flags counts as the value of the first: a password may contain spaces, and
 * must not be split.
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
 * Replaces every occurrence of known secrets in a text, including their forms in URLs and JSON strings. Secrets shorter
 * than four characters are not replaced.
 */
export function redactSecrets(text: string, secrets: readonly string[]): string {
	const spellings = secrets
		.filter(secret => secret.length >= 4)
		.flatMap(secret => [
			secret,
			encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\uFFFD')),
			JSON.stringify(secret).slice(1, -1),
		]);
	// Longest first, because a secret may be part of another.
	return [...new Set(spellings)]
		.sort((a, b) => b.length - a.length)
		.reduce((rest, secret) => rest.replaceAll(secret, redacted), text);
}

/** Quotes a word so that it can be pasted into a shell. */
export function shellWord(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What an address of Monero, and the id of a transaction or a key, look like. */
const chainData = /[1-9A-HJ-NP-Za-km-z]{95,}|[\da-fA-F]{64,}/g;

/** Replaces addresses and transaction ids, which the names of files may contain. */
export function redactChainData(text: string): string {
	return text.replace(chainData, redacted);
}
