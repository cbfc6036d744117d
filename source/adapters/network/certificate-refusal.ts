import type {X509Certificate} from 'node:crypto';
import {cleanText, quoteValue} from '../../domain/text.js';
import type {NetworkFailure} from './network-error.js';

/** A certificate that the authorities did not accept, and why OpenSSL or Node.js refused it. */
export interface RefusedCertificate {
	/** A code such as `CERT_HAS_EXPIRED`, or words. */
	readonly code: string;
	/** As shown by the server; absent when it cannot be read. */
	readonly certificate: X509Certificate | undefined;
	readonly host: string;
	/** Whether a person named the authorities; else they are the system's. */
	readonly hasOwnAuthorities: boolean;
	readonly nowMs: number;
}

/** Says what is wrong with a certificate, from the certificate itself: OpenSSL's code names only one of several faults. */
export function certificateRefusal(refused: RefusedCertificate): NetworkFailure {
	const {code, certificate, host} = refused;
	switch (code) {
		case 'CERT_HAS_EXPIRED':
			return expired(refused);
		case 'CERT_NOT_YET_VALID':
			return notYetValid(refused);
		case 'ERR_TLS_CERT_ALTNAME_INVALID':
			return {cause: 'tls_wrong_name', error: `the certificate ${namesText(certificate, host)}`};
		case 'DEPTH_ZERO_SELF_SIGNED_CERT':
			return {cause: 'tls_self_signed', error: 'self-signed certificate'};
		case 'SELF_SIGNED_CERT_IN_CHAIN':
		case 'UNABLE_TO_GET_ISSUER_CERT':
		case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
		case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
			return {
				cause: 'tls_untrusted',
				error: `signed by ${issuerOf(certificate) ?? 'an unnamed authority'}, which is not trusted here`,
			};
		default:
			return {cause: 'tls_untrusted', error: cleanText(/^[A-Z_\d]+$/.test(code) ? wordsOfCode(code) : code)};
	}
}

function expired({certificate, hasOwnAuthorities, nowMs}: RefusedCertificate): NetworkFailure {
	const leafMs = timeOf(certificate?.validTo);
	if (leafMs !== undefined && leafMs < nowMs) {
		const words = `expired on ${dateText(leafMs, nowMs)}`;
		// No authority of the system will ever vouch for a self-signed one, expired or not.
		return certificate && isSelfSigned(certificate) && !hasOwnAuthorities
			? {cause: 'tls_self_signed', error: `self-signed certificate, ${words}`}
			: {cause: 'tls_expired', error: `the certificate ${words}`};
	}

	const issuerMs = issuersOf(certificate)
		.map(({validTo}) => timeOf(validTo) ?? Number.POSITIVE_INFINITY)
		.find(ms => ms < nowMs);
	const when = issuerMs === undefined ? 'expired' : `expired on ${dateText(issuerMs, nowMs)}`;
	return {cause: 'tls_expired', error: `the certificate of ${authorityText(certificate)} ${when}`};
}

function notYetValid({certificate, nowMs}: RefusedCertificate): NetworkFailure {
	const fromMs = timeOf(certificate?.validFrom);
	const what =
		fromMs !== undefined && fromMs > nowMs
			? `is valid from ${dateText(fromMs, nowMs)}`
			: 'of its authority is not valid yet';
	const clock = dateText(nowMs, nowMs);
	return {cause: 'tls_not_yet_valid', error: `the certificate ${what}; the local clock says ${clock}`};
}

function isSelfSigned(certificate: X509Certificate): boolean {
	try {
		return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
	} catch {
		return false;
	}
}

const maxChain = 10;

/** The authorities that the server showed with its certificate. */
function issuersOf(certificate: X509Certificate | undefined): X509Certificate[] {
	const chain: X509Certificate[] = [];
	let next = certificate?.issuerCertificate;
	while (next && chain.length < maxChain) {
		chain.push(next);
		next = next.issuerCertificate;
	}

	return chain;
}

function issuerOf(certificate: X509Certificate | undefined): string | undefined {
	const lines = (certificate?.issuer ?? '').split('\n');
	const name = lines.find(line => line.startsWith('CN='))?.slice(3) ?? lines[0];
	return name ? quoteValue(cleanText(name, 80)) : undefined;
}

function authorityText(certificate: X509Certificate | undefined): string {
	return ['its authority', issuerOf(certificate)].filter(Boolean).join(' ');
}

const maxNames = 3;

/** An IPv6 address as people write it. */
function shortAddress(name: string): string {
	return name.includes(':') && URL.canParse(`http://[${name}]/`)
		? new URL(`http://[${name}]/`).hostname.slice(1, -1)
		: name;
}

/** `is for wallet.example.org, 10.0.0.9, not for 10.0.0.5` */
function namesText(certificate: X509Certificate | undefined, host: string): string {
	const names = [...(certificate?.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(
		([, name = '']) => cleanText(shortAddress(name), 80),
	);
	const more = names.length - maxNames;
	const listed = [...names.slice(0, maxNames), ...(more > 0 ? [`${more} more`] : [])];
	return listed.length === 0 ? 'contains no host name' : `is for ${listed.join(', ')}, not for ${host}`;
}

function timeOf(text: string | undefined): number | undefined {
	const ms = Date.parse(text ?? '');
	return Number.isNaN(ms) ? undefined : ms;
}

/** The day; of today, the minute too. */
function dateText(ms: number, nowMs: number): string {
	const [text, today] = [ms, nowMs].map(time => new Date(time).toISOString());
	return text?.slice(0, 10) === today?.slice(0, 10)
		? `${text?.slice(0, 16).replace('T', ' ')} UTC`
		: (text?.slice(0, 10) ?? '');
}

const wordsOfCode = (code: string): string => code.toLowerCase().replaceAll('_', ' ');
