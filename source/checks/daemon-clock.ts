import {blockAgeByClocks, type ClockSample} from '../domain/clock-skew.js';
import {parseDaemonAddress} from '../domain/daemon-address.js';
import type {Ports, RpcOutcome} from '../domain/ports.js';
import {blockAgeS} from '../domain/rpc/block-time.js';
import type {DaemonSighting} from '../domain/rpc/daemon-rpc.js';

/** How far a daemon's clock is ahead of the one here. Its answer tells whole seconds, and was written while it was on its way. */
export function clockAhead({serverTimeMs, latencyMs}: RpcOutcome, nowMs: number): Pick<DaemonSighting, 'clockAheadMs'> {
	return serverTimeMs === undefined ? {} : {clockAheadMs: Math.round(serverTimeMs + 500 - (nowMs - latencyMs / 2))};
}

/** Adds the date of the last block, and its age by whichever clock fits it. */
export function withBlockTime(sighting: DaemonSighting, blockTimeS: number, nowMs: number): DaemonSighting {
	const ageHereS = blockAgeS(blockTimeS, nowMs);
	const ageS = blockAgeByClocks(ageHereS, blockTimeS, {nowMs, aheadMs: sighting.clockAheadMs});
	const facts = ageS === undefined ? sighting.facts : {...sighting.facts, block_age_s: ageS};
	return {...sighting, facts, blockTimeS};
}

/** The last block's age by whichever clock makes it older: what may speak for a daemon that is said to lack blocks. */
export function oldestBlockAgeS({blockTimeS, clockAheadMs}: DaemonSighting, nowMs: number): number | undefined {
	return blockTimeS === undefined
		? undefined
		: Math.max(0, Math.floor((nowMs + Math.max(0, clockAheadMs ?? 0)) / 1000) - blockTimeS);
}

/** What a sighting tells of clocks. */
export function clockSample(sighting: DaemonSighting, {isLocalHost}: Pick<Ports, 'isLocalHost'>): ClockSample {
	const {daemon, clockAheadMs: aheadMs, blockTimeS, chainTimeS} = sighting;
	const host = parseDaemonAddress(daemon)?.host ?? daemon;
	return {
		daemon,
		host,
		isLocal: isLocalHost(host),
		...(aheadMs === undefined ? {} : {aheadMs}),
		...(blockTimeS === undefined ? {} : {blockTimeS}),
		...(chainTimeS === undefined ? {} : {chainTimeS}),
	};
}
