/** One challenge of a 401, as the server wrote it. */
export interface Challenge {
	/** In lower case. */
	readonly scheme: string;
	/** By lower-case name; quotes removed. Each character stands for one byte, as in every header. */
	readonly parameters: ReadonlyMap<string, string>;
}

/** A Digest challenge that can be answered. */
export interface DigestChallenge {
	/** As offered, to be echoed; absent when the server named none (MD5). */
	readonly algorithm?: string;
	readonly hash: 'md5' | 'sha256';
	/** A `-sess` algorithm: the cnonce is part of the key. */
	readonly isSession: boolean;
	readonly realm: string;
	readonly nonce: string;
	readonly opaque?: string;
	/** False: the older form of RFC 2069, without counter and cnonce. */
	readonly hasQop: boolean;
	/** The last answer was right, but for a nonce that is no longer valid. */
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

/** The algorithms we can answer, strongest first. */
const algorithms = [
	{name: 'sha-256', hash: 'sha256', isSession: false},
	{name: 'sha-256-sess', hash: 'sha256', isSession: true},
	{name: 'md5', hash: 'md5', isSession: false},
	{name: 'md5-sess', hash: 'md5', isSession: true},
] as const;

/** The strongest Digest challenge that can be answered; `undefined` when there is none (only Basic, say). */
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

	return {
		...(name === undefined ? {} : {algorithm: name}),
		hash: algorithm.hash,
		isSession: algorithm.isSession,
		realm: parameters.get('realm') ?? '',
		nonce,
		...(opaque === undefined ? {} : {opaque}),
		hasQop: qop !== undefined,
		isStale: parameters.get('stale')?.toLowerCase() === 'true',
	};
}
