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

/** The same for output that is laid out in columns: spaces stay as they are, a tab becomes some. */
export function cleanLine(text: string, maxLength: number): string {
	const start = text.slice(0, maxLength * 8).replace(/\t/g, '    ');
	return (isPlain(start) ? start : withoutUnsafe(start)).trimEnd().slice(0, maxLength);
}

/** Whether there is nothing but printable ASCII, as in nearly every text: it is told at once. */
function isPlain(text: string): boolean {
	return /^[ -~]*$/.test(text);
}

/** Whether a text could be printed as it is. */
export function isCleanText(text: string): boolean {
	return isPlain(text) || text.search(unsafe) === -1;
}

/** A value in an error message: short, printable, on one line. */
export function quoteValue(value: unknown): string {
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

/**
 * The end of an error message that names the word a person may have meant: `; did you mean status?`. Empty where no word is near:
 * one that differs in case, or by one letter added, left out, changed or swapped with the next (two from six letters on).
 */
export function didYouMean(typed: string, words: readonly string[], spell = (word: string): string => word): string {
	const wanted = typed.toLowerCase();
	const most = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : 2;
	const near = words
		.map(word => ({word, distance: editDistance(wanted, word.toLowerCase(), most)}))
		.filter(({distance}) => distance <= most)
		.sort((a, b) => a.distance - b.distance);
	return near[0] === undefined ? '' : `; did you mean ${cleanText(spell(near[0].word), 80)}?`;
}

/** How many letters have to be changed, or more than `most`. */
function editDistance(a: string, b: string, most: number): number {
	if (Math.abs(a.length - b.length) > most) {
		return most + 1;
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

/** What stands where a secret was. */
export const redacted = '***';

/** A URL as it may be shown: what follows the `?` may be a token. */
export function withoutUrlQuery(url: string): string {
	return url.replace(/\?.*/s, `?${redacted}`);
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

/** A word as a person can paste it into a shell. */
export function shellWord(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
