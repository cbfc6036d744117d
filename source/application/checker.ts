import {type CheckContext, checkTimeoutMs} from '../checks/check.js';
import {type CutOffDetector, createCutOffDetector} from '../checks/cut-off-detector.js';
import {createDaemonCache, type LastBlock} from '../checks/daemon-cache.js';
import {ChainRecords} from '../checks/fork-detection.js';
import {checks} from '../checks/index.js';
import {knownNodeDaemon, withNodeDaemon} from '../checks/node-daemon.js';
import {observeRestingNode, type RestObservation} from '../checks/resting-node.js';
import {daemonCheckResult, observeDaemon} from '../checks/sync-checks.js';
import type {CheckMethod} from '../domain/check-method.js';
import type {CheckResult, DaemonDetails, Result, ResultOf} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import type {DaemonResultOf} from '../domain/daemon-report.js';
import type {FinishedCheck, FleetNode} from '../domain/fleet.js';
import {isNodeAvailable, type Node} from '../domain/node/node.js';
import type {NodeState, Observation} from '../domain/past/node-state.js';
import type {Ports} from '../domain/ports.js';
import type {Settings} from '../domain/settings.js';
import type {Recorder} from './recorder.js';

/** What is shared by all checks of a cycle: the process table and the daemons. */
export interface CheckCycle {
	readonly processes: CheckContext['processes'];
	readonly daemons: CheckContext['daemons'];
	readonly listening?: ReturnType<NonNullable<Ports['openListeningPorts']>>;
	/** Absent when too few nodes are checked to tell whether this monitor is cut off. */
	readonly cutOffDetector?: CutOffDetector;
	readonly signal?: AbortSignal;
}

/** The one checker that everything uses. */
export interface Checker {
	/**
	 * Opens a cycle.
	 * @param fleet every configured node: the daemons of the available ones are compared for the fleet's highest block, checked
	 * or not
	 * @param checked the nodes that the cycle will check, if they include most of a fleet's hosts
	 */
	readonly openCycle: (fleet: readonly Node[], signal?: AbortSignal, checked?: readonly Node[]) => CheckCycle;
	/**
	 * Checks a node, at most `concurrency` nodes at once; callers share a check of the same node and method that is in progress.
	 * A failure of the node or network never rejects.
	 * @param isFresh waits until a check that is already in progress has ended, and shares only one that begins later
	 */
	readonly check: <M extends CheckMethod>(
		node: Node,
		method: M,
		cycle: CheckCycle,
		isFresh?: boolean,
	) => Promise<ResultOf<M>>;
	/**
	 * Asks a node's daemon, unless this cycle already has. @returns `undefined` when there is none, or its address cannot be
	 * reached from here
	 */
	readonly checkDaemon: (node: Node, cycle: CheckCycle) => Promise<Result<DaemonDetails> | undefined>;
	/** The last result of a daemon, by its address; `undefined` when it was never asked. */
	readonly daemonResult: DaemonResultOf;
	/**
	 * Observes the process and the port of a busy node without sending a request. Never rejects.
	 * @param last the result that found it busy
	 * @param mayConnect called before a connect; false prevents it
	 */
	readonly observeResting: (
		node: Node,
		last: CheckResult,
		cycle: CheckCycle,
		mayConnect: () => boolean,
	) => Promise<RestObservation>;
}

export interface CheckerOptions {
	readonly ports: Ports;
	readonly settings: Settings;
	/** What is remembered of a node at the moment. */
	readonly recall: (nodeId: number) => NodeState;
}

/** The most observations of busy nodes at once. */
const restingConcurrency = 64;

export function createChecker({ports, settings, recall}: CheckerOptions): Checker {
	const limit = createConcurrencyLimit(settings.concurrency);
	const underWay = new Map<string, Promise<ResultOf<CheckMethod>>>();
	const silent = new Set<string>();
	const speakTls = new Set<string>();
	const lastBlocks = new Map<string, LastBlock>();
	const chains = new ChainRecords();
	const verdict = {isCutOff: false};
	const limits = {timeoutMs: settings.timeout, maxLag: settings.max_daemon_lag, maxBlockAgeMs: settings.block_age};
	const processLooks: CheckContext['processLooks'] = new Map();
	const inferences: CheckContext['inferences'] = new Map();
	const walletLooks: CheckContext['walletLooks'] = new Map();
	const watches: CheckContext['watches'] = new Map();

	const daemonViews: CheckContext['daemonViews'] = new Map();

	const kept = {processLooks, inferences, walletLooks, watches, daemonViews};

	const openCycle: Checker['openCycle'] = (fleet, signal, checked = []) => {
		// The daemons of disabled nodes are not asked either.
		const available = fleet.filter(node => isNodeAvailable(node, ports.nowMs()));
		const nodes = available.map(node => withNodeDaemon(node, {nodeState: recall(node.id), inferences}));
		const answeredBefore = new Set(available.flatMap(({id}) => reachedDaemon(recall(id)) ?? []));
		const options = {ports, nodes, ...limits, answeredBefore, silent, speakTls, lastBlocks, chains};
		const daemons = createDaemonCache(compact({...options, signal}));
		const listening = ports.openListeningPorts?.();
		const {self_check: selfCheck, port_timeout: timeoutMs} = settings;
		const longestMs = (): number =>
			Math.max(timeoutMs, ...new Set(checked.map(node => checkTimeoutMs(node, {settings}))));
		const asking = {recall, ports, selfCheck, timeoutMs, longestMs, signal, verdict};
		const cutOffDetector = createCutOffDetector({nodes: checked, fleet: available, ...asking});
		return compact({
			processes: ports.openProcessTable(),
			daemons,
			listening,
			cutOffDetector,
			signal,
		});
	};

	const check = async <M extends CheckMethod>(
		node: Node,
		method: M,
		cycle: CheckCycle,
		isFresh = false,
	): Promise<ResultOf<M>> => {
		// Definitions that are not stored have no id to distinguish them.
		const key = `${node.id > 0 ? node.id : JSON.stringify(node)} ${method}`;
		if (isFresh) {
			// Running both at once would not be faster: a node has one connection.
			await underWay.get(key);
		}

		const known = underWay.get(key);
		if (known) {
			return known as Promise<ResultOf<M>>;
		}

		const {cutOffDetector, ...context} = cycle;
		const begun = limit(() => checks[method](node, {ports, settings, nodeState: recall(node.id), ...kept, ...context}));
		const checking = cutOffDetector ? begun.then(result => cutOffDetector.settle(node, result)) : begun;
		underWay.set(key, checking);
		try {
			return await checking;
		} finally {
			underWay.delete(key);
		}
	};

	/** Limited apart from the checks: checks of many hung nodes would delay the observations. */
	const limitResting = createConcurrencyLimit(restingConcurrency);
	const observeResting: Checker['observeResting'] = (node, last, cycle, mayConnect) =>
		limitResting(() =>
			observeRestingNode(node, last, {ports, portTimeoutMs: settings.port_timeout, mayConnect, ...cycle}),
		);

	const checkDaemon: Checker['checkDaemon'] = async (node, {cutOffDetector: _, ...cycle}) => {
		const nodeState = recall(node.id);
		const context = {ports, settings, nodeState, ...kept, ...cycle};
		const view = await observeDaemon(knownNodeDaemon(node, context).node, context);
		return view && daemonCheckResult(view, ports.nowMs());
	};

	const daemonResult: Checker['daemonResult'] = daemon => {
		const seen = daemonViews.get(daemon);
		return seen && daemonCheckResult(seen.view, seen.atMs);
	};

	return {openCycle, check, checkDaemon, daemonResult, observeResting};
}

/** The daemon that answered when the node was last checked. */
function reachedDaemon({worked_data: data}: NodeState): string | undefined {
	return data && 'daemon' in data && data.daemon_reachable === true ? data.daemon : undefined;
}

/**
 * Limits how many pieces of work run at once; the rest waits in first-in, first-out order.
 * @param most how many run at once
 */
function createConcurrencyLimit(maxRunning: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: Array<() => void> = [];
	let running = 0;
	const leave = (): void => {
		const next = waiting.shift();
		if (next) {
			next();
		} else {
			running -= 1;
		}
	};

	return async work => {
		if (running >= maxRunning) {
			await new Promise<void>(resolve => {
				waiting.push(resolve);
			});
		} else {
			running += 1;
		}

		try {
			return await work();
		} finally {
			leave();
		}
	};
}

export interface CheckFleetOptions {
	readonly checker: Checker;
	readonly recorder: Recorder;
	readonly ports: Pick<Ports, 'nowMs' | 'monotonicMs'>;
	/** Every configured node: their daemons are compared for the fleet's highest block. */
	readonly fleet: readonly Node[];
	/** The nodes to check. */
	readonly nodes: readonly Node[];
	readonly method: CheckMethod;
	/** The longest time since the previous check that counts as covered: see {@link Observation}. */
	readonly coverMs?: number;
	/** Whether to check the daemons of these nodes too. */
	readonly withDaemons?: boolean;
	readonly signal?: AbortSignal;
}

/**
 * The order in which to check nodes: nodes that failed last time come first. They may take a whole timeout, which then runs in
 * parallel with all other checks instead of after them.
 */
export function orderFailingFirst(nodes: readonly Node[], recall: Recorder['recall']): readonly Node[] {
	const hasFailed = (node: Node): boolean => recall(node.id).worked === false;
	return [...nodes.filter(hasFailed), ...nodes.filter(node => !hasFailed(node))];
}

/** Checks some nodes once, in parallel, and records the results. */
export async function checkFleet(options: CheckFleetOptions): Promise<FinishedCheck> {
	const {checker, recorder, ports, fleet, nodes, method, coverMs, signal} = options;
	const checkedAtMs = ports.nowMs();
	const startedMs = ports.monotonicMs();
	const cycle = checker.openCycle(fleet, signal, nodes);
	const checked = new Map<Node, FleetNode>();
	await Promise.all(
		orderFailingFirst(nodes, recorder.recall).map(async node => {
			const result = await checker.check(node, method, cycle);
			// An aborted check says nothing about the node.
			if (signal?.aborted) {
				return;
			}

			recorder.observe(compact({node, result, coverMs}));
			checked.set(node, {node, nodeState: recorder.recall(node.id), result, checking: false, disabled: false});
		}),
	);
	const inOrder = nodes.flatMap(node => checked.get(node) ?? []);
	if (options.withDaemons) {
		await Promise.all(nodes.map(node => checker.checkDaemon(node, cycle)));
	}

	return {method, checkedAtMs, durationMs: ports.monotonicMs() - startedMs, nodes: inOrder};
}
