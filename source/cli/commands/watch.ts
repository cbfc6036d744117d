import type {LoopPart} from '../../application/session.js';
import type {CheckMethod} from '../../domain/check-method.js';
import {currentVerdict, type FleetNode, type FleetSnapshot} from '../../domain/fleet.js';
import {statusDocument} from '../../domain/status-document.js';
import type {ProgramSurroundings, RunCommand} from '../command.js';
import {runCommandLoop} from '../loop.js';
import {transitionLine} from '../reports/history-report.js';
import {alertsLoopPart, livenessLoopParts} from './outbound-parts.js';

/** What a reader that does not read may owe before documents are left out, in bytes. */
const mostUnread = 1_048_576;

/** How long documents wait for the first result of a node, in milliseconds: a connected xmrtop takes 15 s for silence. */
const mostWaitMs = 10_000;

/** The loop without a screen: a line for every change of state, or a document for every cycle. */
export const runWatch: RunCommand = invocation => {
	const {flags, surroundings} = invocation;
	const output = flags.isOn('ndjson') ? cycleDocumentsPart(surroundings) : transitionLinesPart(surroundings);
	return runCommandLoop(
		invocation,
		[output, alertsLoopPart(invocation), ...livenessLoopParts(invocation)].filter(part => part !== undefined),
	);
};

/** Prints a line for every change of state. */
export function transitionLinesPart({stdout, isJournal}: ProgramSurroundings): LoopPart {
	const withTime = !isJournal();
	return {onTransition: transition => void stdout.write(`${transitionLine(transition, withTime)}\n`)};
}

/** Prints a document for every cycle that has ended; one line each, as `status --json` gives it. */
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
		return nowMs() - sinceMs < mostWaitMs;
	};

	const print = ({method, lastCycle, nodes}: FleetSnapshot): void => {
		if (!lastCycle || lastCycle === last || stdout.writableLength > mostUnread) {
			return;
		}

		// Where a check takes longer than an interval, a later cycle may end first; whoever reads one document alone would miss a
		// node. They are waited for at the same time, not one after the other.
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
