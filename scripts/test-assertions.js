// Loaded into every test file by scripts/test.js. For a failed `assert.ok(value)`, Node parses the source to quote the expression. tsx
// compiles a file into one line, so Node tries each of its characters as the start of the expression: for a file of some hundred lines
// that took ten minutes, and looked like a test that hangs.
import assert from 'node:assert/strict';

const {ok} = assert;

assert.ok = function okWithMessage(value, message = 'The value is falsy') {
	if (!value && typeof message === 'string') {
		throw new assert.AssertionError({
			message,
			actual: value,
			expected: true,
			operator: '==',
			stackStartFn: okWithMessage,
		});
	}

	ok(value, message);
};
