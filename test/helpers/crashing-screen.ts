/** Runs the screen over an idle fleet, causes the failure named by its argument, and prints how the screen ended. */
import process from 'node:process';
import type {NotedPoller} from '../../source/application/poller.js';
import type {NodeStore, ResultStore} from '../../source/domain/store.js';
import {runScreen} from '../../source/tui/run.js';
import {fleetSnapshot} from './fleet-fixture.js';

const how = process.argv[2];
let listener: () => void = () => {};
let snapshot = fleetSnapshot([{name: 'hot-1'}]);
const nothing = (): void => {};
const poller: NotedPoller = {
	getSnapshot: () => snapshot,
	subscribe: onChange => {
		listener = onChange;
		return nothing;
	},
	start: nothing,
	checkNow: async () => {},
	checkAgain: async () => {},
	setMethod: nothing,
	setNote: nothing,
	setIntervalMs: nothing,
	setPaused: nothing,
	setDiagnosed: nothing,
	stop: async () => {},
};

const breaks: Readonly<Record<string, () => void>> = {
	component: () => {
		// Components read `notes` while rendering, so this makes them throw.
		snapshot = {
			...snapshot,
			get notes(): never {
				throw new Error('broken on purpose');
			},
		};
		listener();
	},
	rejection: () => void Promise.reject(new Error('broken on purpose')),
	exception: () => {
		throw new Error('broken on purpose');
	},
	EPIPE: () => process.stdout.emit('error', Object.assign(new Error('write EPIPE'), {code: 'EPIPE'})),
};

setTimeout(breaks[how ?? ''] ?? nothing, 500);
try {
	await runScreen({
		poller,
		nodeStore: {path: '/nodes.json'} as NodeStore,
		resultStore: {path: '/results.json', readTransitions: async () => []} as unknown as ResultStore,
		stdin: process.stdin,
		stdout: process.stdout,
		ascii: false,
		color: true,
		nowMs: Date.now,
	});
	process.stdout.write('ended well\n');
} catch (error) {
	process.stdout.write(`crashed: ${(error as Error).message}\n`);
}
