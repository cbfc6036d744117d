import assert from 'node:assert/strict';
import test from 'node:test';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {deadPort} from '../helpers/dead-port.js';
import {startRaw} from '../helpers/scripted-server.js';

test('a port in use by any program is up; sends nothing', async t => {
	const {port, asked} = await startRaw(t, () => {});
	const {status, details} = await checkNode(nodeAt(port), 'port');
	const {latency_ms: latencyMs, last_check: lastCheck, ...rest} = details;
	assert.equal(status, true);
	assert.deepEqual(rest, {method: 'port', message: 'Port is in use', state: 'up', host: '127.0.0.1', port});
	assert.ok(latencyMs >= 0 && latencyMs < 1000);
	assert.ok(!Number.isNaN(Date.parse(lastCheck)));
	assert.deepEqual(asked, []);
});

test('a port not in use is down', async t => {
	const port = await deadPort(t);
	const {status, details} = await checkNode(nodeAt(port), 'port');
	assert.equal(status, false);
	assert.deepEqual(
		[details.message, details.state, details.reason, details.host, details.port],
		['Port is not in use', 'down', 'connection refused', '127.0.0.1', port],
	);
	assert.match(details.error ?? '', /^connect ECONNREFUSED /);
});

test('a slow connect ends at port_timeout, not at timeout', async () => {
	const asked: number[] = [];
	const {details} = await checkNode(nodeAt(1, {timeout: '7s'}), 'port', {
		settings: {port_timeout: '1500ms'},
		ports: {
			connectTcp: async (_target, {timeoutMs}) => {
				asked.push(timeoutMs);
				return {open: false, cause: 'timeout', error: 'no response within 1500ms', latencyMs: timeoutMs};
			},
		},
	});
	assert.deepEqual(asked, [1500]);
	assert.deepEqual(
		[details.message, details.state, details.reason, details.latency_ms],
		['Port is not in use', 'down', 'no response within 1.5 s', 1500],
	);
});

test('a connect has one second by default', async () => {
	await checkNode(nodeAt(1), 'port', {
		ports: {
			connectTcp: async (_target, {timeoutMs}) => {
				assert.equal(timeoutMs, 1000);
				return {open: true, latencyMs: 1};
			},
		},
	});
});
