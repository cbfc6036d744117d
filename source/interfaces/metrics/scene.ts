import type {DaemonDetails, DaemonFacts, Details, VersionFacts, WalletFacts} from '../../domain/check-result.js';
import {type FleetNode, type FleetSnapshot, type Verdict, verdictOf} from '../../domain/fleet.js';
import type {Tallies, Tally} from './tallies.js';

/** A node that is checked, as the metrics tell of it. */
export interface NodeScene {
	/** A node without a group has an empty one, which to Prometheus is none. */
	readonly labels: {readonly node: string; readonly group: string};
	readonly node: FleetNode;
	readonly verdict: Verdict;
	readonly facts: DaemonFacts & WalletFacts & VersionFacts;
	readonly tally: Tally;
}

/** A daemon as the last check of any of its nodes saw it. */
export interface DaemonScene {
	readonly labels: {readonly daemon: string};
	readonly facts: DaemonFacts & DaemonPart;
	/** ISO-8601 UTC: when it was seen so. */
	readonly seenAt: string;
}

/** What only the daemon part of a `full` check tells. */
type DaemonPart = Pick<DaemonDetails, 'target_height' | 'outgoing_peers' | 'incoming_peers' | 'offline' | 'restricted'>;

/** Everything the metrics tell of, at one moment. */
export interface Scene {
	readonly snapshot: FleetSnapshot;
	readonly nodes: readonly NodeScene[];
	readonly daemons: readonly DaemonScene[];
}

/** Reads a snapshot and what was counted; nothing is judged here. */
export function sceneOf(snapshot: FleetSnapshot, tallies: Tallies): Scene {
	const nodes = snapshot.nodes
		.filter(({disabled}) => !disabled)
		.map((node): NodeScene => {
			// What an earlier run saw may be days old, and would be told as of now.
			const verdict = verdictOf({...node, memory: {}}, snapshot.method);
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
function factsOf(details: Details): NodeScene['facts'] {
	return details.method === 'api' || details.method === 'full' ? details : {};
}

/** One for every daemon, however many nodes share it: the newest sighting is believed. */
function daemonsOf(nodes: readonly NodeScene[]): readonly DaemonScene[] {
	const newest = new Map<string, DaemonScene>();
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
