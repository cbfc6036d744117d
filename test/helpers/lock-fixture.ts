import {mkdirSync, rmSync, utimesSync} from 'node:fs';
import type {TestContext} from 'node:test';

/** The lock of a file, held as by a running process until it is released or the test ends. */
export interface LockFixture {
	readonly release: () => void;
}

/** Takes the lock of a file. */
export function holdLock(context: TestContext, file: string): LockFixture {
	const lock = `${file}.lock`;
	mkdirSync(lock);
	const renewing = setInterval(() => utimesSync(lock, new Date(), new Date()), 500);
	const release = (): void => {
		clearInterval(renewing);
		rmSync(lock, {recursive: true, force: true});
	};
	context.after(release);
	return {release};
}
