import type {DaemonFacts, WalletFacts} from '../domain/check-result.js';
import type {ClockVerdict} from '../domain/clock-skew.js';
import {compact} from '../domain/compact.js';
import {countText, countWithNoun, formatLatency, spanText, speedText} from '../domain/format.js';
import type {ShortcomingKind} from '../domain/hints/commands.js';
import {heightFallText} from '../domain/past/record-result.js';
import type {SyncProgress} from '../domain/past/sync-progress.js';
import type {DaemonObservation} from '../domain/rpc/daemon-rpc.js';
import type {HeightVerdict} from '../domain/rpc/wallet-rpc.js';
import type {Settings} from '../domain/settings.js';
import type {Fork} from './fork-detection.js';

/** Why an answering node is not `up`. */
export interface Shortcoming {
	/** The kind of shortcoming, for hints. */
	readonly kind: ShortcomingKind;
	/** One sentence in plain words. */
	readonly reason: string;
	/** The daemon that causes it, if one does. */
	readonly causedBy?: string;
	/** What is wrong with that daemon, without its name. */
	readonly fault?: string;
}

/** What the fleet's other daemons show about one of them. */
export interface DaemonPlace {
	/** The greatest credible height. */
	readonly tipHeight?: number;
	/** Present when others have different blocks. */
	readonly fork?: Fork;
	/** Present when its clock differs from the local one. */
	readonly clock?: ClockVerdict;
}

/** What is wrong with a daemon, as far as visible without the wallet. */
export function daemonShortcoming(
	{daemon, failure, facts: seen}: DaemonObservation,
	facts: DaemonFacts,
	{max_daemon_lag: maxLag, block_age: maxAgeMs}: Pick<Settings, 'max_daemon_lag' | 'block_age'>,
	{fork, clock}: DaemonPlace = {},
): Shortcoming | undefined {
	const {daemon_lag: lag = 0, daemon_synchronized: isSynchronized, block_age_s: ageS = 0} = facts;
	const blame = (what: string): Shortcoming => ({
		kind: 'daemon',
		reason: `daemon ${daemon} ${what}`,
		causedBy: daemon,
		fault: what,
	});
	if (failure) {
		const what = failure.answered ? 'answers with an error' : 'does not answer';
		const blamed = blame(failure.refusal ?? `${what}: ${failure.reason}`);
		return failure.needs === undefined ? blamed : {...blamed, kind: `daemon_${failure.needs}`};
	}

	if (facts.daemon_own_height !== undefined) {
		return blame(bootstrapText(facts, facts.daemon_own_height));
	}

	if (fork) {
		return {...blame(forkText(fork)), kind: 'daemon_fork'};
	}

	const behind = `${countWithNoun(lag, 'block')} behind${progressText(daemonProgress(facts))}`;
	if (isSynchronized === false) {
		return blame(lag > 0 ? `is not synchronized, ${behind}` : 'is not synchronized');
	}

	if (lag > maxLag) {
		return blame(`is ${behind}`);
	}

	const alone = aloneText(seen);
	if (alone !== undefined) {
		return blame(alone);
	}

	if (clock?.whose === 'daemon') {
		const reason = `the clock of daemon ${daemon} is ${skewText(clock)}`;
		return {kind: 'clock', reason, causedBy: daemon, fault: `has a clock that is ${skewText(clock)}`};
	}

	if (ageS * 1000 <= maxAgeMs) {
		return undefined;
	}

	const old = `has had no new block for ${spanText(ageS * 1000)}`;
	return clock?.whose === 'own_or_late'
		? {...blame(old), reason: `${ownClockText(clock)}, or daemon ${daemon} ${old}`}
		: blame(old);
}

/** A daemon that passes on another daemon's answers while its own chain is shorter. */
function bootstrapText(facts: DaemonFacts, own: number): string {
	const {daemon_height: height = own, bootstrap_daemon: address} = facts;
	const name = address === undefined ? 'a bootstrap daemon' : `bootstrap daemon ${address}`;
	const blocks = `${countText(own)} of ${countText(height)} blocks`;
	return `uses ${name}; its own chain has ${blocks}${progressText(daemonProgress(facts))}`;
}

/** A wrong or uncertain local clock: it is not the fault of another host, and makes no answer worse. */
export function clockShortcoming(daemon: string, clock: ClockVerdict | undefined): Shortcoming | undefined {
	if (clock?.whose === 'own') {
		return {kind: 'clock', reason: ownClockText(clock)};
	}

	return clock?.whose === 'unclear'
		? {
				kind: 'clock',
				reason: `the clocks of this machine and of daemon ${daemon} differ by ${skewSpan(clock.aheadMs)}`,
			}
		: undefined;
}

/** Which daemons disagree, from which block on, and which of them the network would follow. */
function forkText({other, sinceBlock, difficulty}: Fork): string {
	const since = sinceBlock === undefined ? '' : ` since block ${countText(sinceBlock)}`;
	const compared = difficulty === undefined ? '' : `, with ${difficulty} cumulative difficulty`;
	return `has different blocks from daemon ${other}${since}: suspected fork${compared}`;
}

const ownClockText = (clock: ClockVerdict): string => `this machine's clock is ${skewText(clock)}`;

/** In whole minutes: the timestamps of answers are not exact. */
function skewText({aheadMs}: ClockVerdict): string {
	return `${skewSpan(aheadMs)} ${aheadMs < 0 ? 'behind' : 'ahead'}`;
}

const skewSpan = (aheadMs: number): string => spanText(Math.max(1, Math.round(Math.abs(aheadMs) / 60_000)) * 60_000);

/** A daemon that receives no new blocks. A regtest chain has no peers by design; a restricted port does not report peers. */
function aloneText({nettype, offline, outgoing_peers, incoming_peers}: DaemonObservation['facts']): string | undefined {
	if (nettype === undefined || nettype === 'fakechain') {
		return undefined;
	}

	const hasNoPeers = outgoing_peers === 0 && (incoming_peers ?? 0) === 0;
	return offline ? 'is offline' : hasNoPeers ? 'has no peers' : undefined;
}

const daemonProgress = (facts: DaemonFacts): SyncProgress =>
	compact({
		blocksPerS: facts.daemon_blocks_per_s,
		etaS: facts.daemon_eta_s,
		stalledMs: facts.daemon_stalled_ms,
	});

/** When the wallet or daemon will have caught up, as far as known. */
function progressText({blocksPerS, etaS, stalledMs}: SyncProgress): string {
	if (stalledMs !== undefined) {
		return `, stalled for ${spanText(stalledMs)}`;
	}

	return blocksPerS === undefined || etaS === undefined
		? ''
		: `, ${speedText(blocksPerS)}, about ${spanText(etaS * 1000)} left`;
}

/** What the verdict on a wallet is based on. */
export interface WalletEvidence {
	/** The node's daemon, if it has one. */
	readonly daemon: string | undefined;
	readonly facts: WalletFacts;
	/** What the connections of its process show, if it is stalled and they are visible. */
	readonly link?: string | undefined;
	readonly height: HeightVerdict;
	readonly expectWallet: boolean;
	readonly settings: Pick<Settings, 'max_wallet_lag' | 'max_daemon_lag'>;
}

/** What is wrong with the wallet behind a working API. */
export function walletShortcoming(evidence: WalletEvidence): Shortcoming | undefined {
	const {daemon, facts, link, height, expectWallet, settings} = evidence;
	if (height.kind === 'failed') {
		return {kind: 'height_unknown', reason: `wallet height unknown: ${height.failure.reason}`};
	}

	if (height.kind === 'no_wallet') {
		return expectWallet ? {kind: 'no_wallet', reason: 'no wallet is open'} : undefined;
	}

	const lag = facts.wallet_lag ?? 0;
	if (facts.stalled) {
		const why = link === undefined ? '' : `: ${link}`;
		return {kind: 'wallet_stalled', reason: `${behindShortcomingText(lag, evidence)}${why}`};
	}

	if (lag > settings.max_wallet_lag) {
		return {kind: 'wallet_behind', reason: behindShortcomingText(lag, evidence)};
	}

	return daemon !== undefined && -lag > settings.max_daemon_lag
		? {kind: 'daemon_reset', reason: aheadText(daemon, -lag, facts), causedBy: daemon}
		: undefined;
}

/** How far behind, and when it will have caught up. */
export function behindShortcomingText(lag: number, {daemon, facts}: Pick<WalletEvidence, 'daemon' | 'facts'>): string {
	const {catch_up_blocks_per_s: blocksPerS, eta_s: etaS, stalled_ms: stalledMs} = facts;
	const progress = compact({
		blocksPerS,
		etaS,
		stalledMs,
	});
	const of = daemon === undefined ? 'the other daemons of its network' : 'its daemon';
	const fell = heightFallText(facts);
	const text = `wallet is ${countWithNoun(lag, 'block')} behind ${of}${progressText(progress)}`;
	return fell === undefined ? text : `${text}; ${fell}`;
}

/** A daemon has fewer blocks than its wallet once saw: it was started with an empty or older chain. */
function aheadText(daemon: string, blocks: number, {wallet_height: height = 0}: WalletFacts): string {
	return `daemon ${daemon} lost blocks: it has ${countText(height - blocks)}, its wallet saw ${countText(height)}`;
}

/** Whether an answer took too long. */
export function slowShortcoming(latencyMs: number, {slow}: Pick<Settings, 'slow'>): Shortcoming | undefined {
	return latencyMs > slow ? {kind: 'slow', reason: `slow: response took ${formatLatency(latencyMs)}`} : undefined;
}

/** A daemon from a node's point of view. */
export interface DaemonView {
	readonly observation: DaemonObservation;
	/** The observation's facts, and how far it is behind. */
	readonly facts: DaemonFacts;
	/** Why it is not `up`. */
	readonly shortcoming?: Shortcoming;
	/** A wrong or doubtful local clock. */
	readonly clockFault?: Shortcoming;
}
