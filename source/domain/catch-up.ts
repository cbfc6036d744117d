import type {WalletFacts} from './check-result.js';

/** A wallet's height at a moment. */
export interface HeightSample {
	/** ISO-8601 UTC. */
	readonly at: string;
	readonly height: number;
}

/** How many heights of a wallet that is behind are kept: a minute of a catching-up wallet at the default interval. */
export const keptHeights = 12;

/**
 * A wallet that is behind and has not moved for this long is stalled: it refreshes every 20 s, so three turns went by
 * without a block. The time between blocks (2 min) does not count, since the blocks it lacks are already there.
 */
export const stallMs = 60_000;

/** Older heights tell nothing of the speed now. */
const speedWindowMs = 10 * 60_000;

/** What can be said of a wallet that is behind. */
export type CatchUpFacts = Pick<WalletFacts, 'catch_up_blocks_per_s' | 'eta_s' | 'stalled' | 'stalled_ms'>;

/**
 * The heights to keep after one more answer: where the wallet was first seen behind, and every height it rose to since.
 * @returns `undefined` once it is level with its daemon
 */
export function withHeight(
	samples: readonly HeightSample[] | undefined,
	{wallet_height: height, wallet_lag: lag}: WalletFacts,
	at: string,
): readonly HeightSample[] | undefined {
	if (height === undefined) {
		return samples;
	}

	if (lag !== undefined && lag <= 0) {
		return undefined;
	}

	const last = samples?.at(-1);
	if (!samples || !last || height < last.height) {
		return [{at, height}];
	}

	return height === last.height || at <= last.at ? samples : [...samples.slice(1 - keptHeights), {at, height}];
}

/**
 * How fast a wallet that is behind catches up, or for how long it has not.
 * @param samples what was kept of earlier answers
 * @returns empty while too little is known
 */
export function catchUpOf(
	samples: readonly HeightSample[] | undefined,
	{height, lag}: {readonly height: number; readonly lag: number},
	nowMs: number,
): CatchUpFacts {
	const last = samples?.at(-1);
	if (!samples || !last || lag <= 0) {
		return {};
	}

	const stillMs = nowMs - Date.parse(last.at);
	if (height <= last.height && stillMs >= stallMs) {
		return {stalled: true, stalled_ms: Math.round(stillMs)};
	}

	const from = samples.find(({at}) => nowMs - Date.parse(at) <= speedWindowMs) ?? last;
	const seconds = (nowMs - Date.parse(from.at)) / 1000;
	const speed = seconds >= 0.5 ? (height - from.height) / seconds : 0;
	return Number.isFinite(speed) && speed > 0
		? {catch_up_blocks_per_s: roundedSpeed(speed), eta_s: Math.ceil(lag / speed)}
		: {};
}

const roundedSpeed = (speed: number): number =>
	speed >= 10 ? Math.round(speed) : Math.max(0.01, Number(speed.toFixed(2)));

/** Milliseconds since a height was last seen to rise; `undefined` when it never was. */
export function msSinceRise(samples: readonly HeightSample[] | undefined, nowMs: number): number | undefined {
	const last = samples?.at(-1);
	return samples && samples.length > 1 && last ? Math.max(0, nowMs - Date.parse(last.at)) : undefined;
}
