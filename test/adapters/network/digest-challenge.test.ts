import assert from 'node:assert/strict';
import test from 'node:test';
import {parseChallenges, strongestDigest} from '../../../source/adapters/network/digest.js';

const strongest = (...headers: string[]) => strongestDigest(parseChallenges(headers));

test('reads the MD5 challenge from the two headers of monero-wallet-rpc', () => {
	assert.deepEqual(
		strongest(
			'Digest qop="auth",algorithm=MD5,realm="monero-rpc",nonce="UghQmiZ6oXmZZbu9RMueow==",stale=false',
			'Digest qop="auth",algorithm=MD5-sess,realm="monero-rpc",nonce="UghQmiZ6oXmZZbu9RMueow==",stale=false',
		),
		{
			algorithm: 'MD5',
			hash: 'md5',
			isSession: false,
			realm: 'monero-rpc',
			nonce: 'UghQmiZ6oXmZZbu9RMueow==',
			hasQop: true,
			isStale: false,
		},
	);
});

test('chooses the strongest supported algorithm, in any order and any number of headers', () => {
	const digest = (algorithm: string) => `Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`;
	const offers = ['MD5-sess', 'MD5', 'SHA-512-256', 'SHA-256-sess', 'SHA-256'];
	assert.equal(strongest(...offers.map(digest))?.algorithm, 'SHA-256');
	assert.equal(strongest(offers.map(digest).join(', '))?.algorithm, 'SHA-256');
	assert.equal(strongest(...offers.slice(0, 4).map(digest))?.algorithm, 'SHA-256-sess');
	assert.equal(strongest(...offers.slice(0, 3).map(digest))?.algorithm, 'MD5');
	assert.equal(strongest(digest('sha-256'))?.hash, 'sha256');
});

test('finds a Digest challenge beside another scheme in one header', () => {
	const header = 'Basic realm="a, b", Digest realm="say \\"hi\\"", nonce="x", qop="auth-int, auth", stale=TRUE';
	assert.deepEqual(strongest(header), {
		hash: 'md5',
		isSession: false,
		realm: 'say "hi"',
		nonce: 'x',
		hasQop: true,
		isStale: true,
	});
	assert.equal(strongest('Negotiate YWJj==, Digest realm=r, nonce=y')?.nonce, 'y');
});

test('ignores challenges that cannot be answered', () => {
	assert.equal(strongest(), undefined);
	assert.equal(strongest(''), undefined);
	assert.equal(strongest('Basic realm="r"'), undefined);
	assert.equal(strongest('Digest realm="r"'), undefined);
	assert.equal(strongest('Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"'), undefined);
	assert.equal(strongest('Digest realm="r", nonce="n", qop="auth-int"'), undefined);
	assert.equal(strongest('Digest realm="r", nonce="n", algorithm=MD5-sess'), undefined);
	assert.equal(strongest('="" ,,,, "broken', 'Digest nonce="unclosed'), undefined);
});
