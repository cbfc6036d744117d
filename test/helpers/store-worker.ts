import {readFileSync} from 'node:fs';
import {withFileLock} from '../../source/adapters/store/file-lock.js';
import {createNodeStore} from '../../source/adapters/store/node-store.js';
import {createResultStore} from '../../source/adapters/store/result-store.js';
import type {Observation} from '../../source/domain/past/node-state.js';
import {adding} from './store-fixture.js';

/**
 * A process that writes to the stores, for tests with several processes. Prints one line per completed write.
 *   add FOLDER PREFIX COUNT                 adds nodes PREFIX-1 ... PREFIX-COUNT, one update each
 *   save FOLDER STATES.json NUMBER COUNT    saves all observations of the file, in order, with its own times
 *   hold FILE                               takes the lock of the file, prints `held`, and keeps it until killed
 */

const [work, place = '', ...rest] = process.argv.slice(2);

const works: Readonly<Record<string, () => Promise<void>>> = {
	async add() {
		const [prefix, count] = rest;
		const store = createNodeStore(place);
		for (let number = 1; number <= Number(count); number += 1) {
			const name = `${prefix}-${number}`;
			await store.update(adding(name, {title: 'x'.repeat(100)}));
			process.stdout.write(`${name}\n`);
		}
	},
	async save() {
		const store = createResultStore(place);
		const batches = JSON.parse(readFileSync(rest[0] ?? '', 'utf8')) as Observation[][];
		for (const batch of batches) {
			await store.saveTransitions(batch);
			const appended = await store.save(batch);
			process.stdout.write(`saved ${appended.length}\n`);
		}
	},
	async hold() {
		await withFileLock(place, () => {
			process.stdout.write('held\n');
			// Blocks here forever, like a process that was stopped while writing.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
		});
	},
};

await works[work ?? '']?.();
