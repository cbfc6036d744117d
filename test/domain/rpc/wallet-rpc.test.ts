import assert from 'node:assert/strict';
import test from 'node:test';
import * as v from 'valibot';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {LoginRefusal, NoAnswerCause, RpcOutcome} from '../../../source/domain/ports.js';
import {judgeDaemon} from '../../../source/domain/rpc/daemon-rpc.js';
import {
	blockCount,
	explainRpcFailure,
	judgeHeight,
	judgeVersion,
	noRpcAnswerText,
	rpcVersionText,
} from '../../../source/domain/rpc/wallet-rpc.js';
import {recordedResult} from '../../helpers/scripted-server.js';

const latencyMs = 1;
const result = (value: unknown): RpcOutcome => ({kind: 'result', result: value, latencyMs});
const noAnswer = (cause: NoAnswerCause, error = 'words'): RpcOutcome => ({kind: 'no_answer', cause, error, latencyMs});
const rpcError = (code: number, message: string): RpcOutcome => ({kind: 'rpc_error', code, message, latencyMs});

test('accepts every released wallet version, and recognizes every daemon version since 0.13', () => {
	// Wallet 1.3 to 1.32 and daemon 2.1 to 3.18, from the tags of monero.
	for (const version of [65_539, 65_540, 65_549, 65_552, 65_554, 65_556, 65_558, 65_560, 65_561, 65_562, 65_568]) {
		const verdict = judgeVersion(result({version, release: true}), 3000);
		assert.deepEqual(
			[verdict.works, verdict.message, verdict.reason, verdict.facts],
			[true, 'API is responding', undefined, {version, version_text: `1.${version - 65_536}`, release: true}],
		);
	}

	for (const version of [131_073, 131_078, 196_608, 196_613, 196_618, 196_626]) {
		const {works, message, isMonerod, reason} = judgeVersion(result({version}), 3000);
		assert.deepEqual([works, message, isMonerod], [false, 'API returned error', true]);
		assert.match(reason ?? '', /^this is monerod \(RPC version [23]\.\d+\), not monero-wallet-rpc$/);
	}
});

test('the upper half of a version is the major number', () => {
	assert.deepEqual([65_561, 65_536, 196_613, 0xff_ff_ff_ff].map(rpcVersionText), ['1.25', '1.0', '3.5', '65535.65535']);
});

test('every cause has its own text', () => {
	const causes: NoAnswerCause[] = [
		'timeout',
		'refused',
		'reset',
		'closed',
		'unresolved',
		'unreachable',
		'not_http',
		'truncated',
		'tls_untrusted',
		'tls_self_signed',
		'tls_expired',
		'tls_not_yet_valid',
		'tls_wrong_name',
		'tls_fingerprint',
		'tls_not_spoken',
		'tls_ca_unreadable',
		'not_checkable',
		'aborted',
		'other',
	];
	const texts = causes.map(cause => noRpcAnswerText(cause, `words of ${cause}`, 2500));
	assert.equal(new Set(texts).size, causes.length);
	assert.deepEqual(
		[texts[0], texts[1], texts.at(-1)],
		['no response within 2.5 s', 'connection refused', 'words of other'],
	);
	const refusals: LoginRefusal[] = ['none_given', 'wrong', 'stale', 'unreadable', 'unsupported'];
	const logins = refusals.map(refusal => judgeVersion({kind: 'login_refused', refusal, latencyMs}, 1));
	assert.equal(new Set(logins.map(({reason}) => reason)).size, refusals.length);
	for (const {works, message, reason, status_code: statusCode} of logins) {
		assert.deepEqual([works, message, statusCode], [false, 'API returned error', 401]);
		assert.match(reason ?? '', /^(?:login |not checkable from here: the password)/);
	}
});

test('no answer is a failed check; any answer, even one that is not HTTP, is an error', () => {
	for (const cause of ['timeout', 'refused', 'closed', 'truncated', 'tls_untrusted', 'other'] as const) {
		assert.equal(judgeVersion(noAnswer(cause), 1).message, 'API check failed', cause);
	}

	const answers: readonly RpcOutcome[] = [
		noAnswer('not_http'),
		rpcError(-32_601, 'Method not found'),
		{kind: 'http_error', statusCode: 502, statusText: 'Bad Gateway', latencyMs},
		{kind: 'not_rpc', content: 'html', latencyMs},
		{kind: 'too_large', limitBytes: 65_536, latencyMs},
	];
	for (const outcome of answers) {
		assert.equal(judgeVersion(outcome, 1).message, 'API returned error', outcome.kind);
	}
});

test('cleans text from a server before it is shown', () => {
	const dirty = 'red\u001b[31m\u0007\nalert';
	const outcomes = [
		rpcError(-1, dirty),
		{kind: 'http_error', statusCode: 500, statusText: dirty, latencyMs},
		noAnswer('other', dirty),
	] as const;
	for (const outcome of outcomes) {
		const failure = explainRpcFailure(outcome as Exclude<RpcOutcome, {kind: 'result'}>, 1);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is that there are none.
		assert.doesNotMatch(`${failure.reason}${failure.error}`, /[\u0000-\u001f\u007f-\u009f]/);
	}
});

test('names the login that cannot be read', () => {
	const outcome = {
		kind: 'login_refused',
		refusal: 'unreadable',
		error: 'password_file /x: no such file',
		latencyMs,
	} as const;
	const {reason, error} = explainRpcFailure(outcome, 1);
	assert.deepEqual(
		[reason, error],
		['not checkable from here: password_file /x: no such file', 'password_file /x: no such file'],
	);
});

test('accepts heights that a wallet can have and refuses others', () => {
	assert.deepEqual(judgeHeight(result({height: 26}), 1), {kind: 'open', height: 26});
	assert.deepEqual(judgeHeight(rpcError(-13, 'No wallet file'), 1), {kind: 'no_wallet'});
	assert.equal(judgeHeight(rpcError(-38, 'no connection to daemon'), 1).kind, 'failed');
	assert.equal(judgeHeight(rpcError(-1, 'unknown'), 1).kind, 'failed');
	assert.equal(judgeHeight(noAnswer('timeout'), 1).kind, 'failed');
	for (const absurd of [null, 7, 'text', [], {}, {height: -1}, {height: '26'}, {height: 2 ** 64}]) {
		assert.equal(judgeHeight(result(absurd), 1).kind, 'failed', JSON.stringify(absurd));
	}
});

test('accepts block counts that a chain can have and refuses others', () => {
	for (const fine of [0, 1, 3_412_009]) {
		assert.equal(v.is(blockCount, fine), true, String(fine));
	}

	for (const absurd of [
		-1,
		1.5,
		Number.NaN,
		Number.POSITIVE_INFINITY,
		2 ** 64 - 1,
		2 ** 53,
		'1',
		null,
		undefined,
		true,
		{},
	]) {
		assert.equal(v.is(blockCount, absurd), false, String(absurd));
	}
});

test('reads recorded answers of a daemon, from its full and its restricted port', () => {
	const full = judgeDaemon('d:1', result(recordedResult('monerod_get_info.http')), {timeoutMs: 1, renderRemedy});
	assert.deepEqual(full.facts, {
		daemon: 'd:1',
		daemon_reachable: true,
		daemon_height: 26,
		daemon_synchronized: true,
		nettype: 'fakechain',
		offline: true,
		outgoing_peers: 0,
		incoming_peers: 0,
		daemon_version_text: '0.18.0.0-unknown',
		update_available: false,
		daemon_started_at: '2026-11-23T20:21:12.000Z',
		database_bytes: 204_800,
		free_disk_bytes: 83_212_828_672,
	});
	const {facts} = judgeDaemon('d:1', result(recordedResult('monerod_restricted_get_info.http')), {
		timeoutMs: 1,
		renderRemedy,
	});
	assert.deepEqual(facts, {
		daemon: 'd:1',
		daemon_reachable: true,
		daemon_height: 26,
		daemon_synchronized: true,
		nettype: 'fakechain',
		offline: true,
		restricted: true,
		database_bytes: 5 * 1024 ** 3,
	});
});

test('a target below the height, as while syncing, gives no negative lag', () => {
	const {facts} = judgeDaemon('d:1', result(recordedResult('monerod_get_info.http', {target_height: 3})), {
		timeoutMs: 1,
		renderRemedy,
	});
	assert.equal(facts.target_height, 26);
});

test('a server that answers get_info with nonsense is not a daemon, but answered', () => {
	for (const nonsense of [null, [], 'OK', {}, {status: 'OK'}, {height: '26', status: 'OK'}]) {
		const {failure, facts} = judgeDaemon('d:1', result(nonsense), {timeoutMs: 1, renderRemedy});
		assert.equal(failure?.answered, true, JSON.stringify(nonsense));
		assert.deepEqual(facts, {daemon: 'd:1', daemon_reachable: false});
	}

	assert.equal(judgeDaemon('d:1', noAnswer('refused'), {timeoutMs: 1, renderRemedy}).failure?.answered, false);
});

test('a redirect is named as one, because it is not followed', () => {
	const reasonOf = (statusCode: number) =>
		explainRpcFailure({kind: 'http_error', statusCode, statusText: 'Text', latencyMs}, 3000).reason;
	for (const code of [300, 301, 399]) {
		assert.equal(reasonOf(code), `redirected (HTTP ${code} Text); redirects are not followed`);
	}

	for (const code of [299, 400, 500]) {
		assert.equal(reasonOf(code), `the server answered HTTP ${code} Text`);
	}
});

test('a server without a version number is not a wallet', () => {
	assert.deepEqual(judgeVersion(result({}), 3000), {
		works: false,
		message: 'API returned error',
		reason: 'the server on this port is not monero-wallet-rpc',
		error: 'get_version returned no version number',
		facts: {},
	});
});
