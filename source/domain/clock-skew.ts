/** A sample of a daemon's clock. */
export interface ClockSample {
	/** The daemon, in its short form. */
	readonly daemon: string;
	readonly host: string;
	/** Whether it runs on this machine, with the same clock. */
	readonly isLocal: boolean;
	/** The daemon's clock minus the local clock, in milliseconds; absent if the daemon does not report it. */
	readonly aheadMs?: number;
	/** The timestamp of its last block, in seconds since the epoch. */
	readonly blockTimeS?: number;
	/** `adjusted_time` of `get_info`: the current time as computed from the timestamps of the last blocks. */
	readonly chainTimeS?: number;
}

/**
 * Which clock is wrong. `aheadMs` is negative if that clock is behind. `own`: the clock of this machine. `daemon`: the
 * clock of that daemon. `unclear`: one of the two. `own_or_late`: the clock of this machine is wrong, or the daemon has not
 * received a block for that long.
 */
export interface ClockVerdict {
	readonly whose: 'own' | 'daemon' | 'unclear' | 'own_or_late';
	readonly aheadMs: number;
}

/** The tolerated difference between clocks; a larger one is reported; milliseconds. */
const maxSkewMs = 60_000;
/** Timestamps of blocks are rarely in the future, and never by more than 2 h; milliseconds. */
const futureBlockMs = 10 * 60_000;
const absurdBlockMs = 2 * 3_600_000;

/**
 * Decides for each daemon which clock is wrong; daemons without a difference are left out. Several daemons that agree with
 * each other outvote this machine, and a second daemon that agrees with this machine outvotes the first. Otherwise the
 * timestamps of the blocks decide, because they come from the clocks of the network.
 * @param maxBlockAgeMs the age up to which a last block counts as recent
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
	/**
	 * How far several daemons that agree with each other are ahead of the local clock; `undefined` if they do not outvote it.
	 */
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
			: // A daemon on this machine has the same wrong clock.
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

/**
 * How far two or more hosts that agree with each other are ahead of this machine, if fewer hosts agree with this machine.
 */
function outvotedBy(samples: readonly ClockSample[]): number | undefined {
	const known = samples.filter((sample): sample is ClockSample & {aheadMs: number} => sample.aheadMs !== undefined);
	const hosts = (list: readonly ClockSample[]): number => new Set(list.map(({host}) => host)).size;
	const withUs = hosts(known.filter(({isLocal, aheadMs}) => !isLocal && !differs(aheadMs)));
	for (const {aheadMs} of known.filter(sample => differs(sample.aheadMs))) {
		const agreeing = hosts(known.filter(other => !differs(other.aheadMs - aheadMs)));
		if (agreeing >= 2 && agreeing > withUs) {
			return aheadMs;
		}
	}

	return undefined;
}

/** The correct clock is the one by which the last block is neither old nor in the future. */
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
 * Judges the local clock by the timestamps of blocks, if a daemon does not report its clock. A local clock that is ahead
 * looks the same as a daemon that receives no blocks; only a block in the future is proof.
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
 * The age of a block in seconds, by the clock that fits its timestamp. A clock by which the block is in the future is
 * behind; if neither is, the clock that is ahead makes the block look too old, so the smaller age is used.
 * @param aheadMs the daemon's clock minus the local clock
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
