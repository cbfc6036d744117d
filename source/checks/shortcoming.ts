import type {DaemonFacts, WalletFacts} from '../domain/check-result.js';
import {countOf, latencyText} from '../domain/quantity.js';
import type {Settings} from '../domain/settings.js';
import type {DaemonSighting, HeightVerdict} from '../domain/wallet-rpc.js';
import type {ShortcomingKind} from '../domain/working-hint.js';

/** What keeps an answering node from being `up`. */
export interface Shortcoming {
	/** What it is, for those who give advice. */
	readonly kind: ShortcomingKind;
	/** One sentence in plain words. */
	readonly reason: string;
	/** The daemon that explains it, when one does. */
	readonly causedBy?: string;
}

/** What is wrong with a daemon, as far as it can be seen without the wallet. */
export function daemonShortcoming(
	{daemon, failure, statusText}: DaemonSighting,
	{daemon_lag: lag = 0, daemon_synchronized: isSynchronized}: DaemonFacts,
	{max_daemon_lag: maxLag}: Pick<Settings, 'max_daemon_lag'>,
): Shortcoming | undefined {
	const blame = (what: string): Shortcoming => ({
		kind: 'daemon',
		reason: `daemon ${daemon} ${what}`,
		causedBy: daemon,
	});
	if (failure) {
		return blame(`${failure.answered ? 'answers with an error' : 'does not answer'}: ${failure.reason}`);
	}

	if (statusText !== undefined) {
		return blame(`says ${statusText}`);
	}

	if (isSynchronized === false) {
		return blame(lag > 0 ? `is not synchronized, ${countOf(lag, 'block')} behind` : 'is not synchronized');
	}

	return lag > maxLag ? blame(`is ${countOf(lag, 'block')} behind`) : undefined;
}

/** What a wallet's verdict rests on. */
export interface WalletEvidence {
	/** The node's daemon, where it names one. */
	readonly daemon: string | undefined;
	readonly facts: WalletFacts;
	readonly height: HeightVerdict;
	readonly expectWallet: boolean;
	readonly settings: Pick<Settings, 'max_wallet_lag'>;
}

/** What is wrong with the wallet behind an API that works. */
export function walletShortcoming(evidence: WalletEvidence): Shortcoming | undefined {
	const {daemon, facts, height, expectWallet, settings} = evidence;
	if (height.kind === 'daemon_trouble') {
		const {reason} = height.failure;
		return daemon === undefined
			? {kind: 'daemon_unseen', reason: `the wallet does not see its daemon: ${reason}`}
			: {kind: 'daemon_unseen', reason: `daemon ${daemon} is not seen by the wallet: ${reason}`, causedBy: daemon};
	}

	if (height.kind === 'failed') {
		return {kind: 'height_unknown', reason: `the wallet's height is not known: ${height.failure.reason}`};
	}

	if (height.kind === 'no_wallet') {
		return expectWallet ? {kind: 'no_wallet', reason: 'no wallet is open'} : undefined;
	}

	const lag = facts.wallet_lag ?? 0;
	return lag > settings.max_wallet_lag
		? {kind: 'wallet_behind', reason: `wallet is ${countOf(lag, 'block')} behind its daemon`}
		: undefined;
}

/** Whether an answer took too long. */
export function slowness(latencyMs: number, {slow}: Pick<Settings, 'slow'>): Shortcoming | undefined {
	return latencyMs > slow ? {kind: 'slow', reason: `slow: answered in ${latencyText(latencyMs)}`} : undefined;
}
