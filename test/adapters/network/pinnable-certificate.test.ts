import assert from 'node:assert/strict';
import test from 'node:test';
import {pinnableFingerprint} from '../../../source/adapters/network/tls-socket.js';
import {makeSelfSignedCertificate} from '../../../source/demo/self-signed-certificate.js';

test('offers a fingerprint only for a self-signed certificate', () => {
	const {cert, fingerprint256} = makeSelfSignedCertificate({commonName: 'wallet'});
	assert.equal(pinnableFingerprint({text: cert}), fingerprint256);
	const forged = Buffer.from(cert.replace(/-----[^-]+-----/g, ''), 'base64');
	forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
	const signedByAnother = `-----BEGIN CERTIFICATE-----\n${forged.toString('base64')}\n-----END CERTIFICATE-----\n`;
	assert.equal(pinnableFingerprint({text: signedByAnother}), undefined);
	assert.equal(pinnableFingerprint({text: 'no certificate'}), undefined);
	assert.equal(pinnableFingerprint({unreadable: '/c (permission denied)', isGone: false}), undefined);
});
