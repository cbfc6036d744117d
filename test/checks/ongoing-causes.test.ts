import assert from 'node:assert/strict';
import test from 'node:test';
import type {CheckContext} from '../../source/checks/check.js';
import {
	crashLoopVerdict,
	isWalletScanning,
	observedProcessLives,
	ongoingScan,
} from '../../source/checks/ongoing-causes.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {resolveSettings} from '../../source/domain/settings.js';

const nowMs = Date.parse('2026-11-20T10:00:00.000Z');
const at = (secondsAgo: number): string => new Date(nowMs - secondsAgo * 1000).toISOString();

/** A check at 10:00 with the remembered state of its node. */
function contextWith(nodeState: NodeState): CheckContext {
	const settings = resolveSettings({texts: {}, where: 'test'});
	return {nodeState, settings, ports: {nowMs: () => nowMs}} as unknown as CheckContext;
}

const before = {pid: 6, started_at: at(120), start_ticks: 540};
const now = {pid: 7, started_at: at(60), start_ticks: 600};

test('adds the visible process to the known lives once', () => {
	const lives = [{started_at: at(180)}, {started_at: at(120)}];
	assert.deepEqual(observedProcessLives({}, undefined), []);
	assert.deepEqual(observedProcessLives({}, now), [{started_at: at(60)}]);
	assert.deepEqual(
		observedProcessLives({process: now}, now),
		[{started_at: at(60)}],
		'the process is known, its life is not',
	);
	assert.deepEqual(
		observedProcessLives({lives}, now),
		[{started_at: at(60)}],
		'nothing shows that it replaced another process',
	);
	assert.deepEqual(observedProcessLives({lives, process: before}, undefined), lives);
	assert.deepEqual(observedProcessLives({lives, process: before}, before), lives);
	assert.deepEqual(observedProcessLives({lives, process: before}, now), [
		...lives,
		{started_at: at(60), starting_since: at(120)},
	]);
});

test('a past life ended with its last answer', () => {
	const nodeState: NodeState = {
		lives: [{started_at: at(1800), answered_from: at(1700)}],
		process: {pid: 6, started_at: at(1800), start_ticks: 1},
		process_seen_at: at(70),
		life_answered_to: at(80),
	};
	assert.deepEqual(observedProcessLives(nodeState, now), [
		{started_at: at(1800), answered_from: at(1700), answered_to: at(80)},
		{started_at: at(60)},
	]);
	const silent: NodeState = {...nodeState, lives: [{started_at: at(1800)}]};
	assert.deepEqual(
		observedProcessLives(silent, now).at(-1),
		{started_at: at(60), starting_since: at(1800)},
		'seen just before',
	);
});

test('a crash loop is over when the newest process has answered for a minute, this answer included', () => {
	const nodeState: NodeState = {
		lives: [{started_at: at(300)}, {started_at: at(200)}, {started_at: at(100), answered_from: at(90)}],
		process: {pid: 7, started_at: at(100), start_ticks: 600},
		last_answer: at(80),
	};
	assert.equal(crashLoopVerdict(contextWith(nodeState), undefined, true), undefined);
	assert.deepEqual(crashLoopVerdict(contextWith(nodeState), undefined, false), {
		state: 'down',
		reason: 'crash loop: 3 starts in 5 m; last response 09:58 UTC',
		crash_loop_starts: 3,
		crash_loop_ms: 300_000,
	});
	const two: NodeState = {...nodeState, lives: nodeState.lives?.slice(1) ?? []};
	assert.equal(crashLoopVerdict(contextWith(two), undefined, false), undefined);
});

test('a last answer of another day has its date', () => {
	const nodeState: NodeState = {
		lives: [{started_at: at(300)}, {started_at: at(200)}, {started_at: at(100)}],
		last_answer: '2026-11-19T23:59:00.000Z',
	};
	assert.match(
		crashLoopVerdict(contextWith(nodeState), undefined, false)?.reason ?? '',
		/; last response 2026-11-19 23:59 UTC$/,
	);
});

test('a scan continues if the wallet was recently behind and its process is the same', () => {
	const last = {at: at(20), daemon: 'h:18081', wallet_height: 100, wallet_lag: 6};
	const scan = (more: Partial<typeof last>, process = now) =>
		ongoingScan(contextWith({last_sync: {...last, ...more}}), process);
	assert.deepEqual(scan({}), {
		text: 'scanning: wallet is 6 blocks behind its daemon, as of 20 s ago',
		facts: {scanning: true, wallet_open: true, wallet_height: 100, wallet_lag: 6, facts_at: at(20)},
	});
	assert.equal(scan({wallet_lag: 5}), undefined, 'within the limit');
	assert.equal(ongoingScan(contextWith({}), now), undefined);
	assert.equal(ongoingScan(contextWith({last_sync: {at: at(20), wallet_height: 100}}), now), undefined);
	const {wallet_lag: lag} = ongoingScan(contextWith({last_sync: {...last, at: at(6 * 3600)}}))?.facts ?? {};
	assert.equal(lag, 6, 'six hours ago');
	assert.equal(ongoingScan(contextWith({last_sync: {...last, at: at(6 * 3600 + 1)}})), undefined, 'longer ago');
	assert.equal(scan({}, {...now, started_at: at(19)}), undefined, 'another process since');
	assert.notEqual(scan({}, {...now, started_at: at(20)}), undefined);
	assert.match(scan({at: at(-30)}, {...now, started_at: at(40)})?.text ?? '', /as of 0 s ago$/, 'a clock set back');
});

test('a scan continues while the wallet is behind by more than the limit', () => {
	const nodeState: NodeState = {states: {api: {state: 'busy', since: at(60), last_check: at(5)}}, silent_since: at(5)};
	const isGoingOn = (lag: number | undefined, changed: NodeState = nodeState) =>
		isWalletScanning(contextWith(changed), lag === undefined ? {} : {wallet_lag: lag});
	assert.deepEqual([isGoingOn(6), isGoingOn(5), isGoingOn(undefined)], [true, false, false]);
	const {silent_since: _, ...answering} = nodeState;
	assert.equal(isGoingOn(6, answering), false);
	assert.equal(isGoingOn(6, {...nodeState, states: {}}), false);
});
