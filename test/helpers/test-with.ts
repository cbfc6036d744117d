import test, {type TestContext} from 'node:test';
import {findProgram} from './real-process.js';

/** A test that needs these programs. If one is not installed, the test is skipped with a message; with `CI` set it fails. */
export function testWith(programs: readonly string[], name: string, run: (t: TestContext) => Promise<void>): void {
	const missing = programs.filter(program => findProgram(program) === undefined).join(' and ');
	const isCi = Boolean(process.env.CI);
	test(name, {skip: missing !== '' && !isCi && `${missing} is not installed`, timeout: 180_000}, async t => {
		if (missing !== '') {
			throw new Error(`${missing} is not installed`);
		}

		await run(t);
	});
}
