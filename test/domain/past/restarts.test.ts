import assert from 'node:assert/strict';
import test from 'node:test';
import type {ApiDetails, CheckResult} from '../../../source/domain/check-result.js';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import {recordResult} from '../../../source/domain/past/record-result.js';
import {findTransition} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, moment} from '../../helpers/store-fixture.js';

const minute = 60_000;

/** An `api` result with this process, or with none. */
function seeing(state: State, atMs: number, more: Partial<ApiDetails> = {}): CheckResult {
	const {status, details} = apiResult(state, moment(atMs));
	return {status, details: {...details, ...more} as ApiDetails};
}

const started = (pid: number, atMs: number) => ({pid, started_at: moment(atMs)});
const node = {id: 1, name: 'a'};

test('a new process in the place of the known one is a restart, at the time it started', () => {
	const first = recordResult({}, seeing('up', 0, started(10, -minute)));
	assert.deepEqual([first.restarts, first.process?.pid], [undefined, 10]);
	const same = recordResult(first, seeing('up', 1000, started(10, -minute)));
	assert.equal(same.restarts, undefined);
	const second = recordResult(same, seeing('up', 9000, started(11, 5000)));
	assert.deepEqual([second.restarts, second.process?.pid], [[moment(5000)], 11]);
	const third = recordResult(second, seeing('up', 20_000, {}));
	assert.deepEqual([third.restarts, third.process?.pid], [[moment(5000)], 11]);
});

test('a process older than the last check is another wallet, not a restart', () => {
	const first = recordResult({}, seeing('up', 0, started(10, -minute)));
	const edited = recordResult(first, seeing('up', 9000, started(7, -2 * minute)));
	assert.deepEqual([edited.restarts, edited.process?.pid], [undefined, 7]);
});

test('the same pid with another start time is another process', () => {
	const first = recordResult({}, seeing('up', 0, {...started(10, -minute), start_ticks: 100}));
	const again = recordResult(first, seeing('up', 9000, {...started(10, 5000), start_ticks: 6700}));
	assert.deepEqual(again.restarts, [moment(5000)]);
});

test('the transition back to up reports the restart, and the number of restarts in the last hour', () => {
	let nodeState: NodeState = recordResult({}, seeing('up', 0, started(10, -minute)));
	const reasons: Array<string | undefined> = [];
	for (const [index, atMs] of [5 * minute, 20 * minute, 100 * minute].entries()) {
		nodeState = recordResult(nodeState, seeing('down', atMs));
		const back = seeing('up', atMs + 9000, started(20 + index, atMs + 2000));
		reasons.push(findTransition(nodeState, {node, result: back})?.reason);
		nodeState = recordResult(nodeState, back);
	}

	assert.deepEqual(reasons, ['restarted, pid 20', 'restarted 2x in 1 h, pid 21', 'restarted, pid 22']);
	assert.equal(nodeState.restarts?.length, 3);
});

test('remembers a change of version with the earlier one; a failed check gives no version', () => {
	const old = recordResult({}, seeing('up', 0, {version: 65_561}));
	const failed = recordResult(old, seeing('down', 500, {version: 196_613}));
	assert.deepEqual([failed.version, failed.version_changed], [65_561, undefined]);
	const changed = recordResult(failed, seeing('up', 1000, {version: 65_565}));
	assert.deepEqual([changed.version, changed.version_changed], [65_565, {at: moment(1000), from: 65_561}]);
});

test('keeps the heights of a wallet and of its daemon while they are behind', () => {
	const behind = recordResult({}, seeing('up', 0, {wallet_height: 10, wallet_lag: 90}));
	const nearer = recordResult(behind, seeing('up', 5000, {wallet_height: 60, wallet_lag: 40}));
	assert.deepEqual(nearer.wallet_heights, [
		{at: moment(0), height: 10},
		{at: moment(5000), height: 60},
	]);
	const level = recordResult(nearer, seeing('up', 9000, {wallet_height: 100, wallet_lag: 0}));
	assert.equal('wallet_heights' in level, false);
	const syncing = recordResult(level, seeing('degraded', 10_000, {daemon_height: 5, daemon_lag: 7}));
	assert.deepEqual(syncing.daemon_heights, [{at: moment(10_000), height: 5}]);
	const synced = recordResult(syncing, seeing('up', 20_000, {daemon_height: 12, daemon_lag: 0}));
	assert.equal('daemon_heights' in synced, false);
});
