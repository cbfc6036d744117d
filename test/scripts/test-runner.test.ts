import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const script = fileURLToPath(new URL('../../scripts/test.js', import.meta.url));

/** Runs scripts/test.js on one test file. */
function runTests(context: TestContext, source: string, graceMs: number) {
	const folder = temporaryFolder(context);
	writeFileSync(path.join(folder, 'some.test.ts'), `import {test} from 'node:test';\n${source}`);
	// Within a test, the runner would treat itself as a test file.
	const {NODE_TEST_CONTEXT: _, ...env} = process.env;
	const {status, stdout, stderr} = spawnSync(process.execPath, [script, folder], {
		encoding: 'utf8',
		env: {...env, TEST_END_GRACE_MS: String(graceMs)},
		timeout: 60_000,
	});
	return {status, output: `${stdout}${stderr}`};
}

const leak = `test('passes', () => void setInterval(() => {}, 1000));`;

test('fails a file whose tests pass but that does not exit, and names it and what it left open', context => {
	const {status, output} = runTests(context, leak, 200);
	assert.equal(status, 1, output);
	assert.match(output, /some\.test\.ts does not end by itself, 0\.2 s after its last test; still open: .*Timeout/);
});

test('passes a file that ends what it started', context => {
	const ending = `test('passes', context => {
		const timer = setInterval(() => {}, 1000);
		context.after(() => clearInterval(timer));
	});`;
	const {status, output} = runTests(context, ending, 60_000);
	assert.equal(status, 0, output);
	assert.match(output, /^(?:#|ℹ) pass 1$/m);
	assert.doesNotMatch(output, /does not end/);
});

test('a failed assertion without a message is reported without parsing the source', context => {
	const failing = `import assert from 'node:assert/strict';
	test('fails', () => assert.ok([1, 2].includes(3)));
	test('fails in its own words', () => assert.ok(0, 'no answer'));
	test('passes', () => assert.ok(1));`;
	const {status, output} = runTests(context, failing, 60_000);
	assert.equal(status, 1, output);
	assert.match(output, /The value is falsy/);
	assert.match(output, /no answer/);
	assert.match(output, /some\.test\.ts:3/);
	assert.match(output, /^(?:#|ℹ) pass 1$/m);
	assert.match(output, /^(?:#|ℹ) fail 2$/m);
});
