import {durationText} from '../../domain/format.js';
import type {HostLine, HostSpec, OpenLine} from '../../domain/remote/remote-nodes.js';

const firstBackoffMs = 1000;
const mostBackoffMs = 30_000;
/** A timer that comes later than this, in milliseconds, tells that this program or its machine stood still. */
const standstillMs = 2000;

export interface ReconnectingLineOptions {
	readonly host: HostSpec;
	readonly openLine: OpenLine;
	/** Time between questions, where documents are asked for, in milliseconds. */
	readonly intervalMs: number;
	/** How long a question, or the first document of a line, may take, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document of a line must be of a check made now. */
	readonly isFresh: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** @returns whether the document is one that can be relied on */
	readonly onDocument: (value: unknown) => boolean;
	/** The line broke, or nothing came for too long. */
	readonly onNoResponse: (complaint: string) => void;
}

/** Keeps a line to one host: opens it again and again, each time a little later, and notices silence. */
export interface ReconnectingLine {
	readonly open: () => void;
	/** Whether {@link askNow} does anything. */
	readonly isAskable: () => boolean;
	/** Asks for a document of a check made now, or connects again now where the line is broken. */
	readonly askNow: () => void;
	readonly setIntervalMs: (intervalMs: number) => void;
	/** While paused, what comes is let pass and silence is not noticed. */
	readonly setPaused: (isPaused: boolean) => void;
	/** Milliseconds since the epoch: when the last document came. */
	readonly documentAtMs: () => number | undefined;
	/** Milliseconds between the last documents, when there were two. */
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
		backoffMs = Math.min(backoffMs * 2, host.kind !== 'ssh' ? Math.min(mostBackoffMs, intervalMs) : mostBackoffMs);
		onNoResponse(complaint);
	};

	const watchForResponses = (): void => {
		clearTimeout(responseTimer);
		// Where documents are asked for, each question has its own time limit.
		if (!line || isPaused || line.askNow) {
			return;
		}

		const ms = limit.allowedMs();
		const beganMs = nowMs();
		responseTimer = setTimeout(() => {
			if (nowMs() - beganMs > ms + standstillMs) {
				// What came meanwhile is still to be read.
				watchForResponses();
				return;
			}

			limit.wasSilent();
			drop();
			broken(`no data for ${durationText(Math.round(ms / 1000) * 1000)}`);
		}, ms);
	};

	const take = (value: unknown): void => {
		limit.heard();
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
		documentAtMs: limit.heardAtMs,
		periodMs: limit.periodMs,
		stop: async () => {
			clearTimeout(retryTimer);
			drop();
			await Promise.all(endings);
		},
	};
}

const leastMs = 15_000;
/** A slow connection may need more until the first document, but no more than this. */
const mostFirstMs = 60_000;
/** After the first document nothing is known yet of the time until the next: intervals of a minute or two are usual. */
const secondMs = 150_000;
const mostMs = 3_600_000;
const periods = 3;

/** How long a host may say nothing: learned from the time between its documents. */
export interface ResponseLimit {
	/** A line to it begins. */
	readonly begun: () => void;
	/** A document came. */
	readonly heard: () => void;
	/** The time allowed was over before anything came. */
	readonly wasSilent: () => void;
	/** Milliseconds from now. */
	readonly allowedMs: () => number;
	/** Milliseconds between the last two documents of one line. */
	readonly periodMs: () => number | undefined;
	/** Milliseconds since the epoch. */
	readonly heardAtMs: () => number | undefined;
}

/** @param answerMs how long the first document of the first line may take, in milliseconds */
export function createHostResponseLimit(nowMs: () => number, answerMs: number): ResponseLimit {
	let heardAtMs: number | undefined;
	let periodMs: number | undefined;
	let documents = 0;
	let firstMs = answerMs;
	let patienceMs = secondMs;
	return {
		begun: () => {
			documents = 0;
		},
		heard: () => {
			const at = nowMs();
			if (documents > 0 && heardAtMs !== undefined) {
				periodMs = at - heardAtMs;
			}

			heardAtMs = at;
			documents += 1;
		},
		wasSilent: () => {
			// It may merely be slower than was thought: next time more is allowed.
			if (documents === 0) {
				firstMs = Math.max(firstMs, Math.min(mostFirstMs, firstMs * 2));
			} else if (documents === 1 && periodMs === undefined) {
				patienceMs = Math.min(mostMs, patienceMs * 2);
			} else if (documents === 1) {
				// What was learned on an earlier line does not hold any more.
				periodMs = undefined;
			}
		},
		allowedMs: () => {
			if (documents === 0) {
				return firstMs;
			}

			return periodMs === undefined ? patienceMs : Math.min(mostMs, Math.max(leastMs, periods * periodMs));
		},
		periodMs: () => periodMs,
		heardAtMs: () => heardAtMs,
	};
}
