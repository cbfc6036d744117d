import type {DaemonFacts, WalletFacts} from '../domain/check-result.js';
import {countOf, latencyText} from '../domain/quantity.js';
import type {Settings} from '../domain/settings.js';
import type {DaemonSighting, HeightVerdict} from '../domain/wallet-rpc.js';

/** What keeps an answering node from being `up`. */
export interface Shortcoming {
	/** The part of a `full` check it shows in. */
	readonly part: 'daemon' | 'wallet' | 'api';
	/** One sentence in plain words. */
	readonly reason: string;
	/** The daemon that explains it, when one does. */
	readonly causedBy?: string;
}

/** What the verdict rests on. */
export interface Evidence {
	readonly facts: DaemonFacts & WalletFacts;
	readonly daemon: DaemonSighting | undefined;
	readonly height: HeightVerdict | undefined;
	readonly settings: Pick<Settings, 'slow' | 'max_wallet_lag' | 'max_daemon_lag'>;
	readonly latencyMs: number;
	readonly expectWallet: boolean;
}

/** Finds the first thing that is wrong with a node whose API answers: its daemon first, since that explains the rest. */
export function findShortcoming(evidence: Evidence): Shortcoming | undefined {
	return daemonShortcoming(evidence) ?? walletShortcoming(evidence) ?? slowness(evidence);
}

function daemonShortcoming({daemon: sighting, facts, settings, height}: Evidence): Shortcoming | undefined {
	const daemon = facts.daemon;
	if (!sighting || daemon === undefined) {
		return undefined;
	}

	const blame = (what: string): Shortcoming => ({
		part: 'daemon',
		reason: `daemon ${daemon} ${what}`,
		causedBy: daemon,
	});
	if (sighting.failure) {
		return blame(`does not answer: ${sighting.failure.reason}`);
	}

	if (sighting.statusText !== undefined) {
		return blame(`says ${sighting.statusText}`);
	}

	const lag = facts.daemon_lag ?? 0;
	if (facts.daemon_synchronized === false) {
		return blame(lag > 0 ? `is not synchronized, ${countOf(lag, 'block')} behind` : 'is not synchronized');
	}

	if (lag > settings.max_daemon_lag) {
		return blame(`is ${countOf(lag, 'block')} behind`);
	}

	return height?.kind === 'daemon_trouble' ? blame(`is not seen by the wallet: ${height.failure.reason}`) : undefined;
}

function walletShortcoming({facts, settings, height, expectWallet}: Evidence): Shortcoming | undefined {
	if (height?.kind === 'failed') {
		return {part: 'wallet', reason: `the wallet's height is not known: ${height.failure.reason}`};
	}

	if (height?.kind === 'no_wallet') {
		return expectWallet ? {part: 'wallet', reason: 'no wallet is open'} : undefined;
	}

	const lag = facts.wallet_lag ?? 0;
	return lag > settings.max_wallet_lag
		? {part: 'wallet', reason: `wallet is ${countOf(lag, 'block')} behind its daemon`}
		: undefined;
}

function slowness({latencyMs, settings}: Evidence): Shortcoming | undefined {
	return latencyMs > settings.slow ? {part: 'api', reason: `slow: answered in ${latencyText(latencyMs)}`} : undefined;
}
