import type {LoopPart} from '../../application/session.js';
import type {CheckMethod} from '../../domain/check-method.js';
import {type FleetNode, type FleetSnapshot, verdictOf} from '../../domain/fleet.js';
import {statusDocument} from '../../domain/status-document.js';
import type {RunCommand, Surroundings} from '../command.js';
import {runLoop} from '../loop.js';
import {transitionLine} from '../reports/history-report.js';
import {alertsPart} from './alerts-part.js';

/** What a reader that does not read may owe before documents are left out, in bytes. */
const mostUnread = 1_048_576;

/** How long documents wait for the first result of a node, in milliseconds: whoever joins hosts takes 15 s for silence. */
const mostWaitMs = 10_000;

/** The loop without a screen: a line for every change of state, or a document for every cycle. */
export const runWatch: RunCommand = invocation => {
	const {flags, surroundings} = invocation;
	const output = flags.isOn('ndjson') ? documentPerCycle(surroundings) : linePerTransition(surroundings);
	return runLoop(
		invocation,
		[output, alertsPart(invocation)].filter(part => part !== undefined),
	);
};

/** Prints a line for every change of state. */
export function linePerTransition({stdout, isJournal}: Surroundings): LoopPart {
	const withTime = !isJournal();
	return {onTransition: transition => void stdout.write(`${transitionLine(transition, withTime)}\n`)};
}

/** Prints a document for every cycle that has ended; one line each, as `status --json` gives it. */
export function documentPerCycle({stdout, nowMs}: Pick<Surroundings, 'stdout' | 'nowMs'>): LoopPart {
	let last: FleetSnapshot['lastCycle'];
	const awaitedSinceMs = new Map<number, number>();
	const isAwaited = (node: FleetNode, method: CheckMethod): boolean => {
		const {id} = node.node;
		if (!node.checking || node.disabled || verdictOf(node, method).result) {
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
		begin: async ({watcher}) => {
			const unsubscribe = watcher.subscribe(() => print(watcher.getSnapshot()));
			return async () => unsubscribe();
		},
	};
}
