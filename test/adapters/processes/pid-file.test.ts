import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {readPidFile} from '../../../source/adapters/processes/proc-fs.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pid-file-'));
after(() => rmSync(folder, {recursive: true}));

describe('readPidFile', () => {
	const contents: ReadonlyArray<readonly [text: string, pid: number | undefined]> = [
		['4711', 4711],
		['4711\n', 4711],
		[' 4711 \r\nsecond line\n', 4711],
		['', undefined],
		['0\n', undefined],
		['-4711', undefined],
		['4711 4712', undefined],
		['99999999999', undefined],
		['\n4711', undefined],
	];
	for (const [text, pid] of contents) {
		it(`${JSON.stringify(text)} is ${pid ?? 'no pid'}`, async () => {
			const file = path.join(folder, 'a.pid');
			writeFileSync(file, text);
			assert.deepEqual(await readPidFile(file), pid ? {pid} : {error: 'it does not contain a pid', missing: false});
		});
	}

	it('says why a file cannot be read', async () => {
		const subfolder = path.join(folder, 'folder');
		mkdirSync(subfolder);
		assert.deepEqual(await readPidFile(path.join(folder, 'none')), {error: 'no such file or directory', missing: true});
		assert.deepEqual(await readPidFile(path.join(folder, 'a.pid', 'x')), {
			error: 'part of the path is not a folder',
			missing: true,
		});
		assert.deepEqual(await readPidFile(subfolder), {error: 'it is a folder', missing: false});
	});

	it('does not wait for a pipe that nobody writes to', async t => {
		const pipe = path.join(folder, 'pipe');
		if (spawnSync('mkfifo', [pipe]).status !== 0) {
			t.skip('there is no mkfifo here');
			return;
		}

		assert.deepEqual(await readPidFile(pipe), {error: 'it is not a regular file', missing: false});
	});
});
