import type {LoopPart} from '../../application/session.js';
import type {CheckMethod} from '../../domain/check-method.js';
import {currentVerdict, type FleetNode, type FleetSnapshot} from '../../domain/fleet.js';
import {statusDocument} from '../../domain/status-document.js';
import type {ProgramSurroundings, RunCommand} from '../command.js';
import {runCommandLoop} from '../loop.js';
import {transitionLine} from '../reports/history-report.js';
import {alertsLoopPart, livenessLoopParts} from './outbound-parts.js';

/** When this many bytes of output are unread, documents are skipped. */
const maxUnread = 1_048_576;

/** How long a document waits for the first result of a node, in milliseconds: less than the 15 s after which a reader times out. */
const maxWaitMs = 10_000;

/** Runs the loop without a screen: prints a line per state change, or with `--ndjson` a document per cycle. */
export const runWatch: RunCommand = invocation => {
	const {flags, surroundings} = invocation;
	const output = flags.isOn('ndjson') ? cycleDocumentsPart(surroundings) : transitionLinesPart(surroundings);
	return runCommandLoop(
		invocation,
		[output, alertsLoopPart(invocation), ...livenessLoopParts(invocation)].filter(part => part !== undefined),
	);
};

/** Prints a line for every state change. */
export function transitionLinesPart({stdout, isJournal}: ProgramSurroundings): LoopPart {
	const withTime = !isJournal();
	return {onTransition: transition => void stdout.write(`${transitionLine(transition, withTime)}\n`)};
}

/** Prints the document of `status --json` on one line after every cycle. */
export function cycleDocumentsPart({stdout, nowMs}: Pick<ProgramSurroundings, 'stdout' | 'nowMs'>): LoopPart {
	let last: FleetSnapshot['lastCycle'];
	const awaitedSinceMs = new Map<number, number>();
	const isAwaited = (node: FleetNode, method: CheckMethod): boolean => {
		const {id} = node.node;
		if (!node.checking || node.disabled || currentVerdict(node, method).result) {
			awaitedSinceMs.delete(id);
			return false;
		}

		const sinceMs = awaitedSinceMs.get(id) ?? nowMs();
		awaitedSinceMs.set(id, sinceMs);
		return nowMs() - sinceMs < maxWaitMs;
	};

	const print = ({method, lastCycle, nodes}: FleetSnapshot): void => {
		if (!lastCycle || lastCycle === last || stdout.writableLength > maxUnread) {
			return;
		}

		// A cycle may end before the first check of a slow node. A program that reads only one document would then miss that node, so
		// the document waits for all such nodes; `filter` evaluates every node, so their waiting times run in parallel.
		if (nodes.filter(node => isAwaited(node, method)).length > 0) {
			return;
		}

		last = lastCycle;
		const {startedAtMs: checkedAtMs, durationMs} = lastCycle;
		stdout.write(`${JSON.stringify(statusDocument({method, checkedAtMs, durationMs, nodes}))}\n`);
	};

	return {
		begin: async ({poller}) => {
			const unsubscribe = poller.subscribe(() => print(poller.getSnapshot()));
			return async () => unsubscribe();
		},
	};
}
