import {type State, states} from '../../source/domain/state.js';

/** The true situation of a node: the states a monitor may show for it from `sinceMs` on. */
interface Truth {
	/** Name of the fault, or `healthy`. */
	readonly situation: string;
	readonly allowed: ReadonlySet<State>;
	readonly sinceMs: number;
}

/** The figures of one situation. */
interface Tally {
	starts: number;
	samples: number;
	falseUp: number;
	falseDown: number;
	/** Milliseconds from each start until the first state that is allowed. */
	readonly delaysMs: number[];
}

/** Compares the true states of nodes with the states that the monitor reports. */
export interface TruthRecord {
	/** Sets the states that are correct for a node from now on. */
	readonly set: (node: string, situation: string, allowed: readonly State[]) => void;
	/** Records a state that the monitor reports. */
	readonly sample: (node: string, state: State) => void;
	/** Formats the figures, one line per situation. */
	readonly report: () => string;
	/** The false `up` and `down` samples, one line each. */
	readonly mistakes: readonly string[];
}

/**
 * Creates a record.
 * @param graceMs how long `up` or `down` may be wrong before it counts as false: two intervals and a timeout
 * @param onMistake called with each false `up` or `down`
 */
export function createTruthRecord(
	graceMs: number,
	onMistake: (line: string) => void,
	nowMs: () => number = () => performance.now(),
): TruthRecord {
	const truths = new Map<string, Truth>();
	const waiting = new Map<string, Truth>();
	const tallies = new Map<string, Tally>();
	const mistakes: string[] = [];
	const startMs = nowMs();
	/** Since when each state is wrong for each node, across changes of situation. */
	const excludedSince = new Map<string, number>();

	const tallyOf = (situation: string): Tally => {
		const tally = tallies.get(situation) ?? {starts: 0, samples: 0, falseUp: 0, falseDown: 0, delaysMs: []};
		tallies.set(situation, tally);
		return tally;
	};

	return {
		mistakes,
		set: (node, situation, allowed) => {
			const truth = {situation, allowed: new Set(allowed), sinceMs: nowMs()};
			truths.set(node, truth);
			waiting.set(node, truth);
			tallyOf(situation).starts += 1;
			for (const state of states) {
				const key = `${node} ${state}`;
				if (truth.allowed.has(state)) {
					excludedSince.delete(key);
				} else if (!excludedSince.has(key)) {
					excludedSince.set(key, truth.sinceMs);
				}
			}
		},
		sample: (node, state) => {
			const truth = truths.get(node);
			if (!truth) {
				return;
			}

			const tally = tallyOf(truth.situation);
			tally.samples += 1;
			if (truth.allowed.has(state)) {
				if (waiting.get(node) === truth) {
					waiting.delete(node);
					tally.delaysMs.push(nowMs() - truth.sinceMs);
				}

				return;
			}

			const wrongForMs = nowMs() - (excludedSince.get(`${node} ${state}`) ?? nowMs());
			if ((state !== 'up' && state !== 'down') || wrongForMs <= graceMs) {
				return;
			}

			tally[state === 'up' ? 'falseUp' : 'falseDown'] += 1;
			const at = ((nowMs() - startMs) / 1000).toFixed(0);
			const mistake = `${at} s: ${node} is called ${state} in "${truth.situation}", for ${(wrongForMs / 1000).toFixed(0)} s`;
			mistakes.push(mistake);
			onMistake(mistake);
		},
		report: () => {
			const lines = [...tallies].map(([situation, {starts, samples, falseUp, falseDown, delaysMs}]) => {
				const sorted = delaysMs.toSorted((a, b) => a - b);
				const seconds = (ms: number | undefined): string => (ms === undefined ? '–' : (ms / 1000).toFixed(0));
				return [
					situation,
					starts,
					samples,
					falseUp,
					falseDown,
					seconds(sorted[sorted.length >> 1]),
					seconds(sorted.at(-1)),
				];
			});
			const rows = [['situation', 'starts', 'samples', 'false up', 'false down', 'median s', 'longest s'], ...lines];
			return rows
				.map(([name, ...cells]) => String(name).padEnd(44) + cells.map(cell => String(cell).padStart(11)).join(''))
				.join('\n');
		},
	};
}
