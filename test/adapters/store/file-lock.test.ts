import assert from 'node:assert/strict';
import {existsSync, mkdirSync, rmdirSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {withFileLock} from '../../../source/adapters/store/file-lock.js';
import {saveFileError} from '../../../source/adapters/system-errors.js';
import {InputError} from '../../../source/domain/input-error.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

function fileIn(context: TestContext) {
	const file = path.join(temporaryFolder(context), 'folder', 'file.json');
	return {file, lock: `${file}.lock`};
}

test('runs the work under the lock and releases it afterwards', async context => {
	const {file, lock} = fileIn(context);
	const value = await withFileLock(file, ({isHeld}) => [existsSync(lock), isHeld()]);
	assert.deepEqual(value, [true, true]);
	assert.equal(existsSync(lock), false);
});

test('rethrows what the work throws, a system error as a failed save, and releases the lock', async context => {
	const {file, lock} = fileIn(context);
	const thrown = new InputError('node_not_found', 'no such node');
	const failing = (error: Error) =>
		withFileLock(file, () => {
			throw error;
		});
	await assert.rejects(failing(thrown), error => error === thrown);
	await assert.rejects(failing(Object.assign(new Error('EIO: secret'), {code: 'EIO'})), {
		code: 'save_failed',
		message: `${file} cannot be saved: input/output error`,
	});
	assert.equal(existsSync(lock), false);
});

test('repeats work that fails in any way after the lock was lost', async context => {
	const {file, lock} = fileIn(context);
	let turns = 0;
	const value = await withFileLock(file, () => {
		turns += 1;
		if (turns === 1) {
			rmdirSync(lock);
			throw saveFileError(file, 'what was staged is gone');
		}

		return 'done';
	});
	assert.deepEqual([value, turns], ['done', 2]);
});

test('does not remove a lock that another process took over', async context => {
	const {file, lock} = fileIn(context);
	await withFileLock(file, () => {
		rmdirSync(lock);
		mkdirSync(lock);
	});
	assert.equal(existsSync(lock), true);
});

test('waits for a held lock, and takes over a stale one at once', async context => {
	const {file, lock} = fileIn(context);
	mkdirSync(lock, {recursive: true});
	let isDone = false;
	const waiting = withFileLock(file, () => {
		isDone = true;
	});
	await withFileLock(path.join(path.dirname(file), 'other.json'), () => undefined);
	assert.equal(isDone, false);
	const longAgo = new Date(Date.now() - 10_000);
	utimesSync(lock, longAgo, longAgo);
	await waiting;
	assert.equal(isDone, true);
	assert.equal(existsSync(lock), false);
});

test('takes over an unrenewed lock within five seconds, but not while its process may be alive', async context => {
	const {file, lock} = fileIn(context);
	mkdirSync(lock, {recursive: true});
	const {mtimeMs} = statSync(lock);
	context.mock.timers.enable({apis: ['Date']});
	const isTakenAfter = (ageMs: number): Promise<boolean> => {
		context.mock.timers.setTime(Math.ceil(mtimeMs) + ageMs);
		return withFileLock(file, () => true, {patienceMs: 0}).catch(() => false);
	};
	assert.equal(await isTakenAfter(2900), false);
	// Waiting processes look again at least every 120 ms.
	assert.equal(await isTakenAfter(5000 - 120), true);
	assert.equal(existsSync(lock), false);
});

test('fails the save in a folder that cannot hold a lock', async context => {
	const {file, lock} = fileIn(context);
	mkdirSync(path.dirname(lock), {recursive: true});
	writeFileSync(path.join(path.dirname(file), 'plain'), '');
	const inFile = path.join(path.dirname(file), 'plain', 'file.json');
	await assert.rejects(
		withFileLock(inFile, () => undefined),
		{code: 'save_failed', message: `${inFile} cannot be saved: a file exists where a folder is needed`},
	);
});
