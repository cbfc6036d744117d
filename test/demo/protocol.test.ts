import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {type TestContext, test} from 'node:test';
import {simulateDaemonAnswers} from '../../source/demo/daemon.js';
import {simulateWalletAnswers} from '../../source/demo/wallet.js';
import {characterFixture, serve, worldFixture} from './demo-fixture.js';
import {parseAnswer, type RawAnswer} from './raw-connection.js';

/** Recorded answers of the real servers. */
async function recorded(name: string): Promise<RawAnswer> {
	return parseAnswer(await readFile(new URL(`../fixtures/${name}.http`, import.meta.url), 'utf8'));
}

const call = (method: string, parameters?: object): string =>
	JSON.stringify({jsonrpc: '2.0', id: '0', method, params: parameters});
const headerNames = ({headers}: RawAnswer): string[] => headers.map(([name]) => name);
const resultOf = ({body}: RawAnswer): Record<string, unknown> => JSON.parse(body).result;

async function wallet(
	t: TestContext,
	phase: Parameters<typeof characterFixture>[0] = 'healthy',
	login?: {password: string},
) {
	return serve(t, () =>
		simulateWalletAnswers({
			scriptedNode: characterFixture(phase),
			context: worldFixture(1),
			...(login ? {login: {username: 'monero', password: login.password}} : {}),
		}),
	);
}

const exact = [
	{fixture: 'wallet_error_no_wallet', phase: 'no_wallet', body: call('get_height')},
	{fixture: 'wallet_method_not_found', phase: 'healthy', body: call('no_such_method')},
	{fixture: 'wallet_parse_error', phase: 'healthy', body: '{'},
	{fixture: 'wallet_parse_error', phase: 'healthy', body: '[]'},
	{fixture: 'wallet_invalid_request', phase: 'healthy', body: '{"jsonrpc": "2.0", "id": "0"}'},
] as const;

for (const {fixture, phase, body} of exact) {
	test(`answers ${body} byte for byte like ${fixture}, except for the date`, async t => {
		const answer = await (await wallet(t, phase)).connect().post(body);
		const expected = await recorded(fixture);
		assert.equal(answer.statusLine, expected.statusLine);
		assert.equal(answer.body, expected.body);
		assert.deepEqual(
			answer.headers.filter(([name]) => name !== 'Last-Modified'),
			expected.headers.filter(([name]) => name !== 'Last-Modified'),
		);
		assert.deepEqual(headerNames(answer), headerNames(expected));
	});
}

test('answers get_version like the recorded wallet, except for the release flag', async t => {
	const answer = await (await wallet(t)).connect().post(call('get_version'));
	const expected = await recorded('wallet_get_version');
	assert.equal(answer.statusLine, expected.statusLine);
	assert.deepEqual(headerNames(answer), headerNames(expected));
	assert.equal(answer.body, expected.body.replace('false', 'true'));
});

test('answers get_height in the recorded form', async t => {
	const answer = await (await wallet(t)).connect().post(call('get_height'));
	assert.equal(answer.body.replace(/\d{7}/, '26'), (await recorded('wallet_get_height')).body);
});

test('answers another path with 404 and no body', async t => {
	const answer = await (await wallet(t)).connect().post(call('get_version'), [], '/other');
	const expected = await recorded('wallet_404');
	assert.equal(answer.statusLine, expected.statusLine);
	assert.deepEqual(headerNames(answer), headerNames(expected));
	assert.equal(answer.body, '');
});

test('answers a request without login with 401, two challenges of one nonce and a page', async t => {
	const answer = await (await wallet(t, 'healthy', {password: 'secret'})).connect().post(call('get_version'));
	const expected = await recorded('wallet_401_noauth');
	assert.equal(answer.statusLine, expected.statusLine);
	assert.equal(answer.body, expected.body);
	const withoutNonces = (headers: RawAnswer['headers']): string[] =>
		headers
			.filter(([name]) => name !== 'Last-Modified')
			.map(header => header.join(': ').replace(/nonce="[^"]+"/, 'nonce'));
	assert.deepEqual(withoutNonces(answer.headers), withoutNonces(expected.headers));
	const nonces = answer.headers.flatMap(([, value]) => /nonce="([^"]+)"/.exec(value)?.[1] ?? []);
	assert.equal(nonces.length, 2);
	assert.equal(nonces[0], nonces[1]);
	assert.equal(Buffer.from(nonces[0] ?? '', 'base64').length, 16);
});

for (const method of ['get_version', 'get_info', 'get_last_block_header'] as const) {
	test(`the daemon's ${method} has every recorded field, of the same type and in the same order`, async t => {
		const {connect} = await serve(t, () => simulateDaemonAnswers({name: 'eu', context: worldFixture(1)}));
		const answer = await connect().post(call(method));
		const expected = await recorded(`monerod_${method}`);
		assert.deepEqual(headerNames(answer), headerNames(expected));
		assert.deepEqual(shapeOf(resultOf(answer)), shapeOf(resultOf(expected)));
	});
}

function shapeOf(value: Record<string, unknown>): unknown[] {
	return Object.entries(value).map(([name, item]) => [
		name,
		typeof item === 'object' ? shapeOf(item as Record<string, unknown>) : typeof item,
	]);
}

test('heights, hashes and times of the chain are consistent', async t => {
	const {connect} = await serve(t, () => simulateDaemonAnswers({name: 'eu', context: worldFixture(61)}));
	const connection = connect();
	const info = resultOf(await connection.post(call('get_info')));
	const last = resultOf(await connection.post(call('get_last_block_header'))).block_header as Record<string, unknown>;
	const height = Number(info.height);
	assert.equal(last.height, height - 1);
	assert.equal(last.hash, info.top_block_hash);
	const before = resultOf(await connection.post(call('get_block_header_by_height', {height: height - 2})));
	const headerBefore = before.block_header as Record<string, unknown>;
	assert.equal(headerBefore.hash, last.prev_hash);
	assert.ok(Number(headerBefore.timestamp) < Number(last.timestamp));
	const age = worldFixture(61).nowMs() / 1000 - Number(last.timestamp);
	assert.ok(age >= 0 && age < 30, `the last block is ${age} s old`);
	const beyond = JSON.parse((await connection.post(call('get_block_header_by_height', {height}))).body);
	assert.equal(beyond.error.code, -2);
});

test('a stuck daemon is more than three blocks behind, and its last block younger than 30 minutes', async t => {
	const heights = await Promise.all(
		(['us', 'eu'] as const).map(async name => {
			const {connect} = await serve(t, () => simulateDaemonAnswers({name, context: worldFixture(1)}));
			const connection = connect();
			const last = resultOf(await connection.post(call('get_last_block_header'))).block_header as {timestamp: number};
			assert.ok(worldFixture(1).nowMs() / 1000 - last.timestamp < 1800);
			return Number(resultOf(await connection.post(call('get_info'))).height);
		}),
	);
	assert.ok((heights[1] ?? 0) - (heights[0] ?? 0) > 3, String(heights));
});

test('a monerod on the port answers with its own major version', async t => {
	const {version} = resultOf(await (await wallet(t, 'monerod')).connect().post(call('get_version')));
	assert.equal(Number(version) >> 16, 3);
});

test('answers requests sent during a silence after its end', async t => {
	let looks = 0;
	const {connect} = await serve(t, () => {
		looks += 1;
		return simulateWalletAnswers({
			scriptedNode: characterFixture(looks < 3 ? 'hung' : 'healthy'),
			context: worldFixture(1),
		});
	});
	assert.equal((await connect().post(call('get_version'))).statusLine, 'HTTP/1.1 200 Ok');
	assert.equal(looks, 3);
});

test('a foreign service answers 200 with a page', async t => {
	const answer = await (await wallet(t, 'foreign')).connect().post(call('get_version'));
	assert.equal(answer.statusLine, 'HTTP/1.1 200 OK');
	assert.match(answer.headers.find(([name]) => name === 'content-type')?.[1] ?? '', /^text\/html/);
});

test('the 26th connection is accepted and closed, the first 25 stay', async t => {
	const {connect} = await wallet(t);
	const first = Array.from({length: 25}, connect);
	await Promise.all(first.map(async connection => connection.post(call('get_version'))));
	await connect().closed();
	assert.equal((await first[0]?.post(call('get_version')))?.statusLine, 'HTTP/1.1 200 Ok');
});

test('a long scan continues while the wallet is busy, a short one within its phase', async t => {
	const lagAt = async (seconds: number, lagBlocks?: number): Promise<number> => {
		const context = worldFixture(seconds);
		const scriptedNode = {...characterFixture('wallet_behind'), ...(lagBlocks === undefined ? {} : {lagBlocks})};
		const scanning = await serve(t, () => simulateWalletAnswers({scriptedNode, context}));
		const daemon = await serve(t, () => simulateDaemonAnswers({name: 'eu', context}));
		const height = Number(resultOf(await scanning.connect().post(call('get_height'))).height);
		return Number(resultOf(await daemon.connect().post(call('get_info'))).height) - height;
	};
	assert.deepEqual(await Promise.all([0, 100, 700].map(async seconds => lagAt(seconds, 9214))), [9214, 8014, 814]);
	assert.ok((await lagAt(10)) < (await lagAt(0)));
	for (const seconds of [0, 30, 47]) {
		assert.ok((await lagAt(seconds)) > 5, 'still behind by more than the default max_wallet_lag');
	}
});
