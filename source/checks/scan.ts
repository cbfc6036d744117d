import type {NoResponseFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import {spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';
import {behindText} from './shortcoming.js';

/** What is known of a wallet that reads the chain while it does not answer. */
export type ScanFacts = Pick<
	WalletFacts,
	'wallet_open' | 'wallet_height' | 'wallet_lag' | 'catch_up_blocks_per_s' | 'eta_s'
> &
	Pick<NoResponseFacts, 'scanning' | 'facts_at'>;

/** What an answer of long ago tells of a scan that may still go on. */
const maxFactsMs = 6 * 3_600_000;

/**
 * What the wallet said last, where it was behind then and its process is the same: it reads the chain, and cannot answer.
 * @param process as seen now; absent where none can be seen
 */
export function scanOf(
	{memory, settings, ports}: CheckContext,
	process?: ProcessIdentity,
): {readonly text: string; readonly facts: ScanFacts} | undefined {
	const {last_sync: last} = memory;
	if (last?.wallet_lag === undefined || last.wallet_lag <= settings.max_wallet_lag) {
		return undefined;
	}

	const {at, daemon, ...facts} = last;
	const ageMs = ports.nowMs() - Date.parse(at);
	return ageMs > maxFactsMs || (process !== undefined && process.started_at > at)
		? undefined
		: {
				text: `scanning: ${behindText(last.wallet_lag, {daemon, facts})}, as of ${spanText(Math.max(0, ageMs))} ago`,
				facts: {scanning: true, wallet_open: true, ...facts, facts_at: at},
			};
}

/** A wallet that reads the chain lets others in about every 20 s: after twice that it answers as it should. */
const settleMs = 45_000;

/**
 * Whether a wallet that answers now is in a scan in which it responds intermittently: it was busy, is still behind and has not
 * answered every check for long.
 * @param facts as answered now
 */
export function isScanGoingOn({memory, settings, ports}: CheckContext, facts: WalletFacts): boolean {
	const {wallet_lag: lag = 0, stalled = false} = facts;
	if (memory.states?.api?.state !== 'busy' || lag <= settings.max_wallet_lag || stalled) {
		return false;
	}

	const {answering_since: since, silent_since: silentSince} = memory;
	return silentSince !== undefined || (since !== undefined && ports.nowMs() - Date.parse(since) < settleMs);
}
