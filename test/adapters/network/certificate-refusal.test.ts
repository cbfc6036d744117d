import assert from 'node:assert/strict';
import type {X509Certificate} from 'node:crypto';
import test from 'node:test';
import {certificateRefusal, type RefusedCertificate} from '../../../source/adapters/network/network-error.js';

const nowMs = Date.UTC(2026, 10, 26, 12);
const of = (facts: Partial<X509Certificate>) => facts as X509Certificate;
const lasting = {validFrom: 'Jan  1 00:00:00 2024 GMT', validTo: 'Jan  1 00:00:00 2040 GMT'};
const old = {validFrom: 'Jan  1 00:00:00 2024 GMT', validTo: 'Jul  1 00:00:00 2024 GMT'};
const selfSigned = {checkIssued: () => true, verify: () => true};
const signed = {checkIssued: () => false, verify: () => false, issuer: 'C=CH\nCN=Root 1\nO=x'};
const row = (
	code: string,
	certificate: Partial<X509Certificate> | undefined,
	more: Partial<RefusedCertificate> = {},
) => ({
	code,
	certificate: certificate && of(certificate),
	host: '10.0.0.5',
	hasOwnAuthorities: true,
	nowMs,
	...more,
});

test('describes each fault of a certificate in its own words', () => {
	const rows: ReadonlyArray<readonly [RefusedCertificate, string, string]> = [
		[row('CERT_HAS_EXPIRED', {...old, ...signed}), 'tls_expired', 'the certificate expired on 2024-07-01'],
		[
			row('CERT_HAS_EXPIRED', {...lasting, validTo: 'Nov 26 10:30:00 2026 GMT', ...signed}),
			'tls_expired',
			'the certificate expired on 2026-11-26 10:30 UTC',
		],
		[row('CERT_HAS_EXPIRED', {...old, ...selfSigned}), 'tls_expired', 'the certificate expired on 2024-07-01'],
		[
			row('CERT_HAS_EXPIRED', {...old, ...selfSigned}, {hasOwnAuthorities: false}),
			'tls_self_signed',
			'self-signed certificate, expired on 2024-07-01',
		],
		[
			row('CERT_HAS_EXPIRED', {...lasting, ...signed, issuerCertificate: of(old)}),
			'tls_expired',
			'the certificate of its authority "Root 1" expired on 2024-07-01',
		],
		[
			row('CERT_HAS_EXPIRED', {...lasting, ...signed}),
			'tls_expired',
			'the certificate of its authority "Root 1" expired',
		],
		[
			row('CERT_NOT_YET_VALID', {validFrom: 'Jan  1 00:00:00 2039 GMT'}),
			'tls_not_yet_valid',
			'the certificate is valid from 2039-01-01; the local clock says 2026-11-26 12:00 UTC',
		],
		[
			row('ERR_TLS_CERT_ALTNAME_INVALID', {
				subjectAltName: 'DNS:w.example, IP Address:10.0.0.9, IP Address:0:0:0:0:0:0:0:1, DNS:x, DNS:y',
			}),
			'tls_wrong_name',
			'the certificate is for w.example, 10.0.0.9, ::1, 2 more, not for 10.0.0.5',
		],
		[row('ERR_TLS_CERT_ALTNAME_INVALID', {}), 'tls_wrong_name', 'the certificate contains no host name'],
		[row('DEPTH_ZERO_SELF_SIGNED_CERT', {}), 'tls_self_signed', 'self-signed certificate'],
		...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'].map(
			code => [row(code, signed), 'tls_untrusted', 'signed by "Root 1", which is not trusted here'] as const,
		),
		[
			row('UNABLE_TO_VERIFY_LEAF_SIGNATURE', {}),
			'tls_untrusted',
			'signed by an unnamed authority, which is not trusted here',
		],
		[row('CERT_REVOKED', {}), 'tls_untrusted', 'cert revoked'],
		[row('CERT_HAS_EXPIRED', undefined), 'tls_expired', 'the certificate of its authority expired'],
	];
	for (const [refused, cause, error] of rows) {
		assert.deepEqual(certificateRefusal(refused), {cause, error});
	}
});

test('cleans the text of a certificate before it is shown', () => {
	const dirty = 'CN=\u001b[31mRoot\u0007';
	const {error} = certificateRefusal(row('UNABLE_TO_VERIFY_LEAF_SIGNATURE', {...signed, issuer: dirty}));
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is that there are none.
	assert.doesNotMatch(error, /[\u0000-\u001f]/);
});
