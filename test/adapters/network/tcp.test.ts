import assert from 'node:assert/strict';
import {once} from 'node:events';
import net, {type Socket} from 'node:net';
import test from 'node:test';
import {connectTcp} from '../../../source/adapters/network/connect.js';
import {deadPort} from '../../helpers/dead-port.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const options = {timeoutMs: 5000};

test('open port: connects and closes at once without sending a byte', async t => {
	for (const host of ['127.0.0.1', '::1']) {
		const server = net.createServer();
		const loopback = await listenOnLoopback(server, host);
		t.after(loopback.close);
		const accepted = once(server, 'connection') as Promise<[Socket]>;
		const outcome = await connectTcp({host, port: loopback.port}, options);
		assert.equal(outcome.open, true);
		assert.ok(outcome.latencyMs > 0 && outcome.latencyMs < 5000);
		const [socket] = await accepted;
		socket.resume();
		await once(socket, 'close');
		assert.equal(socket.bytesRead, 0);
	}
});

test('closed port, by address and by name: refused', async t => {
	const port = await deadPort(t);
	for (const host of ['127.0.0.1', '::1', 'localhost']) {
		const outcome = await connectTcp({host, port}, options);
		assert.equal(outcome.open, false);
		assert.equal(outcome.open === false && outcome.cause, 'refused');
		assert.match(outcome.open === false ? outcome.error : '', /^connect ECONNREFUSED /);
	}
});

test('unknown host name: unresolved', async () => {
	const outcome = await connectTcp({host: 'no-such-host.invalid', port: 1}, options);
	assert.equal(outcome.open === false && outcome.cause, 'unresolved');
});

test('a connect without an answer ends with the timeout', async t => {
	const port = await fullPort(t.after.bind(t));
	const outcome = await connectTcp({host: '127.0.0.1', port}, {timeoutMs: 100});
	assert.deepEqual([outcome.open, outcome.open === false && outcome.cause], [false, 'timeout']);
	assert.ok(outcome.latencyMs >= 99 && outcome.latencyMs < 2000);
});

test('an abort ends the connect at once, also when aborted before', async t => {
	const port = await fullPort(t.after.bind(t));
	const controller = new AbortController();
	const pending = connectTcp({host: '127.0.0.1', port}, {timeoutMs: 60_000, signal: controller.signal});
	controller.abort();
	for (const outcome of [
		await pending,
		await connectTcp({host: '127.0.0.1', port}, {timeoutMs: 60_000, signal: controller.signal}),
	]) {
		assert.equal(outcome.open === false && outcome.cause, 'aborted');
	}
});

test('a connect through a silent proxy ends as not checkable, and at once when aborted', async t => {
	const proxy = {host: '127.0.0.1', port: await fullPort(t.after.bind(t))};
	const outcome = await connectTcp({host: 'wallet.onion', port: 1, proxy}, {timeoutMs: 100});
	assert.equal(outcome.open === false && outcome.cause, 'not_checkable');
	const controller = new AbortController();
	const pending = connectTcp({host: 'wallet.onion', port: 1, proxy}, {timeoutMs: 60_000, signal: controller.signal});
	controller.abort();
	const aborted = await pending;
	assert.equal(aborted.open === false && aborted.cause, 'aborted');
});

/** A port whose backlog is full: more connections are neither accepted nor refused, as behind a firewall. */
async function fullPort(after: (end: () => void) => void): Promise<number> {
	const script = `
		const server = require('node:net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, () => {
			require('node:fs').writeSync(1, String(server.address().port));
			process.kill(process.pid, 'SIGSTOP');
		});
	`;
	const {spawn} = await import('node:child_process');
	const child = spawn(process.execPath, ['--eval', script], {stdio: ['ignore', 'pipe', 'inherit']});
	const [text] = await once(child.stdout, 'data');
	const port = Number(text);
	const fillers = [1, 2, 3].map(() => net.connect(port, '127.0.0.1').on('error', () => {}));
	after(() => {
		for (const filler of fillers) {
			filler.destroy();
		}

		child.kill('SIGKILL');
	});
	// The backlog holds two of the three; which ones does not matter.
	await Promise.race(fillers.map(filler => once(filler, 'connect')));
	return port;
}
