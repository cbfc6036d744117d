import type {NoResponseFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import {countWithNoun, isoTimeText, spanText} from '../domain/format.js';
import {detectCrashLoop, type ProcessLife, withProcessLife} from '../domain/past/crash-loop.js';
import type {NodeState} from '../domain/past/node-state.js';
import {isRestart, isSameProcess} from '../domain/process-identity.js';
import type {CheckContext} from './check.js';
import {behindShortcomingText} from './problems.js';

/** The lives of a node's process, including the one seen now. */
export function observedProcessLives(
	nodeState: NodeState,
	process: ProcessIdentity | undefined,
): readonly ProcessLife[] {
	const {lives = [], process: before} = nodeState;
	if (!process || (before && lives.length > 0 && isSameProcess(before, process))) {
		return lives;
	}

	const newest = {lastAnswer: nodeState.life_answered_to, seenAt: nodeState.process_seen_at};
	return withProcessLife(lives, {started_at: process.started_at, isRestart: isRestart(nodeState, process)}, newest);
}

/** The verdict on a node whose process ends and is restarted again and again. */
export type CrashLoopVerdict = {readonly state: 'down'; readonly reason: string} & Pick<
	NoResponseFacts,
	'crash_loop_starts' | 'crash_loop_ms'
>;

/**
 * Whether a node's process is in a crash loop. Then it is down, whatever this check found: loading again does not excuse it,
 * and one answer in between does not make it work.
 * @param process as seen now
 * @param isAnswered whether this check got an answer
 */
export function crashLoopVerdict(
	{nodeState, settings, ports}: CheckContext,
	process: ProcessIdentity | undefined,
	isAnswered: boolean,
): CrashLoopVerdict | undefined {
	const lives = observedProcessLives(nodeState, process);
	const nowMs = ports.nowMs();
	const lastAnswer = isAnswered ? isoTimeText(nowMs) : nodeState.last_answer;
	const loop = detectCrashLoop({lives, lastAnswer, nowMs}, settings);
	if (!loop) {
		return undefined;
	}

	const answered = lastAnsweredText(nodeState.last_answer, nowMs);
	return {
		state: 'down',
		reason: `crash loop: ${countWithNoun(loop.starts, 'start')} in ${spanText(loop.spanMs)}; ${answered}`,
		crash_loop_starts: loop.starts,
		crash_loop_ms: Math.round(loop.spanMs),
	};
}

function lastAnsweredText(at: string | undefined, nowMs: number): string {
	if (at === undefined) {
		return 'no response yet';
	}

	const isToday = at.slice(0, 10) === isoTimeText(nowMs).slice(0, 10);
	return `last response ${isToday ? '' : `${at.slice(0, 10)} `}${at.slice(11, 16)} UTC`;
}

/** What is known of a wallet that scans the chain and does not answer. */
export type ScanFacts = Pick<
	WalletFacts,
	'wallet_open' | 'wallet_height' | 'wallet_lag' | 'catch_up_blocks_per_s' | 'eta_s'
> &
	Pick<NoResponseFacts, 'scanning' | 'facts_at'>;

/** How old an answer may be to show that a scan is still running, in milliseconds. */
const maxFactsMs = 6 * 3_600_000;

/**
 * The wallet's last answer, if it was behind then and its process is the same: it is scanning the chain, and cannot answer.
 * @param process as seen now; absent when none is visible
 */
export function ongoingScan(
	{nodeState, settings, ports}: CheckContext,
	process?: ProcessIdentity,
): {readonly text: string; readonly facts: ScanFacts} | undefined {
	const {last_sync: last} = nodeState;
	if (last?.wallet_lag === undefined || last.wallet_lag <= settings.max_wallet_lag) {
		return undefined;
	}

	const {at, daemon, ...facts} = last;
	const ageMs = ports.nowMs() - Date.parse(at);
	return ageMs > maxFactsMs || (process !== undefined && process.started_at > at)
		? undefined
		: {
				text: `scanning: ${behindShortcomingText(last.wallet_lag, {daemon, facts})}, as of ${spanText(Math.max(0, ageMs))} ago`,
				facts: {scanning: true, wallet_open: true, ...facts, facts_at: at},
			};
}

/** A wallet that scans the chain answers about every 20 s: after twice that time without a gap, it answers normally again. */
const settleMs = 45_000;

/**
 * Whether a wallet that answers now is in a scan during which it responds intermittently: it was busy, is still behind and has
 * not answered every check for long.
 * @param facts as answered now
 */
export function isWalletScanning({nodeState, settings, ports}: CheckContext, facts: WalletFacts): boolean {
	const {wallet_lag: lag = 0, stalled = false} = facts;
	if (nodeState.states?.api?.state !== 'busy' || lag <= settings.max_wallet_lag || stalled) {
		return false;
	}

	const {answering_since: since, silent_since: silentSince} = nodeState;
	return silentSince !== undefined || (since !== undefined && ports.nowMs() - Date.parse(since) < settleMs);
}
