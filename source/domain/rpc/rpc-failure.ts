import type {LoginRefusal, NoAnswerCause, RpcOutcome} from '../ports.js';
import {latencyText} from '../quantity.js';
import {cleanText} from '../text.js';
import {type ForeignService, serviceText} from './foreign-service.js';

/** Whether something answered in HTTP at all. */
export function isAnswer(outcome: RpcOutcome): boolean {
	return outcome.kind !== 'no_answer' || outcome.cause === 'not_http';
}

const contentWords = {
	html: 'an HTML page',
	json: 'other JSON',
	text: 'plain text',
	empty: 'an empty response',
} as const;

const loginWords: Readonly<Record<LoginRefusal, string>> = {
	none_given: 'login required: no user and password are configured',
	wrong: 'login refused: wrong user or password',
	stale: 'login failed: every nonce is stale, so a proxy probably splits the connection',
	unreadable: 'not checkable from here: the password cannot be read',
	unsupported: 'login failed: the server does not offer Digest authentication',
};

/** The causes that lie on this side: they say nothing of the server. */
const ownCauses: ReadonlySet<NoAnswerCause> = new Set(['not_checkable', 'tls_ca_unreadable', 'aborted']);

/** Whether a failed connection says nothing of the server, because it failed on this side. */
export function isOwnCause(cause: NoAnswerCause): boolean {
	return ownCauses.has(cause);
}

/** Whether an outcome says nothing of the server: what is needed for the call is missing on this side. */
export function isUncheckable(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer'
		? isOwnCause(outcome.cause)
		: outcome.kind === 'login_refused' && outcome.refusal === 'unreadable';
}

/** Causes whose words are those of the failure itself. */
type OwnWords =
	| 'timeout'
	| 'other'
	| 'not_checkable'
	| 'tls_ca_unreadable'
	| 'tls_untrusted'
	| 'tls_expired'
	| 'tls_not_yet_valid'
	| 'tls_wrong_name';

const noAnswerWords: Readonly<Record<Exclude<NoAnswerCause, OwnWords>, string>> = {
	refused: 'connection refused',
	reset: 'connection reset',
	closed: 'connection closed without a response',
	unresolved: 'the host name does not resolve',
	unreachable: 'host unreachable',
	not_http: 'the server on this port does not speak HTTP',
	truncated: 'the response was cut off',
	tls_self_signed: 'the certificate is not trusted: it is self-signed',
	tls_fingerprint: 'the certificate is not the pinned one',
	tls_not_spoken: 'the port does not speak TLS',
	aborted: 'the check was cancelled',
};

/** Says in plain words why a connection gave nothing. */
export function noAnswerText(cause: NoAnswerCause, error: string, timeoutMs: number): string {
	switch (cause) {
		case 'timeout':
			return `no response within ${latencyText(timeoutMs)}`;
		case 'other':
		case 'tls_expired':
		case 'tls_not_yet_valid':
		case 'tls_wrong_name':
			return cleanText(error);
		case 'tls_untrusted':
			return ['the certificate is not trusted', cleanText(error)].filter(Boolean).join(': ');
		case 'not_checkable':
		case 'tls_ca_unreadable':
			return `not checkable from here: ${cleanText(error)}`;
		default:
			return noAnswerWords[cause];
	}
}

/** Why a call failed: in plain words, and in the words of the system or server. */
export interface Failure {
	readonly reason: string;
	readonly error: string;
	readonly status_code?: number;
}

/** What answers there instead, where it says so. */
export function foreignServiceOf(outcome: RpcOutcome): ForeignService | undefined {
	return outcome.kind === 'no_answer' || outcome.kind === 'http_error' ? outcome.service : undefined;
}

/**
 * Explains any outcome that is no result.
 * @param expected what should answer there
 */
export function explainFailure(
	outcome: Exclude<RpcOutcome, {kind: 'result'}>,
	timeoutMs: number,
	expected = 'monero-wallet-rpc',
): Failure {
	const failure = explainOutcome(outcome, timeoutMs);
	const service = foreignServiceOf(outcome);
	return service === undefined ? failure : {...failure, reason: `this is ${serviceText(service)}, not ${expected}`};
}

function explainOutcome(outcome: Exclude<RpcOutcome, {kind: 'result'}>, timeoutMs: number): Failure {
	switch (outcome.kind) {
		case 'rpc_error': {
			const error = `JSON-RPC error ${outcome.code}: ${cleanText(outcome.message)}`;
			return {reason: error, error};
		}

		case 'http_error': {
			const error = cleanText(`HTTP ${outcome.statusCode} ${outcome.statusText}`);
			const isRedirect = outcome.statusCode >= 300 && outcome.statusCode < 400;
			return {
				reason: isRedirect ? `redirected (${error}); redirects are not followed` : `the server answered ${error}`,
				error,
				status_code: outcome.statusCode,
			};
		}

		case 'login_refused': {
			const reason = loginWords[outcome.refusal];
			const detail = outcome.error === undefined ? '' : cleanText(outcome.error);
			return {
				reason: outcome.refusal === 'unreadable' && detail ? `not checkable from here: ${detail}` : reason,
				error: detail || 'HTTP 401 Unauthorized',
				status_code: 401,
			};
		}

		case 'not_rpc': {
			const error = `answered with ${contentWords[outcome.content]}`;
			return {reason: `another service answers on this port, with ${contentWords[outcome.content]}`, error};
		}

		case 'too_large': {
			const error = `the response is longer than ${outcome.limitBytes / 1024} KiB`;
			return {reason: `another service answers on this port: ${error}`, error};
		}

		case 'no_answer':
			return {
				reason: noAnswerText(outcome.cause, outcome.error, timeoutMs),
				error: cleanText(outcome.error) || noAnswerText(outcome.cause, outcome.error, timeoutMs),
			};
	}
}
