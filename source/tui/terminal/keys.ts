import type {Key as InkKey} from 'ink';

/** Keys with a name; any other key is the character it types. */
const namedKeys = [
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
	'f1',
] as const;

/** A key of {@link namedKeys}, or `ctrl-` and a letter. */
export type NamedKey = (typeof namedKeys)[number] | `ctrl-${string}`;

/** A named key, the one character a key types, or `paste` and pasted text after a space. */
export type Key = NamedKey | (string & {});

const pasted = 'paste ';

/** The text of a paste; `undefined` for other keys. */
export function pastedText(key: Key): string | undefined {
	return key.startsWith(pasted) ? key.slice(pasted.length) : undefined;
}

/** Pasted text as a key. */
export const pasteKey = (text: string): Key => pasted + text;

const inkNames = {
	upArrow: 'up',
	downArrow: 'down',
	leftArrow: 'left',
	rightArrow: 'right',
	pageUp: 'pageup',
	pageDown: 'pagedown',
	home: 'home',
	end: 'end',
	delete: 'delete',
	return: 'enter',
	escape: 'escape',
	backspace: 'backspace',
} as const satisfies Partial<Record<keyof InkKey, NamedKey>>;

const controls: Readonly<Record<string, NamedKey>> = {
	'\r': 'enter',
	'\n': 'enter',
	'\t': 'tab',
	'\b': 'backspace',
	'\u007F': 'backspace',
};

/**
 * The keys of one event of Ink's `useInput`, which combines characters typed quickly. Ink has no names for function keys,
 * so a key without text and name is taken for F1.
 */
export function keysOf(input: string, key: Partial<InkKey>): readonly Key[] {
	const name = (Object.keys(inkNames) as (keyof typeof inkNames)[]).find(each => key[each]);
	if (name) {
		return [inkNames[name]];
	}

	if (key.tab) {
		return [key.shift ? 'backtab' : 'tab'];
	}

	if (key.ctrl) {
		return input === '' ? [] : [`ctrl-${input}`];
	}

	const typed = [...input].flatMap(typedKey);
	// Esc and a character typed quickly after it.
	return input === '' ? ['f1'] : key.meta ? ['escape', ...typed] : typed;
}

function typedKey(character: string): Key[] {
	const control = controls[character];
	if (control) {
		return [control];
	}

	const code = character.charCodeAt(0);
	return code > 0 && code < 27 ? [`ctrl-${String.fromCharCode(code + 96)}`] : code < 32 ? [] : [character];
}
