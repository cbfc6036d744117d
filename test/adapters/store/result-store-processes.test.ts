import assert from 'node:assert/strict';
import {readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {createResultStore} from '../../../source/adapters/store/result-store.js';
import type {Observation} from '../../../source/domain/past/node-state.js';
import type {Transition} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {fillDisk, smallDisk} from '../../helpers/small-disk.js';
import {moment, seen} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';
import {startWorker} from '../../helpers/worker-process.js';

const cycle: readonly State[] = ['up', 'down', 'up', 'degraded', 'busy', 'down'];
const periodMs = 1000;
const nodeIds = [1, 2, 3, 4, 5];

/** The real state of a node: it changes once a second, at another part of the second for each node. */
function stateAt(id: number, ms: number): State {
	return cycle[Math.floor((ms + id * 150) / periodMs) % cycle.length] ?? 'up';
}

/**
 * The results of one watching process: every node several times in each state, the last one included; each process
 * checks at other moments.
 */
function watched(number: number, untilMs: number): Observation[][] {
	const batches: Observation[][] = [];
	for (let ms = number * 7; ms < untilMs + 200; ms += 200) {
		batches.push(nodeIds.map(id => seen(id, stateAt(id, Math.min(ms, untilMs - 1)), moment(ms))));
	}

	return batches;
}

/** Every change, by node. */
function expectedChanges(untilMs: number): Record<number, string[]> {
	return Object.fromEntries(
		nodeIds.map(id => {
			const states: State[] = ['unknown'];
			for (let ms = 0; ms < untilMs; ms += 50) {
				if (states.at(-1) !== stateAt(id, ms)) {
					states.push(stateAt(id, ms));
				}
			}

			return [id, states.slice(1).map((state, index) => `${states[index]}>${state}`)];
		}),
	);
}

function changesByNode(transitions: readonly Transition[]): Record<number, string[]> {
	return Object.fromEntries(
		nodeIds.map(id => [
			id,
			transitions.filter(({node_id: nodeId}) => nodeId === id).map(({from, to}) => `${from}>${to}`),
		]),
	);
}

test('several processes that watch one fleet append every change once', async context => {
	const folder = temporaryFolder(context);
	const untilMs = 8000;
	const workers = [1, 2, 3].map(number => {
		const file = path.join(folder, `watched-${number}.json`);
		writeFileSync(file, JSON.stringify(watched(number, untilMs)));
		return startWorker(context, 'save', folder, file);
	});
	for (const {code, errors} of await Promise.all(workers.map(({ended}) => ended))) {
		assert.deepEqual({code, errors}, {code: 0, errors: ''});
	}

	const store = createResultStore(folder);
	assert.deepEqual(changesByNode(await store.readTransitions()), expectedChanges(untilMs));
	assert.equal(store.takeNote(), undefined);
	assert.equal(store.read().size, nodeIds.length);
});

test('after a kill at any moment, results.json parses, at most the end of the log is torn, and each change is there', async context => {
	const folder = temporaryFolder(context);
	const file = path.join(folder, 'watched.json');
	const untilMs = 30_000;
	writeFileSync(file, JSON.stringify(watched(0, untilMs)));
	const store = createResultStore(folder);
	for (let round = 0; round < 12; round += 1) {
		const worker = startWorker(context, 'save', folder, file);
		for (let line = 0; line < 3 * round; line += 1) {
			await worker.nextLine();
		}

		// A moment within one of the next saves, a different one each round.
		await new Promise(resolve => setTimeout(resolve, round * 1.3));
		worker.child.kill('SIGKILL');
		assert.equal((await worker.ended).errors, '');
		rmSync(`${store.path}.lock`, {recursive: true, force: true});
		if (statSync(store.path, {throwIfNoEntry: false})) {
			JSON.parse(readFileSync(store.path, 'utf8'));
			const lines = readFileSync(store.transitionsPath, 'utf8').split('\n').slice(0, -1);
			lines.map(line => JSON.parse(line));
		}
	}

	const last = startWorker(context, 'save', folder, file);
	assert.equal((await last.ended).code, 0);
	assert.deepEqual(changesByNode(await store.readTransitions()), expectedChanges(untilMs));
	assert.equal(store.takeNote(), undefined);
});

test('on a full disk, the save fails and says why, loses and doubles nothing, and works again once there is room', async context => {
	const folder = smallDisk(context);
	if (folder === undefined) {
		return;
	}

	const store = createResultStore(folder);
	const fleet = (state: State, ms: number) =>
		Array.from({length: 200}, (_, index) => seen(index + 1, state, moment(ms)));
	await store.save(fleet('up', 0));
	const [results, log] = [readFileSync(store.path, 'utf8'), readFileSync(store.transitionsPath, 'utf8')];
	const makeRoom = fillDisk(folder, 8192);
	const isFull = (file: string) => ({
		code: 'save_failed',
		message: `${file} cannot be saved: no space left on device`,
	});
	await assert.rejects(store.save(fleet('down', 5000)), isFull(store.transitionsPath));
	await assert.rejects(store.saveTransitions(fleet('down', 5000)), isFull(store.transitionsPath));
	await assert.rejects(store.save(fleet('up', 5000)), isFull(store.path));
	assert.equal(readFileSync(store.path, 'utf8'), results);
	assert.equal(readFileSync(store.transitionsPath, 'utf8'), log);
	assert.equal(store.read().get(1)?.states?.api?.state, 'up');
	makeRoom();
	assert.equal((await store.save(fleet('down', 6000))).length, 200);
	assert.equal((await store.readTransitions()).length, 400);
});
