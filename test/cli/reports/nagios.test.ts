import assert from 'node:assert/strict';
import {test} from 'node:test';
import {nagiosError, nagiosReport} from '../../../source/cli/reports/nagios.js';
import type {Details} from '../../../source/domain/check-result.js';
import {type State, stateWords} from '../../../source/domain/state.js';
import type {NodeReport} from '../../../source/domain/status-document.js';
import {statusDocumentFixture} from '../../helpers/status-document-fixture.js';

function report(name: string, state: State, reason = `it is ${state}`, more: Partial<Details> = {}): NodeReport {
	const status = stateWords[state].works;
	const shared = {message: 'message', state, latency_ms: 42, ...(state === 'up' ? {} : {reason})};
	const details = {method: 'api', ...shared, last_check: '2026-11-23T20:00:00.000Z', url: '', ...more} as Details;
	return {id: 1, name, status, ...shared, details};
}

const perfdataForm = /^(?:'[a-z]+'=(?:U|\d+(?:\.\d+)?)s?;\d*(?:\.\d+)?;\d*;0(?:;\d+)?(?: |$))+$/;

test('exit codes: worst first CRITICAL, WARNING, UNKNOWN', () => {
	const rows: ReadonlyArray<readonly [states: readonly State[], service: string, exitCode: number]> = [
		[['up'], 'OK', 0],
		[['up', 'up'], 'OK', 0],
		[['degraded'], 'WARNING', 1],
		[['busy'], 'WARNING', 1],
		[['up', 'degraded', 'busy'], 'WARNING', 1],
		[['down'], 'CRITICAL', 2],
		[['up', 'down', 'unknown', 'busy'], 'CRITICAL', 2],
		[['unknown'], 'UNKNOWN', 3],
		[['up', 'unknown'], 'UNKNOWN', 3],
		[['unknown', 'degraded'], 'WARNING', 1],
		[[], 'UNKNOWN', 3],
	];
	for (const [states, service, exitCode] of rows) {
		const {line, exitCode: code} = nagiosReport(
			statusDocumentFixture(...states.map((state, i) => report(`n${i}`, state))),
			1000,
		);
		assert.equal(code, exitCode, `${states}`);
		assert.match(line, new RegExp(`^MONERO ${service} - [^|\\n]+ \\| [^|\\n]+\\n$`), `${states}`);
		assert.match(line.trimEnd().split(' | ')[1] ?? '', perfdataForm);
		assert.ok((line.split(' | ')[0] ?? '').length < 80, line);
	}
});

test('the line: latency and lag of one node, counts and the worst names of many', () => {
	const counts = (total: number, up: number, rest: string): string =>
		`'total'=${total};;;0 'up'=${up};;;0;${total} ${rest}`;
	const rows: ReadonlyArray<readonly [nodes: readonly NodeReport[], line: string]> = [
		[
			[report('main', 'up', '', {wallet_lag: 2, daemon_lag: 1, version: 1} as Partial<Details>)],
			`MONERO OK - main is up, 0.042s | 'latency'=0.042s;1;;0 'lag'=3;;;0 ${counts(1, 1, "'degraded'=0;0;;0;1 'busy'=0;0;;0;1 'unknown'=0;;;0;1 'down'=0;;0;0;1")}`,
		],
		[
			[report('main', 'down', 'connection refused')],
			`MONERO CRITICAL - main is down: connection refused | 'latency'=U;1;;0 ${counts(1, 0, "'degraded'=0;0;;0;1 'busy'=0;0;;0;1 'unknown'=0;;;0;1 'down'=1;;0;0;1")}`,
		],
		[
			[report('c', 'up'), report('b10', 'down'), report('b9', 'down'), report('a', 'busy')],
			`MONERO CRITICAL - 2 down, 1 busy, 1 up of 4: b9, b10 | ${counts(4, 1, "'degraded'=0;0;;0;4 'busy'=1;0;;0;4 'unknown'=0;;;0;4 'down'=2;;0;0;4")}`,
		],
		[
			[report('a', 'up'), report('b', 'up')],
			`MONERO OK - 2 up of 2 | ${counts(2, 2, "'degraded'=0;0;;0;2 'busy'=0;0;;0;2 'unknown'=0;;;0;2 'down'=0;;0;0;2")}`,
		],
	];
	for (const [nodes, line] of rows) {
		assert.equal(nagiosReport(statusDocumentFixture(...nodes), 1000).line, `${line}\n`);
	}
});

test('the text is one short line without line breaks, control characters and the separator', () => {
	const hostile = report('main', 'down', `refused | 'x'=1\n\u001B[31mred\u0000 ${'long '.repeat(40)}`);
	const {line} = nagiosReport(statusDocumentFixture(hostile), 1000);
	const [text = '', ...others] = line.split(' | ');
	assert.equal(others.length, 1);
	assert.match(text, /^MONERO CRITICAL - main is down: refused \/ 'x'=1 red long/);
	assert.ok(text.length < 80, text);
	assert.equal(line.indexOf('\n'), line.length - 1);
	const many = statusDocumentFixture(...Array.from({length: 200}, (_, index) => report(`node-${index}`, 'down')));
	assert.ok((nagiosReport(many, 1000).line.split(' | ')[0] ?? '').length < 80);
	assert.deepEqual(nagiosError('bad | thing\nhere'), {line: 'MONERO UNKNOWN - bad / thing here\n', exitCode: 3});
});

test('hosts that do not answer are counted as hosts', () => {
	const at = (host: string, each: NodeReport): NodeReport => ({...each, host});
	const nodes = [
		at('eu', report('eu', 'down', 'no route')),
		at('us', report('us/a', 'up')),
		at('us', report('us/b', 'busy')),
	];
	const [eu] = nodes;
	const silent = {...statusDocumentFixture(...nodes), total: 2, working: 1, failed: 1, silent_hosts: ['eu']};
	const {line, exitCode} = nagiosReport(silent, 1000);
	const counts = "'total'=2;;;0 'up'=1;;;0;2 'degraded'=0;0;;0;2 'busy'=1;0;;0;2 'unknown'=0;;;0;2 'down'=0;;0;0;2";
	assert.equal(line, `MONERO CRITICAL - 1 host silent, 1 busy, 1 up of 2: eu | ${counts} 'silent_hosts'=1;;0;0\n`);
	assert.equal(exitCode, 2);

	assert.ok(eu);
	const alone = nagiosReport({...statusDocumentFixture(eu), total: 0, failed: 0, silent_hosts: ['eu']}, 1000);
	assert.match(alone.line, /^MONERO CRITICAL - eu is down: no route \| 'total'=0;/);
	const both = {...statusDocumentFixture(eu, {...eu, name: 'us'}), total: 0, failed: 0, silent_hosts: ['eu', 'us']};
	assert.match(nagiosReport(both, 1000).line, /^MONERO CRITICAL - 2 hosts silent: eu, us \| 'total'=0;/);
	const all = nagiosReport(statusDocumentFixture(...nodes.slice(1)), 1000);
	assert.match(all.line, /'down'=0;;0;0;2 'silent_hosts'=0;;0;0\n$/);
});
