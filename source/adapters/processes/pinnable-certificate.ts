import {X509Certificate} from 'node:crypto';
import type {ProcessFile} from '../../domain/ports.js';

/**
 * The fingerprint of a certificate that vouches for itself: no authority will ever know it, so only a pin helps. One that
 * an authority signed is renewed, and a pin would break.
 */
export function pinnableFingerprint(file: ProcessFile): string | undefined {
	try {
		const certificate = 'text' in file ? new X509Certificate(file.text) : undefined;
		return certificate?.verify(certificate.publicKey) ? certificate.fingerprint256 : undefined;
	} catch {
		return undefined;
	}
}
