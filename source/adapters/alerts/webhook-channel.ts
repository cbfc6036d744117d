import type {Response} from 'node-fetch';
import type {AlertChannel, Delivery, HeartbeatOptions, SendHeartbeat} from '../../domain/alerts/outbox.js';
import {type WebhookFormatName, type WebhookMessage, webhookFormats} from '../../domain/alerts/webhook-formats.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import {noRpcAnswerText} from '../../domain/rpc/wallet-rpc.js';
import {shellWord} from '../../domain/text.js';
import {networkFailure} from '../network/network-error.js';
import {readFileExposure, readSecretFile} from '../secret-file.js';

const defaultTimeLimitMs = 10_000;

/** How alerts are posted. */
export interface WebhookOptions {
	readonly target: WebhookTarget;
	readonly userAgent: string;
	/** Default `json`: the alert itself. */
	readonly format?: WebhookFormatName;
	/** Limits a whole exchange; default 10 s. */
	readonly timeLimitMs?: number;
	/** Called with the HTTP status of every response. */
	readonly onStatus?: (status: number) => void;
}

/**
 * Posts every alert as JSON. A 2xx status means delivered. Redirects are not followed, because they would send the alert to
 * a place that the user did not choose. No message contains any part of the URL.
 */
export function createWebhookChannel(options: WebhookOptions): AlertChannel {
	const {target, userAgent, format = 'json', timeLimitMs = defaultTimeLimitMs, onStatus} = options;
	const {write, ...more}: (typeof webhookFormats)[WebhookFormatName] = webhookFormats[format];
	const url = urlWithPath(target.url, 'path' in more ? more.path : undefined);
	const refusals = new WeakSet<Delivery>();
	return {
		name: 'webhook',
		isRefused: delivery => refusals.has(delivery),
		deliver: async (alert, signal) => {
			const timeout = AbortSignal.timeout(timeLimitMs);
			try {
				const {default: fetch} = await import('node-fetch');
				// node-fetch throws an uncatchable error when it is given a signal that has already aborted.
				signal.throwIfAborted();
				timeout.throwIfAborted();
				const {body, headers}: WebhookMessage = write(alert);
				const response = await fetch(url, {
					method: 'POST',
					body,
					headers: compact({
						'content-type': 'application/json',
						// The server may close a kept-alive connection at the moment it is reused.
						connection: 'close',
						'user-agent': userAgent,
						'idempotency-key': alert.id,
						authorization: target.authorization,
						...headers,
					}),
					redirect: 'manual',
					signal: AbortSignal.any([signal, timeout]),
				});
				onStatus?.(response.status);
				const outcome = outcomeOf(response);
				if (isFinalRefusal(response.status)) {
					refusals.add(outcome);
				}

				return outcome;
			} catch (error) {
				return {kind: 'failed', reason: timeout.aborted ? timeoutText(timeLimitMs) : reasonOf(error, timeLimitMs)};
			}
		},
	};
}

/** The URL with the default path of a format, unless it has a path. */
function urlWithPath(text: string, path: string | undefined): string {
	const url = new URL(text);
	if (path !== undefined && url.pathname === '/') {
		url.pathname = path;
	}

	return url.href;
}

/** Whether a status means that this alert will never be accepted; other alerts may be. */
const isFinalRefusal = (status: number): boolean =>
	status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;

const timeoutText = (timeLimitMs: number): string => noRpcAnswerText('timeout', '', timeLimitMs);

/** The body is not read: it may be endless. */
function outcomeOf({ok, status, headers, body}: Response): Delivery {
	(body as (NodeJS.ReadableStream & {destroy: () => void}) | null)?.on('error', () => undefined).destroy();
	if (ok) {
		return {kind: 'delivered'};
	}

	const retryAfterMs = retryAfterMsOf(headers.get('retry-after'));
	const redirects = status >= 300 && status < 400 ? '; redirects are not followed' : '';
	return compact({
		kind: 'failed',
		reason: `the server answered HTTP ${status}${redirects}`,
		retryAfterMs,
	});
}

/** Parses a `Retry-After` header: seconds, or a date. */
function retryAfterMsOf(text: string | null): number | undefined {
	const ms =
		text === null ? Number.NaN : /^\d{1,300}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
	return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Uses the error's code: its message contains the URL. */
function reasonOf(error: unknown, timeLimitMs: number): string {
	const {code} = error as NodeJS.ErrnoException;
	const words = typeof code === 'string' && /^[A-Z\d_]+$/.test(code) ? code : 'the request failed';
	if (/CERT|LEAF_SIGNATURE/.test(words)) {
		return `${noRpcAnswerText('tls_untrusted', '', timeLimitMs)} (${words})`;
	}

	return noRpcAnswerText(networkFailure(error).cause, words, timeLimitMs);
}

const maxUrlLength = 8192;

/** Where alerts are posted. The whole of it is secret: no message contains any part of it. */
export interface WebhookTarget {
	readonly url: string;
	/** The `Authorization` header made from the URL's user information. */
	readonly authorization?: string;
}

/**
 * Reads a webhook's URL from the first line of a file.
 * @param onNote called when other users can read the file
 * @param flag the flag that named the file, for errors
 * @throws InputError
 */
export async function readWebhookFile(
	file: string,
	onNote: (note: string) => void,
	flag = '--webhook-file',
): Promise<WebhookTarget> {
	const read = await readSecretFile(file, 'URL');
	if ('error' in read) {
		throw new InputError('bad_usage', `${flag} ${file} cannot be used: ${read.error}`);
	}

	const target = parseWebhookUrl(read.text.trimStart().split('\n')[0] ?? '', `${flag} ${file}`);
	const who = readFileExposure(file);
	if (who) {
		onNote(`${flag} ${file} can be read by ${who}; try: chmod 600 ${shellWord(file)}`);
	}

	return target;
}

/**
 * Parses a webhook's URL.
 * @param where where it comes from, for errors
 * @throws InputError, without the URL
 */
export function parseWebhookUrl(text: string, where: string): WebhookTarget {
	const trimmed = text.trim();
	if (trimmed === '') {
		throw new InputError('bad_usage', `${where} is empty: expected an http or https URL`);
	}

	const url = trimmed.length <= maxUrlLength && URL.canParse(trimmed) ? new URL(trimmed) : undefined;
	if (!url || !['http:', 'https:'].includes(url.protocol)) {
		throw new InputError('bad_usage', `${where} does not contain a valid http or https URL`);
	}

	const {username, password} = url;
	if (username === '' && password === '') {
		return {url: url.href};
	}

	url.username = '';
	url.password = '';
	const login = `${decoded(username)}:${decoded(password)}`;
	return {url: url.href, authorization: `Basic ${Buffer.from(login).toString('base64')}`};
}

/** A percent-decoded part of a URL; one that cannot be decoded is used as it is. */
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/**
 * Opens the heartbeat to the service that watches this monitor. No message contains any part of the URL.
 * @throws InputError for a file or a URL that cannot be used
 */
export async function openHeartbeat(
	{file, url = '', onNote}: HeartbeatOptions,
	userAgent: string,
): Promise<SendHeartbeat> {
	const target =
		file === undefined
			? parseWebhookUrl(url, 'XMRTOP_HEARTBEAT')
			: await readWebhookFile(file, onNote, '--heartbeat-file');
	return async (isFailing, signal) => {
		const to = new URL(target.url);
		if (isFailing) {
			to.pathname = `${to.pathname.replace(/\/$/, '')}/fail`;
		}

		const timeout = AbortSignal.timeout(defaultTimeLimitMs);
		try {
			const {default: fetch} = await import('node-fetch');
			signal.throwIfAborted();
			const response = await fetch(to.href, {
				headers: {
					connection: 'close',
					'user-agent': userAgent,
					...(target.authorization === undefined ? {} : {authorization: target.authorization}),
				},
				redirect: 'manual',
				signal: AbortSignal.any([signal, timeout]),
			});
			(response.body as (NodeJS.ReadableStream & {destroy: () => void}) | null)?.on('error', () => undefined).destroy();
			return response.ok ? undefined : `the server answered HTTP ${response.status}`;
		} catch (error) {
			const {code} = error as NodeJS.ErrnoException;
			const cause = timeout.aborted ? 'timeout' : networkFailure(error).cause;
			return noRpcAnswerText(cause, typeof code === 'string' ? code : 'the request failed', defaultTimeLimitMs);
		}
	};
}
