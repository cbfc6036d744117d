import assert from 'node:assert/strict';
import {test} from 'node:test';
import {jsonSyntaxErrorText} from '../../../source/adapters/store/state-document.js';

const cases: ReadonlyArray<readonly [string, string]> = [
	['', 'unexpected end at line 1, column 1'],
	['{"a": 1', 'unexpected end at line 1, column 8'],
	['{\n  "a": x1\n}', 'unexpected character at line 2, column 8'],
	['{"a": 1,}', 'unexpected character at line 1, column 9'],
	['[1, 2,]', 'unexpected character at line 1, column 7'],
	['[1 2]', 'unexpected character at line 1, column 4'],
	['{"a" 1}', 'unexpected character at line 1, column 6'],
	["{'a': 1}", 'unexpected character at line 1, column 2'],
	['{"a": "never closed\n}', 'unexpected character at line 1, column 7'],
	['{"a": [1, 2}', 'unexpected character at line 1, column 12'],
	['{} {}', 'unexpected character at line 1, column 4'],
	['[]]', 'unexpected character at line 1, column 3'],
	['{"a": 01}', 'unexpected character at line 1, column 8'],
	['{"a": tru}', 'unexpected character at line 1, column 7'],
	['{"a": "bad \\x escape"}', 'unexpected character at line 1, column 7'],
	['// a comment\n{}', 'unexpected character at line 1, column 1'],
	['}', 'unexpected character at line 1, column 1'],
];

for (const [text, expected] of cases) {
	test(`finds where ${JSON.stringify(text)} stops being JSON`, () => {
		assert.throws(() => JSON.parse(text));
		assert.equal(jsonSyntaxErrorText(text), expected);
	});
}

test('reports where a truncated document ends, for every length', () => {
	const text = JSON.stringify({a: [1, -2.5e3, true, null, {}], 'b "q"': 'ü\\n\u0007', c: {d: [[], [0]]}}, undefined, 2);
	for (let length = 0; length < text.length; length += 1) {
		assert.match(
			jsonSyntaxErrorText(text.slice(0, length)),
			/^(unexpected end|unexpected character) at line \d+, column \d+$/,
		);
	}
});
