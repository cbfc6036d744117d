import assert from 'node:assert/strict';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {createServer} from 'node:https';
import net from 'node:net';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {createServer as createTlsServer, type TLSSocket} from 'node:tls';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import {makeSelfSignedCertificate} from '../../../source/demo/self-signed-certificate.js';
import type {Login, Tls} from '../../../source/domain/node/node.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {startDigestServer} from '../../helpers/digest-server.js';
import {listenOnLoopback} from '../../helpers/loopback.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const own = makeSelfSignedCertificate({commonName: 'wallet'});
const other = makeSelfSignedCertificate({commonName: 'wallet'});
const login = {username: 'monero', password: 'a:ü'};

interface To {
	readonly port: number;
	readonly host?: string;
	readonly tls?: Tls;
	readonly login?: Login;
	readonly timeoutMs?: number;
}

function callerOf(t: TestContext, {port, host = '127.0.0.1', tls, login, timeoutMs = 5000}: To) {
	const client = createRpcClient();
	t.after(() => client.close());
	const endpoint = {host, port, path: '/json_rpc', ...(tls && {tls}), ...(login && {login})};
	return () => client.callRpc(endpoint, 'get_version', {timeoutMs});
}

const failureOf = (outcome: RpcOutcome) => (outcome.kind === 'no_answer' ? outcome : assert.fail(outcome.kind));

async function fileWith(t: TestContext, text: string): Promise<string> {
	const file = path.join(temporaryFolder(t), 'ca.pem');
	await writeFile(file, text);
	return file;
}

async function startServer(t: TestContext, certificate = own, host = '127.0.0.1') {
	const server = await startDigestServer({login, tls: certificate, host});
	t.after(server.close);
	return server;
}

/** A TLS server that counts the decrypted bytes. */
async function startCounter(t: TestContext) {
	let bytes = 0;
	const server = createTlsServer(other, (socket: TLSSocket) => {
		socket.on('data', chunk => {
			bytes += chunk.length;
		});
		socket.on('error', () => {});
	});
	server.on('tlsClientError', () => {});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	return {...loopback, bytes: () => bytes};
}

test('accepts a trusted CA, the pinned certificate, or any: the login works on one kept-alive connection', async t => {
	const caFile = await fileWith(t, own.cert);
	const ways: readonly Tls[] = [
		{ca_file: caFile},
		{fingerprint: own.fingerprint256},
		{fingerprint: own.fingerprint256, ca_file: caFile},
		{insecure: true},
	];
	for (const tls of ways) {
		const server = await startServer(t);
		const call = callerOf(t, {port: server.port, tls, login});
		assert.equal((await call()).kind, 'result', JSON.stringify(tls));
		assert.equal((await call()).kind, 'result');
		assert.deepEqual(server.seen, ['plain', 'accepted', 'accepted']);
		assert.equal(server.connectionCount(), 1);
	}
});

test('trusts the CAs of the system by default', async t => {
	const server = await startServer(t);
	const untrusted = failureOf(await callerOf(t, {port: server.port, tls: {}})());
	assert.deepEqual([untrusted.cause, untrusted.error], ['tls_self_signed', 'self-signed certificate']);
	assert.deepEqual(server.seen, []);

	const before = process.env.SSL_CERT_FILE;
	process.env.SSL_CERT_FILE = await fileWith(t, own.cert);
	t.after(() => {
		if (before === undefined) {
			delete process.env.SSL_CERT_FILE;
		} else {
			process.env.SSL_CERT_FILE = before;
		}
	});
	assert.equal((await callerOf(t, {port: server.port, tls: {}, login})()).kind, 'result');
});

test('rejects a certificate of another CA, for another name, expired or not yet valid', async t => {
	const elsewhere = makeSelfSignedCertificate({commonName: 'wallet', addresses: ['wallet.example', '10.9.8.7']});
	const expired = makeSelfSignedCertificate({commonName: 'wallet', validFromMs: Date.UTC(2020, 1, 1)});
	const future = makeSelfSignedCertificate({commonName: 'wallet', validFromMs: Date.UTC(2090, 1, 1)});
	const rows = [
		[other, own.cert, 'tls_self_signed', 'self-signed certificate'],
		[elsewhere, elsewhere.cert, 'tls_wrong_name', 'the certificate is for wallet.example, 10.9.8.7, not for 127.0.0.1'],
		[expired, expired.cert, 'tls_expired', 'the certificate expired on 2021-01-31'],
		[future, future.cert, 'tls_not_yet_valid', /^the certificate is valid from 2090-02-01; the local clock says 20/],
		[expired, undefined, 'tls_self_signed', 'self-signed certificate, expired on 2021-01-31'],
	] as const;
	for (const [certificate, authority, cause, words] of rows) {
		const server = await startServer(t, certificate);
		const tls = authority === undefined ? {} : {ca_file: await fileWith(t, authority)};
		const failure = failureOf(await callerOf(t, {port: server.port, tls})());
		assert.equal(failure.cause, cause);
		assert.match(failure.error, typeof words === 'string' ? new RegExp(`^${words.replaceAll('.', '\\.')}$`) : words);
		assert.deepEqual(server.seen, []);
	}
});

test('sends no byte of a request to a server with another certificate, and reports its fingerprint', async t => {
	const server = await startCounter(t);
	const call = callerOf(t, {port: server.port, tls: {fingerprint: own.fingerprint256}, login});
	for (const _ of [1, 2]) {
		const failure = failureOf(await call());
		assert.equal(failure.cause, 'tls_fingerprint');
		assert.ok(failure.error.includes(other.fingerprint256));
	}

	assert.equal(server.connectionCount(), 2);
	assert.equal(server.bytes(), 0);
});

test('with a fingerprint and a CA file, both must match', async t => {
	const server = await startServer(t, other);
	const tls = {ca_file: await fileWith(t, own.cert), fingerprint: other.fingerprint256};
	assert.equal(failureOf(await callerOf(t, {port: server.port, tls})()).cause, 'tls_self_signed');
});

test('verifies every new connection: a session is never resumed', async t => {
	const sessions: boolean[] = [];
	let certificate = own;
	const server = createServer(own, (request, response) => {
		sessions.push((request.socket as TLSSocket).isSessionReused());
		response.end('{"jsonrpc":"2.0","result":1}');
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	const call = callerOf(t, {port: loopback.port, tls: {fingerprint: own.fingerprint256}});
	assert.equal((await call()).kind, 'result');
	await loopback.dropConnections();
	assert.equal((await call()).kind, 'result');
	await loopback.dropConnections();
	certificate = other;
	server.setSecureContext(certificate);
	assert.equal(failureOf(await call()).cause, 'tls_fingerprint');
	assert.deepEqual(sessions, [false, false]);
});

test('sends names as SNI, addresses not', async t => {
	const names: unknown[] = [];
	const server = createServer(own, (request, response) => {
		names.push((request.socket as TLSSocket & {servername: unknown}).servername);
		response.end('{"jsonrpc":"2.0","result":1}');
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	const tls = {ca_file: await fileWith(t, own.cert)};
	for (const host of ['localhost', '127.0.0.1']) {
		assert.equal((await callerOf(t, {port: loopback.port, host, tls})()).kind, 'result');
	}

	assert.deepEqual(names, ['localhost', false]);
});

test('IPv6: accepts a certificate that names the address and rejects one that does not', async t => {
	const elsewhere = makeSelfSignedCertificate({commonName: '::1', addresses: ['::2', '127.0.0.1', 'localhost']});
	const wrong = await startServer(t, elsewhere, '::1');
	const wrongTls = {ca_file: await fileWith(t, elsewhere.cert)};
	const failure = failureOf(await callerOf(t, {port: wrong.port, host: '::1', tls: wrongTls})());
	assert.deepEqual(
		[failure.cause, failure.error],
		['tls_wrong_name', 'the certificate is for ::2, 127.0.0.1, localhost, not for ::1'],
	);

	const server = await startServer(t, own, '::1');
	const tls = {ca_file: await fileWith(t, own.cert)};
	const outcome = await callerOf(t, {port: server.port, host: '::1', tls, login})();
	assert.equal(outcome.kind, 'result', JSON.stringify(outcome));
});

test('reports which CA file cannot be used and why, and sends nothing', async t => {
	const server = await startCounter(t);
	const garbage = await fileWith(t, 'no certificate at all');
	const broken = await fileWith(t, `${own.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
	const absent = `${garbage}.absent`;
	for (const [caFile, why] of [
		[absent, 'no such file or directory'],
		[garbage, 'contains no readable PEM certificate'],
		[broken, 'contains no readable PEM certificate'],
	] as const) {
		const failure = failureOf(await callerOf(t, {port: server.port, tls: {ca_file: caFile}})());
		assert.deepEqual([failure.cause, failure.error], ['tls_ca_unreadable', `ca_file ${caFile}: ${why}`]);
	}

	assert.equal(server.bytes(), 0);
});

test('re-reads a corrected CA file', async t => {
	const server = await startServer(t);
	const file = await fileWith(t, other.cert);
	const call = callerOf(t, {port: server.port, tls: {ca_file: file}, login});
	assert.equal(failureOf(await call()).cause, 'tls_self_signed');
	await writeFile(file, own.cert);
	assert.equal((await call()).kind, 'result');
});

test('reports http to a TLS server, and https to a server without TLS', async t => {
	const server = await startServer(t);
	const overHttp = failureOf(await callerOf(t, {port: server.port})());
	assert.ok(['closed', 'reset', 'not_http'].includes(overHttp.cause), overHttp.cause);

	const plain = await startDigestServer();
	t.after(plain.close);
	const overTls = failureOf(await callerOf(t, {port: plain.port, tls: {insecure: true}})());
	assert.deepEqual([overTls.cause, overTls.error], ['tls_not_spoken', 'TLS: wrong version number']);
});

test('the timeout ends a handshake that never completes, and closes the connection', async t => {
	const server = net.createServer();
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	const accepted = once(server, 'connection');
	const call = callerOf(t, {port: loopback.port, tls: {insecure: true}, timeoutMs: 100});
	assert.equal(failureOf(await call()).cause, 'timeout');
	const [socket] = await accepted;
	socket.resume();
	if (!socket.destroyed) {
		await once(socket, 'close');
	}
});

test('reports a connection that the server closes during the handshake', async t => {
	const loopback = await listenOnLoopback(net.createServer(socket => socket.once('data', () => socket.end())));
	t.after(loopback.close);
	const failure = failureOf(await callerOf(t, {port: loopback.port, tls: {insecure: true}})());
	assert.deepEqual(
		[failure.cause, failure.error],
		['closed', 'closed during the TLS handshake; TLS may be disabled there'],
	);
});

test('never sends Connection: close', async t => {
	const seen: unknown[] = [];
	const server = createServer(own, (request, response) => {
		seen.push(request.headers.connection);
		response.end('{"jsonrpc":"2.0","result":1}');
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	const call = callerOf(t, {port: loopback.port, tls: {insecure: true}});
	await call();
	await loopback.dropConnections();
	await call();
	assert.deepEqual(seen, ['keep-alive', 'keep-alive']);
});
