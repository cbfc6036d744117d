import {compact} from '../../domain/compact.js';
import type {Login} from '../../domain/node/node.js';
import type {SecretText} from '../../domain/secret-files.js';
import {readSecretFile} from '../secret-file.js';

/** A user name and a password. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/** Credentials, or why there are none; the reason never contains a secret. */
export type CredentialsOutcome = Credentials | {readonly error: string};

/** Reads the user name and password now, from the source that the login names. */
export async function readCredentials(login: Login): Promise<CredentialsOutcome> {
	if (login.login_file !== undefined) {
		return splitLogin(await readLoginFile('login_file', login.login_file), login.login_file);
	}

	if (login.login_config !== undefined) {
		return configLogin(login.login_config);
	}

	const {username = ''} = login;
	if (login.password_file !== undefined) {
		const read = await readLoginFile('password_file', login.password_file);
		return 'error' in read ? read : {username, password: read.text};
	}

	if (login.password_env !== undefined) {
		const password = process.env[login.password_env];
		return password ? {username, password} : {error: `environment variable ${login.password_env} is not set`};
	}

	return {username, password: login.password ?? ''};
}

/** The `rpc-login` of a wallet's configuration file, read as the wallet reads it. */
async function configLogin(path: string): Promise<CredentialsOutcome> {
	const read = await readLoginFile('login_config', path);
	if ('error' in read) {
		return read;
	}

	const {parseWalletOptions} = await import('../../domain/discovery/wallet-options.js');
	const text = parseWalletOptions([], read.text).value('rpc-login');
	return text?.includes(':') && !text.startsWith(':')
		? splitLogin({text}, path)
		: {error: `login_config ${path}: has no rpc-login = user:password`};
}

/** Splits `user:password`; the user name holds no colon, the password may. */
function splitLogin(read: SecretText, path: string): CredentialsOutcome {
	if ('error' in read) {
		return read;
	}

	const colon = read.text.indexOf(':');
	return colon > 0
		? {username: read.text.slice(0, colon), password: read.text.slice(colon + 1)}
		: {error: `login_file ${path}: does not contain user:password`};
}

async function readLoginFile(field: string, path: string): Promise<SecretText> {
	const read = await readSecretFile(path, 'password');
	return 'error' in read ? {error: `${field} ${path}: ${read.error}`} : read;
}

/** The request to authorize; part of every answer. */
export interface RequestTarget {
	readonly method: string;
	/** Path and query exactly as sent. */
	readonly uri: string;
}

/**
 * Answers one challenge repeatedly: each call returns the next `Authorization` header. The header's characters stand for
 * bytes (write it as latin1); user name and password are encoded as UTF-8.
 * @param makeCnonce returns a new random text on each call
 */
export function createDigestAnswerer(
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

	// A session's key is derived from its first cnonce; servers that derive it for each request agree as long as the cnonce
	// stays the same.
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

/** Loaded with the first login: that takes 2 ms, and most wallets on a loopback port need none. */
function nodeCrypto(): typeof import('node:crypto') {
	return process.getBuiltinModule('node:crypto');
}

const cnonceBytes = 12;
/** Random bytes for many cnonces at once: one call for random bytes costs as much as the rest of an answer. */
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

/** One challenge of a 401, as the server wrote it. */
export interface Challenge {
	/** In lower case. */
	readonly scheme: string;
	/** By lower-case name, without quotes. Each character stands for one byte, as in every header. */
	readonly parameters: ReadonlyMap<string, string>;
}

/** A Digest challenge that can be answered. */
export interface DigestChallenge {
	/** As offered, to be sent back; absent when the server named none (MD5). */
	readonly algorithm?: string;
	readonly hash: 'md5' | 'sha256';
	/** A `-sess` algorithm: the cnonce is part of the key. */
	readonly isSession: boolean;
	readonly realm: string;
	readonly nonce: string;
	readonly opaque?: string;
	/** False for the older scheme of RFC 2069, without counter and cnonce. */
	readonly hasQop: boolean;
	/** The last answer was correct, but its nonce is no longer valid. */
	readonly isStale: boolean;
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const parameter = new RegExp(`(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`, 'y');
const scheme = new RegExp(token, 'y');
const separators = /[\s,]*/y;

/** Reads every challenge of every `WWW-Authenticate` header; one header may hold several. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
	return headers.flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
	const challenges: Array<{scheme: string; parameters: Map<string, string>}> = [];
	let position = 0;
	const take = (expression: RegExp): RegExpExecArray | undefined => {
		expression.lastIndex = position;
		const match = expression.exec(header) ?? undefined;
		position += match?.[0].length ?? 0;
		return match;
	};

	for (;;) {
		take(separators);
		const pair = take(parameter);
		if (pair) {
			const value = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3] ?? '';
			challenges.at(-1)?.parameters.set((pair[1] ?? '').toLowerCase(), value);
			continue;
		}

		const name = take(scheme);
		if (!name) {
			return challenges;
		}

		challenges.push({scheme: name[0].toLowerCase(), parameters: new Map()});
	}
}

/** The supported algorithms, strongest first. */
const algorithms = [
	{name: 'sha-256', hash: 'sha256', isSession: false},
	{name: 'sha-256-sess', hash: 'sha256', isSession: true},
	{name: 'md5', hash: 'md5', isSession: false},
	{name: 'md5-sess', hash: 'md5', isSession: true},
] as const;

/**
 * The strongest Digest challenge that can be answered; `undefined` when there is none, such as when the server offers only
 * Basic.
 */
export function strongestDigest(challenges: readonly Challenge[]): DigestChallenge | undefined {
	const digests = challenges.filter(challenge => challenge.scheme === 'digest').map(readDigest);
	for (const {name} of algorithms) {
		const match = digests.find(digest => digest && (digest.algorithm ?? 'md5').toLowerCase() === name);
		if (match) {
			return match;
		}
	}

	return undefined;
}

function readDigest({parameters}: Challenge): DigestChallenge | undefined {
	const name = parameters.get('algorithm');
	const algorithm = algorithms.find(known => known.name === (name ?? 'md5').toLowerCase());
	const nonce = parameters.get('nonce');
	const qop = parameters.get('qop');
	const hasAuth = qop?.split(',').some(option => option.trim().toLowerCase() === 'auth');
	const opaque = parameters.get('opaque');
	// Without qop there is no cnonce, which a session algorithm needs.
	if (!algorithm || !nonce || hasAuth === false || (qop === undefined && algorithm.isSession)) {
		return undefined;
	}

	return compact({
		algorithm: name,
		hash: algorithm.hash,
		isSession: algorithm.isSession,
		realm: parameters.get('realm') ?? '',
		nonce,
		opaque,
		hasQop: qop !== undefined,
		isStale: parameters.get('stale')?.toLowerCase() === 'true',
	});
}
