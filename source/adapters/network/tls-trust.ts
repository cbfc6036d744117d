import {X509Certificate} from 'node:crypto';
import {createSecureContext, type SecureContext} from 'node:tls';
import type {Tls} from '../../domain/node/node.js';
import {readFileStart} from '../bounded-read.js';
import {fileErrorWords} from '../file-error.js';
import {systemCode} from '../system-errors.js';
import {NetworkError} from './network-error.js';

/** Where systems keep the authorities they trust, most common first. */
const systemBundles = [
	'/etc/ssl/certs/ca-certificates.crt',
	'/etc/pki/tls/certs/ca-bundle.crt',
	'/etc/ssl/ca-bundle.pem',
	'/etc/ssl/cert.pem',
];

/** Several times what any system trusts. */
const maxFileBytes = 1024 * 1024;

/** Whom to trust, by TLS configuration. Reading authorities is dear, so what was read is shared. */
export class TlsTrust {
	readonly #byFile = new Map<string, {readonly pem: string; readonly context: SecureContext}>();
	#system: Promise<SecureContext> | undefined;
	#nobody: SecureContext | undefined;

	/**
	 * The authorities that judge this configuration's certificate.
	 * @throws NetworkError `tls_ca_unreadable`
	 */
	async contextFor({ca_file: caFile, fingerprint, insecure}: Tls): Promise<SecureContext> {
		if (insecure || (fingerprint !== undefined && caFile === undefined)) {
			// No authority is asked, so none is read.
			this.#nobody ??= createSecureContext({ca: []});
			return this.#nobody;
		}

		if (caFile !== undefined) {
			return this.#contextOfFile(caFile);
		}

		this.#system ??= systemContext().catch((error: unknown) => {
			this.#system = undefined;
			throw error;
		});
		return this.#system;
	}

	async #contextOfFile(path: string): Promise<SecureContext> {
		const pem = await readAuthorities(path);
		const known = this.#byFile.get(path);
		if (known?.pem === pem) {
			return known.context;
		}

		const context = createSecureContext({ca: pem});
		this.#byFile.set(path, {pem, context});
		return context;
	}
}

async function readAuthorities(path: string): Promise<string> {
	const refuse = (reason: string): NetworkError =>
		new NetworkError({cause: 'tls_ca_unreadable', error: `ca_file ${path}: ${reason}`});
	const pem = await readFileStart(path, maxFileBytes).catch(error => {
		throw refuse(fileErrorWords(error));
	});
	// A context passes over what it cannot read, and would then trust nobody.
	if (!certificatesIn(pem).every(isCertificate)) {
		throw refuse('contains no readable PEM certificate');
	}

	return pem;
}

function certificatesIn(pem: string): string[] {
	return pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [^-]*-----/g) ?? [''];
}

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).subject !== null;
	} catch {
		return false;
	}
}

/** The system's authorities, as other programs on it see them. Node by itself asks only those it was built with. */
async function systemContext(): Promise<SecureContext> {
	const extra = await readOrUndefined(process.env.NODE_EXTRA_CA_CERTS);
	for (const path of [process.env.SSL_CERT_FILE, ...systemBundles]) {
		const pem = await readOrUndefined(path);
		if (pem?.includes('-----BEGIN')) {
			return createSecureContext({ca: extra === undefined ? [pem] : [pem, extra]});
		}
	}

	return createSecureContext();
}

async function readOrUndefined(path: string | undefined): Promise<string | undefined> {
	return path
		? readFileStart(path, maxFileBytes).catch((error: unknown) => {
				// A list that cannot be opened for lack of descriptors is still the system's: without it others would be trusted.
				if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(systemCode(error) ?? '')) {
					throw error;
				}

				return undefined;
			})
		: undefined;
}
