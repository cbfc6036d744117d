import assert from 'node:assert/strict';
import test from 'node:test';
import type {Fork} from '../../source/checks/fork-detection.js';
import {
	clockShortcoming,
	daemonShortcoming,
	slowShortcoming,
	type WalletEvidence,
	walletShortcoming,
} from '../../source/checks/problems.js';
import type {WalletFacts} from '../../source/domain/check-result.js';
import type {ClockVerdict} from '../../source/domain/clock-skew.js';
import type {DaemonObservation} from '../../source/domain/rpc/daemon-rpc.js';

const settings = {slow: 1000, max_wallet_lag: 5, max_daemon_lag: 3, block_age: 1_800_000};
const seen: DaemonObservation = {daemon: 'd:18081', latencyMs: 1, facts: {}};
const failure = {reason: 'connection refused', error: 'ECONNREFUSED'};

test('a value at the limit is allowed, one above is not', () => {
	const daemonBehind = (lag: number) => daemonShortcoming(seen, {daemon_lag: lag}, settings)?.reason;
	assert.equal(daemonBehind(3), undefined);
	assert.equal(daemonBehind(4), 'daemon d:18081 is 4 blocks behind');
	assert.equal(daemonBehind(3_412_009), 'daemon d:18081 is 3,412,009 blocks behind');
	assert.equal(slowShortcoming(1000, settings), undefined);
	assert.equal(slowShortcoming(1200, settings)?.reason, 'slow: response took 1.2 s');
});

test('a daemon that answers with an error has answered', () => {
	const said = (answered: boolean) =>
		daemonShortcoming({...seen, failure: {...failure, answered}}, {}, settings)?.reason;
	assert.equal(said(false), 'daemon d:18081 does not answer: connection refused');
	assert.equal(said(true), 'daemon d:18081 answers with an error: connection refused');
});

test('does not blame a daemon for unknown facts', () => {
	assert.equal(daemonShortcoming(seen, {}, settings), undefined);
	assert.equal(daemonShortcoming(seen, {daemon_synchronized: true, daemon_lag: 0}, settings), undefined);
});

const behind = (lag: number, {facts = {}, maxLag = 5}: {facts?: WalletFacts; maxLag?: number} = {}) =>
	walletShortcoming({
		daemon: 'd:18081',
		facts: {wallet_lag: lag, ...facts},
		height: {kind: 'open', height: 10},
		expectWallet: true,
		settings: {...settings, max_wallet_lag: maxLag},
	});

test('a wallet behind: how many blocks, how fast it catches up, or for how long it is stalled', () => {
	assert.deepEqual([behind(0), behind(5)], [undefined, undefined]);
	assert.equal(behind(6)?.reason, 'wallet is 6 blocks behind its daemon');
	assert.equal(behind(1, {maxLag: 0})?.reason, 'wallet is 1 block behind its daemon');
	assert.deepEqual(behind(9214, {facts: {catch_up_blocks_per_s: 61, eta_s: 151}}), {
		kind: 'wallet_behind',
		reason: 'wallet is 9,214 blocks behind its daemon, 61 blocks/s, about 2 m 31 s left',
	});
	assert.deepEqual(behind(41, {facts: {stalled: true, stalled_ms: 240_000}}), {
		kind: 'wallet_stalled',
		reason: 'wallet is 41 blocks behind its daemon, stalled for 4 m',
	});
});

test('a wallet ahead: the daemon lost blocks and is to blame; up to three blocks are allowed', () => {
	assert.deepEqual([behind(-1), behind(-3)], [undefined, undefined]);
	assert.deepEqual(behind(-20, {facts: {wallet_height: 21}}), {
		kind: 'daemon_reset',
		reason: 'daemon d:18081 lost blocks: it has 1, its wallet saw 21',
		causedBy: 'd:18081',
	});
});

test('an old last block is the fault of an otherwise healthy daemon', () => {
	const old = (block_age_s: number) => daemonShortcoming(seen, {block_age_s}, settings)?.reason;
	assert.equal(old(1800), undefined);
	assert.equal(old(2820), 'daemon d:18081 has had no new block for 47 m');
	assert.equal(
		daemonShortcoming(seen, {block_age_s: 9999, daemon_lag: 41}, settings)?.reason,
		'daemon d:18081 is 41 blocks behind',
	);
});

test('reports an offline daemon and one without peers, except regtest chains and restricted ports', () => {
	const alone = (facts: DaemonObservation['facts']) => daemonShortcoming({...seen, facts}, {}, settings)?.reason;
	const none = {outgoing_peers: 0, incoming_peers: 0};
	assert.equal(alone({nettype: 'mainnet', offline: true, ...none}), 'daemon d:18081 is offline');
	assert.equal(alone({nettype: 'stagenet', offline: false, ...none}), 'daemon d:18081 has no peers');
	assert.equal(alone({nettype: 'mainnet', outgoing_peers: 0, incoming_peers: 3}), undefined);
	assert.equal(alone({nettype: 'mainnet', restricted: true}), undefined);
	assert.equal(alone({nettype: 'fakechain', offline: true, ...none}), undefined);
});

const named = (reason: string, fault = reason.replace('daemon d:18081 ', '')) => ({
	kind: 'daemon',
	reason,
	causedBy: 'd:18081',
	fault,
});

test('what is wrong with a daemon is said about it, and names it once', () => {
	assert.deepEqual(daemonShortcoming(seen, {daemon_lag: 4}, settings), named('daemon d:18081 is 4 blocks behind'));
	const syncing = {daemon_synchronized: false, daemon_lag: 4, daemon_blocks_per_s: 2, daemon_eta_s: 120};
	assert.deepEqual(
		daemonShortcoming(seen, syncing, settings),
		named('daemon d:18081 is not synchronized, 4 blocks behind, 2 blocks/s, about 2 m left'),
	);
	const {daemon_eta_s: _, ...withoutTime} = syncing;
	assert.equal(daemonShortcoming(seen, withoutTime, settings)?.fault, 'is not synchronized, 4 blocks behind');
	assert.equal(
		daemonShortcoming(seen, {daemon_synchronized: false, daemon_lag: 0}, settings)?.fault,
		'is not synchronized',
	);
	assert.equal(daemonShortcoming(seen, {daemon_synchronized: false}, settings)?.fault, 'is not synchronized');
	const stalled = {daemon_lag: 4, daemon_stalled_ms: 300_000, daemon_blocks_per_s: 2, daemon_eta_s: 120};
	assert.equal(daemonShortcoming(seen, stalled, settings)?.fault, 'is 4 blocks behind, stalled for 5 m');
});

test('a refusal of a daemon is said in its own words, with what it needs', () => {
	const refused = {...failure, answered: true, refusal: 'requires a login', isAccess: true};
	assert.deepEqual(
		daemonShortcoming({...seen, failure: refused}, {}, settings),
		named('daemon d:18081 requires a login'),
	);
	assert.deepEqual(daemonShortcoming({...seen, failure: {...refused, needs: 'login'}}, {}, settings), {
		...named('daemon d:18081 requires a login'),
		kind: 'daemon_login',
	});
	assert.equal(
		daemonShortcoming({...seen, failure: {...refused, needs: 'certificate'}}, {}, settings)?.kind,
		'daemon_certificate',
	);
});

test('a daemon that passes on the answers of another', () => {
	const facts = {daemon_own_height: 1200, daemon_height: 3_400_000, bootstrap_daemon: 'b.example:18089'};
	assert.deepEqual(
		daemonShortcoming(seen, facts, settings),
		named('daemon d:18081 uses bootstrap daemon b.example:18089; its own chain has 1,200 of 3,400,000 blocks'),
	);
	assert.equal(
		daemonShortcoming(seen, {daemon_own_height: 1200, daemon_blocks_per_s: 2, daemon_eta_s: 60}, settings)?.fault,
		'uses a bootstrap daemon; its own chain has 1,200 of 1,200 blocks, 2 blocks/s, about 1 m left',
	);
});

test('a fork names the other daemon, the first block and the difficulty', () => {
	const forked = (fork: Fork) => daemonShortcoming(seen, {daemon_lag: 99}, settings, {fork});
	assert.deepEqual(forked({other: 'e:18081'}), {
		...named('daemon d:18081 has different blocks from daemon e:18081: suspected fork'),
		kind: 'daemon_fork',
	});
	assert.equal(
		forked({other: 'e:18081', sinceBlock: 3_400_000, difficulty: 'less'})?.fault,
		'has different blocks from daemon e:18081 since block 3,400,000: suspected fork, with less cumulative difficulty',
	);
});

test('a clock that is wrong: that of the daemon, of this machine, or of one of them', () => {
	const of = (clock: ClockVerdict, facts = {}) => daemonShortcoming(seen, facts, settings, {clock});
	assert.deepEqual(of({whose: 'daemon', aheadMs: -125_000}), {
		kind: 'clock',
		reason: 'the clock of daemon d:18081 is 2 m behind',
		causedBy: 'd:18081',
		fault: 'has a clock that is 2 m behind',
	});
	assert.equal(of({whose: 'daemon', aheadMs: 10_000})?.fault, 'has a clock that is 1 m ahead');
	assert.equal(of({whose: 'daemon', aheadMs: 0})?.fault, 'has a clock that is 1 m ahead');
	assert.equal(of({whose: 'own', aheadMs: 125_000}), undefined);
	const late = {whose: 'own_or_late', aheadMs: 7_200_000} as const;
	assert.equal(of(late), undefined);
	assert.deepEqual(of(late, {block_age_s: 7200}), {
		...named('daemon d:18081 has had no new block for 2 h'),
		reason: "this machine's clock is 2 h ahead, or daemon d:18081 has had no new block for 2 h",
	});
	assert.deepEqual(
		of({...late, whose: 'unclear'}, {block_age_s: 7200}),
		named('daemon d:18081 has had no new block for 2 h'),
	);
	const own = (clock?: ClockVerdict) => clockShortcoming('d:18081', clock);
	assert.deepEqual(own({whose: 'own', aheadMs: -180_000}), {
		kind: 'clock',
		reason: "this machine's clock is 3 m behind",
	});
	assert.deepEqual(own({whose: 'unclear', aheadMs: -180_000}), {
		kind: 'clock',
		reason: 'the clocks of this machine and of daemon d:18081 differ by 3 m',
	});
	assert.deepEqual([own(), own({whose: 'daemon', aheadMs: 180_000}), own(late)], [undefined, undefined, undefined]);
});

test('what is wrong with a wallet', () => {
	const wallet = (more: Partial<WalletEvidence>) =>
		walletShortcoming({
			daemon: 'd:18081',
			facts: {},
			height: {kind: 'open', height: 10},
			expectWallet: false,
			settings,
			...more,
		});
	assert.equal(wallet({}), undefined);
	assert.deepEqual(wallet({height: {kind: 'failed', failure: {reason: 'no response', error: 'x'}}}), {
		kind: 'height_unknown',
		reason: 'wallet height unknown: no response',
	});
	assert.equal(wallet({height: {kind: 'no_wallet'}}), undefined);
	assert.deepEqual(wallet({height: {kind: 'no_wallet'}, expectWallet: true}), {
		kind: 'no_wallet',
		reason: 'no wallet is open',
	});
	assert.equal(
		wallet({facts: {stalled: true, stalled_ms: 60_000, wallet_lag: 2}, link: 'its refresh is off'})?.reason,
		'wallet is 2 blocks behind its daemon, stalled for 1 m: its refresh is off',
	);
	assert.equal(
		wallet({daemon: undefined, facts: {wallet_lag: 6}})?.reason,
		'wallet is 6 blocks behind the other daemons of its network',
	);
	assert.equal(wallet({daemon: undefined, facts: {wallet_lag: -600}}), undefined);
	const fell = {wallet_lag: 90, wallet_fell_at: '2026-11-20T10:00:00Z', wallet_fell_from: 100, wallet_fell_to: 10};
	assert.match(
		wallet({facts: fell})?.reason ?? '',
		/^wallet is 90 blocks behind its daemon; height fell from 100 to 10/,
	);
});

test('a regtest chain has no peers, and a daemon with incoming ones is not alone', () => {
	const alone = (facts: DaemonObservation['facts']) => daemonShortcoming({...seen, facts}, {}, settings);
	assert.deepEqual(alone({nettype: 'mainnet', outgoing_peers: 0}), named('daemon d:18081 has no peers'));
	assert.deepEqual(alone({nettype: 'mainnet', offline: true, outgoing_peers: 8}), named('daemon d:18081 is offline'));
	for (const facts of [
		{offline: true},
		{nettype: 'fakechain', offline: true, outgoing_peers: 0},
		{outgoing_peers: 0},
	]) {
		assert.equal(alone(facts), undefined);
	}

	assert.equal(alone({nettype: 'mainnet', outgoing_peers: 1, incoming_peers: 0}), undefined);
});

test('a slow answer has its kind', () => {
	assert.deepEqual(slowShortcoming(1001, settings), {kind: 'slow', reason: 'slow: response took 1 s'});
});
