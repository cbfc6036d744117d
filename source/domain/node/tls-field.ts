import {shown} from '../text.js';
import {boolean, type Field, filePath} from './field-kinds.js';
import type {Tls} from './node.js';

/** What `tls` may be. */
export const tlsForm = 'an object with ca_file, fingerprint or insecure';

/** What a pinned fingerprint may look like. */
export const fingerprintForm = 'the SHA-256 of a certificate: 64 hex digits, colons optional';

const tlsFields: Readonly<Record<keyof Tls, Field>> = {
	ca_file: filePath,
	fingerprint: {allowed: fingerprintForm, parse: parseFingerprint},
	insecure: boolean,
};

export function parseTls(value: unknown): Tls | undefined {
	if (explainTls(value) !== undefined || typeof value !== 'object') {
		return undefined;
	}

	const parts = Object.entries(value ?? {}).filter(([, item]) => item !== undefined);
	return Object.fromEntries(parts.map(([name, item]) => [name, tlsFields[name as keyof Tls].parse(item)]));
}

/** Names the first part of `tls` or `daemon_tls` that is not allowed; `undefined` when there is none. */
export function explainTls(value: unknown, field: 'tls' | 'daemon_tls' = 'tls'): string | undefined {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		return `${field} ${shown(value)} is invalid: expected ${tlsForm}`;
	}

	for (const [name, item] of Object.entries(value).filter(([, given]) => given !== undefined)) {
		const part = Object.hasOwn(tlsFields, name) ? tlsFields[name as keyof Tls] : undefined;
		if (!part) {
			return `${shown(name)} is not a field of ${field}: ${Object.keys(tlsFields).join(', ')}`;
		}

		if (part.parse(item) === undefined) {
			return `${field}.${name} ${shown(item)} is invalid: expected ${part.allowed}`;
		}
	}

	return undefined;
}

/** Reads a SHA-256 fingerprint in any usual spelling into 32 upper-case pairs joined by colons. */
export function parseFingerprint(value: unknown): string | undefined {
	const hex = typeof value === 'string' ? value.replaceAll(':', '').toUpperCase() : '';
	return /^[\dA-F]{64}$/.test(hex) ? hex.replace(/..(?!$)/g, '$&:') : undefined;
}
