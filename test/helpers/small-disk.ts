import {spawnSync} from 'node:child_process';
import {closeSync, fstatSync, ftruncateSync, openSync, writeSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {temporaryFolder} from './temporary-folder.js';

/** Mounts a file system of 1 MiB; it is unmounted after the test. @returns its folder; `undefined` if mounting is not permitted */
export function smallDisk(context: TestContext): string | undefined {
	const folder = temporaryFolder(context);
	const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
	context.after(() => void spawnSync('umount', ['--lazy', folder]));
	if (mounted.status !== 0) {
		context.skip('mounting a small file system needs root');
		return undefined;
	}

	return folder;
}

/** Fills the disk of a folder until `freeBytes` are left. @returns the function that frees the space */
export function fillDisk(folder: string, freeBytes = 0): () => void {
	const descriptor = openSync(path.join(folder, 'filler'), 'w');
	const block = Buffer.alloc(4096, 1);
	try {
		for (;;) {
			writeSync(descriptor, block);
		}
	} catch {
		ftruncateSync(descriptor, Math.max(0, fstatSync(descriptor).size - freeBytes));
	}

	return () => {
		ftruncateSync(descriptor, 0);
		closeSync(descriptor);
	};
}
