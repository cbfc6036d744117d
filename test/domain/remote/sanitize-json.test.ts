import assert from 'node:assert/strict';
import test from 'node:test';
import {JsonScan, sanitizeJson} from '../../../source/domain/remote/sanitize-json.js';

const bounds = {depth: 4, values: 10};
const look = (text: string): string | undefined => new JsonScan(bounds).take(Buffer.from(text));

test('accepts depth and count up to the limits, and refuses one more', () => {
	assert.equal(look('[[[[1]]]]'), undefined);
	assert.equal(look('{"a":{"b":[{}]}}'), undefined);
	assert.equal(look('[[[[[1]]]]]'), 'nested deeper than 4 levels');
	assert.equal(look(`[${'1,'.repeat(9)}1]`), undefined);
	assert.equal(look(`[${'1,'.repeat(10)}1]`), 'more than 10 values');
	assert.equal(look(`{${'"a":1,'.repeat(10)}"a":1}`), 'more than 10 values');
	assert.equal(look('[],'.repeat(6)), 'more than 10 values');
});

test('ignores the content of strings with any escapes', () => {
	for (const text of [
		'"[[[[[[[["',
		'"\\"[[[[[["',
		'"\\\\\\"[[[[[["',
		`"${','.repeat(50)}"`,
		'"\\u005b[[[[["',
		'"{{{{{{{',
	] as const) {
		assert.equal(look(text), undefined, text);
	}

	assert.equal(look('"\\\\"[[[[['), 'nested deeper than 4 levels');
});

test('treats bytes in pieces as one text, until the next text begins', () => {
	const scan = new JsonScan(bounds);
	const text = '{"a\\"[[[[[":[["\\\\",[[ "ä[[[["';
	const results = [...Buffer.from(text)].map(byte => scan.take(Uint8Array.of(byte)));
	assert.equal(results.findIndex(Boolean), Buffer.from(text).lastIndexOf('[[ ') + 1);
	scan.reset();
	assert.equal(scan.take(Buffer.from('[[[[1]]]]')), undefined);
});

test('values from outside lose control characters, and what exceeds the limits', () => {
	assert.deepEqual(sanitizeJson({a: 'x', b: 1.5, c: true, d: null, e: ['y', {f: 2}]}), {
		a: 'x',
		b: 1.5,
		c: true,
		d: null,
		e: ['y', {f: 2}],
	});
	assert.equal(sanitizeJson('one two'), 'one two');
	assert.equal(sanitizeJson('a\u001b[2Jb\nc'), 'ab c');
	assert.equal(sanitizeJson(' padded '), 'padded');
	assert.equal(sanitizeJson('ü'), 'ü');
	assert.equal(sanitizeJson(''), '');
	assert.equal(sanitizeJson('x'.repeat(1000)), 'x'.repeat(1000));
	assert.equal((sanitizeJson('x'.repeat(1001)) as string).length, 1000);
	assert.deepEqual(
		[sanitizeJson(Number.NaN), sanitizeJson(Number.POSITIVE_INFINITY), sanitizeJson(0)],
		[undefined, undefined, 0],
	);
});

test('objects and lists are limited in depth and length', () => {
	const nested = (depth: number): unknown => (depth === 0 ? 1 : {a: nested(depth - 1)});
	assert.deepEqual(sanitizeJson(nested(6)), nested(6));
	assert.deepEqual(sanitizeJson(nested(7)), {a: {a: {a: {a: {a: {a: undefined}}}}}});
	const lists = (depth: number): unknown => (depth === 0 ? 1 : [lists(depth - 1)]);
	assert.deepEqual(sanitizeJson(lists(6)), lists(6));
	assert.deepEqual(sanitizeJson(lists(7)), [[[[[[null]]]]]]);
	const list = Array.from({length: 201}, (_, index) => index);
	assert.deepEqual(sanitizeJson(list), list.slice(0, 200));
	const fields = Object.fromEntries(Array.from({length: 121}, (_, index) => [`f${index}`, index]));
	assert.equal(Object.keys(sanitizeJson(fields) as object).length, 120);
});

test('fields with odd names are left out', () => {
	const long = 'a'.repeat(64);
	assert.deepEqual(
		sanitizeJson({[long]: 1, [`${long}a`]: 2, A_9: 3, '9a': 4, _a: 5, 'a-b': 6, constructor: 7, '': 8}),
		{
			[long]: 1,
			A_9: 3,
		},
	);
	const parsed = JSON.parse('{"__proto__": {"x": 1}, "a": 1}') as unknown;
	assert.deepEqual(sanitizeJson(parsed), {a: 1});
});
