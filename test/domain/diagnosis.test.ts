import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CheckResult, ResultOf} from '../../source/domain/check-result.js';
import {type DiagnosisAge, diagnosisAge, type FleetNode} from '../../source/domain/fleet.js';
import type {State} from '../../source/domain/state.js';
import {fleetNode, fleetNowMs} from '../helpers/fleet-fixture.js';

const at = (agoS: number): string => new Date(fleetNowMs - agoS * 1000).toISOString();

interface Known {
	/** The last `full` check. */
	readonly diagnosed: readonly [state: State, agoS: number];
	/** Recorded state of the API. */
	readonly record?: readonly [state: State, sinceAgoS: number];
	/** The newest result. */
	readonly result?: readonly [method: 'api' | 'port', agoS: number];
	readonly disabled?: boolean;
}

function nodeWith({diagnosed: [state, agoS], record, result, disabled = false}: Known): FleetNode {
	const details = (method: string, ago: number) => ({method, message: '', state, latency_ms: 1, last_check: at(ago)});
	return {
		node: fleetNode({name: 'hot-1'}).node,
		nodeState: record ? {states: {api: {state: record[0], since: at(record[1]), last_check: at(0)}}} : {},
		diagnosis: {status: false, details: details('full', agoS)} as unknown as ResultOf<'full'>,
		...(result ? {result: {status: false, details: details(...result)} as unknown as CheckResult} : {}),
		checking: false,
		disabled,
	};
}

const rows: ReadonlyArray<readonly [what: string, known: Known, age: DiagnosisAge]> = [
	['of the last check', {diagnosed: ['down', 1], record: ['down', 60], result: ['api', 1]}, 'current'],
	['older than the last check', {diagnosed: ['down', 7], record: ['down', 60], result: ['api', 1]}, 'old'],
	['of another state', {diagnosed: ['down', 1], record: ['up', 0], result: ['api', 0]}, 'outdated'],
	['of an outage before this one', {diagnosed: ['down', 600], record: ['down', 60]}, 'outdated'],
	['made when the state changed', {diagnosed: ['down', 60], record: ['down', 60]}, 'old'],
	['of a node that has been up for days', {diagnosed: ['up', 600], record: ['up', 86_400], result: ['api', 1]}, 'old'],
	['beside another method', {diagnosed: ['up', 12], record: ['up', 60], result: ['port', 1]}, 'current'],
	['long before another method', {diagnosed: ['up', 120], record: ['up', 600], result: ['port', 1]}, 'old'],
	['of a node without a record', {diagnosed: ['down', 1]}, 'current'],
	['of a disabled node', {diagnosed: ['down', 1], record: ['down', 60], disabled: true}, 'old'],
];

for (const [what, known, age] of rows) {
	test(`a diagnosis ${what} is ${age}`, () => {
		assert.equal(diagnosisAge(nodeWith(known), {intervalMs: 5000}, fleetNowMs), age);
	});
}

test('has no age without a diagnosis', () => {
	assert.equal(diagnosisAge(fleetNode({name: 'hot-1'}), {intervalMs: 5000}, fleetNowMs), undefined);
});
