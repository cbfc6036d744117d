import assert from 'node:assert/strict';
import test from 'node:test';
import {compareWorstFirst, parseState, states, stateWords} from '../../source/domain/state.js';

test('the states in order of severity, and which of them count as working', () => {
	assert.deepEqual(
		states.map(state => [state, stateWords[state].severity, stateWords[state].works]),
		[
			['up', 0, true],
			['degraded', 1, true],
			['busy', 2, false],
			['unknown', 3, false],
			['down', 4, false],
		],
	);
});

test('every state has its own symbol, also in ASCII', () => {
	assert.deepEqual(
		states.map(state => [stateWords[state].glyph, stateWords[state].ascii]),
		[
			['●', '+'],
			['▲', '!'],
			['◐', '~'],
			['?', '?'],
			['✖', 'x'],
		],
	);
});

test('the worst state comes first', () => {
	assert.deepEqual([...states].sort(compareWorstFirst), ['down', 'unknown', 'busy', 'degraded', 'up']);
	assert.equal(compareWorstFirst('up', 'up'), 0);
});

test('parses the name of a state and refuses other words', () => {
	assert.deepEqual([...states, 'Up', '', 'toString'].map(parseState), [...states, undefined, undefined, undefined]);
});
