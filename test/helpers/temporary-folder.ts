import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';

const folders: string[] = [];

// Not in `test.after`: its callbacks run in the order of registration, so a program that is stopped later would find its folder
// removed, and create it again.
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
