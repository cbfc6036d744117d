/** Keys that have a name; every other key is the character it types. */
export const namedKeys = [
	'up',
	'down',
	'left',
	'right',
	'pageup',
	'pagedown',
	'home',
	'end',
	'delete',
	'enter',
	'escape',
	'backspace',
	'tab',
	'backtab',
	'ctrl-a',
	'ctrl-c',
	'ctrl-d',
	'ctrl-e',
	'ctrl-l',
	'ctrl-u',
	'ctrl-w',
	'ctrl-z',
	'f1',
] as const;

/** A key of {@link namedKeys}. */
export type NamedKey = (typeof namedKeys)[number];

/** A named key, the one character a key types, or `paste` and pasted text after a space. */
export type Key = NamedKey | (string & {});

/** The text of a paste; `undefined` for other keys. */
export function pastedText(key: Key): string | undefined {
	return key.startsWith(pasted) ? key.slice(pasted.length) : undefined;
}

const pasted = 'paste ';
/** Terminals put these around pasted text, so that it is not taken for typed keys. */
const pasteStart = '\u001B[200~';
const pasteEnd = '\u001B[201~';

/** Whether a rest is a paste whose end has not arrived: it may take its time. */
export function isUnfinishedPaste(rest: string): boolean {
	return rest.startsWith(pasteStart);
}

/** What a piece of input says. */
export interface DecodedKeys {
	readonly keys: readonly Key[];
	/** The beginning of an escape sequence whose end has not arrived, or a lone Esc. */
	readonly rest: string;
}

const controls: Readonly<Record<string, NamedKey>> = {
	'\r': 'enter',
	'\n': 'enter',
	'\t': 'tab',
	'\b': 'backspace',
	'\u007F': 'backspace',
	'\u0001': 'ctrl-a',
	'\u0003': 'ctrl-c',
	'\u0004': 'ctrl-d',
	'\u0005': 'ctrl-e',
	'\u000C': 'ctrl-l',
	'\u0015': 'ctrl-u',
	'\u0017': 'ctrl-w',
	'\u001A': 'ctrl-z',
};

/** By what follows `ESC [` or `ESC O`, modifiers left out. */
const sequences: Readonly<Record<string, NamedKey>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	H: 'home',
	F: 'end',
	Z: 'backtab',
	P: 'f1',
	M: 'enter',
	'1~': 'home',
	'7~': 'home',
	'4~': 'end',
	'8~': 'end',
	'3~': 'delete',
	'5~': 'pageup',
	'6~': 'pagedown',
	'11~': 'f1',
	'[A': 'f1',
};

/** What follows Esc in a whole sequence, and in the beginning of one. */
const whole = /^(?:\[(\[[A-E]|[\d;?<>=]*[ -/]*[@-Z\\^_`a-z{|}~])|O(\d*[A-Za-z]))/;
const beginning = /^(?:\[[\d;?<>=]*|O\d*|\[\[)?$/;

/**
 * Reads keys out of what a terminal sent. One event may hold many keys, and a sequence may be split between two events:
 * put the rest in front of the next input, or hand it to {@link flushKeys} when none came in time.
 */
export function decodeKeys(input: string): DecodedKeys {
	const keys: Key[] = [];
	let left = input;
	while (left !== '') {
		if (!left.startsWith('\u001B')) {
			const [character = ''] = left;
			keys.push(...typedKey(character));
			left = left.slice(character.length);
			continue;
		}

		if (left.startsWith(pasteStart)) {
			const end = left.indexOf(pasteEnd);
			if (end === -1) {
				return {keys, rest: left};
			}

			keys.push(pasted + left.slice(pasteStart.length, end));
			left = left.slice(end + pasteEnd.length);
			continue;
		}

		if (beginning.test(left.slice(1))) {
			return {keys, rest: left};
		}

		const match = whole.exec(left.slice(1));
		if (!match) {
			// Esc and a character typed quickly after it.
			keys.push('escape');
			left = left.slice(1);
			continue;
		}

		const key = sequences[withoutModifiers(match[1] ?? match[2] ?? '')];
		keys.push(...(key ? [key] : []));
		left = left.slice(1 + match[0].length);
	}

	return {keys, rest: ''};
}

/** The keys a rest stands for when nothing followed it: Esc, and what was typed after it. */
export function flushKeys(rest: string): readonly Key[] {
	return rest === '' ? [] : ['escape', ...rest.slice(1).split('').flatMap(typedKey)];
}

function typedKey(character: string): Key[] {
	const control = controls[character];
	if (control) {
		return [control];
	}

	return character < ' ' ? [] : [character];
}

/** `1;5A` (Ctrl-Up) is an arrow too. */
function withoutModifiers(sequence: string): string {
	return sequence.replace(/^1;\d+(?=[A-Z]$)/, '').replace(/;\d+(?=~$)/, '');
}

/** How long the beginning of an escape sequence waits for its end; a lone Esc is one too. */
const escapeWaitMs = 50;

/**
 * Reads keys from a terminal in raw mode.
 * @returns the way to end it
 */
export function readKeys(stdin: NodeJS.ReadStream, onKeys: (keys: readonly Key[]) => void): () => void {
	let rest = '';
	let timer: NodeJS.Timeout | undefined;

	const onData = (chunk: string | Buffer): void => {
		clearTimeout(timer);
		const decoded = decodeKeys(rest + chunk.toString());
		rest = decoded.rest;
		if (rest !== '' && !isUnfinishedPaste(rest)) {
			timer = setTimeout(() => {
				const keys = flushKeys(rest);
				rest = '';
				onKeys(keys);
			}, escapeWaitMs);
		}

		if (decoded.keys.length > 0) {
			onKeys(decoded.keys);
		}
	};

	stdin.setEncoding('utf8');
	stdin.on('data', onData);
	return () => {
		clearTimeout(timer);
		stdin.off('data', onData);
	};
}
