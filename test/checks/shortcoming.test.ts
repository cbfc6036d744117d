import assert from 'node:assert/strict';
import test from 'node:test';
import {daemonShortcoming, slowness, walletShortcoming} from '../../source/checks/shortcoming.js';
import type {DaemonSighting} from '../../source/domain/wallet-rpc.js';

const settings = {slow: 1000, max_wallet_lag: 5, max_daemon_lag: 3};
const seen: DaemonSighting = {daemon: 'd:18081', latencyMs: 1, facts: {}};
const failure = {reason: 'connection refused', error: 'ECONNREFUSED'};

test('the limits are what may still be: one more is too much', () => {
	const daemonBehind = (lag: number) => daemonShortcoming(seen, {daemon_lag: lag}, settings)?.reason;
	assert.equal(daemonBehind(3), undefined);
	assert.equal(daemonBehind(4), 'daemon d:18081 is 4 blocks behind');
	assert.equal(daemonBehind(3_412_009), 'daemon d:18081 is 3,412,009 blocks behind');
	assert.equal(slowness(1000, settings), undefined);
	assert.equal(slowness(1200, settings)?.reason, 'slow: answered in 1.2 s');
});

test('a daemon that answered an error did answer', () => {
	const said = (answered: boolean) =>
		daemonShortcoming({...seen, failure: {...failure, answered}}, {}, settings)?.reason;
	assert.equal(said(false), 'daemon d:18081 does not answer: connection refused');
	assert.equal(said(true), 'daemon d:18081 answers with an error: connection refused');
});

test('a daemon is not blamed for what is not known of it', () => {
	assert.equal(daemonShortcoming(seen, {}, settings), undefined);
	assert.equal(daemonShortcoming(seen, {daemon_synchronized: true, daemon_lag: 0}, settings), undefined);
});

test('a wallet without a daemon connection is no healthy wallet, whether the daemon is named or not', () => {
	const evidence = {facts: {}, height: {kind: 'daemon_trouble', failure}, expectWallet: false, settings} as const;
	assert.deepEqual(walletShortcoming({...evidence, daemon: undefined}), {
		kind: 'daemon_unseen',
		reason: 'the wallet does not see its daemon: connection refused',
	});
	assert.deepEqual(walletShortcoming({...evidence, daemon: 'd:18081'}), {
		kind: 'daemon_unseen',
		reason: 'daemon d:18081 is not seen by the wallet: connection refused',
		causedBy: 'd:18081',
	});
});

test('a wallet may be ahead of its daemon, and one block is one block', () => {
	const behind = (lag: number, maxLag = 5) =>
		walletShortcoming({
			daemon: 'd:18081',
			facts: {wallet_lag: lag},
			height: {kind: 'open', height: 10},
			expectWallet: true,
			settings: {max_wallet_lag: maxLag},
		})?.reason;
	assert.deepEqual([behind(-20), behind(0), behind(5)], [undefined, undefined, undefined]);
	assert.equal(behind(6), 'wallet is 6 blocks behind its daemon');
	assert.equal(behind(1, 0), 'wallet is 1 block behind its daemon');
});
