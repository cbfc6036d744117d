import {durationText} from '../../domain/format.js';
import type {HostLine, HostSpec, OpenLine} from '../../domain/remote/remote-nodes.js';

const firstBackoffMs = 1000;
const maxBackoffMs = 30_000;
/** When a timer is late by more than this, in milliseconds, this program or its machine was suspended. */
const standstillMs = 2000;

export interface ReconnectingLineOptions {
	readonly host: HostSpec;
	readonly openLine: OpenLine;
	/** The polling interval for hosts that are polled, in milliseconds. */
	readonly intervalMs: number;
	/** The timeout of a poll, or of the first document of a line, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document of a line must come from a new check. */
	readonly isFresh: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** @returns whether the document is valid */
	readonly onDocument: (value: unknown) => boolean;
	/** Called when the line broke, or no document came in time. */
	readonly onNoResponse: (complaint: string) => void;
}

/** Keeps a line to one host: reconnects with growing delays, and notices when the host falls silent. */
export interface ReconnectingLine {
	readonly open: () => void;
	/** Whether {@link askNow} has an effect. */
	readonly isAskable: () => boolean;
	/** Asks for a document from a new check, or reconnects at once if the line is broken. */
	readonly askNow: () => void;
	readonly setIntervalMs: (intervalMs: number) => void;
	/** While paused, documents are ignored and silence is not noticed. */
	readonly setPaused: (isPaused: boolean) => void;
	/** When the last document came, in milliseconds since the epoch. */
	readonly documentAtMs: () => number | undefined;
	/** Milliseconds between the last two documents; `undefined` before the second. */
	readonly periodMs: () => number | undefined;
	readonly stop: () => Promise<void>;
}

export function createReconnectingLine(options: ReconnectingLineOptions): ReconnectingLine {
	const {host, openLine, isFresh, answerMs, nowMs, onDocument, onNoResponse} = options;
	const limit = createHostResponseLimit(nowMs, answerMs);
	let {intervalMs} = options;
	let line: HostLine | undefined;
	let backoffMs = firstBackoffMs;
	let retryTimer: NodeJS.Timeout | undefined;
	let responseTimer: NodeJS.Timeout | undefined;
	let isPaused = false;
	const endings = new Set<Promise<void>>();

	const drop = (): void => {
		clearTimeout(responseTimer);
		const ending = line?.end();
		line = undefined;
		if (ending) {
			endings.add(ending);
			void ending.finally(() => endings.delete(ending));
		}
	};

	const broken = (complaint: string): void => {
		clearTimeout(responseTimer);
		clearTimeout(retryTimer);
		line = undefined;
		retryTimer = setTimeout(open, backoffMs);
		backoffMs = Math.min(backoffMs * 2, host.kind !== 'ssh' ? Math.min(maxBackoffMs, intervalMs) : maxBackoffMs);
		onNoResponse(complaint);
	};

	const watchForResponses = (): void => {
		clearTimeout(responseTimer);
		// When the host is polled, each request has its own timeout.
		if (!line || isPaused || line.askNow) {
			return;
		}

		const ms = limit.allowedMs();
		const beganMs = nowMs();
		responseTimer = setTimeout(() => {
			if (nowMs() - beganMs > ms + standstillMs) {
				// After a suspension, documents that have arrived are still to be read.
				watchForResponses();
				return;
			}

			limit.wasSilent();
			drop();
			broken(`no data for ${durationText(Math.round(ms / 1000) * 1000)}`);
		}, ms);
	};

	const take = (value: unknown): void => {
		limit.received();
		watchForResponses();
		if (!isPaused && onDocument(value)) {
			backoffMs = firstBackoffMs;
		}
	};

	const open = (): void => {
		clearTimeout(retryTimer);
		drop();
		limit.begun();
		line = openLine(host, {intervalMs, isFresh, answerMs}, {onDocument: take, onEnd: broken});
		watchForResponses();
	};

	return {
		open,
		isAskable: () => line === undefined || line.askNow !== undefined,
		askNow: () => {
			if (line) {
				line.askNow?.();
			} else {
				open();
			}
		},
		setIntervalMs: next => {
			intervalMs = next;
			line?.setIntervalMs?.(next);
		},
		setPaused: next => {
			isPaused = next;
			watchForResponses();
		},
		documentAtMs: limit.receivedAtMs,
		periodMs: limit.periodMs,
		stop: async () => {
			clearTimeout(retryTimer);
			drop();
			await Promise.all(endings);
		},
	};
}

const minMs = 15_000;
/** The longest wait for the first document over a slow connection, in milliseconds. */
const maxFirstMs = 60_000;
/** How long to wait for the second document, in milliseconds: the interval is not known yet, and a minute or two is usual. */
const secondMs = 150_000;
const maxMs = 3_600_000;
const periods = 3;

/** How long a host may be silent, learned from the intervals of its documents. */
export interface ResponseLimit {
	/** Call it when a line is opened. */
	readonly begun: () => void;
	/** Call it when a document comes. */
	readonly received: () => void;
	/** Call it when no document came within the time allowed. */
	readonly wasSilent: () => void;
	/** How long from now the host may be silent, in milliseconds. */
	readonly allowedMs: () => number;
	/** Milliseconds between the last two documents of one line. */
	readonly periodMs: () => number | undefined;
	/** Milliseconds since the epoch. */
	readonly receivedAtMs: () => number | undefined;
}

/** @param answerMs how long the first document of the first line may take, in milliseconds */
function createHostResponseLimit(nowMs: () => number, answerMs: number): ResponseLimit {
	let receivedAtMs: number | undefined;
	let periodMs: number | undefined;
	let documents = 0;
	let firstMs = answerMs;
	let patienceMs = secondMs;
	return {
		begun: () => {
			documents = 0;
		},
		received: () => {
			const at = nowMs();
			if (documents > 0 && receivedAtMs !== undefined) {
				periodMs = at - receivedAtMs;
			}

			receivedAtMs = at;
			documents += 1;
		},
		wasSilent: () => {
			// The host may just be slower than expected: next time it is allowed more.
			if (documents === 0) {
				firstMs = Math.max(firstMs, Math.min(maxFirstMs, firstMs * 2));
			} else if (documents === 1 && periodMs === undefined) {
				patienceMs = Math.min(maxMs, patienceMs * 2);
			} else if (documents === 1) {
				// The interval learned on an earlier line is no longer valid.
				periodMs = undefined;
			}
		},
		allowedMs: () => {
			if (documents === 0) {
				return firstMs;
			}

			return periodMs === undefined ? patienceMs : Math.min(maxMs, Math.max(minMs, periods * periodMs));
		},
		periodMs: () => periodMs,
		receivedAtMs: () => receivedAtMs,
	};
}
