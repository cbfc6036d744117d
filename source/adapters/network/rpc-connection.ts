import {hostInUrl} from '../../domain/daemon-address.js';
import type {CallOptions, RpcEndpoint, RpcOutcome} from '../../domain/ports.js';
import {cleanText} from '../../domain/text.js';
import {aborted, CallBounds} from './call-bounds.js';
import {DigestLogin, type LoginStep} from './digest-login.js';
import {type ExchangeEnd, exchange} from './http-exchange.js';
import {KeptConnection, type OpenSocket} from './kept-connection.js';
import type {NetworkFailure} from './network-error.js';
import {readRpcAnswer} from './rpc-answer.js';
import {Turns} from './turns.js';

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

	constructor(
		private readonly endpoint: RpcEndpoint,
		openSocket?: OpenSocket,
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

	/** Sends one body. Its time begins when those before it are done. Never rejects. */
	async call(body: string, options: CallOptions): Promise<RpcOutcome> {
		if (options.signal?.aborted) {
			return noAnswer(aborted, 0);
		}

		if (!this.#turns.tryTake() && !(await this.#turns.wait(options.signal))) {
			return noAnswer(aborted, 0);
		}

		const bounds = new CallBounds(options);
		this.#bounds = bounds;
		try {
			return this.#isClosed ? noAnswer(aborted, 0) : await this.#converse(body, bounds);
		} finally {
			bounds.release();
			this.lastUsedMs = performance.now();
			this.#turns.give();
		}
	}

	/** Ends the call under way and those waiting, and closes the connection. */
	close(): void {
		this.#isClosed = true;
		this.#bounds?.giveUp(aborted);
		this.#connection.drop();
	}

	async #converse(body: string, bounds: CallBounds): Promise<RpcOutcome> {
		const attempt = {staleAnswers: 0, hasReread: false};
		let mayRetry = true;
		const first = this.#digest?.first();
		let authorization = typeof first === 'object' ? await bounds.within(first) : first;
		for (;;) {
			const end = await exchange(this.#connection, this.#request(body, authorization), bounds);
			if (end.kind === 'failed') {
				this.#digest?.forget();
				if (!end.wasClosedBefore || !mayRetry) {
					return noAnswer(end.failure, performance.now() - bounds.startedMs);
				}

				mayRetry = false;
				authorization = undefined;
				continue;
			}

			if (end.kind === 'too_large' || end.statusCode !== 401) {
				return this.#outcomeOf(end);
			}

			this.#digest ??= new DigestLogin(this.endpoint.login, {method: 'POST', uri: this.endpoint.path});
			const refused = {challenges: end.challenges, socket: end.socket, authorization};
			const step: LoginStep | undefined = await bounds.within(this.#digest.meet(refused, attempt));
			if (!step) {
				return noAnswer(bounds.failure ?? aborted, performance.now() - bounds.startedMs);
			}

			if ('refusal' in step) {
				return {kind: 'login_refused', ...step, latencyMs: end.latencyMs};
			}

			authorization = step.authorization;
		}
	}

	#request(body: string, authorization: string | undefined) {
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
		if (authorization !== undefined) {
			headers.push('Authorization', authorization);
		}

		return {host, port, path, headers, body};
	}

	#outcomeOf(end: Exclude<ExchangeEnd, {kind: 'failed'}>): RpcOutcome {
		const {latencyMs} = end;
		if (end.kind === 'too_large') {
			return {kind: 'too_large', latencyMs};
		}

		if (end.statusCode !== 200) {
			return {kind: 'http_error', statusCode: end.statusCode, statusText: cleanText(end.statusText), latencyMs};
		}

		this.#digest?.accepted(end.socket);
		return readRpcAnswer(end.body, latencyMs);
	}
}

function noAnswer({cause, error}: NetworkFailure, latencyMs: number): RpcOutcome {
	return {kind: 'no_answer', cause, error, latencyMs};
}
