import assert from 'node:assert/strict';
import {test} from 'node:test';
import stringWidth from 'string-width';
import {charactersOf, displayWidth, isOneColumnEach} from '../../source/tui/text-width.js';

test('every character counted as one column without measuring takes one column', () => {
	const counted = Array.from({length: 0x1_00_00}, (_, code) => String.fromCharCode(code)).filter(isOneColumnEach);
	assert.ok(counted.length > 100);
	assert.deepEqual(
		counted.filter(sign => stringWidth(sign) !== 1),
		[],
	);
});

test('measures characters together with those they combine with', () => {
	for (const [text, width] of [
		['✖\uFE0F', 2],
		['e\u0301●', 2],
		['● 钱包', 6],
		['👩‍👧 up', 5],
	] as const) {
		assert.equal(isOneColumnEach(text), false, text);
		assert.equal(displayWidth(text), width, text);
		assert.equal(
			[...charactersOf(text)].reduce((sum, character) => sum + character.width, 0),
			width,
			text,
		);
	}
});
