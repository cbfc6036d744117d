import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';

const root = '/sys/fs/cgroup';
let made = 0;

/** A control group of one test. */
export interface ControlGroup {
	readonly add: (pid: number) => void;
	readonly write: (file: string, text: string) => void;
}

/**
 * Makes a control group; it is removed after the test, when the processes in it have ended.
 * @param controller a controller of cgroup version 1 if that is mounted, else a group of version 2
 * @returns `undefined`, with the test skipped, if that is not permitted
 */
export function makeControlGroup(
	t: TestContext,
	controller: 'cpu' | 'freezer',
): (ControlGroup & {version: 1 | 2}) | undefined {
	made += 1;
	const version = existsSync(path.join(root, controller)) ? 1 : 2;
	const folder = path.join(root, version === 1 ? controller : '', `xmrtop-test-${process.pid}-${made}`);
	const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
	try {
		mkdirSync(folder);
		if (version === 2 && controller === 'cpu') {
			write('cpu.max', 'max 100000');
		}
	} catch (error) {
		t.skip(`control groups are not permitted here: ${String(error)}`);
		return undefined;
	}

	t.after(() => removeWhenEmpty(folder));
	return {version, write, add: pid => write('cgroup.procs', String(pid))};
}

async function removeWhenEmpty(folder: string): Promise<void> {
	for (let tries = 0; tries < 100; tries += 1) {
		try {
			rmdirSync(folder);
			return;
		} catch {
			await delay(50);
		}
	}
}
