import type {Alert} from '../../domain/alerts/alert.js';
import type {Delivery} from '../../domain/alerts/alert-ports.js';
import {isTooOld} from '../../domain/alerts/outbox.js';

/** How often a delivery that fails is tried again, in milliseconds. */
export interface RetryTimes {
	/** After the first failure; doubled after every further one. Default 1 s. */
	readonly firstMs: number;
	/** Default 60 s. */
	readonly mostMs: number;
}

export const defaultRetryTimes: RetryTimes = {firstMs: 1000, mostMs: 60_000};
/** A receiver that wants to be left alone for longer gets its next alert late enough. */
const mostAskedMs = 300_000;

/** The attempts at one alert by one channel, while it is not delivered. */
export interface Attempts {
	readonly count: number;
	/** Those of them since it is too old. */
	readonly lateCount: number;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly notBeforeMs: number;
	/** How long that was away when it was set, in milliseconds. */
	readonly waitMs: number;
	/** Whether the receiver named that time. */
	readonly isAsked: boolean;
}

/** A failure of an alert, and what the attempts at it were before. */
export interface FailedAttempt {
	readonly before: Attempts | undefined;
	readonly outcome: Extract<Delivery, {kind: 'failed'}>;
	readonly alert: Alert;
}

/** The attempts at an alert after one more. */
export function attemptsAfter({before, outcome, alert}: FailedAttempt, times: RetryTimes, nowMs: number): Attempts {
	const {reason, retryAfterMs} = outcome;
	const count = (before?.count ?? 0) + 1;
	const ownMs = Math.min(times.mostMs, times.firstMs * 2 ** Math.min(count - 1, 30));
	const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, mostAskedMs));
	return {
		count,
		lateCount: (before?.lateCount ?? 0) + (isTooOld(alert, nowMs) ? 1 : 0),
		reason,
		notBeforeMs: nowMs + waitMs,
		waitMs,
		isAsked: retryAfterMs !== undefined,
	};
}

/** How long until the next attempt, in milliseconds; a clock that was set back does not make it longer than it was. */
export function restMs({notBeforeMs, waitMs}: Attempts, nowMs: number): number {
	const leftMs = notBeforeMs - nowMs;
	return leftMs > waitMs ? 0 : Math.max(0, leftMs);
}
