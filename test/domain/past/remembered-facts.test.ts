import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {ApiDetails, CheckResult} from '../../../source/domain/check-result.js';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import {
	daemonStateIn,
	heightFallFacts,
	heightFallText,
	listedDaemon,
	recordResult,
	recordTransition,
	rememberedDaemon,
} from '../../../source/domain/past/record-result.js';
import type {State} from '../../../source/domain/state.js';
import {at, fixtureStartMs} from '../../helpers/fixture-time.js';
import {apiResult, pidResult} from '../../helpers/store-fixture.js';

function resultAt(seconds: number, facts: Partial<ApiDetails> = {}, state: State = 'up'): CheckResult {
	const {status, details} = apiResult(state, at(seconds));
	return {status, details: {...details, ...facts} as CheckResult['details']};
}

/** The state of a node after these results. */
const after = (...results: readonly CheckResult[]): NodeState =>
	results.reduce<NodeState>((nodeState, result) => recordResult(nodeState, result), {});

const process = {pid: 7, started_at: at(-60)};
const other = {pid: 8, started_at: at(7)};

describe('when the API last answered, and since when it has not', () => {
	const answers = ({last_answer, silent_since, answering_since}: NodeState) => ({
		last_answer,
		silent_since,
		answering_since,
	});
	const none = {last_answer: undefined, silent_since: undefined, answering_since: undefined};

	it('begins with the first answer or the first silence', () => {
		assert.deepEqual(answers(after(resultAt(0))), {...none, last_answer: at(0)});
		assert.deepEqual(answers(after(resultAt(0, {}, 'down'), resultAt(5, {}, 'busy'))), {...none, silent_since: at(0)});
	});

	it('an answer ends the silence, and the node answers since then', () => {
		const recovered = after(resultAt(0), resultAt(5, {}, 'down'), resultAt(9));
		assert.deepEqual(answers(recovered), {last_answer: at(9), silent_since: undefined, answering_since: at(9)});
		assert.deepEqual(answers(recordResult(recovered, resultAt(12))).answering_since, at(9));
		assert.deepEqual(answers(recordResult(recovered, resultAt(12, {}, 'down'))), {
			last_answer: at(9),
			silent_since: at(12),
			answering_since: undefined,
		});
	});

	it('an unknown result says nothing of it', () => {
		const silent = after(resultAt(0), resultAt(5, {}, 'down'));
		assert.deepEqual(answers(recordResult(silent, resultAt(9, {}, 'unknown'))), answers(silent));
	});

	it('a late answer within a silence moves its beginning', () => {
		const silent = after(resultAt(5, {}, 'down'), resultAt(20, {}, 'down'));
		assert.deepEqual(answers(recordResult(silent, resultAt(10))), {
			last_answer: at(10),
			silent_since: at(20),
			answering_since: undefined,
		});
		assert.deepEqual(answers(recordResult(silent, resultAt(2))).silent_since, at(5), 'an answer before it');
	});

	it('a late silence begins earlier; one before the last answer is over', () => {
		const silent = after(resultAt(0), resultAt(20, {}, 'down'));
		assert.equal(answers(recordResult(silent, resultAt(10, {}, 'down'))).silent_since, at(10));
		assert.equal(answers(recordResult(after(resultAt(20)), resultAt(10, {}, 'down'))).silent_since, undefined);
	});

	it('a transition counts like its result', () => {
		const silent = recordTransition(after(resultAt(0)), {method: 'api', to: 'down', at: at(7)});
		assert.deepEqual(answers(silent), {last_answer: at(0), silent_since: at(7), answering_since: undefined});
		const ofPid = recordTransition(after(resultAt(0)), {method: 'pid', to: 'down', at: at(7)});
		assert.equal(ofPid.silent_since, undefined);
	});
});

describe('the process', () => {
	it('a new process of the node is a restart; the same one is none', () => {
		const once = after(resultAt(0, process), resultAt(5, process));
		assert.deepEqual([once.process, once.restarts, once.process_seen_at], [process, undefined, at(5)]);
		const twice = recordResult(once, resultAt(9, other));
		assert.deepEqual([twice.process, twice.restarts], [other, [other.started_at]]);
		assert.deepEqual(
			twice.lives?.map(({started_at}) => started_at),
			[process.started_at, other.started_at],
		);
	});

	it('its run began to answer with the first answer, and answered last with the last', () => {
		const {lives, life_answered_to} = after(resultAt(0, process), resultAt(5, process), resultAt(9, {}, 'down'));
		assert.deepEqual(lives, [{started_at: process.started_at, answered_from: at(0)}]);
		assert.equal(life_answered_to, at(5));
		assert.equal(after(resultAt(0)).life_answered_to, undefined, 'no process is known');
	});

	it('its command line is kept until another process is seen', () => {
		const seen = after(pidResult(at(0), {...process, cmdline: 'monero-wallet-rpc --rpc-bind-port 1'}));
		assert.equal(seen.process_command, 'monero-wallet-rpc --rpc-bind-port 1');
		assert.equal(recordResult(seen, resultAt(5, process)).process_command, seen.process_command);
		assert.equal(recordResult(seen, resultAt(5, other)).process_command, undefined);
	});

	it('its work is kept while it does not answer, and only then', () => {
		const work = {cpu_ms: 5, resident_bytes: 1};
		const silent = after(resultAt(0, {...process, work} as Partial<ApiDetails>, 'busy'));
		assert.deepEqual(silent.work, {...work, ...process, at: at(0)});
		assert.equal(recordResult(silent, resultAt(5, process)).work, undefined);
		assert.equal(after(resultAt(0, {work} as Partial<ApiDetails>, 'busy')).work, undefined, 'of no known process');
	});
});

describe('the version', () => {
	const version = (seconds: number, number: number, state: State = 'up') => resultAt(seconds, {version: number}, state);
	it('a change is kept with its time and the version before', () => {
		const changed = after(version(0, 65_561), version(5, 65_561), version(9, 65_565), version(12, 65_565));
		assert.deepEqual([changed.version, changed.version_changed], [65_565, {at: at(9), from: 65_561}]);
		assert.equal(after(version(0, 65_561)).version_changed, undefined);
	});

	it('an older result, or one without an answer, does not change it', () => {
		assert.equal(after(version(5, 2), version(3, 1)).version, 2);
		assert.equal(after(version(5, 2), version(9, 1, 'down')).version, 2);
	});
});

describe('the daemon', () => {
	it('is remembered with the process it was inferred from', () => {
		const inferred = {...process, daemon: 'h:18081', daemon_inferred: true} as const;
		const known = after(resultAt(0, inferred));
		assert.deepEqual(known.inferred_daemon, {daemon: 'h:18081', ...process});
		assert.equal(rememberedDaemon(known), 'h:18081');
		assert.equal(rememberedDaemon({...known, process: other}), undefined);
		assert.equal(rememberedDaemon({...known, process: {...process, pid: 9}}), undefined);
		assert.equal(rememberedDaemon({}), undefined);
		assert.equal(recordResult(known, resultAt(5, {...inferred, daemon: 'i:18081'})).inferred_daemon?.daemon, 'i:18081');
		assert.equal(recordResult(known, resultAt(5, process)).inferred_daemon, undefined);
		assert.deepEqual(recordResult(known, resultAt(5, {}, 'down')).inferred_daemon, known.inferred_daemon);
	});

	it('that is listed is the configured one, else the inferred one, else none', () => {
		const known = after(resultAt(0, {...process, daemon: 'h:18081', daemon_inferred: true}));
		const node = {host: '127.0.0.1', port: 1};
		assert.equal(listedDaemon({...node, daemon: 'c:18081'}, known), 'c:18081');
		assert.equal(listedDaemon({...node, daemon: 'none'}, known), undefined);
		assert.equal(listedDaemon(node, known), 'h:18081');
		assert.equal(listedDaemon(node, {}), undefined);
	});

	for (const [facts, state] of [
		[{daemon_reachable: false}, 'down'],
		[{daemon_reachable: true, daemon_height: 5}, 'up'],
		[{daemon_reachable: true}, undefined],
		[{daemon_height: 5}, undefined],
		[{daemon_reachable: true, daemon_height: 5, daemon_fault: 'x'}, 'degraded'],
	] as const) {
		it(`with ${JSON.stringify(facts)} is ${state}`, () => assert.equal(daemonStateIn(facts as object), state));
	}

	it('keeps since when it is in its state', () => {
		const facts = (seconds: number, isReachable: boolean, daemon = 'h:18081') =>
			resultAt(seconds, {daemon, daemon_reachable: isReachable, ...(isReachable ? {daemon_height: 5} : {})});
		const up = after(facts(0, true), facts(5, true));
		assert.deepEqual(up.daemon_state, {daemon: 'h:18081', state: 'up', since: at(0)});
		assert.deepEqual(recordResult(up, facts(9, false)).daemon_state, {daemon: 'h:18081', state: 'down', since: at(9)});
		assert.equal(recordResult(up, facts(9, true, 'i:1')).daemon_state?.since, at(9));
	});
});

describe('heights', () => {
	it('facts of an earlier check are not taken again', () => {
		const old = resultAt(5, {wallet_height: 9, daemon_reachable: true, daemon_height: 9, facts_at: at(0)} as object);
		const {wallet_height, daemon_state} = after(old);
		assert.deepEqual([wallet_height, daemon_state], [undefined, undefined]);
	});

	it('an older result does not set the height of the wallet', () => {
		assert.equal(after(resultAt(5, {wallet_height: 9}), resultAt(3, {wallet_height: 4})).wallet_height, 9);
	});

	it('the last progress is kept while the wallet is behind', () => {
		const behind = resultAt(0, {wallet_height: 90, wallet_lag: 10, daemon: 'h:1', daemon_height: 100, eta_s: 7});
		const syncing = after(behind);
		assert.deepEqual(syncing.last_sync, {at: at(0), daemon: 'h:1', wallet_height: 90, wallet_lag: 10, eta_s: 7});
		const ended = (facts: Partial<ApiDetails>) => recordResult(syncing, resultAt(5, facts)).last_sync === undefined;
		assert.deepEqual(
			[ended({wallet_height: 100, wallet_lag: 0}), ended({wallet_open: false}), ended({wallet_height: 95})],
			[true, true, false],
		);
	});

	it('those of a closed wallet are forgotten, because the next one may be another', () => {
		const open = after(resultAt(0, {wallet_height: 90, wallet_open: true}));
		assert.equal(open.wallet_heights?.length, 1);
		assert.equal(recordResult(open, resultAt(5, {wallet_open: false})).wallet_heights, undefined);
	});

	it('a fall of more than two blocks is kept', () => {
		const fell = {wallet_fell_at: at(5), wallet_fell_from: 100, wallet_fell_to: 90};
		assert.deepEqual(after(resultAt(5, {wallet_height: 90, ...fell})).wallet_fell, {at: at(5), from: 100, to: 90});
		const now = {ms: fixtureStartMs, iso: at(0)};
		assert.deepEqual(heightFallFacts({wallet_height: 100}, 97, now), {
			wallet_fell_at: at(0),
			wallet_fell_from: 100,
			wallet_fell_to: 97,
		});
		assert.deepEqual(heightFallFacts({wallet_height: 100}, 98, now), {});
		assert.deepEqual(heightFallFacts({}, 98, now), {});
	});

	it('a fall is reported for an hour', () => {
		const facts = (seconds: number) =>
			heightFallFacts({wallet_fell: {at: at(0), from: 9, to: 5}}, 9, {
				ms: fixtureStartMs + seconds * 1000,
				iso: at(seconds),
			});
		const fall = {wallet_fell_at: at(0), wallet_fell_from: 9, wallet_fell_to: 5};
		assert.deepEqual([facts(0), facts(3600), facts(3601), facts(-1)], [fall, fall, {}, {}]);
	});

	for (const [from, to, agoMs, text] of [
		[1020, 1000, undefined, 'height fell from 1,020 to 1,000: a reorganization, a rescan or another wallet was opened'],
		[1021, 1000, 999, 'height fell from 1,021 to 1,000: rescan or another wallet was opened'],
		[1021, 1000, 60_000, 'height fell from 1,021 to 1,000 1m ago: rescan or another wallet was opened'],
	] as const) {
		it(text, () => {
			const facts = {wallet_fell_at: at(0), wallet_fell_from: from, wallet_fell_to: to};
			assert.equal(heightFallText(facts, agoMs === undefined ? undefined : fixtureStartMs + agoMs), text);
		});
	}

	it('no fall has no text', () => {
		assert.equal(heightFallText({wallet_fell_at: at(0), wallet_fell_from: 5}), undefined);
	});
});

describe('results that arrive again or late', () => {
	it('the last result again changes nothing', () => {
		const known = after(resultAt(0));
		assert.equal(recordResult(known, resultAt(0)), known);
		assert.notEqual(recordResult(known, resultAt(0, {latency_ms: 9})), known);
		assert.notEqual(recordResult(known, resultAt(0, {}, 'down')), known);
	});

	it('the result of a known transition is merged, and keeps the state since then', () => {
		const known = recordTransition({}, {method: 'api', to: 'down', at: at(5)});
		const merged = recordResult(known, resultAt(5, {}, 'down'));
		assert.deepEqual(merged.states?.api, {state: 'down', since: at(5), last_check: at(5)});
		const earlier = recordResult(known, resultAt(3, {}, 'up'));
		assert.deepEqual(earlier.states?.api, {state: 'down', since: at(5), last_check: at(5), merged_at: at(3)});
	});

	it('a transition to the same state keeps its beginning; an old one changes nothing', () => {
		const known = after(resultAt(0, {}, 'down'));
		assert.equal(recordTransition(known, {method: 'api', to: 'down', at: at(5)}).states?.api?.since, at(0));
		assert.equal(recordTransition(known, {method: 'api', to: 'up', at: at(0)}), known);
	});
});
