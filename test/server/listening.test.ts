import assert from 'node:assert/strict';
import {test} from 'node:test';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {
	isLoopbackListener,
	parseHttpPrefix,
	parseListenAddress,
	resolveListenAddress,
} from '../../source/server/listening.js';

test('parses host:port and the path of a socket', () => {
	const rows = [
		['127.0.0.1:8780', {kind: 'tcp', host: '127.0.0.1', port: 8780}],
		['[::1]:0', {kind: 'tcp', host: '::1', port: 0}],
		['[fe80::1%eth0]:80', {kind: 'tcp', host: 'fe80::1%eth0', port: 80}],
		['localhost:65535', {kind: 'tcp', host: 'localhost', port: 65_535}],
		['wallet-01.example.com:80', {kind: 'tcp', host: 'wallet-01.example.com', port: 80}],
		['unix:/run/xmrtop.sock', {kind: 'unix', path: '/run/xmrtop.sock'}],
		['unix:s', {kind: 'unix', path: 's'}],
	] as const;
	for (const [text, expected] of rows) {
		assert.deepEqual(parseListenAddress(text, renderRemedy), expected);
	}
});

test('refuses invalid addresses', () => {
	const texts = ['', '8780', ':8780', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '127.0.0.1:-1', '127.0.0.1:8e2'];
	texts.push('256.0.0.1:80', '1.2.3:80', '::1:80', '[::1]', '[127.0.0.1]:80', '[x]:80', 'a b:80', '-a:80', 'a..b:80');
	texts.push(
		`${'a'.repeat(300)}:80`,
		'http://127.0.0.1:80',
		'127.0.0.1:80/x',
		'unix:',
		'unix:a\0b',
		'UNIX:/x',
		'\u001B[31m:80',
	);
	for (const text of texts) {
		assert.throws(
			() => parseListenAddress(text, renderRemedy),
			({name, message}: Error) => name === 'InputError' && !message.includes('\u001B') && message.includes('HOST:PORT'),
			text,
		);
	}
});

test('only 127.0.0.0/8 and ::1 are loopback', async () => {
	const loopback = ['127.0.0.1', '127.255.0.3', '::1', '0:0:0:0:0:0:0:1'];
	const others = [
		'0.0.0.0',
		'10.0.0.1',
		'1.127.0.0',
		'::',
		'::11',
		'::1:1',
		'1::1',
		'::ffff:127.0.0.1',
		'fe80::1',
		'localhost',
	];
	assert.deepEqual(loopback.map(isLoopbackListener), [true, true, true, true]);
	assert.deepEqual(others.filter(isLoopbackListener), []);
	const named = await resolveListenAddress({kind: 'tcp', host: 'localhost', port: 1}, renderRemedy);
	assert.ok(named.kind === 'tcp' && named.isLoopback && isLoopbackListener(named.address));
	await assert.rejects(resolveListenAddress({kind: 'tcp', host: 'nope.invalid', port: 1}, renderRemedy), {
		name: 'InputError',
		message: /^--listen nope\.invalid:1 cannot be used: the name does not resolve/,
	});
});

test('accepts valid prefixes and refuses others', () => {
	for (const text of ['/admin', '/admin/monero', '/a.b/c~d/_-']) {
		assert.equal(parseHttpPrefix(text, renderRemedy), text);
	}

	for (const text of [
		'',
		'/',
		'admin',
		'/admin/',
		'//a',
		'/a//b',
		'/..',
		'/a/./b',
		'/a b',
		'/%61',
		'/:node',
		'/*',
		'/a?b',
		'/ä',
	]) {
		assert.throws(
			() => parseHttpPrefix(text, renderRemedy),
			/^InputError: --prefix .* is invalid: expected a path such as \/admin\/monero/,
			text,
		);
	}
});
