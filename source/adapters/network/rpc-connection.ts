import {hostInUrl} from '../../domain/daemon-address.js';
import type {CallOptions, RpcEndpoint, RpcOutcome} from '../../domain/ports.js';
import {cleanText} from '../../domain/text.js';
import {aborted, CallBounds} from './call-bounds.js';
import {ConnectionSlots} from './connection-slots.js';
import {DigestLogin, type LoginAttempt, type LoginStep} from './digest-login.js';
import {freeMs} from './free-clock.js';
import {type ExchangeEnd, exchange, type HttpRequest} from './http-exchange.js';
import {KeptConnection, type OpenSocket} from './kept-connection.js';
import type {NetworkFailure} from './network-error.js';
import {readRpcAnswer} from './rpc-answer.js';
import {Turns} from './turns.js';

/** The longest answer that is read where the caller names no other bound. */
const defaultMaxBytes = 1024 * 1024;

/** Sends calls to one endpoint over its one kept connection, one at a time, logging in when asked to. */
export class RpcConnection {
	/** When a call last ended, in milliseconds of `performance.now()`. */
	lastUsedMs = performance.now();
	readonly #turns = new Turns();
	readonly #connection: KeptConnection;
	readonly #hostHeader: string;
	#digest: DigestLogin | undefined;
	#bounds: CallBounds | undefined;
	#isClosed = false;
	/** Whether the connection is open between calls, and holds its slot. */
	#isKept = false;

	/** @param slots bounds the connections of all; default: without bound */
	constructor(
		private readonly endpoint: RpcEndpoint,
		openSocket?: OpenSocket,
		private readonly slots: ConnectionSlots = new ConnectionSlots(),
	) {
		this.#connection = new KeptConnection(openSocket);
		const {host, port, tls} = endpoint;
		const isDefaultPort = port === (tls ? 443 : 80);
		// The zone of a link-local address means something on this machine only.
		this.#hostHeader = hostInUrl(host.replace(/%.*/, '')) + (isDefaultPort ? '' : `:${port}`);
	}

	/** Whether nothing is under way. */
	get isIdle(): boolean {
		return !this.#turns.isTaken;
	}

	/**
	 * Sends one body. Its time begins when those before it are done. Never rejects.
	 * @param maxBytes the longest answer that is read
	 */
	async call(body: string, options: CallOptions, maxBytes = defaultMaxBytes): Promise<RpcOutcome> {
		if (options.signal?.aborted) {
			return noAnswer(aborted, 0);
		}

		if (!this.#turns.tryTake() && !(await this.#turns.wait(options.signal))) {
			return noAnswer(aborted, 0);
		}

		// A kept connection has its slot; waiting for one is no part of the call's time.
		if (!this.#takeKept() && !this.slots.tryTake() && !(await this.slots.wait(options.signal))) {
			this.#turns.give();
			return noAnswer(aborted, 0);
		}

		const bounds = new CallBounds(options);
		this.#bounds = bounds;
		try {
			return this.#isClosed ? noAnswer(aborted, 0) : await this.#converse(this.#request(body, maxBytes), bounds);
		} finally {
			bounds.release();
			this.#keepOrDrop();
			this.lastUsedMs = performance.now();
			this.#turns.give();
		}
	}

	#takeKept(): boolean {
		const wasKept = this.#isKept;
		if (wasKept) {
			this.#isKept = false;
			this.slots.unkeep();
		}

		return wasKept;
	}

	#keepOrDrop(): void {
		this.#isKept = this.#connection.socket !== undefined && !this.#isClosed && this.slots.tryKeep();
		if (!this.#isKept) {
			this.#connection.drop();
			this.slots.give();
		}
	}

	/** Ends the call under way and those waiting, and closes the connection. */
	close(): void {
		this.#isClosed = true;
		this.#bounds?.giveUp(aborted);
		this.#connection.drop();
		if (this.#takeKept()) {
			this.slots.give();
		}
	}

	async #converse(request: HttpRequest, bounds: CallBounds): Promise<RpcOutcome> {
		const attempt: LoginAttempt = {staleAnswers: 0, answeredMs: 0, hasReread: false};
		let retriedAfter = -1;
		const first = this.#digest?.first();
		let authorization = typeof first === 'object' ? await bounds.within(first) : first;
		for (;;) {
			const end = await exchange(this.#connection, withLogin(request, authorization), bounds);
			if (end.kind === 'failed') {
				this.#digest?.forget();
				// A proxy may close the connection between any two answers, but not again and again without one.
				if (!end.wasClosedBefore || attempt.staleAnswers === retriedAfter) {
					return this.#failureAfter(attempt, end.failure, bounds);
				}

				retriedAfter = attempt.staleAnswers;
				authorization = undefined;
				continue;
			}

			if (end.kind === 'too_large' || end.statusCode !== 401) {
				return this.#outcomeOf(end, request.maxAnswerBytes);
			}

			const step = await this.#meet(end, authorization, {attempt, bounds});
			if ('failure' in step) {
				return this.#failureAfter(attempt, step.failure, bounds);
			}

			if ('refusal' in step) {
				return {kind: 'login_refused', ...step, latencyMs: end.latencyMs};
			}

			authorization = step.authorization;
		}
	}

	/** Decides what follows a 401, and waits where answering at once has not helped. */
	async #meet(
		{challenges, socket}: Extract<ExchangeEnd, {kind: 'answer'}>,
		authorization: string | undefined,
		{attempt, bounds}: {readonly attempt: LoginAttempt; readonly bounds: CallBounds},
	): Promise<LoginStep | {readonly failure: NetworkFailure}> {
		attempt.answeredMs = freeMs();
		this.#digest ??= new DigestLogin(this.endpoint.login, {method: 'POST', uri: this.endpoint.path});
		const step = await bounds.within(this.#digest.meet({challenges, socket, authorization}, attempt));
		const pauseMs = step && 'authorization' in step ? this.#digest.pauseMsBefore(attempt.staleAnswers) : 0;
		const mayGoOn = step && (pauseMs === 0 || (await bounds.pause(pauseMs)));
		return mayGoOn ? step : {failure: bounds.failure ?? aborted};
	}

	/** Where the time was used up by answers that were called stale, the server did answer. */
	#failureAfter(attempt: LoginAttempt, failure: NetworkFailure, {startedMs}: CallBounds): RpcOutcome {
		const latencyMs = freeMs() - startedMs;
		const wasAnswering = attempt.answeredMs - startedMs > latencyMs / 2;
		if (failure.cause !== 'timeout' || attempt.staleAnswers < 2 || !wasAnswering) {
			return noAnswer(failure, latencyMs);
		}

		this.#digest?.gaveUp();
		return {kind: 'login_refused', refusal: 'stale', latencyMs};
	}

	#request(body: string, maxAnswerBytes: number): HttpRequest {
		const {host, port, path} = this.endpoint;
		const headers = [
			'Host',
			this.#hostHeader,
			'User-Agent',
			'xmrtop',
			'Content-Type',
			'application/json',
			'Content-Length',
			String(body.length),
		];
		return {host, port, path, headers, body, maxAnswerBytes, wantsDate: this.endpoint.program === 'daemon'};
	}

	#outcomeOf(end: Exclude<ExchangeEnd, {kind: 'failed'}>, limitBytes: number): RpcOutcome {
		const {latencyMs, statusCode, statusText} = end;
		if (statusCode !== 200 && statusCode !== 401) {
			return {kind: 'http_error', statusCode, statusText: cleanText(statusText), latencyMs};
		}

		if (end.kind === 'too_large') {
			return end.isHtml ? {kind: 'not_rpc', content: 'html', latencyMs} : {kind: 'too_large', limitBytes, latencyMs};
		}

		this.#digest?.accepted(end.socket);
		const outcome = readRpcAnswer(end.body, latencyMs);
		const serverTimeMs = end.date === undefined ? Number.NaN : Date.parse(end.date);
		return Number.isNaN(serverTimeMs) ? outcome : {...outcome, serverTimeMs};
	}
}

function withLogin(request: HttpRequest, authorization: string | undefined): HttpRequest {
	return authorization === undefined
		? request
		: {...request, headers: [...request.headers, 'Authorization', authorization]};
}

function noAnswer({cause, error}: NetworkFailure, latencyMs: number): RpcOutcome {
	return {kind: 'no_answer', cause, error, latencyMs};
}
