import assert from 'node:assert/strict';
import test from 'node:test';
import {daemonShortcoming, slowShortcoming, walletShortcoming} from '../../source/checks/problems.js';
import type {WalletFacts} from '../../source/domain/check-result.js';
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
