import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {HintEvidence} from '../../../source/domain/hints/commands.js';
import {daemonNodeHint} from '../../../source/domain/hints/hint.js';
import {adviceText} from '../../../source/domain/hints/remedy.js';
import type {NoAnswerCause, RpcOutcome} from '../../../source/domain/ports.js';
import {nodeFixture} from '../../helpers/store-fixture.js';
import {nothing, pidOf} from './situations.js';

const node = nodeFixture('tip', 1, {kind: 'daemon', port: 18_081, username: 'u', password: 'hunter2'});

const alive = pidOf(true, {pid: 77, is_monero_process: true, unit: 'monerod.service'});
const noAnswer = (cause: NoAnswerCause): RpcOutcome => ({kind: 'no_answer', cause, error: '', latencyMs: 1});

function hint(evidence: Partial<HintEvidence>): string | undefined {
	const found = daemonNodeHint({...nothing, node, isMonerod: true, ...evidence});
	return found && adviceText(found, remedy => renderRemedy(remedy));
}

describe('the hint for a node that is a daemon', () => {
	const works = {works: true, outcome: {kind: 'result', result: {}, latencyMs: 1}} as const;
	const rows: ReadonlyArray<readonly [string, Partial<HintEvidence>, RegExp]> = [
		[
			'it has a problem',
			{...works, shortcoming: 'daemon_fork'},
			/^monerod answers, with the problem in the reason\. To see its height and peers: curl .*127\.0\.0\.1:18081\/get_info$/,
		],
		[
			'it has a problem, and its unit is known',
			{...works, shortcoming: 'daemon_fork', pid: alive},
			/: curl .*127\.0\.0\.1:18081\/get_info; its log: journalctl -u monerod\.service/,
		],
		[
			'it has a certificate of its own',
			{...works, shortcoming: 'daemon_fork', node: {...node, tls: {insecure: true}}},
			/: curl .*-k.*https:\/\/127\.0\.0\.1:18081\/get_info$/,
		],
		['its name does not resolve', {portCause: 'unresolved', node: {...node, host: 'tip.example'}}, /does not resolve/],
		[
			'its process is stopped',
			{outcome: noAnswer('timeout'), pid: pidOf(true, {pid: 77, stopped: true})},
			/kill -CONT 77/,
		],
		[
			'it requires a login',
			{outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs: 1}},
			/^monerod requires the login of its rpc-login: xmrtop nodes edit tip --username U --password-file F$/,
		],
		[
			'another program answers',
			{outcome: {kind: 'rpc_error', code: -32_601, message: 'Method not found', latencyMs: 1}},
			/^The program on port 18081 is not monerod; if it is a wallet: xmrtop nodes edit tip --kind wallet$/,
		],
		[
			'it runs without its port',
			{portCause: 'refused', pid: alive},
			/^monerod is running but does not listen on port 18081: it is starting, or uses another port\. Try: \S/,
		],
		['it does not run', {portCause: 'refused'}, /^monerod is not running, or listens elsewhere\. Try: \S/],
		[
			'it does not answer',
			{outcome: noAnswer('timeout')},
			/^monerod accepts connections but does not answer\. Try: \S/,
		],
		[
			'its certificate is not accepted',
			{outcome: noAnswer('tls_self_signed'), node: {...node, tls: {}}},
			/^The certificate of monerod is not accepted; without one of its own it creates a new one at every start\. Pin it: xmrtop nodes edit tip --tls-fingerprint .*; to see its dates: openssl /,
		],
		[
			'it has no TLS',
			{outcome: noAnswer('tls_not_spoken'), node: {...node, tls: {}}},
			/^The port speaks plain HTTP\. Try: xmrtop nodes edit tip --no-tls$/,
		],
	];
	for (const [what, evidence, expected] of rows) {
		it(what, () => {
			const text = hint(evidence) ?? '';
			assert.match(text, expected);
			assert.doesNotMatch(text, /hunter2/);
		});
	}

	it('nothing, if nothing is wrong', () => assert.equal(hint(works), undefined));
});
