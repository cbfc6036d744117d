/** The height of a wallet or a daemon at one moment. */
export interface HeightSample {
	/** ISO-8601 UTC. */
	readonly at: string;
	readonly height: number;
}

/** The maximum number of heights that are kept: a minute of catching up at the default interval. */
export const keptHeights = 12;

/**
 * A wallet that is behind and whose height has not risen for this long is stalled: it refreshes every 20 s, so three
 * refreshes brought no block. The time between blocks (2 min) does not matter, since the missing blocks already exist.
 */
export const stallMs = 60_000;

/**
 * A wallet that answers and is behind, but whose height has not risen for this long, is stuck, unless its earlier refreshes
 * took longer. The default refresh interval is 20 s, but it is configurable.
 */
const stuckMs = 90_000;
/** How much longer than the longest recent refresh a due refresh may take; milliseconds. */
const refreshMarginMs = 30_000;
/** A refresh that took longer than this is treated as a problem, and not as the wallet's usual interval; milliseconds. */
const maxRefreshMs = 130_000;
/** The maximum number of recent refresh delays that are kept. */
const keptDelays = 5;

/**
 * How long a wallet may be behind at the same height, in milliseconds. @param delays its recent refresh delays, in
 * milliseconds
 */
export function stuckHeightAfterMs(delays: readonly number[] = []): number {
	return Math.max(stuckMs, Math.max(0, ...delays) + refreshMarginMs);
}

/**
 * Updates the refresh delays of a wallet after an answer. A delay lasts from the first answer that lacked a block to the
 * answer that had it.
 * @param samples the heights kept from earlier answers
 */
export function addRefreshDelay(
	delays: readonly number[] | undefined,
	samples: readonly HeightSample[] | undefined,
	{height, lag}: ChainPlace,
	at: string,
): readonly number[] | undefined {
	const [first, ...more] = samples ?? [];
	if (!first || more.length > 0 || height === undefined || height <= first.height || lag === undefined || lag > 0) {
		return delays;
	}

	const delayMs = Date.parse(at) - Date.parse(first.at);
	return delayMs > 0 && delayMs <= maxRefreshMs ? [...(delays ?? []).slice(1 - keptDelays), delayMs] : delays;
}

/**
 * When a daemon that is behind counts as stalled. It waits for its peers, so this is two and a half times the block time.
 */
export const daemonStallMs = 5 * 60_000;

/** Older heights are not used for the current speed; milliseconds. */
const speedWindowMs = 10 * 60_000;

/** The progress of a wallet or daemon that is behind; empty while too little is known. */
export interface SyncProgress {
	readonly blocksPerS?: number;
	/** Seconds until it has caught up at that speed. */
	readonly etaS?: number;
	/** Present when it is stalled: milliseconds since its height last rose, or since it was first seen behind. */
	readonly stalledMs?: number;
}

/** The position of a wallet or daemon on the chain. */
export interface ChainPlace {
	/** Blocks. */
	readonly height?: number | undefined;
	/** The number of blocks it is behind; absent if there is nothing to compare it with. */
	readonly lag?: number | undefined;
}

/**
 * Updates the kept heights after an answer: the height at which it was first seen behind, and every higher one since.
 * @returns `undefined` when it has caught up
 */
export function addHeight(
	samples: readonly HeightSample[] | undefined,
	{height, lag}: ChainPlace,
	at: string,
): readonly HeightSample[] | undefined {
	if (height === undefined) {
		return samples;
	}

	if (lag !== undefined && lag <= 0) {
		return undefined;
	}

	const last = samples?.at(-1);
	if (!samples || !last || isAnother(last, {at, height})) {
		return [{at, height}];
	}

	return height === last.height || at <= last.at ? samples : [...samples.slice(1 - keptHeights), {at, height}];
}

/**
 * How fast a wallet or daemon catches up, or how long it has been stalled.
 * @param samples the heights kept from earlier answers
 */
export function syncProgress(
	samples: readonly HeightSample[] | undefined,
	{height, lag}: Required<ChainPlace>,
	{nowMs, stallAfterMs}: {readonly nowMs: number; readonly stallAfterMs: number},
): SyncProgress {
	const last = samples?.at(-1);
	if (!samples || !last || height === undefined || lag === undefined || lag <= 0) {
		return {};
	}

	if (isAnother(last, {at: new Date(nowMs).toISOString(), height})) {
		return {};
	}

	const stillMs = nowMs - Date.parse(last.at);
	if (height <= last.height && stillMs >= stallAfterMs) {
		return {stalledMs: Math.round(stillMs)};
	}

	const from = samples.find(({at}) => nowMs - Date.parse(at) <= speedWindowMs) ?? last;
	const seconds = (nowMs - Date.parse(from.at)) / 1000;
	const speed = seconds >= 0.5 ? (height - from.height) / seconds : 0;
	return Number.isFinite(speed) && speed > 0 ? {blocksPerS: roundedSpeed(speed), etaS: Math.ceil(lag / speed)} : {};
}

/** No wallet or daemon reads blocks faster than this: a larger rise belongs to another wallet or chain. */
const maxBlocksPerS = 50_000;

/** Whether a height cannot continue the one before it, because it is that of another wallet or chain. */
function isAnother(before: HeightSample, now: HeightSample): boolean {
	const seconds = Math.max(1, (Date.parse(now.at) - Date.parse(before.at)) / 1000);
	return now.height < before.height || (now.height - before.height) / seconds > maxBlocksPerS;
}

const roundedSpeed = (speed: number): number =>
	speed >= 10 ? Math.round(speed) : Math.max(0.01, Number(speed.toFixed(2)));

/** Milliseconds since a height was last seen to rise; `undefined` if it was never seen to rise. */
export function msSinceHeightRise(samples: readonly HeightSample[] | undefined, nowMs: number): number | undefined {
	const last = samples?.at(-1);
	return samples && samples.length > 1 && last ? Math.max(0, nowMs - Date.parse(last.at)) : undefined;
}
