import assert from 'node:assert/strict';
import test from 'node:test';
import type {OwnNetwork} from '../../../source/adapters/network/local-failure.js';
import {NetworkError, networkFailure} from '../../../source/adapters/network/network-error.js';
import {systemErrorReason} from '../../../source/adapters/system-errors.js';

const systemError = (code: string, message: string, more: object = {}) =>
	Object.assign(new Error(message), {code, ...more});

const routed: OwnNetwork = {routeTo: () => 'route', hasSpareDescriptors: () => true};
const cutOff: OwnNetwork = {routeTo: () => 'none', hasSpareDescriptors: () => true};
const noDescriptors: OwnNetwork = {routeTo: () => 'route', hasSpareDescriptors: () => false};
const rejecting: OwnNetwork = {routeTo: () => 'rejected', hasSpareDescriptors: () => true};

test('treats a failure of this machine as not checkable, not as a fault of the server', () => {
	const rows: ReadonlyArray<readonly [string, string, OwnNetwork, RegExp]> = [
		['EMFILE', 'connect', routed, /^xmrtop has too many open files \(ulimit -n\) \(connect EMFILE 10\.0\.0\.5:1\)$/],
		['ENFILE', 'connect', routed, /^this machine has too many open files/],
		['ENOMEM', 'connect', routed, /out of memory/],
		['ENOBUFS', 'connect', routed, /no memory left for connections/],
		['EAGAIN', 'connect', routed, /no resources/],
		['EADDRNOTAVAIL', 'connect', routed, /no free port/],
		['EAFNOSUPPORT', 'connect', routed, /address family/],
		['ENETDOWN', 'connect', routed, /network is down/],
		['EACCES', 'connect', routed, /firewall or policy/],
		['EPERM', 'connect', routed, /firewall or policy/],
		['EINVAL', 'connect', routed, /cannot connect to that address/],
		['ENETUNREACH', 'connect', cutOff, /^this machine has no route to 10\.0\.0\.5/],
		['ENETUNREACH', 'connect', rejecting, /no route/],
		['EHOSTUNREACH', 'connect', rejecting, /rejects 10\.0\.0\.5/],
		['EAI_AGAIN', 'getaddrinfo', routed, /^name resolution does not work on this machine/],
		['EAI_FAIL', 'getaddrinfo', routed, /name resolution/],
		['EAI_MEMORY', 'getaddrinfo', routed, /out of memory/],
		['ENOTFOUND', 'getaddrinfo', noDescriptors, /too many open files/],
		['EMFILE', 'open', routed, /too many open files/],
	];
	for (const [code, syscall, own, words] of rows) {
		const error = systemError(code, `${syscall} ${code} 10.0.0.5:1`, {syscall, address: '10.0.0.5'});
		const failure = networkFailure(error, own);
		assert.equal(failure.cause, 'not_checkable', code);
		assert.match(failure.error, words);
	}
});

test('of several addresses, the cause comes from the one that was reached', () => {
	const of = (code: string) => systemError(code, `connect ${code}`, {syscall: 'connect', address: '::1'});
	const causeOf = (codes: readonly string[], own: OwnNetwork) =>
		networkFailure(new AggregateError(codes.map(of), ''), own).cause;
	assert.equal(causeOf(['ENETUNREACH', 'ECONNREFUSED'], cutOff), 'refused');
	assert.equal(causeOf(['EAFNOSUPPORT', 'EHOSTUNREACH'], routed), 'unreachable');
	assert.equal(causeOf(['ENETUNREACH', 'EADDRNOTAVAIL'], cutOff), 'not_checkable');
});

test('maps system error codes to causes and keeps their text', () => {
	const rows: ReadonlyArray<readonly [Error, string]> = [
		[systemError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', {syscall: 'connect'}), 'refused'],
		[systemError('ECONNRESET', 'read ECONNRESET', {syscall: 'read'}), 'reset'],
		[systemError('EPIPE', 'write EPIPE', {syscall: 'write'}), 'reset'],
		[systemError('ECONNRESET', 'socket hang up'), 'closed'],
		[systemError('ETIMEDOUT', 'connect ETIMEDOUT 10.0.0.1:1', {syscall: 'connect'}), 'timeout'],
		[systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND nowhere', {syscall: 'getaddrinfo'}), 'unresolved'],
		[systemError('EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1:1', {syscall: 'connect'}), 'unreachable'],
		[systemError('ENETUNREACH', 'connect ENETUNREACH 10.0.0.1:1', {syscall: 'connect'}), 'unreachable'],
		[systemError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/'), 'not_http'],
		[systemError('EPERM', 'write EPERM', {syscall: 'write'}), 'other'],
		[new Error('something else'), 'other'],
	];
	for (const [error, cause] of rows) {
		assert.deepEqual(networkFailure(error, routed), {cause, error: error.message});
	}
});

test('name with several addresses: gives the most telling cause, and every different text once', () => {
	const refused = (address: string) =>
		systemError('ECONNREFUSED', `connect ECONNREFUSED ${address}`, {syscall: 'connect'});
	const noRoute = systemError('EADDRNOTAVAIL', 'connect EADDRNOTAVAIL ::1:1', {syscall: 'connect'});
	assert.deepEqual(networkFailure(new AggregateError([noRoute, refused('127.0.0.1:1')], '')), {
		cause: 'refused',
		error:
			'this machine has no free port, or no address to connect from (connect EADDRNOTAVAIL ::1:1); connect ECONNREFUSED 127.0.0.1:1',
	});
	assert.deepEqual(
		networkFailure(new AggregateError([refused('x'), refused('x')], '')).error,
		'connect ECONNREFUSED x',
	);
	assert.equal(networkFailure(new AggregateError([noRoute], '')).cause, 'not_checkable');
});

test('turns OpenSSL errors into one readable reason', () => {
	const text = 'write EPROTO 00A1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:355:\n';
	assert.deepEqual(networkFailure(systemError('EPROTO', text, {syscall: 'write'})), {
		cause: 'tls_not_spoken',
		error: 'TLS: wrong version number',
	});
	const alert =
		'C0:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:x.c:1:SSL alert number 40';
	assert.deepEqual(networkFailure(systemError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', alert)), {
		cause: 'other',
		error: 'TLS: sslv3 alert handshake failure',
	});
});

test('reports plain HTTP that is answered by a TLS alert', () => {
	const error = systemError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/', {
		rawPacket: Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
	});
	assert.deepEqual(networkFailure(error), {cause: 'not_http', error: 'the server speaks TLS, not plain HTTP'});
});

test('keeps the cause of a NetworkError, and takes the text of anything else that is thrown', () => {
	const failure = {cause: 'tls_fingerprint', error: 'another certificate'} as const;
	assert.equal(networkFailure(new NetworkError(failure)), failure);
	assert.deepEqual(networkFailure('text'), {cause: 'other', error: 'text'});
	assert.equal(networkFailure(new Error('a\u001B[31mb\nc')).error, 'ab c');
});

test('takes only the words from file errors, not the path', () => {
	assert.equal(systemErrorReason(new Error("EACCES: permission denied, open '/secret/path'")), 'permission denied');
	assert.equal(systemErrorReason(new Error('odd')), 'odd');
});
