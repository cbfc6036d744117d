import assert from 'node:assert/strict';
import {test} from 'node:test';
import {hasRestingNodeChanged, observeRestingNode, type RestObservation} from '../../source/checks/resting-node.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import type {LiveProcess, ProcessObservation, TcpOutcome} from '../../source/domain/ports.js';
import {nodeAt} from '../helpers/check-node.js';

const started = '2026-11-23T20:00:00.000Z';
const alive = (changes: Partial<LiveProcess> = {}): ProcessObservation => ({
	kind: 'alive',
	process: {pid: 42, started_at: started, start_ticks: 7, argv: ['monero-wallet-rpc'], stopped: false, ...changes},
});
const open: TcpOutcome = {open: true, latencyMs: 0.1};
const closed = (cause: 'refused' | 'timeout' | 'other'): TcpOutcome => ({
	open: false,
	latencyMs: 0.1,
	cause,
	error: cause,
});

interface Outside {
	readonly observation?: ProcessObservation;
	readonly isListening?: boolean | 'unknown';
	readonly tcp?: TcpOutcome;
	readonly isLocal?: boolean;
	readonly mayConnect?: boolean;
	readonly details?: object;
}

/** Observes a node and counts the connects. */
async function look(outside: Outside): Promise<readonly [seen: RestObservation, connects: number]> {
	const {observation = alive(), isListening = 'unknown', tcp = open, isLocal = true, mayConnect = true} = outside;
	const details = outside.details ?? {method: 'api', pid: 42, started_at: started, start_ticks: 7};
	let connects = 0;
	const seen = await observeRestingNode(nodeAt(18_083), {status: false, details} as CheckResult, {
		ports: {
			isLocalHost: () => isLocal,
			connectTcp: async () => {
				connects += 1;
				return tcp;
			},
		},
		processes: {
			inspect: async () => observation,
			findByRpcPort: async () => assert.fail('the list of processes is not read'),
			servesRpcPort: async () => assert.fail('what a process serves is not asked'),
			mayServe: async () => assert.fail('what a process serves is not asked'),
			listenerOf: async () => assert.fail('who listens is not asked'),
			seesSockets: async () => assert.fail('what a process holds is not asked'),
			isContainerHost: async () => assert.fail('where a host is is not asked'),
			innerPids: async () => assert.fail('pid namespaces are not asked for'),
		},
		...(isListening === 'unknown' ? {} : {listening: () => isListening}),
		portTimeoutMs: 1000,
		mayConnect: () => mayConnect,
	});
	return [seen, connects];
}

const rows: ReadonlyArray<readonly [what: string, outside: Outside, seen: RestObservation, connects: number]> = [
	['a process that runs and listens', {isListening: true}, {process: 'running', port: 'open'}, 0],
	['a process whose port is closed', {isListening: false}, {process: 'running', port: 'refused'}, 0],
	['a process that is gone', {observation: {kind: 'gone'}, isListening: true}, {process: 'gone'}, 0],
	['a zombie', {observation: {kind: 'gone', zombie: true}}, {process: 'gone'}, 0],
	['another process with its pid', {observation: alive({start_ticks: 8})}, {process: 'gone'}, 0],
	[
		'a stopped process',
		{observation: alive({stopped: true}), isListening: true},
		{process: 'stopped', port: 'open'},
		0,
	],
	['a hidden process', {observation: {kind: 'hidden'}, isListening: true}, {port: 'open'}, 0],
	['a system without a list of ports', {}, {process: 'running', port: 'open'}, 1],
	['no known process: connects to its port', {details: {method: 'api'}, isListening: true}, {port: 'open'}, 1],
	['a remote node', {isLocal: false, isListening: true}, {port: 'open'}, 1],
	['a remote node that refuses', {isLocal: false, tcp: closed('refused')}, {port: 'refused'}, 1],
	['a remote node that does not answer', {isLocal: false, tcp: closed('timeout')}, {}, 1],
	['a connect that fails because of this machine', {isLocal: false, tcp: closed('other')}, {}, 1],
	['a remote node whose connect is not due', {isLocal: false, mayConnect: false}, {}, 0],
	[
		'the process of a full check',
		{details: {method: 'full', checks: {pid: {details: {pid: 42, started_at: started}}}}, isListening: true},
		{process: 'running', port: 'open'},
		0,
	],
];

for (const [what, outside, seen, connects] of rows) {
	test(`observing while checks back off: ${what}`, async () => {
		assert.deepEqual(await look(outside), [seen, connects]);
	});
}

test('treats what was not observed as unchanged', () => {
	assert.equal(hasRestingNodeChanged({port: 'open'}, {}), false);
	assert.equal(hasRestingNodeChanged({}, {port: 'refused'}), false);
	assert.equal(hasRestingNodeChanged({}, {process: 'gone'}), true);
});
