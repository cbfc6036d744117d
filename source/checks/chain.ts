import {catchUpOf} from '../domain/catch-up.js';
import type {DaemonFacts, WalletFacts} from '../domain/check-result.js';
import type {NodeMemory} from '../domain/memory.js';
import type {Node} from '../domain/node.js';
import type {DaemonSighting, HeightVerdict} from '../domain/wallet-rpc.js';
import type {CheckContext} from './check.js';
import {daemonShortcoming, type Shortcoming} from './shortcoming.js';

/** A daemon as a node depends on it. */
export interface DaemonView {
	readonly sighting: DaemonSighting;
	/** The sighting's facts, and how far it is behind. */
	readonly facts: DaemonFacts;
	/** What keeps it from being `up`. */
	readonly shortcoming?: Shortcoming;
}

/** Asks the node's daemon, and compares it with the fleet's. @returns `undefined` when the node names none */
export async function lookAtDaemon(node: Node, context: CheckContext): Promise<DaemonView | undefined> {
	const sighting = await context.daemons.look(node);
	if (!sighting) {
		return undefined;
	}

	const isComparable = sighting.facts.daemon_height !== undefined;
	const tip = isComparable ? await context.daemons.tip(sighting.facts.nettype) : undefined;
	const facts = daemonFactsOf(sighting, tip);
	const shortcoming = daemonShortcoming(sighting, facts, context.settings);
	return {sighting, facts, ...(shortcoming ? {shortcoming} : {})};
}

function daemonFactsOf({facts}: DaemonSighting, tip: number | undefined): DaemonFacts {
	const {daemon, daemon_reachable, daemon_synchronized, daemon_height: height, nettype, target_height: target} = facts;
	const highest = Math.max(tip ?? 0, target ?? 0, height ?? 0);
	return {
		...(daemon === undefined ? {} : {daemon}),
		...(daemon_reachable === undefined ? {} : {daemon_reachable}),
		...(daemon_synchronized === undefined ? {} : {daemon_synchronized}),
		...(height === undefined ? {} : {daemon_height: height, daemon_lag: highest - height}),
		...(nettype === undefined ? {} : {nettype}),
		...(facts.block_age_s === undefined ? {} : {block_age_s: facts.block_age_s}),
	};
}

/** What a wallet's height is compared with. */
export interface HeightContext {
	readonly daemon: DaemonFacts | undefined;
	/** The heights it had while it was behind. */
	readonly before: NodeMemory['wallet_heights'];
	readonly maxLag: number;
	readonly nowMs: number;
}

/** What the wallet's height says, beside its daemon's and its own before. */
export function walletFactsOf(
	height: HeightVerdict | undefined,
	{daemon, before, maxLag, nowMs}: HeightContext,
): WalletFacts {
	if (height?.kind === 'no_wallet') {
		return {wallet_open: false};
	}

	if (height?.kind !== 'open') {
		return {};
	}

	const open = {wallet_open: true, wallet_height: height.height};
	const daemonHeight = daemon?.daemon_height;
	if (daemonHeight === undefined) {
		return open;
	}

	const lag = daemonHeight - height.height;
	const catchUp = lag > maxLag ? catchUpOf(before, {height: height.height, lag}, nowMs) : {};
	return {...open, wallet_lag: lag, ...catchUp};
}
