import assert from 'node:assert/strict';
import {createServer, type RequestListener} from 'node:http';
import {type TestContext, test} from 'node:test';
import {gzipSync} from 'node:zlib';
import {AnswerBudget} from '../../../source/adapters/remote/bounded-answer.js';
import {openHttpLine, readHttpHistory} from '../../../source/adapters/remote/http-line.js';
import {parseConnectHosts} from '../../../source/cli/commands/hosts.js';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {CheckMethod} from '../../../source/domain/check-method.js';
import {parseRemoteStatus} from '../../../source/domain/remote/parse-documents.js';
import {nodeReport, statusDocumentHead} from '../../../source/domain/status-document.js';
import {checkNode, nodeAt} from '../../helpers/check-node.js';
import {fleetNode, fleetNowMs} from '../../helpers/fleet-fixture.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

async function hostAt(t: TestContext, listener: RequestListener) {
	const server = await listenOnLoopback(createServer(listener));
	t.after(server.close);
	const [host] = parseConnectHosts([`http://127.0.0.1:${server.port}`]);
	assert.ok(host?.kind === 'http');
	return host;
}

const access = () => ({token: undefined, budget: new AnswerBudget(), renderRemedy});

/** The first result of a connection: a document, or why there is none. */
async function firstOf(t: TestContext, listener: RequestListener): Promise<unknown> {
	const host = await hostAt(t, listener);
	return new Promise(resolve => {
		const line = openHttpLine(
			host,
			{intervalMs: 60_000, answerMs: 60_000, isFresh: false},
			{onDocument: resolve, onEnd: resolve},
			access(),
		);
		t.after(line.end);
	});
}

const pouring =
	(piece: string): RequestListener =>
	(_request, response) => {
		const chunk = piece.repeat(Math.ceil(65_536 / piece.length));
		const pour = (): void => {
			while (!response.destroyed && response.write(chunk)) {}
			response.once('drain', pour);
		};
		response.write('{"a":');
		pour();
	};

for (const [what, listener, complaint] of [
	['an endless answer', pouring('"x'), 'its response exceeds 48 MiB'],
	['endless nesting', pouring('['), 'its response is nested deeper than 32 levels'],
	['endless values', pouring('[],'), 'its response has more than 2500000 values'],
	[
		'a Content-Length above the limit without a body',
		(_request, response) => response.writeHead(200, {'Content-Length': 100_000_000}).flushHeaders(),
		'its response exceeds 48 MiB',
	],
	[
		'64 MiB compressed with gzip',
		(_request, response) =>
			response.setHeader('Content-Encoding', 'gzip').end(gzipSync(Buffer.alloc(64 * 1024 * 1024, 32))),
		'its response exceeds 48 MiB',
	],
	[
		'an endless page with an error',
		(_request, response) => {
			response.statusCode = 500;
			pouring('<p>')(_request, response);
		},
		'HTTP 500: the server there is not xmrtop serve',
	],
] as ReadonlyArray<readonly [string, RequestListener, string]>) {
	test(`${what} ends the connection with the reason`, async t => {
		const before = process.memoryUsage().rss;
		assert.equal(await firstOf(t, listener), complaint);
		const grownMiB = (process.memoryUsage().rss - before) / 1024 / 1024;
		assert.ok(grownMiB < 300, `${grownMiB} MiB`);
	});
}

test('a history that is too long ends with the reason', async t => {
	const transition =
		'{"at":"2026-11-23T20:00:00.000Z","node":"hot-1","from":"up","to":"down","message":"API check failed"},';
	const host = await hostAt(t, pouring(transition));
	const outcome = await readHttpHistory(host, {timeoutMs: 60_000}, access());
	assert.deepEqual(outcome, {complaint: 'its response has more than 2500000 values'});
});

/** The document of a fleet, with one result for each node. */
async function documentOf(count: number, method: CheckMethod): Promise<string> {
	const node = nodeAt(1, {daemon: '127.0.0.1:1', title: 'A title', group: 'a-group-of-wallets'});
	const result = await checkNode(node, method);
	const nodes = Array.from({length: count}, (_, index) => {
		const name = `a-wallet-with-a-name-${index}`;
		const known = {...fleetNode({name}), node: {...node, id: index + 1, name}, result};
		return nodeReport(known, method);
	});
	const times = {method, checkedAtMs: fleetNowMs, durationMs: 1000};
	return JSON.stringify({...statusDocumentHead(times, []), nodes});
}

for (const [count, method] of [
	[1000, 'api'],
	[10_000, 'api'],
	[1000, 'full'],
	[10_000, 'full'],
] as const) {
	test(`reads the document of ${count} nodes checked by ${method}`, async t => {
		const text = await documentOf(count, method);
		const document = await firstOf(t, (_request, response) => response.end(text));
		const read = parseRemoteStatus(document);
		assert.ok('document' in read, 'problem' in read ? read.problem : '');
		assert.equal(read.document.nodes.length, count);
	});
}
