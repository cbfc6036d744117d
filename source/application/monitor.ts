import {type CheckMethod, checkMethods, checkMethodWords} from '../domain/check-method.js';
import type {CheckResult, Details, ResultOf} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {InputError} from '../domain/input-error.js';
import {isNodeAvailable, type Node, type NodeDefinition} from '../domain/node/node.js';
import {parseNodeDefinition, refuseTakenNodeName} from '../domain/node/parse-node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Transition} from '../domain/past/transition.js';
import {resolveSettings, type Settings, type SettingTexts} from '../domain/settings.js';
import {type StatusDocument, statusDocument} from '../domain/status-document.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {quoteValue} from '../domain/text.js';
import {checkFleet} from './checker.js';
import {collectNodeHistories, type HistoryDocument, historyDocument} from './history-document.js';
import {createRecorder, type Recorder} from './recorder.js';
import {requireNode} from './selection.js';
import {type ClosablePorts, openCheckSession} from './session.js';

/** A definition as a person writes it: what has a default may be left out. */
export type NodeInput = Pick<NodeDefinition, 'name' | 'port'> & Partial<NodeDefinition> & {readonly id?: number};

/** A stored node's id or name, or a definition that need not be stored. */
export type NodeOrName = NodeInput | number | string;

/** A node and its last saved result. */
export type NodeWithResult = Omit<Node, 'password'> & {readonly worked: boolean; readonly worked_data: Details};

/** A stored node without its password, and its last saved result where there is one. */
export type StoredNode = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself holds the password. */
	readonly has_password?: true;
	readonly worked?: boolean;
	readonly worked_data?: Details;
};

/** Fields of a definition that change; `undefined` clears a field. */
export type NodeChanges = {readonly [F in keyof NodeDefinition]?: NodeDefinition[F] | undefined};

/** Which pasts are wanted. */
export interface HistoryOptions {
	/** Ids or names; default: every node. */
	readonly nodes?: ReadonlyArray<number | string>;
	/** As which method saw them; `full` counts as `api`. Default: the setting. */
	readonly method?: CheckMethod;
	/** At most so many outages and transitions of each node, the last ones. Default: all of the last 30 days. */
	readonly limit?: number;
}

/** Who hears what is seen while nodes are watched. An error that is thrown here is uncaught, as in any other callback. */
export interface WatchListener {
	/** A node changed its state. */
	readonly onTransition?: (transition: Transition) => void;
	/** A check ended. */
	readonly onResult?: (node: {readonly id: number; readonly name: string}, result: CheckResult) => void;
	/** Something besides a node is wrong, in one line: results cannot be saved. Called with `undefined` when it is over. */
	readonly onProblem?: (problem: string | undefined) => void;
}

/**
 * The checker for programs. Checks never reject for anything outside: a failure is a result. Every method rejects with an
 * `InputError` for what a person can correct: an unknown node, a definition that is not allowed, a nodes.json that cannot be read.
 */
export interface Monitor {
	/** Whether the process of a node exists, and is `monero-wallet-rpc`. Does not save. */
	readonly checkByPid: (node: NodeOrName) => Promise<ResultOf<'pid'>>;
	/** Whether something listens on the port of a node, within `port_timeout` (1 s). Does not save. */
	readonly checkByPort: (node: NodeOrName) => Promise<ResultOf<'port'>>;
	/** Whether the wallet answers, within `timeout` (3 s), and its daemon is in sync. Does not save. */
	readonly checkByApi: (node: NodeOrName) => Promise<ResultOf<'api'>>;
	/** All of these, with every step of the connection and a hint about the cause. Does not save. */
	readonly checkFull: (node: NodeOrName) => Promise<ResultOf<'full'>>;
	/**
	 * Checks a node and does not save. Default method: the setting.
	 * @example const {status, details} = await monitor.checkNodeStatus('shop', 'api');
	 */
	readonly checkNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<CheckResult>;
	/** Checks a stored node, saves the result, and gives the node with it. Default method: the setting. */
	readonly updateNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<NodeWithResult>;
	/** Checks every available node, saves the results, and gives what `status --json` prints. Default method: the setting. */
	readonly checkAllNodesStatus: (method?: CheckMethod) => Promise<StatusDocument>;
	/**
	 * Checks the available nodes every `interval` (5 s) by the `method` of the settings, saves the results, and tells what is
	 * seen. The nodes are read anew before every cycle.
	 * @returns ends the watching, after the results are saved
	 * @example const stop = monitor.watch({onTransition: ({node, to, reason}) => console.log(node, to, reason)});
	 */
	readonly watch: (listener: WatchListener) => () => Promise<void>;
	/** Uptime, outages and changes of state: what `history --json` prints. */
	readonly history: (options?: HistoryOptions) => Promise<HistoryDocument>;
	/** Every stored node, in order of ids. Rejects nothing: throws an `InputError` for a nodes.json that cannot be read. */
	readonly listNodes: () => readonly StoredNode[];
	/**
	 * Stores a new node; its name must be new. Relative paths count from the current folder.
	 * @example await monitor.addNode({name: 'shop', port: 18082, login_file: '/run/wallet.login'});
	 */
	readonly addNode: (definition: NodeInput) => Promise<StoredNode>;
	/** Changes fields of a stored node. */
	readonly editNode: (node: number | string, changes: NodeChanges) => Promise<StoredNode>;
	/** Removes a stored node, and gives what it was. */
	readonly removeNode: (node: number | string) => Promise<StoredNode>;
	/** Ends the watching and the kept connections. Checks then say that they were ended early; what saves is rejected. */
	readonly close: () => Promise<void>;
}

/** @internal */
export interface MonitorParts {
	readonly ports: ClosablePorts;
	readonly nodeStore: NodeStore;
	readonly resultStore: ResultStore;
	readonly settings: SettingTexts;
}

/** @internal */
export function createMonitorWith({ports, nodeStore, resultStore, settings: overrides}: MonitorParts): Monitor {
	const settings = resolveSettings(
		{texts: nodeStore.read().settings, where: nodeStore.path},
		{texts: overrides, where: 'createMonitor'},
	);
	const {checker, recorder: nodeStates} = openCheckSession({
		ports,
		resultStore,
		settings,
		saving: 'never',
		onSaveProblem: () => {},
	});

	const find = (node: NodeOrName): Node => {
		if (typeof node === 'number' || typeof node === 'string') {
			return requireNode(nodeStore.read().nodes, String(node), nodeStore.path);
		}

		return {id: node.id ?? 0, ...parseNodeDefinition(node, 'node')};
	};

	const check = async <M extends CheckMethod>(nodeOrName: NodeOrName, method: M): Promise<ResultOf<M>> => {
		refuseUnknown(method);
		const node = find(nodeOrName);
		const result = await checker.check(node, method, checker.openCycle(nodeStore.read().nodes));
		if (node.id > 0) {
			nodeStates.observe({node, result});
		}

		return result;
	};

	const watches = new Set<() => Promise<void>>();
	let isClosed = false;
	/** A check that the closing ended says nothing about its node: it must not be saved as one that failed. */
	const refuseClosed = (): void => {
		if (isClosed) {
			throw new Error('the monitor is closed: nothing is saved');
		}
	};

	/** Saves through a recorder of its own, so that a save that fails is told to the caller. */
	const withSaving = async <T>(work: (recorder: Recorder) => Promise<T>): Promise<T> => {
		refuseClosed();
		let problem: string | undefined;
		const onSaveProblem = (text: string | undefined) => {
			problem = text;
		};
		const recorder = createRecorder({store: resultStore, saving: 'atClose', onSaveProblem});
		const done = await work(recorder);
		await recorder.close();
		if (problem !== undefined) {
			throw new Error(problem);
		}

		return done;
	};

	return {
		checkByPid: node => check(node, 'pid'),
		checkByPort: node => check(node, 'port'),
		checkByApi: node => check(node, 'api'),
		checkFull: node => check(node, 'full'),
		checkNodeStatus: (node, method = settings.method) => check(node, method),
		updateNodeStatus: (nodeOrName, method = settings.method) =>
			withSaving(async recorder => {
				const {password: _, ...node} = requireStored(find(nodeOrName), nodeStore);
				const result = await check(node.id, method);
				refuseClosed();
				recorder.observe({node, result});
				return {...node, worked: result.status, worked_data: result.details};
			}),
		checkAllNodesStatus: (method = settings.method) =>
			withSaving(async recorder => {
				refuseUnknown(method);
				const fleet = nodeStore.read().nodes;
				const nodes = fleet.filter(node => isNodeAvailable(node, ports.nowMs()));
				const finished = await checkFleet({checker, recorder, ports, fleet, nodes, method});
				for (const {node, result} of finished.nodes) {
					if (result) {
						nodeStates.observe({node, result});
					}
				}

				return statusDocument(finished);
			}),
		watch: listener => {
			refuseClosed();
			const stop = startWatching(listener, {ports, nodeStore, resultStore, settings});
			const stopped = async (): Promise<void> => {
				watches.delete(stopped);
				await stop();
			};
			watches.add(stopped);
			return stopped;
		},
		history: async ({nodes: wanted, method = settings.method, limit} = {}) => {
			refuseUnknown(method);
			const all = nodeStore.read().nodes;
			const nodes = wanted?.map(name => requireNode(all, String(name), nodeStore.path)) ?? all;
			const nodeStatesNow = resultStore.read();
			const recordedAs = checkMethodWords[method].recordedAs;
			const asOfMs = ports.nowMs();
			const pasts = collectNodeHistories(
				[...new Set(nodes)].map(node => ({node, nodeState: nodeStatesNow.get(node.id) ?? {}})),
				await resultStore.readTransitions(),
				{method: recordedAs, nowMs: asOfMs},
			);
			return historyDocument({method: recordedAs, pasts, asOfMs}, limit);
		},
		listNodes: () => {
			const last = resultStore.read();
			return nodeStore
				.read()
				.nodes.map(node => withoutPassword(node, last.get(node.id)))
				.sort((a, b) => a.id - b.id);
		},
		addNode: async ({id: _, ...definition}) => {
			const parsed = nodeStore.withStoredPaths(parseNodeDefinition(definition, 'node'));
			const file = await nodeStore.update(before => {
				refuseTakenNodeName(before.nodes, parsed.name);
				return {...before, nodes: [...before.nodes, {id: before.next_id, ...parsed}], next_id: before.next_id + 1};
			});
			return withoutPassword(requireNode(file.nodes, parsed.name, nodeStore.path));
		},
		editNode: async (idOrName, changes) => {
			let id = 0;
			const file = await nodeStore.update(before => {
				const node = requireNode(before.nodes, String(idOrName), nodeStore.path);
				const where = `node ${quoteValue(node.name)}`;
				const parsed = nodeStore.withStoredPaths(parseNodeDefinition({...node, ...changes}, where));
				refuseTakenNodeName(before.nodes, parsed.name, node.id);
				id = node.id;
				return {...before, nodes: before.nodes.map(each => (each === node ? {id: node.id, ...parsed} : each))};
			});
			return withoutPassword(requireNode(file.nodes, String(id), nodeStore.path), resultStore.read().get(id));
		},
		removeNode: async idOrName => {
			let removed: Node | undefined;
			await nodeStore.update(before => {
				const node = requireNode(before.nodes, String(idOrName), nodeStore.path);
				removed = node;
				return {...before, nodes: before.nodes.filter(each => each !== node)};
			});
			return withoutPassword(removed as Node);
		},
		close: async () => {
			isClosed = true;
			await Promise.all([...watches].map(stop => stop()));
			ports.close();
		},
	};
}

function withoutPassword({password, ...node}: Node, {worked, worked_data}: NodeState = {}): StoredNode {
	return compact({...node, ...(password === undefined ? {} : {has_password: true as const}), worked, worked_data});
}

interface WatchParts extends Omit<MonitorParts, 'settings'> {
	readonly settings: Settings;
}

/** @returns ends it, and saves what is not yet saved */
function startWatching(
	{onTransition, onResult, onProblem}: WatchListener,
	{nodeStore, ...parts}: WatchParts,
): () => Promise<void> {
	// Later, so that an error of theirs is uncaught and ends no check of ours.
	const tell = (call: () => void): void => queueMicrotask(call);
	const {ports, poll} = openCheckSession({
		...parts,
		saving: 'later',
		onSaveProblem: problem => tell(() => onProblem?.(problem)),
		onTransition: transition => tell(() => onTransition?.(transition)),
		onResult: ({node, result}) => tell(() => onResult?.({id: node.id, name: node.name}, result)),
	});
	const poller = poll(() => ({
		fleet: nodeStore.read().nodes,
		isShown: () => true,
		isChecked: node => isNodeAvailable(node, ports.nowMs()),
	}));
	poller.start();
	return () => poller.stop();
}

/** Programs without types may ask for anything. */
function refuseUnknown(method: CheckMethod): void {
	if (!checkMethods.includes(method)) {
		throw new InputError('bad_usage', `method ${quoteValue(method)} is invalid: expected ${checkMethods.join(', ')}`);
	}
}

/** Results are kept by id, so only a stored node's can be saved. */
function requireStored(node: Node, nodeStore: NodeStore): Node {
	return requireNode(nodeStore.read().nodes, node.id > 0 ? String(node.id) : node.name, nodeStore.path);
}
