import {type CheckMethod, checkMethodWords} from '../../domain/check-method.js';
import type {
	DaemonDetails,
	DaemonFacts,
	Details,
	NoResponseFacts,
	VersionFacts,
	WalletFacts,
} from '../../domain/check-result.js';
import type {FactsOf} from '../../domain/facts.js';
import {currentVerdict, type FleetNode, type FleetSnapshot, type Verdict} from '../../domain/fleet.js';
import type {NodeState, Observation} from '../../domain/past/node-state.js';
import {listedDaemon} from '../../domain/past/record-result.js';
import {addToNode, type Transition, transitionsByNode} from '../../domain/past/transition.js';
import {uptimeRatio, uptimeWindows} from '../../domain/past/uptime.js';
import type {ResultStore} from '../../domain/store.js';

/** A checked node with what its metrics need. */
export interface NodeSamples {
	/** A node without a group has an empty one, which Prometheus treats as none. */
	readonly labels: {readonly node: string; readonly group: string};
	readonly node: FleetNode;
	readonly verdict: Verdict;
	readonly facts: DaemonFacts & WalletFacts & VersionFacts & Partial<NoResponseFacts & FactsOf<'usage' | 'link'>>;
	/** The daemon it uses, as configured or inferred, even if the last check did not reach it. */
	readonly daemon: string | undefined;
	/** Since when it is in its state, ISO-8601 UTC. */
	readonly since: string | undefined;
	/** Over {@link uptimeWindow}, 0 to 1. */
	readonly uptimeRatio: number | undefined;
	readonly tally: Tally;
}

/** The period of the uptime ratio. */
export const uptimeWindow = '24h';

/** A daemon as last seen by a check of any of its nodes. */
export interface DaemonSamples {
	readonly labels: {readonly daemon: string};
	readonly facts: DaemonFacts & DaemonPart;
	/** When that was, ISO-8601 UTC. */
	readonly seenAt: string;
}

/** Facts that only the daemon part of a `full` check has. */
type DaemonPart = Pick<DaemonDetails, 'target_height' | 'outgoing_peers' | 'incoming_peers' | 'offline' | 'restricted'>;

/** Everything that the metrics show, at one moment. */
export interface MetricSamples {
	readonly snapshot: FleetSnapshot;
	readonly nodes: readonly NodeSamples[];
	readonly daemons: readonly DaemonSamples[];
	readonly durations: ReadonlyMap<CheckMethod, DurationHistogram>;
	readonly own: OwnProcess | undefined;
}

/** What xmrtop's own process uses. */
export interface OwnProcess {
	/** Processor time since its start, in seconds. */
	readonly cpuS: number;
	readonly residentBytes: number;
	/** Seconds since the epoch. */
	readonly startedAtS: number;
}

/** The sources of the samples besides the snapshot. */
export interface SampleSources {
	readonly tallies: Tallies;
	/** The state changes of a node in the last {@link uptimeWindow} or longer, oldest first. */
	readonly transitionsOf?: (nodeId: number) => readonly Transition[];
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
	readonly own?: OwnProcess | undefined;
}

/** Collects the samples from a snapshot and the counters; nothing is judged here. */
export function collectSamples(snapshot: FleetSnapshot, sources: SampleSources): MetricSamples {
	const {tallies, transitionsOf, nowMs, own} = sources;
	const method = checkMethodWords[snapshot.method].recordedAs;
	const nodes = snapshot.nodes
		.filter(({disabled}) => !disabled)
		.map((node): NodeSamples => {
			// Results of an earlier run may be days old, and would be shown as current.
			const verdict = currentVerdict({...node, nodeState: {}}, snapshot.method);
			const {name, group = '', id} = node.node;
			const {nodeState} = node;
			const facts = verdict.result ? factsOf(verdict.result.details) : {};
			const record = nodeState.states?.[method];
			const transitions = (transitionsOf?.(id) ?? []).filter(transition => transition.method === method);
			return {
				labels: {node: name, group},
				node,
				verdict,
				facts,
				daemon: verdict.result && (facts.daemon ?? listedDaemon(node.node, nodeState)),
				since: verdict.result && record?.state === verdict.state ? record.since : undefined,
				uptimeRatio: uptimeRatio({transitions, nodeState, method, nowMs}, uptimeWindow),
				tally: tallies.of(id),
			};
		});
	return {snapshot, nodes, daemons: daemonsOf(nodes), durations: tallies.durations(), own};
}

/** Only `api` and `full` have facts about the chain. */
function factsOf(details: Details): NodeSamples['facts'] {
	return details.method === 'api' || details.method === 'full' ? details : {};
}

/** One for every daemon, however many nodes share it: the newest observation is used. */
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

/** What was counted for a node since the program started. */
export interface Tally {
	/** How many results each method gave, by their `status`. */
	readonly checks: ReadonlyMap<CheckMethod, ResultCounts>;
	readonly stateChanges: number;
	readonly restarts: number;
}

/** Results by their `status`: true means working. */
export interface ResultCounts {
	readonly working: number;
	readonly failed: number;
}

interface Draft {
	readonly checks: Map<CheckMethod, ResultCounts>;
	stateChanges: number;
	restarts: number;
	/** The restarts remembered at the last result. */
	remembered?: NodeState['restarts'];
}

/** The counters before any result. */
const nothing: Tally = {checks: new Map(), stateChanges: 0, restarts: 0};

/** Counts what a snapshot does not show: every result and every change between two snapshots. */
export interface Tallies {
	readonly onTransition: (transition: Transition) => void;
	readonly onResult: (observation: Observation, nodeState: NodeState) => void;
	readonly of: (nodeId: number) => Tally;
	/** How long the checks of each method took. */
	readonly durations: () => ReadonlyMap<CheckMethod, DurationHistogram>;
	/** Forgets the nodes that no longer exist. */
	readonly keepOnly: (nodeIds: Iterable<number>) => void;
}

/** Upper bounds of the buckets, in seconds: from a wallet on this machine to one that does not answer until its timeout. */
export const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** The durations of checks since xmrtop started. */
export interface DurationHistogram {
	/** How many checks took at most as long as each of {@link durationBuckets}. */
	readonly upTo: readonly number[];
	readonly count: number;
	readonly sumS: number;
}

export function createMetricTallies(): Tallies {
	const drafts = new Map<number, Draft>();
	const durations = new Map<CheckMethod, {upTo: number[]; count: number; sumS: number}>();
	const observe = (method: CheckMethod, latencyMs: number): void => {
		// A stored result may hold any value.
		if (!Number.isFinite(latencyMs)) {
			return;
		}

		const known = durations.get(method) ?? {upTo: durationBuckets.map(() => 0), count: 0, sumS: 0};
		durations.set(method, known);
		known.count += 1;
		known.sumS += latencyMs / 1000;
		for (const [index, bound] of durationBuckets.entries()) {
			known.upTo[index] = (known.upTo[index] ?? 0) + Number(latencyMs <= bound * 1000);
		}
	};
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
			observe(details.method, details.latency_ms);
			const isFirst = !drafts.has(node.id);
			const draft = draftOf(node.id);
			const {working = 0, failed = 0} = draft.checks.get(details.method) ?? {};
			draft.checks.set(details.method, {working: working + Number(status), failed: failed + Number(!status)});
			// The list is replaced at every restart; its length is limited. The one remembered at the start is not counted.
			if (!isFirst && restarts !== draft.remembered) {
				draft.restarts += 1;
			}

			draft.remembered = restarts;
		},
		of: nodeId => drafts.get(nodeId) ?? nothing,
		durations: () => durations,
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

/** How often the transitions of other processes are read again, in milliseconds. */
const rereadMs = 5 * 60_000;

/** The state changes from which the uptime is calculated: those of the store, and those of this run. */
export interface TransitionLog {
	/** Sets the store of earlier runs' transitions. */
	readonly readFrom: (store: Pick<ResultStore, 'readTransitions'>) => void;
	readonly add: (transition: Transition) => void;
	/** Reads the store if the last read is too old; only the first read is awaited. Never rejects. */
	readonly refresh: () => Promise<void>;
	/** Those of a node in the last {@link uptimeWindow}, oldest first. */
	readonly transitionsOf: (nodeId: number) => readonly Transition[];
}

export function createTransitionLog(nowMs: () => number): TransitionLog {
	let store: Pick<ResultStore, 'readTransitions'> | undefined;
	let byNode = new Map<number, Transition[]>();
	let added: Transition[] = [];
	let lastReadMs: number | undefined;
	const read = async (): Promise<void> => {
		// A transition is in the file a moment after it is announced: those announced since this read began are kept until the
		// next.
		added = [];
		const since = new Date(nowMs() - uptimeWindows[uptimeWindow]).toISOString();
		const stored = await store?.readTransitions().catch(() => undefined);
		if (!stored) {
			return;
		}

		const kept = stored.filter(({at}) => at >= since);
		const known = new Set(kept.map(({at, node_id: id, to}) => `${id} ${at} ${to}`));
		const later = added.filter(({at, node_id: id, to}) => !known.has(`${id} ${at} ${to}`));
		byNode = transitionsByNode([...kept, ...later]);
	};

	return {
		readFrom: given => {
			store = given;
		},
		add: transition => {
			added.push(transition);
			addToNode(byNode, transition);
		},
		refresh: async () => {
			const isFirst = lastReadMs === undefined;
			// The clock may have been set back.
			if (store && (lastReadMs === undefined || Math.abs(nowMs() - lastReadMs) > rereadMs)) {
				lastReadMs = nowMs();
				const reading = read();
				await (isFirst ? reading : undefined);
			}
		},
		transitionsOf: nodeId => byNode.get(nodeId) ?? [],
	};
}
