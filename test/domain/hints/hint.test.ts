import assert from 'node:assert/strict';
import test from 'node:test';
import type {HintEvidence, ShortcomingKind} from '../../../source/domain/hints/commands.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {nodeFixture} from '../../helpers/store-fixture.js';
import {hintText} from './hint-text.js';
import {nothing as noEvidence, pidOf} from './situations.js';

const node = nodeFixture('shop', 1, {password: 'hunter2', username: 'ops'});

const gone = pidOf(false);
const alive = pidOf(true, {pid: 77, is_monero_process: true});
const latencyMs = 1;
const noAnswer = (
	cause: 'timeout' | 'closed' | 'reset' | 'not_http' | 'tls_self_signed' | 'tls_fingerprint',
): RpcOutcome => ({
	kind: 'no_answer',
	cause,
	error: '',
	latencyMs,
});

const nothing: HintEvidence = {...noEvidence, node};

/** From the first step to the last: the evidence, and the expected advice. */
const rungs: ReadonlyArray<readonly [string, Partial<HintEvidence>, RegExp]> = [
	['name', {portCause: 'unresolved'}, /does not resolve.*getent ahosts 127\.0\.0\.1$/],
	[
		'name, of Tor',
		{portCause: 'unresolved', node: {...node, host: 'abc.onion'}},
		/^abc\.onion can only be reached through Tor.*xmrtop nodes edit shop --proxy socks5h:\/\/127\.0\.0\.1:9050$/,
	],
	[
		'the proxy',
		{portCause: 'not_checkable', node: {...node, proxy: 'socks5h://[::1]:9050'}},
		/^The proxy of the node does not work from here.*without a login\. Try: curl -m 60 -x 'socks5h:\/\/\[::1\]:9050' http:/,
	],
	[
		'behind the proxy',
		{portCause: 'refused', node: {...node, host: 'abc.onion', proxy: 'socks5h://127.0.0.1:9050'}},
		/^The proxy works.*curl -m 60 -x socks5h:\/\/127\.0\.0\.1:9050 http:\/\/abc\.onion:18088\/json_rpc$/,
	],
	['stopped', {pid: pidOf(true, {pid: 77, stopped: true})}, /kill -CONT 77$/],
	[
		'starting',
		{portCause: 'refused', pid: alive},
		/^Process 77 is running but does not listen on port 18088.*grep pid=77,$/,
	],
	['gone', {portCause: 'refused'}, /^Nothing listens on port 18088.*xmrtop nodes edit shop --port N$/],
	[
		'gone, of a unit',
		{portCause: 'refused', processBefore: {pid: 7, started_at: '', unit: 'shop.service'}},
		/journalctl -u shop\.service -n 50$/,
	],
	[
		'remote',
		{portCause: 'refused', isLocal: false},
		/127\.0\.0\.1:18088; whether the process is running can only be seen on that host/,
	],
	['unreachable', {portCause: 'timeout'}, /firewall.*nc -vz 127\.0\.0\.1 18088$/],
	[
		'monerod',
		{isMonerod: true, outcome: {kind: 'result', result: {}, latencyMs}},
		/is monerod's.*--daemon 127\.0\.0\.1:18088$/,
	],
	['login', {outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs}}, /monero-wallet-rpc\.18088\.login/],
	['password', {outcome: {kind: 'login_refused', refusal: 'wrong', latencyMs}}, /--password-stdin$/],
	[
		'old login file',
		{
			node: nodeFixture('shop', 1, {login_file: '/w/x.login'}),
			outcome: {kind: 'login_refused', refusal: 'wrong', latencyMs},
		},
		/^The login in \/w\/x\.login does not match this wallet/,
	],
	['certificate', {outcome: noAnswer('tls_self_signed')}, /--tls-fingerprint F.*openssl s_client/],
	[
		'new certificate',
		{outcome: noAnswer('tls_fingerprint')},
		/probably restarted.*--tls-fingerprint F, with F from: openssl/,
	],
	['HTML', {outcome: {kind: 'not_rpc', content: 'html', latencyMs}}, /curl -i http:\/\/127\.0\.0\.1:18088\/json_rpc$/],
	[
		'HTML, behind a proxy',
		{
			outcome: {kind: 'not_rpc', content: 'html', latencyMs},
			node: {...node, proxy: 'socks5h://127.0.0.1:9050'},
		},
		/curl -i -x socks5h:\/\/127\.0\.0\.1:9050 http:\/\/127\.0\.0\.1:18088\/json_rpc$/,
	],
	['500', {outcome: {kind: 'http_error', statusCode: 500, statusText: '', latencyMs}}, /proxy.*curl -i/],
	[
		'502',
		{outcome: {kind: 'http_error', statusCode: 502, statusText: '', latencyMs}, isLocal: false},
		/^A proxy answers with 502 instead of the wallet.*ssh 127\.0\.0\.1 pgrep/,
	],
	[
		'504, working',
		{outcome: {kind: 'http_error', statusCode: 504, statusText: '', latencyMs}, pid: alive, isBusy: true},
		/is busy on its only thread.*top -H -p 77$/,
	],
	[
		'a login file to use',
		{
			outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs},
			loginFile: {kind: 'readable', path: '/w/x y.login'},
		},
		/--login-file '\/w\/x y\.login'$/,
	],
	[
		'a login file of another user',
		{
			outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs},
			loginFile: {kind: 'unreadable', path: '/w/x.login'},
		},
		/\/w\/x\.login, which only its own user can read/,
	],
	[
		'no login file',
		{outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs}, loginFile: {kind: 'missing'}},
		/started with --rpc-login: xmrtop nodes edit shop --username U --password-stdin$/,
	],
	[
		'new certificate, seen restarted',
		{outcome: noAnswer('tls_fingerprint'), pid: alive, hasRestarted: true},
		/^The wallet restarted \(pid 77\)/,
	],
	[
		'closed after it answered',
		{outcome: noAnswer('reset'), hasAnswered: true},
		/its 25 connections.*ss -tn sport = :18088$/,
	],
	['not HTTP', {outcome: noAnswer('not_http')}, /curl -i/],
	[
		'ZMQ: no command that sends something to it',
		{outcome: {kind: 'no_answer', cause: 'not_http', error: '', service: 'zmq', latencyMs}},
		/^Port 18088 is a ZMQ port of monerod\. Do not send HTTP to it: [^.]+\.18\.3\.2 exits on the first request\. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N$/,
	],
	[
		'SSH',
		{outcome: {kind: 'no_answer', cause: 'not_http', error: '', service: 'ssh', latencyMs}},
		/^Port 18088 is an SSH server\. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N$/,
	],
	[
		'MoneroPay',
		{outcome: {kind: 'http_error', statusCode: 404, statusText: 'Not Found', service: 'moneropay', latencyMs}},
		/^Port 18088 is MoneroPay\. It uses .* Its \/health refreshes the wallet on every request/,
	],
	[
		'the usual port of P2P',
		{node: {...node, port: 18_080}, outcome: noAnswer('closed')},
		/18080 is usually monerod's P2P port\. .* xmrtop nodes edit shop --port N$/,
	],
	[
		'closed by a wallet at a public address',
		{node: {...node, host: '203.0.113.7'}, outcome: noAnswer('closed')},
		/its connections per address \(since 0\.18\.4\.0: 3 for a public address, 25 for a private one\) are all in use/,
	],
	['closed', {outcome: noAnswer('closed')}, /only https \(xmrtop nodes edit shop --tls\)/],
	['silent', {outcome: noAnswer('timeout'), pid: alive}, /does not answer.*top -H -p 77$/],
	[
		'silent, of a unit',
		{outcome: noAnswer('timeout'), pid: pidOf(true, {pid: 77, unit: 'a.service'})},
		/journalctl -u a\.service/,
	],
	['silent and working', {outcome: noAnswer('timeout'), pid: alive, isBusy: true}, /do not restart it/],
	['silent, unseen', {outcome: noAnswer('timeout'), isLocal: false}, /ssh 127\.0\.0\.1 pgrep/],
	[
		'silent for its daemon',
		{outcome: noAnswer('timeout'), causedBy: 'd:18081', pid: alive},
		/restarting the wallet does not help.*curl -m 5 http:\/\/d:18081\/get_info$/,
	],
];

test('each step has its hint, with a command to try', () => {
	const seen = new Set<string>();
	for (const [name, evidence, expected] of rungs) {
		const hint = hintText({...nothing, ...evidence}) ?? '';
		assert.match(hint, expected, name);
		assert.doesNotMatch(hint, /hunter2/, name);
		// On one line, for every terminal width.
		assert.doesNotMatch(hint, /\n| {2}/, name);
		seen.add(hint);
	}

	assert.ok(seen.size >= rungs.length - 2);
});

test('gives the hint of the first failed step', () => {
	const hint = hintText({...nothing, portCause: 'refused', outcome: noAnswer('timeout'), causedBy: 'd:18081'});
	assert.match(hint ?? '', /^Nothing listens/);
});

test('gives no advice about a stopped process that is not the wallet', () => {
	const other = pidOf(false, {pid: 77, stopped: true});
	assert.doesNotMatch(hintText({...nothing, pid: other, portCause: 'refused'}) ?? '', /CONT/);
});

test('gives no hint for a node that works, whatever its process looks like', () => {
	const outcome: RpcOutcome = {kind: 'result', result: {}, latencyMs};
	for (const pid of [gone, alive, pidOf(true, {pid: 77, stopped: true})]) {
		assert.equal(hintText({...nothing, works: true, outcome, pid}), undefined);
	}
});

test('has a hint for every cause that makes a working node degraded', () => {
	const expected: Readonly<Record<ShortcomingKind, RegExp>> = {
		daemon: /its daemon does not.*curl -m 5 http:\/\/d:18081\/get_info$/,
		no_wallet: /xmrtop nodes edit shop --no-expect-wallet$/,
		daemon_login: /--daemon-username U --daemon-password-file F/,
		daemon_certificate: /--daemon-tls-fingerprint F, with F from: openssl s_client/,
		daemon_connection: /connections per address.* in use\..*: ss -tnp dport = :18081$/,
		daemon_fork: /do not trust balances.*curl -m 5 http:\/\/d:18081\/get_info$/,
		clock: /Set the clock of its machine: d:18081$/,
		daemon_reset: /empty or older chain.*get_info$/,
		wallet_behind: /xmrtop shop$/,
		wallet_stalled: /does not scan blocks.*top -H -p 77$/,
		wallet_unlinked: /^The daemon answers here, .*from where the wallet runs: nc -vz -w 5 d 18081$/,
		wallet_moved: /set_daemon.*xmrtop nodes edit shop --daemon 10\.0\.0\.6:18081$/,
		height_unknown: /top -H -p 77$/,
		slow: /top -H -p 77$/,
	};
	for (const [shortcoming, hint] of Object.entries(expected) as Array<[ShortcomingKind, RegExp]>) {
		const evidence = {
			...nothing,
			works: true,
			pid: alive,
			shortcoming,
			causedBy: 'd:18081',
			daemon: 'd:18081',
			linkPeer: '10.0.0.6:18081',
		};
		assert.match(hintText(evidence) ?? '', hint, shortcoming);
	}

	const https = {...nothing, works: true, shortcoming: 'daemon', causedBy: 'https://d:443'} as const;
	assert.match(hintText(https) ?? '', /curl -m 5 https:\/\/d:443\/get_info$/);
});

test('a process that ended with its own network had no relay in front, even if its last connection was accepted', () => {
	const ended = pidOf(false, {message: 'Process not found'});
	const evidence = (networkHost: string): HintEvidence => ({
		...nothing,
		node: {...node, host: '172.17.0.2'},
		pid: ended,
		processBefore: {pid: 7, started_at: '', network_host: networkHost},
		outcome: noAnswer('reset'),
	});
	assert.match(
		hintText(evidence('172.17.0.2')) ?? '',
		/^The process is gone, and with it its own network, which had the /,
	);
	assert.match(
		hintText(evidence('172.17.0.3')) ?? '',
		/^The process of the wallet is gone; what listens on port 18088 /,
	);
});
