import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import type {NoAnswerCause} from '../../source/domain/ports.js';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {deadPort} from '../helpers/dead-port.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {recorded, startRaw, startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const login = {username: 'monero', password: 'secret'};
const prefix = /^not checkable from here: /;

async function startWallet(t: TestContext) {
	const server = await startDigestServer({login});
	t.after(server.close);
	return server;
}

test('an unreadable secret makes a node unknown, in every method that needs it', async t => {
	const {port} = await startWallet(t);
	const folder = temporaryFolder(t);
	const empty = path.join(folder, 'empty');
	writeFileSync(empty, '');
	const colonless = path.join(folder, 'colonless');
	writeFileSync(colonless, 'secret');
	const rows = [
		{username: 'monero', password_file: '/nowhere/password'},
		{username: 'monero', password_file: folder},
		{username: 'monero', password_file: empty},
		{username: 'monero', password_env: 'XMRTOP_TEST_NOT_SET'},
		{login_file: '/nowhere/monero-wallet-rpc.18082.login'},
		{login_file: colonless},
	];
	for (const fields of rows) {
		for (const method of ['api', 'full'] as const) {
			const {status, details} = await checkNode(nodeAt(port, fields), method);
			assert.deepEqual([status, details.state], [false, 'unknown'], JSON.stringify(fields));
			assert.match(details.reason ?? '', prefix);
			assert.doesNotMatch(JSON.stringify(details), /"secret"/);
		}
	}
});

test('an unreadable secret that is not needed has no effect', async t => {
	const {port} = await startRaw(t, recorded('wallet_get_version.http'));
	const node = nodeAt(port, {username: 'monero', password_file: '/nowhere/password'});
	assert.equal((await checkNode(node, 'api')).details.state, 'up');
	const closed = nodeAt(await deadPort(t), {username: 'monero', password_file: '/nowhere/password'});
	assert.equal((await checkNode(closed, 'api')).details.state, 'down');
});

test('unreadable CA file: unknown while the port is open, down when it is closed', async t => {
	const certificate = makeSelfSignedCertificate({commonName: 'wallet'});
	const server = await startDigestServer({login, tls: certificate});
	t.after(server.close);
	const tls = {ca_file: '/nowhere/ca.pem'};
	const closedPort = await deadPort(t);
	for (const method of ['api', 'full'] as const) {
		const open = (await checkNode(nodeAt(server.port, {tls}), method)).details;
		assert.deepEqual([open.state, prefix.test(open.reason ?? '')], ['unknown', true]);
		const closed = (await checkNode(nodeAt(closedPort, {tls}), method)).details;
		assert.deepEqual([closed.state, closed.reason], ['down', 'connection refused']);
	}
});

const failing = (cause: NoAnswerCause) => ({
	callRpc: async () => ({kind: 'no_answer', cause, error: 'too many open files (EMFILE)', latencyMs: 1}) as const,
	connectTcp: async () => ({open: false, cause, error: 'too many open files (EMFILE)', latencyMs: 1}) as const,
});

test('a failure of this machine makes a node unknown in every method that connects', async () => {
	for (const method of ['port', 'api', 'full'] as const) {
		const {status, details} = await checkNode(nodeAt(1), method, {ports: failing('not_checkable')});
		assert.deepEqual([status, details.state], [false, 'unknown'], method);
		assert.equal(details.reason, 'not checkable from here: too many open files (EMFILE)');
	}
});

test('a full check calls no step broken because of a failure of this machine', async () => {
	const {details} = await checkNode(nodeAt(1), 'full', {ports: failing('not_checkable')});
	assert.deepEqual(
		details.rungs.filter(({state}) => state === 'broken'),
		[],
	);
	assert.deepEqual(
		details.rungs.find(({rung}) => rung === 'tcp'),
		{rung: 'tcp', state: 'not_reached', reason: 'not checkable from here: too many open files (EMFILE)'},
	);
});

test('uses the kept-alive connection if a second one cannot be opened', async t => {
	const {port} = await startRaw(t, recorded('wallet_get_version.http'));
	const {connectTcp} = failing('not_checkable');
	const {status} = await checkNode(nodeAt(port), 'full', {ports: {connectTcp}});
	assert.equal(status, true);
});

test('a daemon that cannot be checked from here does not make its wallet degraded', async t => {
	const {port} = await startScripted(t, walletScript(26));
	const daemon = await startWallet(t);
	const node = nodeAt(port, {
		daemon: `127.0.0.1:${daemon.port}`,
		daemon_username: 'monero',
		daemon_password_file: '/nowhere/password',
	});
	assert.equal((await checkNode(node, 'api')).details.caused_by, undefined);
	const {details} = await checkNode(node, 'full');
	assert.equal(details.checks.daemon?.details.state, 'unknown');
	assert.match(details.notes?.[0] ?? '', /^daemon 127\.0\.0\.1:\d+ is not checkable from here: /);
	assert.deepEqual(
		details.rungs.filter(({state}) => state === 'broken').map(({rung}) => rung),
		[],
	);
});
