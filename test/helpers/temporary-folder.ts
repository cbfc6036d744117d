import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';

/** A new empty folder that is removed after the test. */
export function temporaryFolder(context: TestContext): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'xmrtop-test-'));
	context.after(() => rmSync(folder, {recursive: true, force: true, maxRetries: 50, retryDelay: 20}));
	return folder;
}
