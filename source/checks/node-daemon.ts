import type {DaemonFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import type {DaemonNetwork} from '../domain/daemon-address.js';
import type {DaemonOptions} from '../domain/daemon-link.js';
import {
	type DaemonSources,
	daemonAddressInOptions,
	discoveredNetwork,
	discoveredOptions,
	type InferredDaemon,
	inferRunningDaemon,
} from '../domain/discovery/describe-wallet.js';
import type {Node} from '../domain/node/node.js';
import {rememberedDaemon} from '../domain/past/record-result.js';
import type {LiveProcess} from '../domain/ports.js';
import {identityToRemember, isSameProcess} from '../domain/process-identity.js';
import {reachableDaemon, unreachableDaemonFacts} from './ask-daemon.js';
import type {CheckContext, Inference} from './check.js';
import type {DaemonView} from './problems.js';

/** The daemon of a node: the configured one, else the one its process was started with. */
export interface NodeDaemon {
	/** The node with that daemon, for the code that asks it. */
	readonly node: Node;
	/** Absent when there is none, or when it cannot be reached from here. */
	readonly daemon?: string;
	/** The facts known before it is asked. */
	readonly facts: Pick<DaemonFacts, 'daemon' | 'daemon_inferred' | 'daemon_note'>;
	/** The network of the wallet, if its process shows it. */
	readonly network?: DaemonNetwork;
}

type Known = Pick<CheckContext, 'nodeState' | 'inferences'>;

/**
 * Reads the daemon from the options of a node's process, and replaces what was read from another process.
 * @returns `undefined` when the node names its own daemon
 */
export async function inferNodeDaemon(
	node: Node,
	{inferences, ports}: Pick<CheckContext, 'inferences' | 'ports'>,
	process: LiveProcess,
): Promise<Inference | undefined> {
	const known = inferences.get(node.id);
	if (reachableDaemon(node) !== undefined) {
		return undefined;
	}

	if (known && isSameProcess(known.process, process)) {
		return known;
	}

	const {ownNetwork = false, ...sources} = await readDaemonSources(process, ports);
	const {options, network} = sources;
	const inference = {
		process: identityToRemember(process),
		daemonOptions: daemonOptionsIn(sources),
		...inferRunningDaemon(sources, ownNetwork),
		...(network === undefined || options.isOn('offline') ? {} : {network}),
	};
	// Definitions that are not stored have no id to distinguish them.
	if (node.id > 0) {
		inferences.set(node.id, inference);
	}

	return inference;
}

/** What the options of a node's process say about its daemon. They are read once. */
export async function readDaemonOptions(
	node: Node,
	{inferences, ports}: Pick<CheckContext, 'inferences' | 'ports'>,
	process: LiveProcess,
): Promise<DaemonOptions> {
	const known = inferences.get(node.id);
	return known && isSameProcess(known.process, process)
		? known.daemonOptions
		: daemonOptionsIn(await readDaemonSources(process, ports));
}

async function readDaemonSources(process: LiveProcess, ports: CheckContext['ports']) {
	const {config, daemonFingerprint, ownNetwork} = await ports.readWalletSetup(process);
	const options = discoveredOptions({process, ...(config && {config})});
	const isComplete = !(config && 'unreadable' in config);
	const network = discoveredNetwork(options, isComplete);
	return compact({options, network, isComplete, daemonFingerprint, ownNetwork});
}

function daemonOptionsIn(sources: DaemonSources): DaemonOptions {
	const {options, isComplete} = sources;
	const hasProxy = options.sourceOf('proxy') !== undefined;
	return compact({daemon: daemonAddressInOptions(sources), hasProxy, isOffline: options.isOn('offline'), isComplete});
}

/**
 * The daemon of a node, as far as known without inspecting its process.
 * @param inference what was just learned; default: what was learned last
 */
export function knownNodeDaemon(
	node: Node,
	{nodeState, inferences}: Known,
	inference: Inference | undefined = inferences.get(node.id),
): NodeDaemon {
	const network = inference?.network === undefined ? {} : {network: inference.network};
	if (node.daemon !== undefined || node.kind === 'daemon') {
		const daemon = reachableDaemon(node);
		return compact({node, daemon, facts: unreachableDaemonFacts(node), ...network});
	}

	const remembered = rememberedDaemon(nodeState);
	const reachable = remembered && reachableDaemon({daemon: remembered});
	const {fields, note}: InferredDaemon = inference ?? {fields: reachable === undefined ? {} : {daemon: reachable}};
	const noted = note === undefined ? {} : {daemon_note: note};
	return fields.daemon === undefined
		? {node, facts: noted, ...network}
		: {
				node: {...node, ...fields},
				daemon: fields.daemon,
				facts: {daemon: fields.daemon, daemon_inferred: true, ...noted},
				...network,
			};
}

/** A node with the daemon that counts for the fleet's highest block. */
export function withNodeDaemon(node: Node, known: Known): Node {
	return node.daemon === undefined ? knownNodeDaemon(node, known).node : node;
}

/** The view of a daemon that nobody configured: that it denies access is a note, not a shortcoming of the node. */
export function asInferredDaemon(view: DaemonView, isInferred: boolean | undefined): DaemonView {
	if (!isInferred) {
		return view;
	}

	const {failure, daemon} = view.observation;
	const inferred = {...view, facts: {...view.facts, daemon_inferred: true}};
	if (!failure?.isAccess) {
		return inferred;
	}

	const {daemon_fault: _, ...facts} = inferred.facts;
	return {observation: view.observation, facts: {...facts, daemon_note: `daemon ${daemon} ${failure.refusal}`}};
}
