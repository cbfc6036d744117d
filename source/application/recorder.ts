import {InputError} from '../domain/input-error.js';
import type {NodeState, Observation} from '../domain/past/node-state.js';
import {clampNodeStateBefore} from '../domain/past/record-clock.js';
import {recordResult} from '../domain/past/record-result.js';
import {findTransition, type Transition} from '../domain/past/transition.js';
import type {ResultStore} from '../domain/store.js';

/** How long results wait to be written in one batch, in milliseconds. State changes are written at once. */
const batchMs = 5000;
/** How many results per node are kept while saving fails. */
const keptPerNode = 60;

/** Remembers results, and writes them in the background. */
export interface Recorder {
	/** What is remembered of a node, including this run's results. */
	readonly recall: (nodeId: number) => NodeState;
	/** Receives one result. */
	readonly observe: (observation: Observation) => void;
	/** Writes the remaining results and stops the timer. */
	readonly close: () => Promise<void>;
}

export interface RecorderOptions {
	readonly store: Pick<ResultStore, 'read' | 'save' | 'saveTransitions'>;
	/** `later`: state changes at once, the rest in batches. `atClose`: everything in one save. `never`: nothing. */
	readonly saving: 'later' | 'atClose' | 'never';
	/** Called once with one line when saving begins to fail, and with `undefined` when it works again. */
	readonly onSaveProblem: (problem: string | undefined) => void;
	/** Called for every state change among the results, as they arrive. */
	readonly onTransition?: (transition: Transition) => void;
	/** Called for every result, with what is then remembered of its node. */
	readonly onResult?: (observation: Observation, nodeState: NodeState) => void;
}

export function createRecorder(options: RecorderOptions): Recorder {
	const {store, saving, onSaveProblem, onTransition, onResult} = options;
	const nodeStates = new Map(store.read());
	let unsaved: Observation[] = [];
	let changes: Observation[] = [];
	let timer: NodeJS.Timeout | undefined;
	let writing: Promise<unknown> = Promise.resolve();
	let problem: string | undefined;

	const report = (next: string | undefined): void => {
		if (next !== problem) {
			problem = next;
			onSaveProblem(next);
		}
	};

	/** Runs writes one after the other. Results that could not be written are kept for the next time. */
	const write = (work: () => Promise<boolean>): Promise<unknown> => {
		writing = writing.then(work).then(
			// If there was nothing to write, the state of the disk is unknown.
			hasWritten => hasWritten && report(undefined),
			error => report(saveProblemText(error)),
		);
		return writing;
	};

	const writeChanges = () =>
		write(async () => {
			const batch = changes;
			changes = [];
			if (batch.length > 0) {
				await store.saveTransitions(batch);
			}

			return batch.length > 0;
		});

	const writeAll = () =>
		write(async () => {
			const batch = unsaved;
			unsaved = [];
			changes = [];
			try {
				if (batch.length > 0) {
					await store.save(batch);
				}
			} catch (error) {
				unsaved = lastPerNode([...batch, ...unsaved]);
				throw error;
			}

			return batch.length > 0;
		});

	const observe = (observation: Observation): void => {
		const {node, result, coverMs} = observation;
		const before = clampNodeStateBefore(nodeStates.get(node.id) ?? {}, result.details.last_check);
		const after = recordResult(before, result, coverMs);
		nodeStates.set(node.id, after);
		onResult?.(observation, after);
		const transition = onTransition || saving === 'later' ? findTransition(before, observation) : undefined;
		if (transition) {
			onTransition?.(transition);
		}

		if (saving === 'never') {
			return;
		}

		unsaved.push(observation);
		if (saving === 'later') {
			timer ??= setInterval(writeAll, batchMs);
			if (transition) {
				changes.push(observation);
				if (changes.length === 1) {
					setImmediate(writeChanges);
				}
			}
		}
	};

	return {
		recall: nodeId => nodeStates.get(nodeId) ?? {},
		observe,
		close: async () => {
			clearInterval(timer);
			await writeAll();
		},
	};
}

function lastPerNode(observations: readonly Observation[]): Observation[] {
	const counts = new Map<number, number>();
	return observations
		.toReversed()
		.filter(({node}) => {
			const count = (counts.get(node.id) ?? 0) + 1;
			counts.set(node.id, count);
			return count <= keptPerNode;
		})
		.toReversed();
}

function saveProblemText(error: unknown): string {
	if (error instanceof InputError) {
		return error.message;
	}

	return `results cannot be saved: ${error instanceof Error ? error.message : String(error)}`;
}
