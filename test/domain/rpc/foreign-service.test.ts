import assert from 'node:assert/strict';
import test from 'node:test';
import type {ForeignService} from '../../../source/domain/ports.js';
import {
	explainRpcFailure,
	recognizeHttpService,
	recognizeService,
	serviceText,
} from '../../../source/domain/rpc/wallet-rpc.js';

const bytes: ReadonlyArray<readonly [string, ForeignService | undefined]> = [
	['\xff\0\0\0\0\0\0\0\x01\x7f', 'zmq'],
	['\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL', 'zmq'],
	['\x01\x21\x01\x01\x01\x01\x01\x01\xcc\0', 'monero_p2p'],
	['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'ssh'],
	['220 mail.example ESMTP Postfix\r\n', 'mail'],
	['220-smtp.example\r\n', 'mail'],
	['* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n', 'mail'],
	['+OK Dovecot ready.\r\n', 'mail'],
	['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
	['220 ProFTPD Server ready.\r\n', 'ftp'],
	['RFB 003.008\n', 'vnc'],
	['\x4a\0\0\0\x0a8.0.36\0\x08', 'mysql'],
	["-ERR unknown command 'POST'\r\n", 'redis'],
	['{"id":null,"jsonrpc":"2.0","error":{"code":-1,"message":"Unauthenticated"}}\n', 'stratum'],
	['hello\r\n', undefined],
	['\x15\x03\x01\0\x02\x02\x0a', undefined],
	['\xff\xfb\x01', undefined],
	['', undefined],
];

for (const [text, service] of bytes) {
	test(`${JSON.stringify(text.slice(0, 30))} is ${service ?? 'unknown'}`, () => {
		assert.equal(recognizeService(Buffer.from(text, 'latin1')), service);
	});
}

test('recognizes services that answer in HTTP and name themselves', () => {
	assert.equal(recognizeHttpService('Not Found', 'MoneroPay/2.7.3'), 'moneropay');
	assert.equal(recognizeHttpService('Not Found', 'Boost.Beast/347'), 'monero_lws');
	assert.equal(recognizeHttpService('Bad Gateway', 'Boost.Beast/347'), undefined, 'another server made with it');
	assert.equal(recognizeHttpService('Tor is not an HTTP Proxy', undefined), 'tor');
	assert.equal(recognizeHttpService('Not Found', 'nginx'), undefined);
});

test('the reason names the service that answers and the one expected', () => {
	const outcome = {kind: 'no_answer', cause: 'not_http', error: 'x', service: 'zmq', latencyMs: 1} as const;
	const reason = (expected?: string) => explainRpcFailure(outcome, 3000, expected).reason;
	assert.equal(reason(), 'this is a ZMQ port of monerod, not monero-wallet-rpc');
	assert.equal(reason("monerod's RPC"), "this is a ZMQ port of monerod, not monerod's RPC");
	assert.equal(serviceText('moneropay'), 'MoneroPay');
});
