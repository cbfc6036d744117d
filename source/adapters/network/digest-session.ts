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

/** A 401, as far as a login cares. */
export interface Refused {
	/** Every `WWW-Authenticate` header. */
	readonly challenges: readonly string[];
	/** The connection it came on: monero's nonces are worth nothing on another. */
	readonly socket: Socket;
	/** The header that was refused; `undefined` for a plain request. */
	readonly authorization: string | undefined;
}

/** What follows a 401: another try with this header, or the end. */
export type LoginStep = {readonly authorization: string} | {readonly refusal: LoginRefusal; readonly error?: string};

/** What one call has spent already. A new one for each call. */
export interface LoginAttempt {
	/** How many right answers were called stale. */
	staleAnswers: number;
	/** When the server last refused something, by `latencyClockMs`. */
	answeredMs: number;
	hasReread: boolean;
}

/** Other clients of a connection pool break a nonce between two of our requests: answering at once usually works by the third try. */
const answersPerBurst = 6;
/** Of a server that called every answer of a whole call stale. */
const answersPerShortBurst = 2;
const minPauseMs = 25;
const maxPauseMs = 400;

/** The login on one connection: remembers the challenge that is being answered, and on which socket. */
export class DigestLogin {
	#session: Session | undefined;
	/** Whether the last call ended without an answer that was not called stale. */
	#isHopeless = false;

	constructor(
		private readonly login: Login | undefined,
		private readonly target: RequestTarget,
	) {}

	/** The header for a call's first request, while the connection that was logged in lasts; else ask plainly. */
	first(): string | undefined | Promise<string | undefined> {
		const session = this.#session;
		if (!session || session.socket.destroyed || !session.socket.writable) {
			this.#session = undefined;
			return undefined;
		}

		// After a refusal the password may have been put right since.
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

	/** Notes that the server let the last header pass, on this connection. */
	accepted(socket: Socket): void {
		this.#isHopeless = false;
		if (this.#session) {
			this.#session.isProven = true;
			this.#session.socket = socket;
		}
	}

	/** Notes that every answer of a whole call was called stale. */
	gaveUp(): void {
		this.#isHopeless = true;
	}

	/**
	 * How long to wait before the next answer, in milliseconds: mostly not at all, because a nonce is best answered at once. Between
	 * bursts longer and longer, so that a server that calls everything stale gets tens of requests in a call, not thousands.
	 */
	pauseMsBefore(answers: number): number {
		const perBurst = this.#isHopeless ? answersPerShortBurst : answersPerBurst;
		if (answers === 0 || answers % perBurst !== 0) {
			return 0;
		}

		// Not in step with other clients that do the same.
		const longest = Math.min(maxPauseMs, minPauseMs * 2 ** (answers / perBurst - 1));
		return longest * (0.5 + Math.random() / 2);
	}

	/** Drops what was learned of the connection. */
	forget(): void {
		this.#session = undefined;
	}

	/**
	 * Decides what follows a 401. Never more than one answer to one challenge with one password. An answer that was called stale was
	 * right: the fresh challenge may be answered, as often as the caller has time. One that was not called stale was wrong.
	 */
	async meet({challenges, socket, authorization}: Refused, attempt: LoginAttempt): Promise<LoginStep> {
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

			return this.#meetWrong(challenge, last.credentials, socket, attempt);
		}

		const credentials = await readCredentials(this.login);
		return 'error' in credentials
			? {refusal: 'unreadable', error: credentials.error}
			: this.#answer(challenge, credentials, socket);
	}

	/** A wrong password is not tried twice; one that was changed meanwhile is another password. */
	async #meetWrong(
		challenge: DigestChallenge,
		refused: Credentials,
		socket: Socket,
		attempt: LoginAttempt,
	): Promise<LoginStep> {
		if (hasLogin(this.login) && isPasswordKeptOutside(this.login) && !attempt.hasReread) {
			attempt.hasReread = true;
			const read = await readCredentials(this.login);
			if ('error' in read) {
				// The password may have been changed, and what it is now cannot be read here.
				return {refusal: 'unreadable', error: read.error};
			}

			if (read.password !== refused.password || read.username !== refused.username) {
				return this.#answer(challenge, read, socket);
			}
		}

		// Kept, so that the next call is again one attempt and not a plain request and an attempt.
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
	/** The next header; counts up. */
	readonly authorize: () => string;
	socket: Socket;
	/** Whether the server has let an answer pass. */
	isProven: boolean;
}
