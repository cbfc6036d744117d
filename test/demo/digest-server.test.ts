import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {type TestContext, test} from 'node:test';
import {simulateWalletAnswers} from '../../source/demo/wallet.js';
import {characterFixture, serve, worldFixture} from './demo-fixture.js';
import type {RawAnswer, RawConnection} from './raw-connection.js';

const body = '{"jsonrpc":"2.0","id":"0","method":"get_version"}';
const password = 'pass:wörd';
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const nonceOf = ({headers}: RawAnswer): string =>
	headers.flatMap(([, value]) => /nonce="([^"]+)"/.exec(value)?.[1] ?? [])[0] ?? '';
const staleOf = ({headers}: RawAnswer): string | undefined =>
	headers.flatMap(([, value]) => /stale=(\w+)/.exec(value)?.[1] ?? [])[0];

interface Answer {
	readonly nonce: string;
	readonly nc?: number;
	readonly user?: string;
	readonly secret?: string;
	readonly algorithm?: 'MD5' | 'MD5-sess';
	readonly qop?: boolean;
}

/** The header of a client that follows RFC 2617 (or, without qop, RFC 2069). */
function authorization({
	nonce,
	nc = 1,
	user = 'monero',
	secret = password,
	algorithm = 'MD5',
	qop = true,
}: Answer): string {
	const plain = md5(`${user}:monero-rpc:${secret}`);
	const key = algorithm === 'MD5' ? plain : md5(`${plain}:${nonce}:c0ffee`);
	const count = nc.toString(16).padStart(8, '0');
	const response = md5(`${key}:${nonce}:${qop ? `${count}:c0ffee:auth:` : ''}${md5('POST:/json_rpc')}`);
	const counted = qop || algorithm === 'MD5-sess' ? `, qop=auth, nc=${count}, cnonce="c0ffee"` : '';
	return `Authorization: Digest username="${user}", realm="monero-rpc", nonce="${nonce}", uri="/json_rpc", algorithm=${algorithm}${counted}, response="${response}"`;
}

async function start(t: TestContext): Promise<{connect: () => RawConnection}> {
	const wallet = {
		scriptedNode: characterFixture('healthy'),
		context: worldFixture(1),
		login: {username: 'monero', password},
	};
	return serve(t, () => simulateWalletAnswers(wallet));
}

async function challenged(t: TestContext): Promise<{connection: RawConnection; nonce: string}> {
	const connection = (await start(t)).connect();
	return {connection, nonce: nonceOf(await connection.post(body))};
}

const accepted = 'HTTP/1.1 200 Ok';
const refused = 'HTTP/1.1 401 Unauthorized';

for (const algorithm of ['MD5', 'MD5-sess'] as const) {
	test(`${algorithm}: accepts the counts 1, 2, 3 on the connection of the nonce`, async t => {
		const {connection, nonce} = await challenged(t);
		for (const nc of [1, 2, 3]) {
			const {statusLine} = await connection.post(body, [authorization({nonce, nc, algorithm})]);
			assert.equal(statusLine, accepted);
		}
	});
}

test('the nonce of another connection is stale', async t => {
	const {connect} = await start(t);
	const nonce = nonceOf(await connect().post(body));
	const other = connect();
	await other.post(body);
	const answer = await other.post(body, [authorization({nonce})]);
	assert.equal(answer.statusLine, refused);
	assert.equal(staleOf(answer), 'true');
});

for (const [what, nc] of [
	['a skipped', 3],
	['a repeated', 1],
] as const) {
	test(`${what} count is stale, and the new nonce then works`, async t => {
		const {connection, nonce} = await challenged(t);
		await connection.post(body, [authorization({nonce, nc: 1})]);
		const answer = await connection.post(body, [authorization({nonce, nc})]);
		assert.equal(staleOf(answer), 'true');
		assert.notEqual(nonceOf(answer), nonce);
		const again = await connection.post(body, [authorization({nonce: nonceOf(answer)})]);
		assert.equal(again.statusLine, accepted);
	});
}

test('a request without a login in between makes the nonce stale', async t => {
	const {connection, nonce} = await challenged(t);
	await connection.post(body, [authorization({nonce, nc: 1})]);
	await connection.post(body);
	assert.equal(staleOf(await connection.post(body, [authorization({nonce, nc: 2})])), 'true');
});

for (const [what, wrong] of [
	['password', {secret: 'wrong'}],
	['user', {user: 'somebody'}],
] as const) {
	test(`a wrong ${what} is not stale`, async t => {
		const {connection, nonce} = await challenged(t);
		const answer = await connection.post(body, [authorization({nonce, ...wrong})]);
		assert.equal(answer.statusLine, refused);
		assert.equal(staleOf(answer), 'false');
	});
}

test('accepts a response without qop once per nonce', async t => {
	const {connection, nonce} = await challenged(t);
	assert.equal((await connection.post(body, [authorization({nonce, qop: false})])).statusLine, accepted);
	assert.equal(staleOf(await connection.post(body, [authorization({nonce, qop: false})])), 'true');
});

test('never accepts Basic', async t => {
	const {connection} = await challenged(t);
	const basic = `Authorization: Basic ${Buffer.from(`monero:${password}`).toString('base64')}`;
	const answer = await connection.post(body, [basic]);
	assert.equal(answer.statusLine, refused);
	assert.equal(staleOf(answer), 'false');
});
