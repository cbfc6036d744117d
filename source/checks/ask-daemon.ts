import type {CallOptions, CallRpc, NoAnswerCause, RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {tlsOf} from './daemon-endpoint.js';

/** What finding out how a daemon speaks needs. */
export interface DaemonSpeech {
	/** The short form of the address. */
	readonly daemon: string;
	readonly callRpc: CallRpc;
	/** The daemons that were found to speak TLS alone; kept up to date. */
	readonly speakTls: Set<string>;
}

/** An answer, and the endpoint it came from: plain or TLS. */
interface Answer {
	readonly outcome: RpcOutcome;
	readonly endpoint: RpcEndpoint;
}

/**
 * Asks a daemon for `get_info`: plainly, then over TLS where it hangs up on that, as monero's programs do. What it speaks is
 * remembered. An endpoint that is https by configuration is asked over TLS alone.
 */
export async function askInfo(
	endpoint: RpcEndpoint,
	options: CallOptions,
	{daemon, callRpc, speakTls}: DaemonSpeech,
): Promise<Answer> {
	if (endpoint.tls) {
		return {outcome: await callRpc(endpoint, 'get_info', options), endpoint};
	}

	const overTls = {...endpoint, tls: tlsOf(endpoint.host, undefined)};
	if (speakTls.has(daemon)) {
		const outcome = await callRpc(overTls, 'get_info', options);
		if (hasSpokenTls(outcome) || mayBeDown(outcome)) {
			return {outcome, endpoint: overTls};
		}
	}

	speakTls.delete(daemon);
	const plain = await callRpc(endpoint, 'get_info', options);
	if (mayWantTls(plain)) {
		const timeoutMs = Math.max(1, options.timeoutMs - plain.latencyMs);
		const outcome = await callRpc(overTls, 'get_info', {...options, timeoutMs});
		if (hasSpokenTls(outcome)) {
			speakTls.add(daemon);
			return {outcome, endpoint: overTls};
		}
	}

	return {outcome: plain, endpoint};
}

const hungUp: ReadonlySet<string> = new Set(['closed', 'reset', 'truncated', 'not_http'] satisfies NoAnswerCause[]);

/** Whether a plain request met what a server of TLS does with one: it hangs up, or says 400. */
function mayWantTls(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer'
		? hungUp.has(outcome.cause)
		: outcome.kind === 'http_error' && outcome.statusCode === 400;
}

const tlsJudgements: ReadonlySet<string> = new Set([
	'tls_untrusted',
	'tls_fingerprint',
	'tls_ca_unreadable',
] satisfies NoAnswerCause[]);

/** Whether there is TLS on the other side, whatever came over it. */
function hasSpokenTls(outcome: RpcOutcome): boolean {
	return outcome.kind !== 'no_answer' || tlsJudgements.has(outcome.cause);
}

/** Whether the outcome says nothing of what is spoken there. */
function mayBeDown(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer' && !hungUp.has(outcome.cause) && outcome.cause !== 'tls_not_spoken';
}
