import {type CheckMethod, checkMethods} from '../domain/check-method.js';
import type {CheckResult, Details, ResultOf} from '../domain/check-result.js';
import {InputError} from '../domain/input-error.js';
import {isNodeAvailable, type Node, type NodeDefinition} from '../domain/node/node.js';
import {parseNodeDefinition} from '../domain/node/parse-node.js';
import {resolveSettings, type SettingTexts} from '../domain/settings.js';
import {type StatusDocument, statusDocument} from '../domain/status-document.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {quoteValue} from '../domain/text.js';
import {checkFleet} from './checker.js';
import {createRecorder, type Recorder} from './recorder.js';
import {requireNode} from './selection.js';
import {type ClosablePorts, openCheckSession} from './session.js';

/** A definition as a person writes it: what has a default may be left out. */
export type NodeInput = Pick<NodeDefinition, 'name' | 'port'> & Partial<NodeDefinition> & {readonly id?: number};

/** A stored node's id or name, or a definition that need not be stored. */
export type NodeOrName = NodeInput | number | string;

/** A node and its last saved result. */
export type NodeWithResult = Omit<Node, 'password'> & {readonly worked: boolean; readonly worked_data: Details};

/** The checker for programs. Checks never reject for anything outside: a failure is a result. */
export interface Monitor {
	readonly checkByPid: (node: NodeOrName) => Promise<ResultOf<'pid'>>;
	readonly checkByPort: (node: NodeOrName) => Promise<ResultOf<'port'>>;
	readonly checkByApi: (node: NodeOrName) => Promise<ResultOf<'api'>>;
	readonly checkFull: (node: NodeOrName) => Promise<ResultOf<'full'>>;
	/** Checks a node and does not save. Default method: the setting. */
	readonly checkNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<CheckResult>;
	/** Checks a stored node, saves the result, and gives the node with it. Default method: the setting. */
	readonly updateNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<NodeWithResult>;
	/** Checks every available node, saves the results, and gives what `status --json` prints. Default method: the setting. */
	readonly checkAllNodesStatus: (method?: CheckMethod) => Promise<StatusDocument>;
	/** Ends the kept connections. Checks then say that they were ended early; what saves is rejected. */
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
		close: async () => {
			isClosed = true;
			ports.close();
		},
	};
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
