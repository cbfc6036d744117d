import * as v from 'valibot';
import {compact} from '../../domain/compact.js';
import {hostInUrl} from '../../domain/daemon-address.js';
import type {CallOptions, RpcEndpoint, RpcOutcome} from '../../domain/ports.js';
import {type JsonBounds, JsonScan} from '../../domain/remote/sanitize-json.js';
import {recognizeHttpService} from '../../domain/rpc/wallet-rpc.js';
import {cleanText} from '../../domain/text.js';
import {connectAndListen, PeerKnowledge} from './connect.js';
import {ConnectionSlots, Semaphore} from './connection-slots.js';
import {abortedCall, CallDeadline, latencyClockMs} from './deadline.js';
import {DigestLogin, type LoginAttempt, type LoginStep} from './digest-session.js';
import {
	type ExchangeEnd,
	exchangeHttp,
	type HttpRequest,
	KeptConnection,
	type OpenSocket,
	type SecureSocket,
} from './http-exchange.js';
import type {NetworkFailure} from './network-error.js';

/** The default limit on the length of an answer, in bytes. */
const defaultMaxBytes = 1024 * 1024;

/**
 * Sends calls to one endpoint over its one kept-alive connection, one at a time, and logs in when the server asks for it.
 */
export class RpcConnection {
	/** When a call last ended, in milliseconds of `performance.now()`. */
	lastUsedMs = performance.now();
	readonly #mutex = new Semaphore(1);
	readonly #connection: KeptConnection;
	readonly #hostHeader: string;
	#digest: DigestLogin | undefined;
	#bounds: CallDeadline | undefined;
	#isClosed = false;
	/** Whether a connection was lost since the last answer without being closed here or announced. */
	#wasLost = false;
	/** Whether the connection is open between calls and holds its slot. */
	#isKept = false;

	/**
	 * @param secure starts TLS, for an endpoint that uses it
	 * @param slots limits the connections of all endpoints together; default: no limit
	 * @param peer shared by every connection to the same address
	 */
	constructor(
		private readonly endpoint: RpcEndpoint,
		secure?: SecureSocket,
		private readonly slots: ConnectionSlots = new ConnectionSlots(),
		private readonly peer = new PeerKnowledge(),
	) {
		this.#connection = new KeptConnection(openerFor(endpoint, peer, secure), () => {
			this.#wasLost = true;
			peer.lost();
		});
		const {host, port, tls} = endpoint;
		const isDefaultPort = port === (tls ? 443 : 80);
		// The zone of a link-local address is valid on this machine only.
		this.#hostHeader = hostInUrl(host.replace(/%.*/, '')) + (isDefaultPort ? '' : `:${port}`);
	}

	/** Whether no call is in progress. */
	get isIdle(): boolean {
		return !this.#mutex.isFull;
	}

	/**
	 * Sends one body. Its timeout starts when the calls before it are done. Never rejects.
	 * @param maxBytes the longest answer to read
	 */
	async call(body: string, options: CallOptions, maxBytes = defaultMaxBytes): Promise<RpcOutcome> {
		if (options.signal?.aborted) {
			return noAnswer(abortedCall, 0);
		}

		if (!this.#mutex.tryTake() && !(await this.#mutex.wait(options.signal))) {
			return noAnswer(abortedCall, 0);
		}

		// A kept-alive connection has its slot already; waiting for a slot does not count towards the call's timeout.
		if (!this.#takeKept() && !this.slots.tryTake() && !(await this.slots.wait(options.signal))) {
			this.#mutex.give();
			return noAnswer(abortedCall, 0);
		}

		if (options.answeredBefore) {
			this.peer.answeredBefore();
		}

		const bounds = new CallDeadline(options);
		this.#bounds = bounds;
		try {
			return this.#isClosed ? noAnswer(abortedCall, 0) : await this.#converse(this.#request(body, maxBytes), bounds);
		} finally {
			bounds.release();
			this.#keepOrDrop();
			this.lastUsedMs = performance.now();
			this.#mutex.give();
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

	/** Aborts the call in progress and the waiting ones, and closes the connection. */
	close(): void {
		this.#isClosed = true;
		this.#bounds?.giveUp(abortedCall);
		this.#connection.drop();
		if (this.#takeKept()) {
			this.slots.give();
		}
	}

	async #converse(request: HttpRequest, bounds: CallDeadline): Promise<RpcOutcome> {
		const attempt: LoginAttempt = {staleAnswers: 0, answeredMs: 0, hasReread: false};
		let retriedAfter = -1;
		const first = this.#digest?.first();
		let authorization = typeof first === 'object' ? await bounds.within(first) : first;
		for (;;) {
			const end = await exchangeHttp(this.#connection, withLogin(request, authorization), bounds);
			if (end.kind === 'failed') {
				this.#digest?.forget();
				this.#wasLost = true;
				this.peer.failed(end.failure.cause);
				// A proxy may close the connection between any two answers; closing it twice without an answer in between is a
				// failure.
				if (!end.wasClosedBefore || attempt.staleAnswers === retriedAfter) {
					return this.#failureAfter(attempt, this.peer.proxyWait.explain(end.failure), bounds);
				}

				retriedAfter = attempt.staleAnswers;
				authorization = undefined;
				continue;
			}

			this.peer.spokeHttp();

			if (end.kind === 'too_large' || end.statusCode !== 401) {
				return this.#outcomeOf(end, request, authorization !== undefined);
			}

			const step = await this.#handleRefusal(end, authorization, {attempt, bounds});
			if ('failure' in step) {
				return this.#failureAfter(attempt, step.failure, bounds);
			}

			if ('refusal' in step) {
				return {kind: 'login_refused', ...step, latencyMs: end.latencyMs};
			}

			authorization = step.authorization;
		}
	}

	/** Decides what to do after a 401, and pauses if answering at once has not helped. */
	async #handleRefusal(
		{challenges, socket}: Extract<ExchangeEnd, {kind: 'answer'}>,
		authorization: string | undefined,
		{attempt, bounds}: {readonly attempt: LoginAttempt; readonly bounds: CallDeadline},
	): Promise<LoginStep | {readonly failure: NetworkFailure}> {
		attempt.answeredMs = latencyClockMs();
		this.#digest ??= new DigestLogin(this.endpoint.login, {method: 'POST', uri: this.endpoint.path});
		const step = await bounds.within(this.#digest.handleRefusal({challenges, socket, authorization}, attempt));
		const pauseMs = step && 'authorization' in step ? this.#digest.pauseMsBefore(attempt.staleAnswers) : 0;
		const mayGoOn = step && (pauseMs === 0 || (await bounds.pause(pauseMs)));
		return mayGoOn ? step : {failure: bounds.failure ?? abortedCall};
	}

	/** A call whose time was used up by answers rejected as stale did get answers: it is a refused login, not a timeout. */
	#failureAfter(attempt: LoginAttempt, failure: NetworkFailure, {startedMs}: CallDeadline): RpcOutcome {
		const latencyMs = latencyClockMs() - startedMs;
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

	#outcomeOf(
		end: Exclude<ExchangeEnd, {kind: 'failed'}>,
		{maxAnswerBytes: limitBytes, wantsDate}: HttpRequest,
		hadLogin: boolean,
	): RpcOutcome {
		const {latencyMs, statusCode, statusText, server} = end;
		if (statusCode !== 200 && statusCode !== 401) {
			const service = recognizeHttpService(statusText, server);
			const error = compact({statusCode, statusText: cleanText(statusText), service});
			return {kind: 'http_error', ...error, latencyMs};
		}

		if (end.kind === 'too_large') {
			return end.isHtml ? {kind: 'not_rpc', content: 'html', latencyMs} : {kind: 'too_large', limitBytes, latencyMs};
		}

		this.#digest?.accepted(end.socket);
		const outcome = parseRpcAnswer(end.body, latencyMs);
		const hasReconnected = this.#wasLost;
		this.#wasLost = false;
		const serverTimeMs = end.date === undefined ? Number.NaN : Date.parse(end.date);
		const dated = Number.isNaN(serverTimeMs) ? outcome : {...outcome, serverTimeMs};
		const seen: RpcOutcome = hadLogin && wantsDate ? {...dated, isLoggedIn: true} : dated;
		return hasReconnected ? {...seen, hasReconnected} : seen;
	}
}

function withLogin(request: HttpRequest, authorization: string | undefined): HttpRequest {
	return authorization === undefined
		? request
		: {...request, headers: [...request.headers, 'Authorization', authorization]};
}

function noAnswer({cause, error, service}: NetworkFailure, latencyMs: number): RpcOutcome {
	return compact({kind: 'no_answer', cause, error, service, latencyMs});
}

function openerFor(
	{host, port, proxy}: RpcEndpoint,
	peer: PeerKnowledge,
	secure: SecureSocket | undefined,
): OpenSocket {
	return async stop => {
		const connected = await connectAndListen({host, port, proxy}, peer, stop);
		return secure ? {...connected, socket: await secure(connected.socket, stop)} : connected;
	};
}

/** The largest answer of any method has about 100 values in 5 levels (the hard forks in a daemon's `get_version`). */
const bounds: JsonBounds = {depth: 32, values: 4000};

/**
 * Parses the body of a 200.
 * @param latencyMs how long the exchange took
 */
function parseRpcAnswer(body: Buffer, latencyMs: number): RpcOutcome {
	if (new JsonScan(bounds).take(body) !== undefined) {
		return {kind: 'not_rpc', content: 'json', latencyMs};
	}

	const text = body.toString();
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return {kind: 'not_rpc', content: contentOf(text), latencyMs};
	}

	if (!v.is(answerSchema, json)) {
		return {kind: 'not_rpc', content: 'json', latencyMs};
	}

	const {error, result} = json;
	if (error !== undefined && error !== null) {
		return v.is(errorSchema, error)
			? {kind: 'rpc_error', code: error.code, message: cleanText(error.message), latencyMs}
			: {kind: 'not_rpc', content: 'json', latencyMs};
	}

	return result === undefined ? {kind: 'not_rpc', content: 'json', latencyMs} : {kind: 'result', result, latencyMs};
}

const answerSchema = v.looseObject({
	jsonrpc: v.literal('2.0'),
	error: v.optional(v.unknown()),
	result: v.optional(v.unknown()),
});
const errorSchema = v.looseObject({code: v.number(), message: v.string()});

function contentOf(body: string): 'html' | 'text' | 'empty' {
	const text = body.trim();
	if (text === '') {
		return 'empty';
	}

	return /^<[!?a-z]/i.test(text) ? 'html' : 'text';
}
