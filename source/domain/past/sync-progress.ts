/** The height of a wallet or a daemon at a moment. */
export interface HeightSample {
	/** ISO-8601 UTC. */
	readonly at: string;
	readonly height: number;
}

/** How many heights of what is behind are kept: a minute of catching up at the default interval. */
export const keptHeights = 12;

/**
 * A wallet that is behind and has not moved for this long is stalled: it refreshes every 20 s, so three turns went by
 * without a block. The time between blocks (2 min) does not count, since the blocks it lacks are already there.
 */
export const stallMs = 60_000;

/**
 * A wallet that lacks a block, answers and has not moved for this long is stuck, unless it was seen to take longer: it refreshes
 * every 20 s, or as often as it was told.
 */
const stuckMs = 90_000;
/** A refresh that is due may take this much longer than it ever did. */
const refreshMarginMs = 30_000;
/** The longest time between refreshes that is taken for a habit, and not for trouble. */
const maxRefreshMs = 130_000;
/** How many of the last times are kept that a wallet took to read a block. */
const keptDelays = 5;

/** How long a wallet may lack a block without moving. @param delays how long it took lately, in milliseconds */
export function stuckHeightAfterMs(delays: readonly number[] = []): number {
	return Math.max(stuckMs, Math.max(0, ...delays) + refreshMarginMs);
}

/**
 * The times that a wallet took lately to read a block, after one more answer: from when it was first seen to lack it.
 * @param samples what was kept of earlier answers
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

/** A daemon waits for its peers, which may need a while: two blocks' time and a half. */
export const daemonStallMs = 5 * 60_000;

/** Older heights tell nothing of the speed now. */
const speedWindowMs = 10 * 60_000;

/** What can be said of what is behind; empty while too little is known. */
export interface SyncProgress {
	readonly blocksPerS?: number;
	/** Seconds until it is level at that speed. */
	readonly etaS?: number;
	/** Milliseconds since its height last rose, or since it was first seen behind, when that is too long. */
	readonly stalledMs?: number;
}

/** Where something is on the chain. */
export interface ChainPlace {
	/** Blocks. */
	readonly height?: number | undefined;
	/** Blocks it is behind; absent when nothing is known to compare it with. */
	readonly lag?: number | undefined;
}

/**
 * The heights to keep after one more answer: where it was first seen behind, and every height it rose to since.
 * @returns `undefined` once it is level
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
 * How fast something that is behind catches up, or for how long it has not.
 * @param samples what was kept of earlier answers
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

/** No wallet and no daemon reads blocks this fast: the height is that of another one. */
const maxBlocksPerS = 50_000;

/** Whether a height goes on from the one before, or is that of another wallet or of another chain. */
function isAnother(before: HeightSample, now: HeightSample): boolean {
	const seconds = Math.max(1, (Date.parse(now.at) - Date.parse(before.at)) / 1000);
	return now.height < before.height || (now.height - before.height) / seconds > maxBlocksPerS;
}

const roundedSpeed = (speed: number): number =>
	speed >= 10 ? Math.round(speed) : Math.max(0.01, Number(speed.toFixed(2)));

/** Milliseconds since a height was last seen to rise; `undefined` when it never was. */
export function msSinceHeightRise(samples: readonly HeightSample[] | undefined, nowMs: number): number | undefined {
	const last = samples?.at(-1);
	return samples && samples.length > 1 && last ? Math.max(0, nowMs - Date.parse(last.at)) : undefined;
}
