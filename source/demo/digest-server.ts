import {createHash, randomBytes} from 'node:crypto';

/** The user name and the password of a server. */
export interface ServerLogin {
	readonly username: string;
	readonly password: string;
}

/** What the server challenges a client with after rejecting its request. */
export interface ServerChallenge {
	readonly nonce: string;
	/** The password was correct, but the nonce or its counter was not. */
	readonly stale: boolean;
}

/** The login state of one connection, as in Monero's servers: a nonce is valid on its connection only. */
export interface DigestSession {
	/**
	 * Checks the `Authorization` header of one request.
	 * @returns `undefined` when it is accepted, else a challenge
	 */
	readonly judge: (
		login: ServerLogin,
		httpMethod: string,
		authorization: string | undefined,
	) => ServerChallenge | undefined;
}

const realm = 'monero-rpc';
const algorithms = ['MD5', 'MD5-sess'] as const;

/** Opens the session of one connection. */
export function createSimulatedDigestSession(): DigestSession {
	let nonce: string | undefined;
	let count = 0;
	return {
		judge: (login, httpMethod, authorization) => {
			const answer = parseDigest(authorization);
			const knowsPassword = answer !== undefined && isRightResponse(answer, login, httpMethod);
			count += 1;
			// Without qop there is no counter, so the answer is valid for one request only.
			const isExpectedCount = answer?.qop === undefined ? count === 1 : Number.parseInt(answer.nc ?? '', 16) === count;
			if (knowsPassword && answer.nonce === nonce && isExpectedCount) {
				return undefined;
			}

			nonce = randomBytes(16).toString('base64');
			count = 0;
			return {nonce, stale: knowsPassword};
		},
	};
}

/** The `WWW-authenticate` headers of a challenge, one for each algorithm. */
export function simulatedChallengeHeaders({nonce, stale}: ServerChallenge): string[] {
	return algorithms.map(
		algorithm => `Digest qop="auth",algorithm=${algorithm},realm="${realm}",nonce="${nonce}",stale=${stale}`,
	);
}

type DigestAnswer = Readonly<Partial<Record<string, string>>>;

function parseDigest(authorization: string | undefined): DigestAnswer | undefined {
	// Node decodes headers as Latin-1; user names are UTF-8.
	const [, fields] = /^Digest\s+(.*)$/is.exec(Buffer.from(authorization ?? '', 'latin1').toString('utf8')) ?? [];
	if (fields === undefined) {
		return undefined;
	}

	const matches = fields.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/g);
	return Object.fromEntries(
		[...matches].map(([, name = '', quoted, token]) => [
			name.toLowerCase(),
			quoted?.replace(/\\(.)/g, '$1') ?? token ?? '',
		]),
	);
}

function isRightResponse(answer: DigestAnswer, {username, password}: ServerLogin, httpMethod: string): boolean {
	const {nonce = '', cnonce = '', nc = '', qop, uri = '', algorithm = 'MD5'} = answer;
	const isSession = algorithm.toLowerCase() === 'md5-sess';
	if (
		answer.username !== username ||
		answer.realm !== realm ||
		(!isSession && algorithm.toLowerCase() !== 'md5') ||
		(qop !== undefined && qop.toLowerCase() !== 'auth')
	) {
		return false;
	}

	const user = md5(`${username}:${realm}:${password}`);
	const key = isSession ? md5(`${user}:${nonce}:${cnonce}`) : user;
	const request = md5(`${httpMethod}:${uri}`);
	const counted = qop === undefined ? '' : `${nc}:${cnonce}:${qop}:`;
	return answer.response?.toLowerCase() === md5(`${key}:${nonce}:${counted}${request}`);
}

function md5(text: string): string {
	return createHash('md5').update(text).digest('hex');
}
