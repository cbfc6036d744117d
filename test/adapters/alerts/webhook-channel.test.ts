import assert from 'node:assert/strict';
import {createServer as createTlsServer} from 'node:https';
import net from 'node:net';
import {test} from 'node:test';
import {createWebhookChannel, parseWebhookUrl} from '../../../source/adapters/alerts/webhook-channel.js';
import {makeSelfSignedCertificate} from '../../../source/demo/self-signed-certificate.js';
import type {Delivery} from '../../../source/domain/alerts/outbox.js';
import {eventually} from '../../helpers/child-processes.js';
import {deadPort} from '../../helpers/dead-port.js';
import {alertFixture} from '../../helpers/hook-fixture.js';
import {listenOnLoopback} from '../../helpers/loopback.js';
import {startReceiver} from '../../helpers/webhook-receiver.js';

const alert = alertFixture();
const secretPath = '/hooks/s3cr3t-t0ken?key=hidden';

interface To {
	readonly port: number;
	readonly scheme?: string;
	readonly login?: string;
	readonly timeLimitMs?: number;
	readonly signal?: AbortSignal;
}

async function post({port, scheme = 'http', login = '', timeLimitMs, signal}: To): Promise<Delivery> {
	const channel = createWebhookChannel({
		target: parseWebhookUrl(`${scheme}://${login}127.0.0.1:${port}${secretPath}`, 'XMRTOP_WEBHOOK'),
		userAgent: 'xmrtop/1.2.3',
		...(timeLimitMs === undefined ? {} : {timeLimitMs}),
	});
	const outcome = await channel.deliver(alert, signal ?? new AbortController().signal);
	assert.doesNotMatch(JSON.stringify(outcome), /s3cr3t|hidden|hooks|127\.0\.0\.1|sesame/);
	return outcome;
}

test('posts the alert as JSON, with its id as the idempotency key', async context => {
	const {port, posts} = await startReceiver(context, response => response.writeHead(204).end());
	assert.deepEqual(await post({port}), {kind: 'delivered'});
	const [{method, url, headers, body} = assert.fail('nothing was posted')] = posts;
	assert.deepEqual([method, url], ['POST', secretPath]);
	assert.deepEqual(JSON.parse(body), alert);
	assert.deepEqual(
		['content-type', 'idempotency-key', 'user-agent', 'authorization'].map(name => headers[name]),
		['application/json', alert.id, 'xmrtop/1.2.3', undefined],
	);
});

test('sends user and password of the URL as the Authorization header', async context => {
	const {port, posts} = await startReceiver(context, response => response.end());
	assert.deepEqual(await post({port, login: 'us%40er:sesame%3A%25@'}), {kind: 'delivered'});
	const expected = `Basic ${Buffer.from('us@er:sesame:%').toString('base64')}`;
	assert.equal(posts[0]?.headers.authorization, expected);
});

for (const [status, headers, expected] of [
	[200, {}, {kind: 'delivered'}],
	[202, {'retry-after': '9'}, {kind: 'delivered'}],
	[304, {}, {kind: 'failed', reason: 'the server answered HTTP 304; redirects are not followed'}],
	[400, {}, {kind: 'failed', reason: 'the server answered HTTP 400'}],
	[
		429,
		{'retry-after': '9999999999'},
		{kind: 'failed', reason: 'the server answered HTTP 429', retryAfterMs: 9_999_999_999_000},
	],
	[429, {'retry-after': '7'}, {kind: 'failed', reason: 'the server answered HTTP 429', retryAfterMs: 7000}],
	[503, {'retry-after': 'soon'}, {kind: 'failed', reason: 'the server answered HTTP 503'}],
	[503, {'retry-after': '-1'}, {kind: 'failed', reason: 'the server answered HTTP 503'}],
	[503, {'retry-after': 'Mon, 23 Nov 2020 20:00:00 GMT'}, {kind: 'failed', reason: 'the server answered HTTP 503'}],
	[500, {'content-encoding': 'gzip'}, {kind: 'failed', reason: 'the server answered HTTP 500'}],
] as const) {
	test(`HTTP ${status} ${JSON.stringify(headers)}: ${JSON.stringify(expected)}`, async context => {
		const {port, posts} = await startReceiver(context, response => response.writeHead(status, headers).end('no gzip'));
		assert.deepEqual(await post({port}), expected);
		assert.equal(posts.length, 1);
	});
}

test('reads a date in Retry-After as the time until then', async context => {
	const date = new Date(Date.now() + 60_000).toUTCString();
	const {port} = await startReceiver(context, response => response.writeHead(503, {'retry-after': date}).end());
	const outcome = await post({port});
	const ms = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0;
	assert.ok(ms > 50_000 && ms <= 60_000, `${ms} ms`);
});

test('does not follow redirects', async context => {
	const other = await startReceiver(context, response => response.end());
	for (const location of [`http://127.0.0.1:${other.port}/`, 'http://[bad', '/again']) {
		const {port, posts} = await startReceiver(context, response => response.writeHead(307, {location}).end());
		assert.deepEqual(await post({port}), {
			kind: 'failed',
			reason: 'the server answered HTTP 307; redirects are not followed',
		});
		assert.equal(posts.length, 1);
	}

	assert.equal(other.posts.length, 0);
});

test('gives up on a silent receiver, and on one whose answer drips, at the time limit', async context => {
	const silent = await startReceiver(context, () => undefined);
	const expected = {kind: 'failed', reason: 'no response within 150 ms'};
	assert.deepEqual(await post({port: silent.port, timeLimitMs: 150}), expected);
	const slow = await listenOnLoopback(
		net.createServer(socket => {
			const timer = setInterval(() => socket.write('HTTP/1.1 200 OK\r\n'.slice(0, 1)), 20);
			socket.on('close', () => clearInterval(timer));
		}),
	);
	context.after(slow.close);
	const outcome = await post({port: slow.port, timeLimitMs: 300});
	assert.equal(outcome.kind, 'failed');
});

test('ends the attempt at once when xmrtop exits', async context => {
	const controller = new AbortController();
	const {port} = await startReceiver(context, () => controller.abort());
	const startedMs = performance.now();
	const outcome = await post({port, signal: controller.signal});
	assert.equal(outcome.kind, 'failed');
	assert.ok(performance.now() - startedMs < 250 + 500);
	const aborted = await post({port, signal: AbortSignal.abort()});
	assert.equal(aborted.kind, 'failed');
});

test('does not read an endless body, and closes the connection', async context => {
	let sent = 0;
	const block = Buffer.alloc(65_536, 'x');
	const {port, connectionCount} = await startReceiver(context, response => {
		const more = (): void => {
			while (!response.destroyed && response.write(block)) {
				sent += block.length;
			}
		};
		response.on('drain', more).on('close', () => {
			closed = true;
		});
		more();
	});
	let closed = false;
	assert.deepEqual(await post({port}), {kind: 'delivered'});
	await eventually(
		async () => closed,
		is => is,
	);
	assert.deepEqual([closed, connectionCount()], [true, 1]);
	assert.ok(sent < 50_000_000, `${sent} bytes`);
});

test('reports a closed port, a server without HTTP and an untrusted certificate without the URL', async context => {
	const raw = async (answer: string): Promise<number> => {
		const loopback = await listenOnLoopback(net.createServer(socket => void socket.end(answer)));
		context.after(loopback.close);
		return loopback.port;
	};
	const certificate = makeSelfSignedCertificate({commonName: 's3cr3t.example'});
	const tls = await listenOnLoopback(createTlsServer(certificate, (_, response) => response.end()));
	context.after(tls.close);
	const plain = await startReceiver(context, response => response.end());
	const table: ReadonlyArray<readonly [To, string]> = [
		[{port: await deadPort(context)}, 'connection refused'],
		[{port: await raw('')}, 'connection closed without a response'],
		[{port: await raw('220 mail.example ESMTP\r\n')}, 'the server on this port does not speak HTTP'],
		[
			{port: await raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)},
			'the server on this port does not speak HTTP',
		],
		[{port: tls.port, scheme: 'https'}, 'the certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
		[{port: plain.port, scheme: 'https'}, 'the port does not speak TLS'],
		[{port: tls.port}, 'connection closed without a response'],
	];
	for (const [to, reason] of table) {
		assert.deepEqual(await post(to), {kind: 'failed', reason}, JSON.stringify(to));
	}
});

test('each format sets path, headers and body; a path in the URL is kept', async context => {
	const {port, posts} = await startReceiver(context, response => response.end());
	for (const [format, path] of [
		['alertmanager', '/'],
		['alertmanager', '/am/api/v2/alerts'],
		['ntfy', '/topic'],
	] as const) {
		const target = parseWebhookUrl(`http://127.0.0.1:${port}${path}`, 'XMRTOP_WEBHOOK');
		const channel = createWebhookChannel({target, userAgent: 'x', format});
		assert.deepEqual(await channel.deliver(alert, new AbortController().signal), {kind: 'delivered'});
	}

	assert.deepEqual(
		posts.map(({url, headers}) => [url, headers['content-type']]),
		[
			['/api/v2/alerts', 'application/json'],
			['/am/api/v2/alerts', 'application/json'],
			['/topic', 'text/plain; charset=utf-8'],
		],
	);
	assert.equal(posts[2]?.body, alert.text);
});

test('distinguishes a permanent refusal from a temporary failure', async context => {
	for (const [status, isRefused] of [
		[400, true],
		[404, true],
		[408, false],
		[425, false],
		[429, false],
		[500, false],
	] as const) {
		const {port} = await startReceiver(context, response => response.writeHead(status).end());
		const channel = createWebhookChannel({target: parseWebhookUrl(`http://127.0.0.1:${port}/`, 'x'), userAgent: 'x'});
		const outcome = await channel.deliver(alert, new AbortController().signal);
		assert.equal(channel.isRefused?.(outcome), isRefused, String(status));
	}
});
