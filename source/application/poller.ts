import {type Silence, silenceOf} from '../domain/alerts/silences.js';
import {type CheckMethod, checkMethodWords} from '../domain/check-method.js';
import type {CheckResult, ResultOf} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import type {DaemonResultOf} from '../domain/daemon-report.js';
import type {Cycle, FleetNode, FleetSnapshot} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import {coverageGapMs} from '../domain/past/coverage.js';
import type {NodeState, StateRecord} from '../domain/past/node-state.js';
import {listedDaemon} from '../domain/past/record-result.js';
import type {Ports} from '../domain/ports.js';
import {createBusyBackoff} from './busy-backoff.js';
import {type Checker, orderFailingFirst} from './checker.js';
import {createPollerNotes} from './notes.js';
import {runInBatches} from './pacing.js';
import type {Recorder} from './recorder.js';

/** The shortest time between two notifications while results arrive, in milliseconds. */
const notifyMs = 50;
const minIntervalMs = 1000;
/** The nodes a poller checks. */
export interface PolledNodes {
	/** All of them: their daemons are compared for the fleet's highest block. */
	readonly fleet: readonly Node[];
	/** Whether a node is listed. */
	readonly isShown: (node: Node) => boolean;
	/** Whether a listed node is checked. */
	readonly isChecked: (node: Node) => boolean;
}

export interface PollerOptions {
	readonly checker: Checker;
	readonly recorder: Recorder;
	/**
	 * The nodes as they are configured now. Called before every cycle.
	 * If it throws, the known nodes are kept and a note says so.
	 */
	readonly readNodes: () => PolledNodes;
	/** The silences in force now. Called before every cycle; never throws. Default: none. */
	readonly silences?: () => readonly Silence[];
	/** The configured method: its results are recorded, whatever method is shown. */
	readonly method: CheckMethod;
	readonly intervalMs: number;
	readonly ports: Pick<Ports, 'nowMs'>;
}

/** What this run has seen of a node. */
interface Seen {
	result?: CheckResult;
	diagnosis?: ResultOf<'full'>;
	/** The latest results, by method. */
	last: Partial<Record<CheckMethod, CheckResult>>;
	/** The state under the method shown, if that method is not recorded. */
	observed?: StateRecord;
	underWay: number;
	/** When the first check in progress began, in milliseconds since the epoch. */
	sinceMs?: number;
}

/** A {@link Poller} that others can add notes to. */
export interface NotedPoller extends Poller {
	/** Shows a line under a name; `undefined` removes it. */
	readonly setNote: (name: string, note: string | undefined) => void;
}

/** Creates a poller; nothing is checked before `start`. */
export function createPoller(options: PollerOptions): NotedPoller {
	const {checker, recorder, ports, method: configured} = options;
	let {method, intervalMs} = options;
	let paused = false;
	let isStarted = false;
	let fleet: readonly Node[] = [];
	let silences: readonly Silence[] = [];
	let nodes: readonly Node[] = [];
	let isChecked: (node: Node) => boolean = () => true;
	let diagnosedId: number | undefined;
	let lastCycle: Cycle | undefined;
	let lastNumber = 0;
	let begun = 0;
	let snapshot: FleetSnapshot | undefined;
	let timer: NodeJS.Timeout | undefined;
	const seen = new Map<number, Seen>();
	const shownNodes = new Map<number, FleetNode>();
	const stopping = new AbortController();
	const isEnded = (): boolean => stopping.signal.aborted;
	const resting = createBusyBackoff({checker, ports, isEnded});

	const notes = createPollerNotes(notifyMs, () => {
		snapshot = undefined;
	});
	const {setNote} = notes;
	const changed = (nodeId?: number): void => {
		snapshot = undefined;
		if (nodeId !== undefined) {
			shownNodes.delete(nodeId);
		}

		notes.announce();
	};

	const readSilences = (): void => {
		const next = options.silences?.() ?? [];
		if (next.length !== silences.length || next.some((silence, index) => silence !== silences[index])) {
			silences = next;
			shownNodes.clear();
			changed();
		}
	};

	const readNodes = (): void => {
		readSilences();
		try {
			const read = options.readNodes();
			const isNews = read.fleet !== fleet || nodes.some(node => isChecked(node) !== read.isChecked(node));
			isChecked = read.isChecked;
			if (isNews) {
				fleet = read.fleet;
				nodes = fleet.filter(read.isShown).sort((a, b) => a.id - b.id);
				shownNodes.clear();
				changed();
			}

			setNote('nodes', undefined);
		} catch (error) {
			setNote(
				'nodes',
				`${error instanceof Error ? error.message : String(error)}; still watching the previous list of nodes`,
			);
		}
	};

	const seenOf = (nodeId: number): Seen => {
		const known = seen.get(nodeId) ?? {underWay: 0, last: {}};
		seen.set(nodeId, known);
		return known;
	};

	/** Whether no check of a node is in progress. */
	const isFree = ({id}: Node): boolean => (seen.get(id)?.underWay ?? 0) === 0;

	const run = async <M extends CheckMethod>(
		node: Node,
		by: M,
		cycle: ReturnType<Checker['openCycle']>,
		isFresh: boolean,
	): Promise<void> => {
		const seenNow = seenOf(node.id);
		if (seenNow.underWay === 0) {
			seenNow.sinceMs = ports.nowMs();
		}

		seenNow.underWay += 1;
		changed(node.id);
		try {
			const result = await checker.check(node, by, cycle, isFresh);
			if (stopping.signal.aborted) {
				return;
			}

			if (result === seenNow.last[by]) {
				// Two callers may share a check; its result counts once.
				return;
			}

			seenNow.last[by] = result;
			if (isRecorded(node, by)) {
				recorder.observe({node, result, coverMs: coverageGapMs(intervalMs, true)});
			}

			if (by === method || (isAlike(by, method) && !methodsFor(node).includes(method))) {
				seenNow.result = result;
				seenNow.observed = stateRecordOf(result, seenNow.observed);
			}

			if (isAlike(by, 'api')) {
				resting.take(node, result, cycle, intervalMs);
			}

			if (result.details.method === 'full') {
				seenNow.diagnosis = result as ResultOf<'full'>;
			}
		} finally {
			seenNow.underWay -= 1;
			changed(node.id);
		}
	};

	/** The method shown, a `full` check while the node's diagnostics are open, and the configured method, which is recorded. */
	const methodsFor = (node: Node): readonly CheckMethod[] => {
		const isDiagnosed = node.id === diagnosedId;
		const wanted = new Set<CheckMethod>([method, ...(isDiagnosed ? (['full'] as const) : []), configured]);
		// A full check replaces api, unless it is configured and only api is shown.
		if (wanted.has('full') && (isDiagnosed || method !== 'api')) {
			wanted.delete('api');
		}

		return [...wanted];
	};

	/** Showing another method does not change the recorded state, which is that of the configured method. */
	const isRecorded = (node: Node, by: CheckMethod): boolean =>
		(by === 'full' && node.id === diagnosedId) || (isAlike(by, configured) && !(by === 'api' && configured === 'full'));

	const checkThese = async (
		some: readonly Node[],
		{isFresh = false, isWanted = () => true}: ChecksWanted = {},
	): Promise<void> => {
		const cycle = checker.openCycle(fleet, stopping.signal, some);
		const inOrder = orderFailingFirst(some, recorder.recall);
		await runInBatches(
			inOrder.flatMap(node =>
				methodsFor(node)
					.filter(by => isWanted(node, by))
					.map(by => ({node, by})),
			),
			({node, by}) => run(node, by, cycle, isFresh),
			{withinMs: intervalMs / 2, isEnded},
		);
	};

	/** Checks nodes at once that are skipped as busy and whose process or port has changed. */
	const checkChanged = async (atRest: readonly Node[]): Promise<void> => {
		if (atRest.length > 0) {
			const cycle = checker.openCycle(fleet, stopping.signal);
			const changedNodes = await resting.findChanged(atRest, cycle, intervalMs / 2);
			if (!isEnded()) {
				await checkThese(changedNodes.filter(isFree));
			}
		}
	};

	/**
	 * @param isForced whether to also check, by the method shown now, nodes whose check is still in progress: that check may use
	 * another method
	 */
	const tick = async (isForced = false): Promise<void> => {
		readNodes();
		const free = nodes.filter(node => isChecked(node) && (isForced || isFree(node)));
		const isWanted = (node: Node, by: CheckMethod): boolean =>
			isForced ? by === method || by !== configured : !(isAlike(by, 'api') && resting.isResting(node.id));
		void checkChanged(free.filter(({id}) => !isForced && resting.isResting(id)));
		const startedAtMs = ports.nowMs();
		begun += 1;
		const number = begun;
		await checkThese(free, {isWanted});
		if (!stopping.signal.aborted) {
			const endedAtMs = ports.nowMs();
			// When a check takes longer than an interval, a later cycle may end first. Compared by number: clocks are set back.
			if (number > lastNumber) {
				lastNumber = number;
				lastCycle = {startedAtMs, endedAtMs, durationMs: endedAtMs - startedAtMs};
			}

			changed();
		}
	};

	const schedule = (): void => {
		clearInterval(timer);
		timer = paused || stopping.signal.aborted ? undefined : setInterval(() => void tick(), intervalMs);
	};

	const showNode = (node: Node): FleetNode => {
		const known = shownNodes.get(node.id);
		if (known?.node === node) {
			return known;
		}

		const {result, diagnosis, underWay, sinceMs, observed}: Seen = seen.get(node.id) ?? {underWay: 0, last: {}};
		const nodeState = recorder.recall(node.id);
		const shownNode: FleetNode = compact({
			node,
			nodeState: isObserving() && observed ? withState(nodeState, method, observed) : nodeState,
			result,
			diagnosis,
			checking: underWay > 0,
			...(underWay > 0 && sinceMs !== undefined ? {checkingSinceMs: sinceMs} : {}),
			disabled: !isChecked(node),
			silence: silenceOf(silences, node, listedDaemon(node, nodeState)),
		});
		shownNodes.set(node.id, shownNode);
		return shownNode;
	};

	/** Whether the method shown differs from the recorded one. */
	const isObserving = (): boolean => !isAlike(method, configured);

	const buildSnapshot = (): FleetSnapshot =>
		compact({
			method,
			...(method === configured ? {} : {recordedMethod: configured}),
			intervalMs,
			paused,
			nodes: nodes.map(showNode),
			lastCycle,
			notes: notes.notes(),
		});

	return {
		getSnapshot: () => {
			snapshot ??= buildSnapshot();
			return snapshot;
		},
		subscribe: notes.subscribe,
		start: () => {
			isStarted = true;
			schedule();
			void tick();
		},
		checkNow: async nodeId => {
			readNodes();
			await checkThese(nodes.filter(node => (nodeId === undefined ? isChecked(node) : node.id === nodeId)));
		},
		checkAgain: async ({all, ids}) => {
			readNodes();
			const isAsked = (node: Node): boolean => ids.has(node.id) || (all && isChecked(node));
			await checkThese(nodes.filter(isAsked), {isFresh: true});
		},
		checkBy: async (nodeId, by) => {
			readNodes();
			const node = nodes.find(({id}) => id === nodeId);
			if (!node) {
				return undefined;
			}

			await run(node, by, checker.openCycle(fleet, stopping.signal), true);
			return {...showNode(node), ...compact({result: seenOf(nodeId).last[by]})};
		},
		daemonResult: checker.daemonResult,
		setMethod: next => {
			if (next !== method) {
				method = next;
				for (const known of seen.values()) {
					delete known.result;
					delete known.observed;
				}

				shownNodes.clear();
				changed();
				if (isStarted) {
					void tick(true);
				}
			}
		},
		setIntervalMs: next => {
			intervalMs = Math.max(minIntervalMs, next);
			schedule();
			changed();
		},
		setPaused: next => {
			paused = next;
			schedule();
			changed();
			if (!paused) {
				void tick();
			}
		},
		setDiagnosed: nodeId => {
			diagnosedId = nodeId;
			const node = nodes.find(({id}) => id === nodeId);
			if (node) {
				void checkThese([node]);
			}
		},
		setNote,
		stop: async () => {
			stopping.abort();
			clearInterval(timer);
			notes.close();
			await recorder.close();
		},
	};
}

/** Whether two methods record the same kind of result: `full` counts as `api`. */
function isAlike(one: CheckMethod, other: CheckMethod): boolean {
	return checkMethodWords[one].recordedAs === checkMethodWords[other].recordedAs;
}

function stateRecordOf({details}: CheckResult, before: StateRecord | undefined): StateRecord {
	const {state, last_check} = details;
	return {state, since: before?.state === state ? before.since : last_check, last_check};
}

function withState(nodeState: NodeState, method: CheckMethod, record: StateRecord): NodeState {
	return {...nodeState, states: {...nodeState.states, [checkMethodWords[method].recordedAs]: record}};
}

interface ChecksWanted {
	/** Whether not to join checks in progress. Default false. */
	readonly isFresh?: boolean;
	/** Default: all methods that are due for a node. */
	readonly isWanted?: (node: Node, by: CheckMethod) => boolean;
}

/** Nodes to check on request. */
export interface AskedNodes {
	/** Every node that cycles check. */
	readonly all: boolean;
	/** Further nodes, by id; disabled ones too. */
	readonly ids: ReadonlySet<number>;
}

/** Checks a fleet on a timer and shares the results. Every view subscribes to it; no view checks nodes itself. */
export interface Poller {
	/** The current snapshot; the same object until something changes, as `useSyncExternalStore` requires. */
	readonly getSnapshot: () => FleetSnapshot;
	/** Calls back after every change, at most every 50 ms while results arrive. @returns a function that unsubscribes */
	readonly subscribe: (listener: () => void) => () => void;
	/** Starts with a first cycle at once. */
	readonly start: () => void;
	/**
	 * Checks one node now, by id, or all of them; shares a check already in progress. Also works while paused.
	 * @returns resolves when the snapshot contains the results; never rejects
	 */
	readonly checkNow: (nodeId?: number) => Promise<void>;
	/**
	 * Checks nodes with checks that begin after this call: none in progress is shared.
	 * @returns resolves when the snapshot contains the results; never rejects
	 */
	readonly checkAgain: (asked: AskedNodes) => Promise<void>;
	/**
	 * Checks a node by a method, whichever is shown, with a check that begins after this call. Absent for nodes of other hosts.
	 * @returns the node with that result; `undefined` when there is no such node
	 */
	readonly checkBy?: (nodeId: number, method: CheckMethod) => Promise<FleetNode | undefined>;
	/** The last result of a daemon. Absent for daemons of other hosts, which are known only through their nodes' results. */
	readonly daemonResult?: DaemonResultOf;
	/** Shows the fleet by another method. The configured method is still checked and recorded. */
	readonly setMethod: (method: CheckMethod) => void;
	/** Sets the time between cycles, in milliseconds; values below one second count as one second. */
	readonly setIntervalMs: (intervalMs: number) => void;
	readonly setPaused: (paused: boolean) => void;
	/**
	 * Runs a `full` check of one node in each cycle besides the fleet's method, while its diagnostics are open; `undefined` ends
	 * it.
	 */
	readonly setDiagnosed: (nodeId: number | undefined) => void;
	/** Stops: aborts checks in progress and saves the remaining results. */
	readonly stop: () => Promise<void>;
}
