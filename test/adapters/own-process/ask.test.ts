import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import test from 'node:test';
import {askOn} from '../../../source/adapters/own-process/standard-streams.js';

/** Answers a question with a typed line. */
async function answered(typed: string, isHidden: boolean) {
	const [input, output] = [new PassThrough(), new PassThrough()];
	const asked = askOn(
		input as unknown as NodeJS.ReadStream,
		output as unknown as NodeJS.WriteStream,
		'secret? ',
		isHidden,
	);
	setImmediate(() => input.write(typed));
	const answer = await asked;
	return {answer, shown: String(output.read() ?? '')};
}

test('takes a hidden answer unchanged and never shows it', async () => {
	assert.deepEqual(await answered(' s3cret \r', true), {answer: ' s3cret ', shown: 'secret? \n'});
});

test('shows an open answer and trims it', async () => {
	const {answer, shown} = await answered(' joe \r', false);
	assert.equal(answer, 'joe');
	assert.match(shown, /secret\? .*joe/s);
});
