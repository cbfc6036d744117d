import type {Socket} from 'node:net';
import {hasLogin, isPasswordKeptOutside, type Login} from '../../domain/node/node.js';
import type {LoginRefusal} from '../../domain/ports.js';
import {
	type Credentials,
	createDigestAnswerer,
	type DigestChallenge,
	parseChallenges,
	type RequestTarget,
	readCredentials,
	strongestDigest,
} from './digest.js';

/** What a login needs to know of a 401. */
export interface Refused {
	/** Every `WWW-Authenticate` header. */
	readonly challenges: readonly string[];
	/** The connection it came on: monero's nonces are not valid on another. */
	readonly socket: Socket;
	/** The header that was rejected; `undefined` if the request had none. */
	readonly authorization: string | undefined;
}

/** What to do after a 401: retry with this header, or give up. */
export type LoginStep = {readonly authorization: string} | {readonly refusal: LoginRefusal; readonly error?: string};

/** What one call has used up so far; created for each call. */
export interface LoginAttempt {
	/** How many correct answers the server rejected as stale. */
	staleAnswers: number;
	/** When the server last rejected an answer, by `latencyClockMs`. */
	answeredMs: number;
	hasReread: boolean;
}

/**
 * Other clients of a connection pool invalidate a nonce between two of our requests: answering at once usually works by the
 * third try.
 */
const answersPerBurst = 6;
/** For a server that rejected every answer of a whole call as stale. */
const answersPerShortBurst = 2;
const minPauseMs = 25;
const maxPauseMs = 400;

/** The login on one connection: remembers the challenge it answers, and the socket of the challenge. */
export class DigestLogin {
	#session: Session | undefined;
	/** Whether every answer of the last call was rejected as stale. */
	#wasAlwaysStale = false;

	constructor(
		private readonly login: Login | undefined,
		private readonly target: RequestTarget,
	) {}

	/**
	 * The header for a call's first request, while the connection that is logged in lasts; else `undefined`, and the request
	 * is sent without one.
	 */
	first(): string | undefined | Promise<string | undefined> {
		const session = this.#session;
		if (!session || session.socket.destroyed || !session.socket.writable) {
			this.#session = undefined;
			return undefined;
		}

		// After a rejection the password may have been corrected.
		return !session.isProven && hasLogin(this.login) && isPasswordKeptOutside(this.login)
			? this.#firstOf(session, this.login)
			: session.authorize();
	}

	async #firstOf({challenge, socket}: Session, login: Login): Promise<string | undefined> {
		const credentials = await readCredentials(login);
		if ('error' in credentials) {
			this.#session = undefined;
			return undefined;
		}

		return this.#begin(challenge, credentials, socket).authorize();
	}

	/** Records that the server accepted the last header, on this connection. */
	accepted(socket: Socket): void {
		this.#wasAlwaysStale = false;
		if (this.#session) {
			this.#session.isProven = true;
			this.#session.socket = socket;
		}
	}

	/** Records that every answer of a whole call was rejected as stale. */
	gaveUp(): void {
		this.#wasAlwaysStale = true;
	}

	/**
	 * How long to wait before the next answer, in milliseconds: usually 0, because a nonce is best answered at once. The
	 * pause between bursts doubles, so that a server that rejects every answer as stale gets tens of requests in a call, not
	 * thousands.
	 */
	pauseMsBefore(answers: number): number {
		const perBurst = this.#wasAlwaysStale ? answersPerShortBurst : answersPerBurst;
		if (answers === 0 || answers % perBurst !== 0) {
			return 0;
		}

		// Jitter, so that other clients that do the same are not in step.
		const longest = Math.min(maxPauseMs, minPauseMs * 2 ** (answers / perBurst - 1));
		return longest * (0.5 + Math.random() / 2);
	}

	/** Forgets the challenge and its connection. */
	forget(): void {
		this.#session = undefined;
	}

	/**
	 * Decides what to do after a 401. A challenge is answered at most once with one password. An answer rejected as stale was
	 * correct: the new challenge may be answered, as often as the caller's time allows. Any other rejected answer was wrong.
	 */
	async handleRefusal({challenges, socket, authorization}: Refused, attempt: LoginAttempt): Promise<LoginStep> {
		const challenge = strongestDigest(parseChallenges(challenges));
		const last = this.#session;
		this.#session = undefined;
		if (!hasLogin(this.login)) {
			return {refusal: 'none_given'};
		}

		if (!challenge) {
			return {refusal: 'unsupported'};
		}

		if (authorization !== undefined && last) {
			if (challenge.isStale) {
				attempt.staleAnswers += 1;
				return this.#answer(challenge, last.credentials, socket);
			}

			return this.#handleWrongPassword(challenge, last.credentials, socket, attempt);
		}

		const credentials = await readCredentials(this.login);
		return 'error' in credentials
			? {refusal: 'unreadable', error: credentials.error}
			: this.#answer(challenge, credentials, socket);
	}

	/** A wrong password is not tried twice; one that was changed meanwhile counts as another password. */
	async #handleWrongPassword(
		challenge: DigestChallenge,
		refused: Credentials,
		socket: Socket,
		attempt: LoginAttempt,
	): Promise<LoginStep> {
		if (hasLogin(this.login) && isPasswordKeptOutside(this.login) && !attempt.hasReread) {
			attempt.hasReread = true;
			const read = await readCredentials(this.login);
			if ('error' in read) {
				// The password may have been changed, and the current one cannot be read here.
				return {refusal: 'unreadable', error: read.error};
			}

			if (read.password !== refused.password || read.username !== refused.username) {
				return this.#answer(challenge, read, socket);
			}
		}

		// Keeps the challenge, so that the next call again makes one attempt, not a request without a login and then an
		// attempt.
		this.#begin(challenge, refused, socket);
		return {refusal: 'wrong'};
	}

	#answer(challenge: DigestChallenge, credentials: Credentials, socket: Socket): LoginStep {
		return {authorization: this.#begin(challenge, credentials, socket).authorize()};
	}

	#begin(challenge: DigestChallenge, credentials: Credentials, socket: Socket): Session {
		const authorize = createDigestAnswerer(challenge, credentials, this.target);
		this.#session = {challenge, credentials, socket, authorize, isProven: false};
		return this.#session;
	}
}

interface Session {
	readonly challenge: DigestChallenge;
	readonly credentials: Credentials;
	/** Returns the next header; its counter goes up by one. */
	readonly authorize: () => string;
	socket: Socket;
	/** Whether the server has accepted an answer. */
	isProven: boolean;
}
