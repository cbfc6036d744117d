import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import test from 'node:test';
import tls from 'node:tls';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';

test('a TLS client that trusts the certificate accepts the server by address and by name', async () => {
	const {key, cert, fingerprint256} = makeSelfSignedCertificate({commonName: 'demo wallet'});
	const server = tls.createServer({key, cert}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	for (const servername of [undefined, 'localhost']) {
		const socket = tls.connect({host: '127.0.0.1', port, ca: cert, ...(servername && {servername})});
		await once(socket, 'secureConnect');
		assert.equal(socket.authorized, true);
		assert.equal(socket.getPeerX509Certificate()?.fingerprint256, fingerprint256);
		socket.destroy();
	}

	server.close();
});

test('the certificate names the requested addresses', () => {
	const {cert, fingerprint256} = makeSelfSignedCertificate({
		commonName: 'Wallet Ä',
		addresses: ['10.1.2.3', '::1', '2001:db8::a:1', 'wallet.example'],
	});
	const certificate = new X509Certificate(cert);
	assert.equal(certificate.subject, 'CN=Wallet Ä');
	assert.equal(
		certificate.subjectAltName,
		'IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:A:1, DNS:wallet.example',
	);
	assert.match(fingerprint256, /^(?:[\dA-F]{2}:){31}[\dA-F]{2}$/);
	assert.ok(certificate.verify(certificate.publicKey));
});

test('two certificates differ in key and fingerprint', () => {
	const first = makeSelfSignedCertificate({commonName: 'same'});
	const second = makeSelfSignedCertificate({commonName: 'same'});
	assert.notEqual(first.fingerprint256, second.fingerprint256);
	assert.notEqual(first.key, second.key);
});

test('is valid for a year from the given time, past 2049 too', () => {
	const validFromMs = Date.UTC(2049, 5, 1);
	const certificate = new X509Certificate(makeSelfSignedCertificate({commonName: 'later', validFromMs}).cert);
	assert.equal(Date.parse(certificate.validFrom), validFromMs);
	assert.equal(Date.parse(certificate.validTo), Date.UTC(2050, 5, 1));
});
