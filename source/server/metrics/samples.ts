import type {CheckMethod} from '../../domain/check-method.js';
import type {DaemonDetails, DaemonFacts, Details, VersionFacts, WalletFacts} from '../../domain/check-result.js';
import {currentVerdict, type FleetNode, type FleetSnapshot, type Verdict} from '../../domain/fleet.js';
import type {NodeState, Observation} from '../../domain/past/node-state.js';
import type {Transition} from '../../domain/past/transition.js';

/** A node that is checked, as the metrics tell of it. */
export interface NodeSamples {
	/** A node without a group has an empty one, which to Prometheus is none. */
	readonly labels: {readonly node: string; readonly group: string};
	readonly node: FleetNode;
	readonly verdict: Verdict;
	readonly facts: DaemonFacts & WalletFacts & VersionFacts;
	readonly tally: Tally;
}

/** A daemon as the last check of any of its nodes saw it. */
export interface DaemonSamples {
	readonly labels: {readonly daemon: string};
	readonly facts: DaemonFacts & DaemonPart;
	/** ISO-8601 UTC: when it was seen so. */
	readonly seenAt: string;
}

/** What only the daemon part of a `full` check tells. */
type DaemonPart = Pick<DaemonDetails, 'target_height' | 'outgoing_peers' | 'incoming_peers' | 'offline' | 'restricted'>;

/** Everything the metrics tell of, at one moment. */
export interface MetricSamples {
	readonly snapshot: FleetSnapshot;
	readonly nodes: readonly NodeSamples[];
	readonly daemons: readonly DaemonSamples[];
}

/** Reads a snapshot and what was counted; nothing is judged here. */
export function collectSamples(snapshot: FleetSnapshot, tallies: Tallies): MetricSamples {
	const nodes = snapshot.nodes
		.filter(({disabled}) => !disabled)
		.map((node): NodeSamples => {
			// What an earlier run saw may be days old, and would be told as of now.
			const verdict = currentVerdict({...node, nodeState: {}}, snapshot.method);
			const {name, group = '', id} = node.node;
			return {
				labels: {node: name, group},
				node,
				verdict,
				facts: verdict.result ? factsOf(verdict.result.details) : {},
				tally: tallies.of(id),
			};
		});
	return {snapshot, nodes, daemons: daemonsOf(nodes)};
}

/** Only `api` and `full` learn of the chain. */
function factsOf(details: Details): NodeSamples['facts'] {
	return details.method === 'api' || details.method === 'full' ? details : {};
}

/** One for every daemon, however many nodes share it: the newest observation is believed. */
function daemonsOf(nodes: readonly NodeSamples[]): readonly DaemonSamples[] {
	const newest = new Map<string, DaemonSamples>();
	for (const {facts, verdict} of nodes) {
		const {daemon, daemon_reachable: reachable} = facts;
		const details = verdict.result?.details;
		if (daemon === undefined || reachable === undefined || !details) {
			continue;
		}

		const known = newest.get(daemon);
		if (!known || known.seenAt < details.last_check) {
			const part: DaemonPart = details.method === 'full' ? (details.checks.daemon?.details ?? {}) : {};
			newest.set(daemon, {labels: {daemon}, facts: {...part, ...facts}, seenAt: details.last_check});
		}
	}

	return [...newest.values()];
}

/** What happened to a node since the program began. */
export interface Tally {
	/** How many results each method gave, by their `status`. */
	readonly checks: ReadonlyMap<CheckMethod, ResultCounts>;
	readonly stateChanges: number;
	readonly restarts: number;
}

/** Results by their `status`: true is working. */
export interface ResultCounts {
	readonly working: number;
	readonly failed: number;
}

interface Draft {
	readonly checks: Map<CheckMethod, ResultCounts>;
	stateChanges: number;
	restarts: number;
	/** The restarts remembered with the last result. */
	remembered?: NodeState['restarts'];
}

/** Nothing happened yet. */
const nothing: Tally = {checks: new Map(), stateChanges: 0, restarts: 0};

/** Counts what a snapshot cannot tell: every result and every change between two of them. */
export interface Tallies {
	readonly onTransition: (transition: Transition) => void;
	readonly onResult: (observation: Observation, nodeState: NodeState) => void;
	readonly of: (nodeId: number) => Tally;
	/** Forgets the nodes that no longer exist. */
	readonly keepOnly: (nodeIds: Iterable<number>) => void;
}

export function createMetricTallies(): Tallies {
	const drafts = new Map<number, Draft>();
	const draftOf = (nodeId: number): Draft => {
		const known = drafts.get(nodeId) ?? {checks: new Map(), stateChanges: 0, restarts: 0};
		drafts.set(nodeId, known);
		return known;
	};

	return {
		onTransition: ({node_id: nodeId}) => {
			draftOf(nodeId).stateChanges += 1;
		},
		onResult: ({node, result: {status, details}}, {restarts}) => {
			const isFirst = !drafts.has(node.id);
			const draft = draftOf(node.id);
			const {working = 0, failed = 0} = draft.checks.get(details.method) ?? {};
			draft.checks.set(details.method, {working: working + Number(status), failed: failed + Number(!status)});
			// The list is replaced with every restart; its length is bounded. What was remembered at the start is not news.
			if (!isFirst && restarts !== draft.remembered) {
				draft.restarts += 1;
			}

			draft.remembered = restarts;
		},
		of: nodeId => drafts.get(nodeId) ?? nothing,
		keepOnly: nodeIds => {
			const kept = new Set(nodeIds);
			for (const nodeId of drafts.keys()) {
				if (!kept.has(nodeId)) {
					drafts.delete(nodeId);
				}
			}
		},
	};
}
