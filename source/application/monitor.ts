import {
	findMeantSilences,
	parseSilenceMs,
	readActiveSilences,
	type Silence,
	type SilenceStore,
	silenceDurationForm,
	withSilence,
	withSilencesEnded,
} from '../domain/alerts/silences.js';
import {type CheckMethod, checkMethods, checkMethodWords} from '../domain/check-method.js';
import type {ResultOf} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {daemonAddressForm, daemonText, noDaemon, parseDaemonAddress} from '../domain/daemon-address.js';
import {InputError} from '../domain/input-error.js';
import {isNodeAvailable, type Node} from '../domain/node/node.js';
import {parseNodeDefinition, refuseTakenNodeName} from '../domain/node/parse-node.js';
import type {NodeState} from '../domain/past/node-state.js';
import {resolveSettings, type Settings, type SettingTexts} from '../domain/settings.js';
import {statusDocument} from '../domain/status-document.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {cleanText, quoteValue} from '../domain/text.js';
import {checkFleet} from './checker.js';
import {collectNodeHistories, historyDocument} from './history-document.js';
import type {Monitor, NodeOrName, SilenceInput, StoredNode, WatchListener} from './monitor-types.js';
import {createRecorder, type Recorder} from './recorder.js';
import {requireNode, selectSilenced} from './selection.js';
import {type ClosablePorts, openCheckSession} from './session.js';

/** @internal */
export interface MonitorParts {
	readonly ports: ClosablePorts;
	readonly nodeStore: NodeStore;
	readonly resultStore: ResultStore;
	readonly silenceStore: SilenceStore;
	readonly settings: SettingTexts;
}

/** @internal */
export function createMonitorWith({
	ports,
	nodeStore,
	resultStore,
	silenceStore,
	settings: overrides,
}: MonitorParts): Monitor {
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

		if (typeof node !== 'object' || node === null) {
			throw new InputError(
				'invalid_node',
				`node ${quoteValue(node)} is invalid: expected an id, a name or a definition`,
			);
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
	/** A check cancelled by `close` says nothing about its node: it must not be saved as failed. */
	const refuseClosed = (): void => {
		if (isClosed) {
			throw new Error('the monitor is closed: nothing is saved');
		}
	};

	/** Saves through a recorder of its own, so that a failed save is reported to the caller. */
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
		listSilences: () => readActiveSilences(silenceStore, ports.nowMs()),
		silence: async wanted => {
			const {for: duration, reason} = wanted;
			const forMs = parseSilenceMs(String(duration));
			if (forMs === undefined) {
				throw new InputError('bad_usage', `for ${quoteValue(duration)} is invalid: expected ${silenceDurationForm}`);
			}

			const about = silencedBy(wanted, nodeStore);
			const silence = {...about, by: silenceStore.whoAmI(), forMs, reason: reason && cleanText(reason, 200)};
			const after = await silenceStore.update(before => withSilence(before, compact(silence), ports.nowMs()));
			return after.at(-1) as Silence;
		},
		endSilences: async which => {
			const nowMs = ports.nowMs();
			const active = readActiveSilences(silenceStore, nowMs);
			const ended =
				which === 'all'
					? active
					: findMeantSilences(
							active,
							which.map(String),
							nodeStore.read().nodes,
							word => new InputError('bad_usage', `${quoteValue(word)} is not silenced`),
						);
			const ids = new Set(ended.map(({id}) => id));
			const after = await silenceStore.update(before => withSilencesEnded(before, ({id}) => ids.has(id), nowMs));
			return after.filter(({id}) => ids.has(id));
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

/** The fields of a silence, from the one that is given. */
function silencedBy(
	{nodes, group, daemon, all}: SilenceInput,
	nodeStore: NodeStore,
): Pick<Silence, 'nodes' | 'group' | 'daemon'> {
	const given = [nodes !== undefined && nodes.length > 0, group !== undefined, daemon !== undefined, all === true];
	if (given.filter(Boolean).length !== 1) {
		throw new InputError('bad_usage', 'a silence needs one of nodes, group, daemon and all: true');
	}

	if (daemon !== undefined) {
		const address = daemon === noDaemon ? undefined : parseDaemonAddress(daemon);
		if (address === undefined) {
			throw new InputError('bad_usage', `daemon ${quoteValue(daemon)} is invalid: expected ${daemonAddressForm}`);
		}

		return {daemon: daemonText(address)};
	}

	const names = nodes?.map(String);
	return selectSilenced(nodeStore.read().nodes, {group, ...(names && {nodes: names})}, nodeStore.path);
}

interface WatchParts extends Omit<MonitorParts, 'settings' | 'silenceStore'> {
	readonly settings: Settings;
}

/** @returns a function that stops watching and saves the remaining results */
function startWatching(
	{onTransition, onResult, onProblem}: WatchListener,
	{nodeStore, ...parts}: WatchParts,
): () => Promise<void> {
	// Called later, so that an error in a callback is uncaught and ends no check of ours.
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

/** Untyped programs may pass any method. */
function refuseUnknown(method: CheckMethod): void {
	if (!checkMethods.includes(method)) {
		throw new InputError('bad_usage', `method ${quoteValue(method)} is invalid: expected ${checkMethods.join(', ')}`);
	}
}

/** Results are saved by id, so only those of stored nodes can be saved. */
function requireStored(node: Node, nodeStore: NodeStore): Node {
	return requireNode(nodeStore.read().nodes, node.id > 0 ? String(node.id) : node.name, nodeStore.path);
}
