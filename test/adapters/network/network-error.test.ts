import assert from 'node:assert/strict';
import test from 'node:test';
import {fileErrorWords} from '../../../source/adapters/file-error.js';
import {failureOf, NetworkError} from '../../../source/adapters/network/network-error.js';

const systemError = (code: string, message: string, more: object = {}) =>
	Object.assign(new Error(message), {code, ...more});

test('codes of the system become causes, its words stay', () => {
	const rows: ReadonlyArray<readonly [Error, string]> = [
		[systemError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', {syscall: 'connect'}), 'refused'],
		[systemError('ECONNRESET', 'read ECONNRESET', {syscall: 'read'}), 'reset'],
		[systemError('EPIPE', 'write EPIPE', {syscall: 'write'}), 'reset'],
		[systemError('ECONNRESET', 'socket hang up'), 'closed'],
		[systemError('ETIMEDOUT', 'connect ETIMEDOUT 10.0.0.1:1', {syscall: 'connect'}), 'timeout'],
		[systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND nowhere', {syscall: 'getaddrinfo'}), 'unresolved'],
		[systemError('EAI_AGAIN', 'getaddrinfo EAI_AGAIN nowhere', {syscall: 'getaddrinfo'}), 'unresolved'],
		[systemError('EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1:1', {syscall: 'connect'}), 'unreachable'],
		[systemError('ENETUNREACH', 'connect ENETUNREACH 10.0.0.1:1', {syscall: 'connect'}), 'unreachable'],
		[systemError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/'), 'not_http'],
		[systemError('EMFILE', 'too many open files', {syscall: 'connect'}), 'other'],
		[new Error('something else'), 'other'],
	];
	for (const [error, cause] of rows) {
		assert.deepEqual(failureOf(error), {cause, error: error.message});
	}
});

test('a name with several addresses: the telling cause, every different text once', () => {
	const refused = (address: string) =>
		systemError('ECONNREFUSED', `connect ECONNREFUSED ${address}`, {syscall: 'connect'});
	const noRoute = systemError('EADDRNOTAVAIL', 'connect EADDRNOTAVAIL ::1:1', {syscall: 'connect'});
	assert.deepEqual(failureOf(new AggregateError([noRoute, refused('127.0.0.1:1')], '')), {
		cause: 'refused',
		error: 'connect EADDRNOTAVAIL ::1:1; connect ECONNREFUSED 127.0.0.1:1',
	});
	assert.deepEqual(failureOf(new AggregateError([refused('x'), refused('x')], '')).error, 'connect ECONNREFUSED x');
	assert.equal(failureOf(new AggregateError([noRoute], '')).cause, 'unreachable');
});

test('the words of OpenSSL become one readable reason', () => {
	const text = 'write EPROTO 00A1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:355:\n';
	assert.deepEqual(failureOf(systemError('EPROTO', text, {syscall: 'write'})), {
		cause: 'tls_not_spoken',
		error: 'TLS: wrong version number',
	});
	const alert =
		'C0:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:x.c:1:SSL alert number 40';
	assert.deepEqual(failureOf(systemError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', alert)), {
		cause: 'other',
		error: 'TLS: sslv3 alert handshake failure',
	});
});

test('plain HTTP answered by a TLS alert is told as that', () => {
	const error = systemError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/', {
		rawPacket: Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
	});
	assert.deepEqual(failureOf(error), {cause: 'not_http', error: 'the server speaks TLS, not plain HTTP'});
});

test('a judged failure keeps its judgement; anything thrown has words', () => {
	const failure = {cause: 'tls_fingerprint', error: 'another certificate'} as const;
	assert.equal(failureOf(new NetworkError(failure)), failure);
	assert.deepEqual(failureOf('text'), {cause: 'other', error: 'text'});
	assert.equal(failureOf(new Error('a\u001B[31mb\nc')).error, 'ab c');
});

test('errors of files keep their words only', () => {
	assert.equal(fileErrorWords(new Error("EACCES: permission denied, open '/secret/path'")), 'permission denied');
	assert.equal(fileErrorWords(new Error('odd')), 'odd');
});
