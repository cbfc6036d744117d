/** What is known of a daemon's clock. */
export interface ClockSample {
	/** The daemon, in its short form. */
	readonly daemon: string;
	readonly host: string;
	/** Whether it runs here, by this machine's clock. */
	readonly isLocal: boolean;
	/** The daemon's clock minus the clock here, in milliseconds; absent when it does not tell. */
	readonly aheadMs?: number;
	/** The date of its last block, in seconds since the epoch. */
	readonly blockTimeS?: number;
	/** `adjusted_time` of `get_info`: the chain's idea of now, worked out from the dates of the last blocks. */
	readonly chainTimeS?: number;
}

/**
 * Whose clock is wrong. `ahead_ms` is negative when it is behind.
 * `own`: this machine's. `daemon`: that daemon's. `unclear`: one of the two. `own_or_late`: this machine's, or the daemon has
 * had no block for as long.
 */
export interface ClockVerdict {
	readonly whose: 'own' | 'daemon' | 'unclear' | 'own_or_late';
	readonly aheadMs: number;
}

/** Clocks that differ by more than this are said to differ. */
export const maxSkewMs = 60_000;
/** A block is rarely dated ahead of its miner's clock, and never more than 2 h. */
const futureBlockMs = 10 * 60_000;
const absurdBlockMs = 2 * 3_600_000;

/**
 * Says for each daemon whose clock is wrong; daemons without a difference are left out. Several daemons that agree with each other
 * outvote this machine, and another one that agrees with this machine outvotes a daemon. Without either, the dates of the blocks
 * decide: the network made them by its own clocks.
 * @param maxBlockAgeMs how old a last block may be
 */
export function judgeClocks(
	samples: readonly ClockSample[],
	{nowMs, maxBlockAgeMs}: {readonly nowMs: number; readonly maxBlockAgeMs: number},
): ReadonlyMap<string, ClockVerdict> {
	const verdicts = new Map<string, ClockVerdict>();
	const own = outvotedBy(samples);
	for (const sample of samples) {
		const verdict =
			sample.aheadMs === undefined
				? byChainTime(sample, {nowMs, maxBlockAgeMs})
				: byClock(sample, sample.aheadMs, {samples, own, nowMs, maxBlockAgeMs});
		if (verdict) {
			verdicts.set(sample.daemon, verdict);
		}
	}

	return verdicts;
}

interface Evidence {
	readonly samples: readonly ClockSample[];
	/** How far ahead of the clock here several daemons agree to be. */
	readonly own: number | undefined;
	readonly nowMs: number;
	readonly maxBlockAgeMs: number;
}

const differs = (aheadMs: number): boolean => Math.abs(aheadMs) > maxSkewMs;

function byClock(sample: ClockSample, aheadMs: number, evidence: Evidence): ClockVerdict | undefined {
	const {samples, own} = evidence;
	if (own !== undefined) {
		return !differs(aheadMs - own)
			? {whose: 'own', aheadMs: -own}
			: // A daemon that runs here shares the wrong clock.
				sample.isLocal
				? undefined
				: {whose: 'daemon', aheadMs: aheadMs - own};
	}

	if (!differs(aheadMs)) {
		return undefined;
	}

	const others = samples.filter(({host}) => host !== sample.host);
	const isShared = others.some(other => other.aheadMs !== undefined && !differs(other.aheadMs - aheadMs));
	const isAlone = others.some(other => !other.isLocal && other.aheadMs !== undefined && !differs(other.aheadMs));
	return isAlone && !isShared ? {whose: 'daemon', aheadMs} : byBlocks(sample, aheadMs, evidence);
}

/** Where two or more hosts agree with each other against this machine, and fewer with it: how far they are ahead of it. */
function outvotedBy(samples: readonly ClockSample[]): number | undefined {
	const told = samples.filter((sample): sample is ClockSample & {aheadMs: number} => sample.aheadMs !== undefined);
	const hosts = (list: readonly ClockSample[]): number => new Set(list.map(({host}) => host)).size;
	const withUs = hosts(told.filter(({isLocal, aheadMs}) => !isLocal && !differs(aheadMs)));
	for (const {aheadMs} of told.filter(sample => differs(sample.aheadMs))) {
		const agreeing = hosts(told.filter(other => !differs(other.aheadMs - aheadMs)));
		if (agreeing >= 2 && agreeing > withUs) {
			return aheadMs;
		}
	}

	return undefined;
}

/** The clock by which the last block is neither old nor of the future is the right one. */
function byBlocks(
	{blockTimeS}: ClockSample,
	aheadMs: number,
	{nowMs, maxBlockAgeMs}: Pick<Evidence, 'nowMs' | 'maxBlockAgeMs'>,
): ClockVerdict {
	const unclear: ClockVerdict = {whose: 'unclear', aheadMs};
	if (blockTimeS === undefined) {
		return unclear;
	}

	const ownAgeMs = nowMs - blockTimeS * 1000;
	const fits = (ageMs: number): boolean => ageMs >= -futureBlockMs && ageMs <= maxBlockAgeMs;
	const isFuture = (ageMs: number): boolean => ageMs < -futureBlockMs;
	const daemonAgeMs = ownAgeMs + aheadMs;
	if (fits(daemonAgeMs) && !fits(ownAgeMs)) {
		return {whose: 'own', aheadMs: -aheadMs};
	}

	return (fits(ownAgeMs) && !fits(daemonAgeMs)) || (isFuture(daemonAgeMs) && !isFuture(ownAgeMs))
		? {whose: 'daemon', aheadMs}
		: unclear;
}

/**
 * What the dates of the blocks say where a daemon does not tell its clock. They cannot tell a clock here that is ahead from a daemon
 * that hears of no blocks; only a block of the future is sure.
 */
function byChainTime(
	{blockTimeS, chainTimeS}: ClockSample,
	{nowMs, maxBlockAgeMs}: Pick<Evidence, 'nowMs' | 'maxBlockAgeMs'>,
): ClockVerdict | undefined {
	if (blockTimeS === undefined || chainTimeS === undefined) {
		return undefined;
	}

	const isNear = Math.abs(chainTimeS - blockTimeS) * 1000 <= maxBlockAgeMs;
	const ageMs = nowMs - blockTimeS * 1000;
	const aheadMs = nowMs - chainTimeS * 1000;
	if (!isNear || (ageMs <= maxBlockAgeMs && ageMs >= -absurdBlockMs)) {
		return undefined;
	}

	return {whose: ageMs < 0 ? 'own' : 'own_or_late', aheadMs};
}

/**
 * Seconds since a block was made, by the clock that fits it: its date is the network's, so a clock that puts it into the future is
 * behind, and of two that do not, the one that is ahead makes it older than it is.
 * @param aheadMs the daemon's clock minus the clock here
 */
export function blockAgeByClocks(
	ageHereS: number | undefined,
	blockTimeS: number | undefined,
	{nowMs, aheadMs}: {readonly nowMs: number; readonly aheadMs: number | undefined},
): number | undefined {
	if (blockTimeS === undefined || aheadMs === undefined || !differs(aheadMs)) {
		return ageHereS;
	}

	const ageThereMs = nowMs + aheadMs - blockTimeS * 1000;
	const ageThereS = ageThereMs < -futureBlockMs ? undefined : Math.max(0, Math.floor(ageThereMs / 1000));
	const isFutureHere = nowMs - blockTimeS * 1000 < -futureBlockMs;
	const ages = [isFutureHere ? undefined : ageHereS, ageThereS].filter(age => age !== undefined);
	return ages.length === 0 ? ageHereS : Math.min(...ages);
}
