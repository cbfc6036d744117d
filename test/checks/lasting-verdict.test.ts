import assert from 'node:assert/strict';
import test from 'node:test';
import type {CheckContext} from '../../source/checks/check.js';
import {answerVerdict, failureVerdict} from '../../source/checks/lasting-verdict.js';
import type {NoResponse} from '../../source/checks/no-response.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {resolveSettings} from '../../source/domain/settings.js';

const nowMs = Date.parse('2026-11-20T10:00:00.000Z');
const at = (secondsAgo: number): string => new Date(nowMs - secondsAgo * 1000).toISOString();

/** A check at 10:00 with the remembered state of its node. */
function contextWith(nodeState: NodeState): CheckContext {
	return {
		nodeState,
		settings: resolveSettings({texts: {}, where: 'test'}),
		ports: {nowMs: () => nowMs},
	} as unknown as CheckContext;
}

/** Number of starts in a verdict; `undefined` without a crash loop. */
const startsOf = (verdict: object): unknown => ('crash_loop_starts' in verdict ? verdict.crash_loop_starts : undefined);

/** A process that was seen to start three times in three minutes. */
const looping: NodeState = {
	lives: [{started_at: at(180)}, {started_at: at(120)}, {started_at: at(60)}],
	process: {pid: 7, started_at: at(60), start_ticks: 600},
};
const loop = {
	state: 'down',
	reason: 'crash loop: 3 starts in 3 m; no response yet',
	crash_loop_starts: 3,
	crash_loop_ms: 180_000,
} as const;

const noResponse = {
	pid: 7,
	started_at: at(60),
	start_ticks: 600,
	unit: 'wallet.service',
	cpu_cores: 0.9,
	work: {cpu_ms: 1},
	silent_ms: 5000,
	process_unseen: true,
	state: 'busy',
	reason: 'working (90 % CPU)',
	caused_by: 'h:18081',
	scanning: true,
} as unknown as NoResponse;

test('no answer and no process: down, with the reason of the failure and the restarts', () => {
	const verdict = failureVerdict(contextWith({}), {
		noResponse: undefined,
		failure: 'connection refused',
		lately: {restarts: 4},
	});
	assert.deepEqual(verdict, {state: 'down', reason: 'connection refused; restarted 4x in 1 h'});
});

test('adds the time of the last answer to every failure', () => {
	const nodeState = {last_answer: at(30)};
	const failed = {noResponse: undefined, failure: 'connection refused', lately: {}};
	assert.deepEqual(failureVerdict(contextWith(nodeState), failed), {
		state: 'down',
		reason: 'connection refused',
		last_answer_at: at(30),
	});
	assert.deepEqual(failureVerdict(contextWith({...looping, ...nodeState}), failed), {
		...loop,
		reason: 'crash loop: 3 starts in 3 m; last response 09:59 UTC',
		last_answer_at: at(30),
	});
});

test('the explanation of a missing response decides the state', () => {
	const verdict = failureVerdict(contextWith({}), {
		noResponse,
		failure: 'no response within 5 s',
		lately: {restarts: 2},
	});
	assert.deepEqual(verdict, {...noResponse, reason: 'working (90 % CPU); restarted 2x in 1 h'});
});

test('a check that failed on this machine says nothing about the node, also in a crash loop', () => {
	const failed = {noResponse: undefined, failure: 'too many open files', lately: {}, isUncheckable: true};
	for (const nodeState of [{}, looping]) {
		assert.deepEqual(failureVerdict(contextWith(nodeState), failed), {state: 'unknown', reason: 'too many open files'});
	}
});

test('a crash loop is down: keeps facts of the process, drops other explanations', () => {
	const failed = {noResponse, failure: 'no response within 5 s', lately: {restarts: 3}};
	const {pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen} = noResponse;
	assert.deepEqual(failureVerdict(contextWith(looping), failed), {
		...{pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen},
		...loop,
	});
	const bare = {...failed, noResponse: {state: 'busy', reason: 'working'} as NoResponse};
	assert.deepEqual(failureVerdict(contextWith(looping), bare), loop);
	assert.deepEqual(failureVerdict(contextWith(looping), {...failed, noResponse: undefined}), loop);
});

test('the currently visible process is the newest of a crash loop', () => {
	const {lives = []} = looping;
	const nodeState: NodeState = {lives: lives.slice(0, 2), process: {pid: 6, started_at: at(120), start_ticks: 540}};
	const seen = (more: Partial<NoResponse>) =>
		failureVerdict(contextWith(nodeState), {noResponse: {...noResponse, ...more}, failure: 'no response', lately: {}});
	assert.equal(startsOf(seen({})), 3);
	assert.equal(startsOf(seen({pid: 6, started_at: at(120), start_ticks: 540})), undefined);
	const {start_ticks: _, ...withoutTicks} = noResponse;
	assert.equal(
		startsOf(
			failureVerdict(contextWith(nodeState), {
				noResponse: withoutTicks as NoResponse,
				failure: 'no response',
				lately: {},
			}),
		),
		3,
	);
	for (const name of ['pid', 'started_at'] as const) {
		const {[name]: __, ...unnamed} = noResponse;
		const verdict = failureVerdict(contextWith(nodeState), {
			noResponse: unnamed as NoResponse,
			failure: 'no response',
			lately: {},
		});
		assert.equal(startsOf(verdict), undefined, `no ${name}`);
	}
});

const answered = {facts: {}, daemon: 'h:18081', process: undefined, isHeightMissing: false, nowMs};
const held = {message: 'API check failed', last_answer_at: at(0)};
const busy: NodeState = {states: {api: {state: 'busy', since: at(60)}}} as NodeState;

test('an answer counts when no verdict lasts', () => {
	assert.equal(answerVerdict(contextWith({}), answered), undefined);
	assert.equal(answerVerdict(contextWith({}), {...answered, isHeightMissing: true}), undefined);
	assert.equal(answerVerdict(contextWith(busy), answered), undefined);
	assert.equal(answerVerdict(contextWith({states: {}}), {...answered, isHeightMissing: true}), undefined);
});

test('an answer in a crash loop does not make the node work', () => {
	assert.deepEqual(answerVerdict(contextWith(looping), answered), {...held, ...loop});
	const {lives = []} = looping;
	const nodeState: NodeState = {lives: lives.slice(0, 2), process: {pid: 6, started_at: at(120), start_ticks: 540}};
	const process = {pid: 7, started_at: at(60), start_ticks: 600};
	assert.equal(answerVerdict(contextWith(nodeState), {...answered, process})?.crash_loop_starts, 3);
});

test('a busy wallet that answers without its height is still busy', () => {
	const lettingIn = {...answered, isHeightMissing: true};
	assert.deepEqual(answerVerdict(contextWith(busy), lettingIn), {
		...held,
		state: 'busy',
		reason: 'working; responds intermittently',
	});
	const nodeState: NodeState = {
		...busy,
		last_sync: {at: at(20), daemon: 'h:18081', wallet_height: 100, wallet_lag: 900},
	};
	assert.deepEqual(answerVerdict(contextWith(nodeState), lettingIn), {
		...held,
		state: 'busy',
		reason: 'scanning: wallet is 900 blocks behind its daemon, as of 20 s ago; responds intermittently',
		scanning: true,
		wallet_open: true,
		wallet_height: 100,
		wallet_lag: 900,
		facts_at: at(20),
	});
});

test('a busy wallet that answers while behind is scanning until it has answered for a while', () => {
	const behind = {...answered, facts: {wallet_lag: 900}};
	const scanning = {
		...held,
		state: 'busy',
		reason: 'scanning: wallet is 900 blocks behind its daemon; responds intermittently',
		scanning: true,
	};
	assert.deepEqual(answerVerdict(contextWith({...busy, silent_since: at(5)}), behind), scanning);
	assert.deepEqual(answerVerdict(contextWith({...busy, answering_since: at(44)}), behind), scanning);
	assert.equal(answerVerdict(contextWith({...busy, answering_since: at(45)}), behind), undefined);
	assert.equal(answerVerdict(contextWith({silent_since: at(5)}), behind), undefined, 'it was not busy');
	const stalled = {...behind, facts: {wallet_lag: 900, stalled: true}};
	assert.equal(answerVerdict(contextWith({...busy, silent_since: at(5)}), stalled), undefined, 'it does not catch up');
	const {daemon: _, ...unknown} = behind;
	assert.match(
		answerVerdict(contextWith({...busy, silent_since: at(5)}), {...unknown, daemon: undefined})?.reason ?? '',
		/behind the other daemons of its network; /,
	);
});

test('an answer ends a settled crash loop, a failure does not', () => {
	const settled: NodeState = {
		...looping,
		lives: [{started_at: at(300)}, {started_at: at(200)}, {started_at: at(100), answered_from: at(90)}],
		last_answer: at(80),
	};
	assert.equal(answerVerdict(contextWith(settled), answered), undefined);
	const failed = {noResponse: undefined, failure: 'connection refused', lately: {}};
	assert.match(failureVerdict(contextWith(settled), failed).reason ?? '', /^crash loop: 3 starts/);
});

test('distinguishes processes by their start ticks if both are known', () => {
	const {lives = []} = looping;
	const process = {pid: 7, started_at: at(61), start_ticks: 590};
	const nodeState: NodeState = {lives: lives.slice(1), process};
	const verdict = (more: Partial<NoResponse>) =>
		failureVerdict(contextWith(nodeState), {
			noResponse: {...noResponse, started_at: at(61), ...more},
			failure: 'no response',
			lately: {},
		});
	assert.equal(startsOf(verdict({start_ticks: 590})), undefined, 'the same');
	assert.equal(startsOf(verdict({start_ticks: 700})), 3, 'another process with that pid');
});
