import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';

const folders: string[] = [];

// Not with its test: what a test does at its end is done in the order it was asked for, so a program that is still to be ended
// would find its folder gone, and make it anew.
process.once('exit', () => {
	for (const folder of folders) {
		rmSync(folder, {recursive: true, force: true, maxRetries: 3});
	}
});

/** A new empty folder that is removed when all tests of the file have ended. */
export function temporaryFolder(_context: TestContext): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'xmrtop-test-'));
	folders.push(folder);
	return folder;
}
