import assert from 'node:assert/strict';
import {test} from 'node:test';
import {slowShortcoming, walletShortcoming} from '../../source/checks/problems.js';
import type {ApiDetails, Details} from '../../source/domain/check-result.js';
import {cutOffReason} from '../../source/domain/fleet.js';
import type {RpcOutcome} from '../../source/domain/ports.js';
import {type ReasonCodeName, reasonCodeOf, reasonCodes, reasonCodeText} from '../../source/domain/reason-codes.js';
import {explainRpcFailure} from '../../source/domain/rpc/wallet-rpc.js';
import {apiResult} from '../helpers/snapshot-fixture.js';

const codeOf = (state: ApiDetails['state'], facts: Partial<ApiDetails>): ReasonCodeName | undefined =>
	reasonCodeOf(apiResult(state, facts).details);

/** The code of a check with this outcome. */
function failed(outcome: object): ReasonCodeName | undefined {
	const {reason, error, status_code} = explainRpcFailure(
		{latencyMs: 1, ...outcome} as Exclude<RpcOutcome, {kind: 'result'}>,
		3000,
	);
	const message = 'API returned error';
	return codeOf('down', {message, reason, error, ...(status_code === undefined ? {} : {status_code})});
}

test('every outcome of a call has its code', () => {
	const noAnswer = (cause: string): object => ({kind: 'no_answer', cause, error: ''});
	const outcomes: ReadonlyArray<readonly [object, ReasonCodeName]> = [
		[{kind: 'login_refused', refusal: 'wrong'}, 'login_refused'],
		[{kind: 'login_refused', refusal: 'none_given'}, 'login_refused'],
		[{kind: 'login_refused', refusal: 'stale'}, 'login_refused'],
		[{kind: 'login_refused', refusal: 'unreadable'}, 'not_checkable'],
		[noAnswer('refused'), 'connection_refused'],
		[noAnswer('reset'), 'connection_closed'],
		[noAnswer('closed'), 'connection_closed'],
		[noAnswer('truncated'), 'connection_closed'],
		[noAnswer('timeout'), 'no_response'],
		[noAnswer('unresolved'), 'host_unresolved'],
		[noAnswer('unreachable'), 'host_unreachable'],
		[noAnswer('not_http'), 'other_service'],
		[noAnswer('tls_self_signed'), 'tls'],
		[noAnswer('tls_fingerprint'), 'tls'],
		[noAnswer('tls_untrusted'), 'tls'],
		[noAnswer('tls_not_spoken'), 'tls'],
		[noAnswer('not_checkable'), 'not_checkable'],
		[{kind: 'not_rpc', content: 'html'}, 'other_service'],
		[{kind: 'too_large', limitBytes: 1024}, 'other_service'],
		[{kind: 'http_error', statusCode: 500, statusText: 'Internal Server Error'}, 'http_error'],
		[{kind: 'http_error', statusCode: 302, statusText: 'Found'}, 'http_error'],
		[{kind: 'rpc_error', code: -1, message: 'no'}, 'rpc_error'],
	];
	for (const [outcome, code] of outcomes) {
		assert.equal(failed(outcome), code, JSON.stringify(outcome));
	}
});

test('every problem of a wallet and a daemon has its code', () => {
	const settings = {max_wallet_lag: 5, max_daemon_lag: 3};
	const wallet = (facts: object, height: object, expectWallet = true) =>
		walletShortcoming({daemon: 'd:1', facts, height, expectWallet, settings} as never)?.reason ?? '';
	const open = {kind: 'open', height: 100};
	const d = {daemon: 'd:1', caused_by: 'd:1'} as const;
	const rows: ReadonlyArray<readonly [Partial<ApiDetails>, ReasonCodeName]> = [
		[{reason: wallet({wallet_lag: 41}, open)}, 'wallet_behind'],
		[{reason: wallet({wallet_lag: 41, stalled: true}, open), stalled: true}, 'wallet_stalled'],
		[{reason: wallet({}, {kind: 'no_wallet'})}, 'no_wallet'],
		[{reason: wallet({}, {kind: 'failed', failure: {reason: 'x'}})}, 'wallet_height_unknown'],
		[{...d, reason: wallet({wallet_lag: -41, wallet_height: 100}, open)}, 'daemon_reset'],
		[{reason: slowShortcoming(2000, {slow: 1000})?.reason ?? ''}, 'slow'],
		[{...d, daemon_reachable: false, reason: 'daemon d:1 does not answer: connection refused'}, 'daemon_unreachable'],
		[
			{...d, daemon_reachable: true, daemon_synchronized: false, reason: 'daemon d:1 is not synchronized'},
			'daemon_not_synchronized',
		],
		[{...d, daemon_reachable: true, daemon_lag: 41, reason: 'daemon d:1 is 41 blocks behind'}, 'daemon_behind'],
		[{...d, reason: 'daemon d:1 has had no new block for 47m'}, 'daemon_no_new_block'],
		[{...d, reason: 'daemon d:1 has no peers'}, 'daemon_isolated'],
		[{...d, reason: 'daemon d:1 has different blocks from daemon e:1: suspected fork'}, 'daemon_fork'],
		[{...d, reason: 'daemon d:1 refuses the login: wrong user or password'}, 'daemon_login_refused'],
		[
			{...d, daemon_own_height: 5, reason: 'daemon d:1 uses a bootstrap daemon; its own chain has 5 of 9 blocks'},
			'daemon_bootstrap',
		],
		[{...d, reason: 'the clock of daemon d:1 is 5m ahead'}, 'clock'],
		[{reason: "this machine's clock is 5m behind"}, 'clock'],
	];
	for (const [facts, code] of rows) {
		assert.equal(codeOf('degraded', facts), code, facts.reason);
	}
});

test('codes of a busy node, a crash loop and a monitor that is cut off', () => {
	assert.equal(codeOf('busy', {reason: 'working (98 % of a core)'}), 'working');
	assert.equal(codeOf('busy', {reason: 'starting (98 % of a core)'}), 'starting');
	assert.equal(codeOf('busy', {reason: 'scanning: wallet is 5 blocks behind', scanning: true}), 'scanning');
	assert.equal(
		codeOf('down', {reason: 'crash loop: 4 starts in 2m; never answered', crash_loop_starts: 4}),
		'crash_loop',
	);
	assert.equal(
		codeOf('down', {reason: 'no response within 3s: the process is stopped by a signal'}),
		'process_stopped',
	);
	assert.equal(codeOf('unknown', {reason: cutOffReason}), 'monitor_cut_off');
	assert.equal(codeOf('unknown', {reason: 'whatever'}), 'not_checkable');
	const gone: Details = {
		method: 'pid',
		message: 'Process not found',
		reason: 'pid 7 does not exist',
		state: 'down',
		latency_ms: 1,
		last_check: '2026-11-23T20:00:00.000Z',
	};
	assert.equal(reasonCodeOf(gone), 'process_missing');
});

test('up has no code; every code is a valid label value and has a description', () => {
	assert.equal(codeOf('up', {}), undefined);
	for (const [code, {says}] of Object.entries(reasonCodes)) {
		assert.match(code, /^[a-z][a-z_]{1,39}$/);
		assert.equal(reasonCodeText(code), says);
	}

	assert.equal(reasonCodeText('from_the_future'), 'reason code from_the_future');
	assert.equal(reasonCodeText('constructor'), 'reason code constructor');
});
