import assert from 'node:assert/strict';
import test from 'node:test';
import {createDigestAnswerer, type DigestChallenge} from '../../../source/adapters/network/digest.js';

const target = {method: 'GET', uri: '/dir/index.html'};

/** The examples of RFC 7616 (3.9.1) and RFC 2617 (3.5). */
const rfc7616 = {
	realm: 'http-auth@example.org',
	nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
	opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
	hasQop: true,
	isSession: false,
	isStale: false,
} as const;
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

function responseOf(header: string): string | undefined {
	return /response="([^"]*)"/.exec(header)?.[1];
}

test('computes the published examples', () => {
	const credentials = {username: 'Mufasa', password: 'Circle of Life'};
	const md5 = createDigestAnswerer({...rfc7616, algorithm: 'MD5', hash: 'md5'}, credentials, target, () => cnonce);
	assert.equal(responseOf(md5()), '8ca523f5e9506fed4657c9700eebdbec');
	const sha256 = createDigestAnswerer(
		{...rfc7616, algorithm: 'SHA-256', hash: 'sha256'},
		credentials,
		target,
		() => cnonce,
	);
	assert.equal(responseOf(sha256()), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
	const rfc2617: DigestChallenge = {
		...rfc7616,
		realm: 'testrealm@host.com',
		nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
		hash: 'md5',
	};
	const older = createDigestAnswerer(
		rfc2617,
		{username: 'Mufasa', password: 'Circle Of Life'},
		target,
		() => '0a4f113b',
	);
	assert.equal(responseOf(older()), '6629fae49393a05397450978507c4ef1');
});

test('RFC 2069: without qop, sends neither counter nor cnonce', () => {
	const challenge: DigestChallenge = {
		realm: 'testrealm@host.com',
		nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
		hash: 'md5',
		hasQop: false,
		isSession: false,
		isStale: false,
	};
	const header = createDigestAnswerer(challenge, {username: 'Mufasa', password: 'CircleOfLife'}, target)();
	// The example in the RFC is wrong; this value is from its erratum 749.
	assert.equal(responseOf(header), '1949323746fe6a43ef61f9606e7febea');
	assert.doesNotMatch(header, /nc=|cnonce=|qop=|algorithm=/);
});

test('nc counts up in 8 unquoted lower-case hex digits, each time with a new cnonce', () => {
	const authorize = createDigestAnswerer(
		{...rfc7616, algorithm: 'MD5', hash: 'md5'},
		{username: 'u', password: 'p'},
		target,
	);
	const headers = Array.from({length: 17}, authorize);
	assert.match(headers[0] ?? '', /, nc=00000001, /);
	assert.match(headers[9] ?? '', /, nc=0000000a, /);
	assert.match(headers[16] ?? '', /, nc=00000011, /);
	assert.equal(new Set(headers.map(header => /cnonce="([^"]+)"/.exec(header)?.[1])).size, 17);
	assert.match(headers[0] ?? '', /opaque="FQhe\/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"/);
	assert.match(headers[0] ?? '', /algorithm=MD5, /);
});

test('a session algorithm keeps its first cnonce', () => {
	const authorize = createDigestAnswerer(
		{...rfc7616, algorithm: 'MD5-sess', hash: 'md5', isSession: true},
		{username: 'u', password: 'p'},
		target,
	);
	const cnonces = [authorize(), authorize()].map(header => /cnonce="([^"]+)"/.exec(header)?.[1]);
	assert.equal(cnonces[0], cnonces[1]);
});

test('escapes user and realm, and sends non-ASCII characters as UTF-8', () => {
	const header = createDigestAnswerer(
		{...rfc7616, realm: 'a"b\\c', hash: 'md5'},
		{username: 'jürgen', password: 'pässwörd'},
		target,
	)();
	assert.match(header, /realm="a\\"b\\\\c"/);
	assert.match(Buffer.from(header, 'latin1').toString('utf8'), /username="jürgen"/);
});
