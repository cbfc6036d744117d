import * as v from 'valibot';
import {schemaVersion} from '../../domain/check-method.js';
import {isObject} from '../../domain/schemas.js';

/** The note on a file whose schema version is not known yet. */
export const newerFileText = (path: string): string => `${path} was written by a newer xmrtop`;

/** What JSON syntax allows next. */
type Expected = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'next' | 'end';

const token =
	/[\t\n\r ]*(?:([{}[\],:])|("(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)/y;

/**
 * Describes where a text stops being JSON, such as `unexpected character at line 3, column 7`. Unlike the messages of
 * `JSON.parse`, never quotes the text: it may hold a password.
 * @param text text that `JSON.parse` rejects
 */
export function jsonSyntaxErrorText(text: string): string {
	const offset = errorOffset(text);
	const before = text.slice(0, offset).split('\n');
	const what = offset >= text.length ? 'unexpected end' : 'unexpected character';
	return `${what} at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function errorOffset(text: string): number {
	const open: string[] = [];
	let expected: Expected = 'value';
	let offset = 0;
	for (;;) {
		token.lastIndex = offset;
		const match = token.exec(text);
		const sign = match?.[1] ?? (match?.[2] === undefined ? 'word' : 'string');
		const next: Expected | undefined = match ? follow(expected, sign, open) : undefined;
		if (!match || next === undefined) {
			return offset + (/^[\t\n\r ]*/.exec(text.slice(offset))?.[0].length ?? 0);
		}

		expected = next;
		offset += match[0].length;
	}
}

/** What is expected after a token, or `undefined` when the token is not allowed here. Updates the stack of open brackets. */
function follow(expected: Expected, sign: string, open: string[]): Expected | undefined {
	const afterValue = (): Expected => (open.length > 0 ? 'next' : 'end');
	const isValueExpected = expected === 'value' || expected === 'first item';
	if (isValueExpected && (sign === '{' || sign === '[')) {
		open.push(sign);
		return sign === '{' ? 'first key' : 'first item';
	}

	if (isValueExpected && (sign === 'string' || sign === 'word')) {
		return afterValue();
	}

	if ((expected === 'first key' || expected === 'key') && sign === 'string') {
		return 'colon';
	}

	if (expected === 'colon' && sign === ':') {
		return 'value';
	}

	const inObject = open.at(-1) === '{';
	if (expected === 'next' && sign === ',') {
		return inObject ? 'key' : 'value';
	}

	const closes = sign === (inObject ? '}' : ']') && open.length > 0;
	if (closes && (expected === 'next' || expected === (inObject ? 'first key' : 'first item'))) {
		open.pop();
		return afterValue();
	}

	return undefined;
}

/** Why the text of one of xmrtop's own state files is not used. */
export type UnreadableDocument =
	| {readonly kind: 'corrupt'; readonly reason: string}
	/** A later version of xmrtop wrote it. */
	| {readonly kind: 'newer'};

/** Reads the text of one of xmrtop's own state files. @param schema of what this version writes */
export function parseStateDocument<Schema extends v.GenericSchema>(
	text: string,
	schema: Schema,
): {readonly kind: 'read'; readonly document: v.InferInput<Schema>} | UnreadableDocument {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return {kind: 'corrupt', reason: `not valid JSON: ${jsonSyntaxErrorText(text)}`};
	}

	const version = isObject(document) ? document.schema_version : undefined;
	if (typeof version === 'number' && version > schemaVersion) {
		return {kind: 'newer'};
	}

	return v.is(schema, document) ? {kind: 'read', document} : {kind: 'corrupt', reason: 'unexpected structure'};
}
