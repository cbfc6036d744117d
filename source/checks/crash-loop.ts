import type {NoResponseFacts, ProcessIdentity} from '../domain/check-result.js';
import {crashLoopOf, type ProcessLife, withLife} from '../domain/past/crash-loop.js';
import type {NodeMemory} from '../domain/past/memory.js';
import {isRestart, isSameProcess} from '../domain/process-identity.js';
import {countOf, spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';

/** The lives of a node's process, the one that is seen now included. */
export function livesWith(memory: NodeMemory, process: ProcessIdentity | undefined): readonly ProcessLife[] {
	const {lives = [], process: before} = memory;
	if (!process || (before && lives.length > 0 && isSameProcess(before, process))) {
		return lives;
	}

	const newest = {lastAnswer: memory.life_answered_to, seenAt: memory.process_seen_at};
	return withLife(lives, {started_at: process.started_at, isRestart: isRestart(memory, process)}, newest);
}

/** What is said of a node whose process ends and is started again and again. */
export type CrashLoopVerdict = {readonly state: 'down'; readonly reason: string} & Pick<
	NoResponseFacts,
	'crash_loop_starts' | 'crash_loop_ms'
>;

/**
 * Whether a node's process is in a crash loop. Then it is down, whatever this moment's check says: neither does loading again
 * excuse it, nor does an answer in between make it work.
 * @param process as seen now
 * @param isAnswered whether this check was answered
 */
export function crashLoopVerdict(
	{memory, settings, ports}: CheckContext,
	process: ProcessIdentity | undefined,
	isAnswered: boolean,
): CrashLoopVerdict | undefined {
	const lives = livesWith(memory, process);
	if (lives.length < settings.crash_loop) {
		return undefined;
	}

	const nowMs = ports.nowMs();
	const lastAnswer = isAnswered ? new Date(nowMs).toISOString() : memory.last_answer;
	const loop = crashLoopOf({lives, lastAnswer, nowMs}, settings);
	if (!loop) {
		return undefined;
	}

	const answered = lastAnsweredText(memory.last_answer, nowMs);
	return {
		state: 'down',
		reason: `crash loop: ${countOf(loop.starts, 'start')} in ${spanText(loop.spanMs)}; ${answered}`,
		crash_loop_starts: loop.starts,
		crash_loop_ms: Math.round(loop.spanMs),
	};
}

function lastAnsweredText(at: string | undefined, nowMs: number): string {
	if (at === undefined) {
		return 'no response yet';
	}

	const isToday = at.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
	return `last response ${isToday ? '' : `${at.slice(0, 10)} `}${at.slice(11, 16)} UTC`;
}
