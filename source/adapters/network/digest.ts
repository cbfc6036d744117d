import type {DigestChallenge} from './challenge.js';
import type {Credentials} from './login.js';

/** What is asked for; part of every answer. */
export interface RequestTarget {
	readonly method: string;
	/** Path and query exactly as sent. */
	readonly uri: string;
}

/**
 * Answers one challenge, again and again: each call gives the next `Authorization` header.
 * The header's characters stand for bytes (write it as latin1); user and password become UTF-8.
 * @param makeCnonce a fresh random text each time
 */
export function answerDigest(
	challenge: DigestChallenge,
	credentials: Credentials,
	target: RequestTarget,
	makeCnonce: () => string = randomCnonce,
): () => string {
	const {algorithm, realm, nonce, opaque, hasQop, isSession} = challenge;
	const {hash} = nodeCrypto();
	const hashed = (text: string): string => hash(challenge.hash, Buffer.from(text, 'latin1'), 'hex');
	const username = utf8AsLatin1(credentials.username);
	const key = hashed(`${username}:${realm}:${utf8AsLatin1(credentials.password)}`);
	const request = hashed(`${target.method}:${target.uri}`);
	const head =
		`Digest username=${quoted(username)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, uri=${quoted(target.uri)}` +
		(algorithm === undefined ? '' : `, algorithm=${algorithm}`) +
		(opaque === undefined ? '' : `, opaque=${quoted(opaque)}`);
	if (!hasQop) {
		const whole = `${head}, response="${hashed(`${key}:${nonce}:${request}`)}"`;
		return () => whole;
	}

	// A session's key is made with its first cnonce; servers that make it anew each time agree as long as that one stays.
	const sessionCnonce = isSession ? makeCnonce() : undefined;
	const sessionKey = isSession ? hashed(`${key}:${nonce}:${sessionCnonce}`) : key;
	let count = 0;
	return () => {
		count += 1;
		const nc = count.toString(16).padStart(8, '0');
		const cnonce = sessionCnonce ?? makeCnonce();
		const response = hashed(`${sessionKey}:${nonce}:${nc}:${cnonce}:auth:${request}`);
		return `${head}, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
	};
}

/** Loaded with the first login: it takes 2 ms, and most wallets on a loopback port ask for none. */
function nodeCrypto(): typeof import('node:crypto') {
	return process.getBuiltinModule('node:crypto');
}

const cnonceBytes = 12;
/** Drawn for many at once: a draw costs as much as the rest of an answer. */
let drawn = Buffer.alloc(0);

function randomCnonce(): string {
	if (drawn.length === 0) {
		drawn = nodeCrypto().randomBytes(256 * cnonceBytes);
	}

	const cnonce = drawn.toString('hex', 0, cnonceBytes);
	drawn = drawn.subarray(cnonceBytes);
	return cnonce;
}

function utf8AsLatin1(text: string): string {
	return Buffer.from(text, 'utf8').toString('latin1');
}

function quoted(text: string): string {
	return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
