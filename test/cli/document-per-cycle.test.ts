import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {test} from 'node:test';
import type {Loop} from '../../source/application/session.js';
import {cycleDocumentsPart} from '../../source/cli/commands/watch.js';
import type {FleetNode, FleetSnapshot} from '../../source/domain/fleet.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';

/** A loop whose cycles end when the test says so, one per second. */
async function stage() {
	let second = 0;
	const documents: string[][] = [];
	const stdout = new Writable({
		write: (chunk, _encoding, done) => {
			documents.push(JSON.parse(String(chunk)).nodes.map(({name}: {name: string}) => name));
			done();
		},
	}) as unknown as NodeJS.WriteStream;
	let snapshot: FleetSnapshot = fleetSnapshot([]);
	let listener = (): void => {};
	const poller = {
		getSnapshot: () => snapshot,
		subscribe: (next: () => void) => {
			listener = next;
			return () => {};
		},
	};
	const part = cycleDocumentsPart({stdout, nowMs: () => fleetNowMs + second * 1000});
	await part.begin?.({poller} as unknown as Loop);
	return {
		documents,
		/** @param hung nodes whose first check is still running */
		endCycle: (names: readonly string[], hung: readonly string[] = []): void => {
			second += 1;
			const startedAtMs = fleetNowMs + second * 1000;
			const nodes = [...names, ...hung].map((name, index): FleetNode => {
				const {result, ...node} = fleetNode({name}, index);
				return hung.includes(name) ? {...node, nodeState: {}, checking: true} : {...node, ...(result ? {result} : {})};
			});
			snapshot = {...snapshot, nodes, lastCycle: {startedAtMs, endedAtMs: startedAtMs, durationMs: 0}};
			listener();
			listener();
		},
	};
}

test('writes one document at the end of every cycle', async () => {
	const {documents, endCycle} = await stage();
	endCycle(['a', 'b']);
	endCycle(['a', 'b']);
	assert.deepEqual(documents, [
		['a', 'b'],
		['a', 'b'],
	]);
});

test('nodes whose first check hangs delay the documents for at most ten seconds', async () => {
	const {documents, endCycle} = await stage();
	const hung = ['b', 'c', 'd'];
	for (let cycle = 0; cycle < 10; cycle += 1) {
		endCycle(['a'], hung);
	}

	assert.deepEqual(documents, []);
	endCycle(['a'], hung);
	endCycle(['a'], hung);
	assert.deepEqual(documents, [['a'], ['a']]);
	endCycle(['a', ...hung]);
	assert.deepEqual(documents.at(-1), ['a', ...hung]);
});
