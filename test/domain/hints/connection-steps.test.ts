import assert from 'node:assert/strict';
import test from 'node:test';
import {connectionSteps, type StepEvidence} from '../../../source/domain/hints/connection-steps.js';
import type {NoAnswerCause, RpcOutcome} from '../../../source/domain/ports.js';

const answer: RpcOutcome = {kind: 'result', result: {}, latencyMs: 1};
const noAnswer = (cause: NoAnswerCause): RpcOutcome => ({kind: 'no_answer', cause, error: '', latencyMs: 1});
const fine: StepEvidence = {
	hasTls: true,
	hasLogin: true,
	hasDaemon: true,
	portCause: undefined,
	outcome: answer,
	works: true,
	failure: 'it broke',
	walletFault: undefined,
	daemonFault: undefined,
};
const broken = (evidence: Partial<StepEvidence>) =>
	connectionSteps({...fine, works: false, ...evidence}).find(({state}) => state === 'broken');

test('all steps passed, in order; leaves out steps that do not apply', () => {
	const names = (evidence: Partial<StepEvidence>) => connectionSteps({...fine, ...evidence}).map(({rung}) => rung);
	assert.deepEqual(names({}), ['name', 'tcp', 'tls', 'http', 'login', 'json_rpc', 'version', 'wallet', 'daemon']);
	assert.ok(connectionSteps(fine).every(({state, reason}) => state === 'passed' && reason === undefined));
	assert.deepEqual(names({hasTls: false, hasLogin: false, hasDaemon: false}), [
		'name',
		'tcp',
		'http',
		'json_rpc',
		'version',
		'wallet',
	]);
});

test('marks the first failed step and those after it as not reached; checks the daemon in any case', () => {
	const {state: _, ...refused} = broken({portCause: 'refused', outcome: undefined}) ?? {state: ''};
	assert.deepEqual(refused, {rung: 'tcp', reason: 'it broke'});
	const rungs = connectionSteps({
		...fine,
		works: false,
		outcome: {kind: 'login_refused', refusal: 'wrong', latencyMs: 1},
	});
	assert.deepEqual(
		rungs.map(({rung, state, reason}) => [rung, state, reason]),
		[
			['name', 'passed', undefined],
			['tcp', 'passed', undefined],
			['tls', 'passed', undefined],
			['http', 'passed', undefined],
			['login', 'broken', 'it broke'],
			['json_rpc', 'not_reached', 'login is broken'],
			['version', 'not_reached', 'login is broken'],
			['wallet', 'not_reached', 'login is broken'],
			['daemon', 'passed', undefined],
		],
	);
});

test('every kind of failure belongs to a step', () => {
	const rows: ReadonlyArray<readonly [Partial<StepEvidence>, string]> = [
		[{portCause: 'unresolved', outcome: undefined}, 'name'],
		[{portCause: 'unreachable', outcome: undefined}, 'tcp'],
		[{portCause: 'other', outcome: undefined}, 'tcp'],
		[{outcome: noAnswer('tls_fingerprint')}, 'tls'],
		[{outcome: noAnswer('tls_untrusted')}, 'tls'],
		[{outcome: noAnswer('closed')}, 'tls'],
		[{outcome: noAnswer('closed'), hasTls: false}, 'http'],
		[{outcome: noAnswer('timeout')}, 'http'],
		[{outcome: noAnswer('not_http')}, 'http'],
		[{outcome: {kind: 'http_error', statusCode: 502, statusText: '', latencyMs: 1}}, 'http'],
		[{outcome: {kind: 'login_refused', refusal: 'none_given', latencyMs: 1}, hasLogin: false}, 'login'],
		[{outcome: {kind: 'not_rpc', content: 'html', latencyMs: 1}}, 'json_rpc'],
		[{outcome: answer}, 'version'],
		[{works: true, walletFault: 'no wallet is open'}, 'wallet'],
		[{works: true, daemonFault: 'behind'}, 'daemon'],
	];
	for (const [evidence, rung] of rows) {
		assert.equal(broken(evidence)?.rung, rung, JSON.stringify(evidence));
	}
});
