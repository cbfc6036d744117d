import assert from 'node:assert/strict';
import test from 'node:test';
import {JsonScan} from '../../../source/domain/remote/sanitize-json.js';

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
