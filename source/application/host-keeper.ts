import type {CheckMethod} from '../domain/check-method.js';
import {durationText} from '../domain/duration.js';
import type {FleetNode} from '../domain/fleet.js';
import {type JoinedHost, joinedNode, type Silence, silentHost, silentNode} from '../domain/remote/joined-nodes.js';
import type {Line, OpenLine} from '../domain/remote/lines.js';
import {readStatus} from '../domain/remote/read-status.js';
import {createSilenceLimit} from './silence-limit.js';

const firstBackoffMs = 1000;
const mostBackoffMs = 30_000;

export interface HostKeeperOptions {
	readonly joined: JoinedHost;
	readonly openLine: OpenLine;
	/** Time between questions, where documents are asked for, in milliseconds. */
	readonly intervalMs: number;
	readonly isFresh: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** Something is another. */
	readonly onChange: () => void;
}

/** Keeps a line to one host: opens it again and again, notices silence, and knows what the host last said. */
export interface HostKeeper {
	readonly joined: JoinedHost;
	readonly start: () => void;
	/** Its nodes, after a row of its own while it does not answer. @param method of that row */
	readonly nodes: (method: CheckMethod) => readonly FleetNode[];
	/** Absent while it answers. */
	readonly silence: () => Silence | undefined;
	/** The method of its last document. */
	readonly method: () => CheckMethod | undefined;
	/** Milliseconds since the epoch: when its last document came. */
	readonly documentAtMs: () => number | undefined;
	/** Milliseconds between its last documents, when there were two. */
	readonly periodMs: () => number | undefined;
	/** Whether the first document has come, or is not to be expected. */
	readonly isSettled: () => boolean;
	/** Whether {@link askNow} does anything. */
	readonly isAskable: () => boolean;
	/** Asks for a document of a check made now, or connects again now where the line is broken. */
	readonly askNow: () => void;
	/** What does not answer until now is said to be silent. */
	readonly giveUp: (complaint: string) => void;
	readonly setIntervalMs: (intervalMs: number) => void;
	/** While paused, what comes is let pass. */
	readonly setPaused: (isPaused: boolean) => void;
	readonly stop: () => Promise<void>;
}

export function createHostKeeper(options: HostKeeperOptions): HostKeeper {
	const {joined, openLine, nowMs, onChange} = options;
	const limit = createSilenceLimit(nowMs);
	let {intervalMs} = options;
	let line: Line | undefined;
	let backoffMs = firstBackoffMs;
	let retryTimer: NodeJS.Timeout | undefined;
	let silenceTimer: NodeJS.Timeout | undefined;
	let isPaused = false;
	let isStopped = false;
	let method: CheckMethod | undefined;
	let known: readonly FleetNode[] = [];
	let silence: Silence | undefined = connecting(nowMs());
	const endings = new Set<Promise<void>>();

	const fallSilent = (complaint: string): void => {
		const sinceMs = silence?.state === 'down' ? silence.sinceMs : nowMs();
		silence = {complaint, sinceMs, seenMs: nowMs(), state: 'down'};
		onChange();
	};

	const watchSilence = (): void => {
		clearTimeout(silenceTimer);
		if (!line || isPaused) {
			return;
		}

		const {allowedMs} = limit;
		const ms = allowedMs();
		silenceTimer = setTimeout(() => {
			limit.wasSilent();
			drop();
			fallSilent(`nothing came for ${durationText(Math.round(ms / 1000) * 1000)}`);
			retryLater();
		}, ms);
	};

	const drop = (): void => {
		clearTimeout(silenceTimer);
		const ending = line?.end();
		line = undefined;
		if (ending) {
			endings.add(ending);
			void ending.finally(() => endings.delete(ending));
		}
	};

	const retryLater = (): void => {
		clearTimeout(retryTimer);
		retryTimer = setTimeout(open, backoffMs);
		const isPolled = joined.host.kind === 'http';
		backoffMs = Math.min(backoffMs * 2, isPolled ? Math.min(mostBackoffMs, intervalMs) : mostBackoffMs);
	};

	const take = (value: unknown): void => {
		limit.heard();
		watchSilence();
		if (isPaused) {
			return;
		}

		const read = readStatus(value);
		if ('problem' in read) {
			fallSilent(read.problem);
			return;
		}

		const before = new Map(known.map(node => [node.origin?.name, node]));
		method = read.document.method;
		known = read.document.nodes.map(report => joinedNode(joined, report, before.get(report.name)));
		silence = undefined;
		backoffMs = firstBackoffMs;
		onChange();
	};

	const open = (): void => {
		clearTimeout(retryTimer);
		drop();
		limit.begun();
		const {isFresh} = options;
		const opened = openLine(
			joined.host,
			{intervalMs, isFresh},
			{
				onDocument: take,
				onEnd: complaint => {
					clearTimeout(silenceTimer);
					line = undefined;
					if (!isStopped) {
						fallSilent(complaint);
						retryLater();
					}
				},
			},
		);
		line = opened;
		watchSilence();
	};

	const shownNodes = (fallback: CheckMethod): readonly FleetNode[] => {
		if (!silence) {
			return known;
		}

		const quiet = silence;
		const timeText = new Date(quiet.sinceMs).toTimeString().slice(0, 8);
		return [silentHost(joined, quiet, method ?? fallback), ...known.map(node => silentNode(node, quiet, timeText))];
	};

	return {
		joined,
		start: open,
		nodes: shownNodes,
		silence: () => silence,
		method: () => method,
		documentAtMs: limit.heardAtMs,
		periodMs: limit.periodMs,
		isSettled: () => silence?.state !== 'unknown',
		isAskable: () => line === undefined || line.askNow !== undefined,
		askNow: () => {
			if (line) {
				line.askNow?.();
			} else {
				open();
			}
		},
		giveUp: complaint => {
			if (silence?.state === 'unknown') {
				fallSilent(complaint);
			}
		},
		setIntervalMs: next => {
			intervalMs = next;
			line?.setIntervalMs?.(next);
		},
		setPaused: next => {
			isPaused = next;
			watchSilence();
		},
		stop: async () => {
			isStopped = true;
			clearTimeout(retryTimer);
			drop();
			await Promise.all(endings);
		},
	};
}

function connecting(nowMs: number): Silence {
	return {complaint: 'connecting', sinceMs: nowMs, seenMs: nowMs, state: 'unknown'};
}
