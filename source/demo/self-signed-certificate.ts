import {generateKeyPairSync, randomBytes, sign, X509Certificate} from 'node:crypto';
import {isIPv4, isIPv6} from 'node:net';

/** Encoders for the few ASN.1 types of a certificate, in DER. */

/** One element: tag, length, content. */
function derElement(tag: number, ...contents: readonly Uint8Array[]): Buffer {
	const content = Buffer.concat(contents);
	return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

/** SEQUENCE. */
function derSequence(...items: readonly Uint8Array[]): Buffer {
	return derElement(0x30, ...items);
}

/** SET, of one item (several would have to be sorted). */
function derSet(item: Uint8Array): Buffer {
	return derElement(0x31, item);
}

/** A positive INTEGER from its bytes, most significant first. */
function derInteger(bytes: Uint8Array): Buffer {
	const isNegative = (bytes[0] ?? 0) > 0x7f;
	return derElement(0x02, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** BOOLEAN TRUE. */
const derTrue: Uint8Array = derElement(0x01, Buffer.from([0xff]));

/** OBJECT IDENTIFIER, from its dotted form. */
function derObjectIdentifier(dotted: string): Buffer {
	const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
	return derElement(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTF8String. */
function derUtf8String(text: string): Buffer {
	return derElement(0x0c, Buffer.from(text));
}

/** OCTET STRING. */
function derOctetString(content: Uint8Array): Buffer {
	return derElement(0x04, content);
}

/** BIT STRING of whole bytes. */
function derBitString(content: Uint8Array): Buffer {
	return derElement(0x03, Buffer.from([0]), content);
}

/** A time in the form that certificates require: UTCTime through 2049, GeneralizedTime after. */
function derTime(atMs: number): Buffer {
	const digits = new Date(atMs).toISOString().replace(/\.\d+|[-:T]/g, '');
	return digits < '2050' ? derElement(0x17, Buffer.from(digits.slice(2))) : derElement(0x18, Buffer.from(digits));
}

function lengthBytes(length: number): number[] {
	if (length < 0x80) {
		return [length];
	}

	return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function base128(value: number): number[] {
	const bytes = [value & 0x7f];
	for (let rest = value >> 7; rest > 0; rest >>= 7) {
		bytes.unshift((rest & 0x7f) | 0x80);
	}

	return bytes;
}

/** The contents of a certificate. */
export interface CertificateRequest {
	/** Subject and issuer. */
	readonly commonName: string;
	/** IP addresses and DNS names it is valid for. Default: 127.0.0.1, ::1 and localhost. */
	readonly addresses?: readonly string[];
	/** Milliseconds since the epoch from which it is valid, for a year. Default: yesterday. */
	readonly validFromMs?: number;
}

/** A certificate and its private key. */
export interface SelfSignedCertificate {
	/** The private key, PEM. */
	readonly key: string;
	/** The certificate, PEM; it can be trusted as its own authority. */
	readonly cert: string;
	/** Its SHA-256: upper-case hex pairs joined by colons. */
	readonly fingerprint256: string;
}

const dayMs = 86_400_000;
const ecdsaWithSha256 = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));

/** Creates a TLS server's certificate (EC P-256) that is its own authority, in one or two milliseconds. */
export function makeSelfSignedCertificate({
	commonName,
	addresses = ['127.0.0.1', '::1', 'localhost'],
	validFromMs = Date.now() - dayMs,
}: CertificateRequest): SelfSignedCertificate {
	const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'prime256v1'});
	const name = derSequence(derSet(derSequence(derObjectIdentifier('2.5.4.3'), derUtf8String(commonName))));
	const toBeSigned = derSequence(
		derElement(0xa0, derInteger(Buffer.from([2]))),
		derInteger(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
		ecdsaWithSha256,
		name,
		derSequence(derTime(validFromMs), derTime(validFromMs + 365 * dayMs)),
		name,
		publicKey.export({type: 'spki', format: 'der'}),
		derElement(0xa3, derSequence(isAuthority, alternativeNames(addresses))),
	);
	const der = derSequence(toBeSigned, ecdsaWithSha256, derBitString(sign('sha256', toBeSigned, privateKey)));
	const certificate = new X509Certificate(der);
	return {
		key: privateKey.export({type: 'pkcs8', format: 'pem'}).toString(),
		cert: certificate.toString(),
		fingerprint256: certificate.fingerprint256,
	};
}

const isAuthority = derSequence(derObjectIdentifier('2.5.29.19'), derTrue, derOctetString(derSequence(derTrue)));

function alternativeNames(addresses: readonly string[]): Buffer {
	return derSequence(derObjectIdentifier('2.5.29.17'), derOctetString(derSequence(...addresses.map(generalName))));
}

function generalName(address: string): Buffer {
	if (isIPv4(address)) {
		return derElement(0x87, Buffer.from(address.split('.').map(Number)));
	}

	return isIPv6(address) ? derElement(0x87, ipv6Bytes(address)) : derElement(0x82, Buffer.from(address));
}

function ipv6Bytes(address: string): Buffer {
	// The URL parser writes every IPv6 address in its one canonical form, without an IPv4 part.
	const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
	const [head = '', tail] = canonical.split('::');
	const headGroups = head.split(':').filter(Boolean);
	const tailGroups = (tail ?? '').split(':').filter(Boolean);
	const zeros = Array.from({length: 8 - headGroups.length - tailGroups.length}, () => '0');
	const groups = [...headGroups, ...zeros, ...tailGroups];
	return Buffer.from(groups.map(group => group.padStart(4, '0')).join(''), 'hex');
}
