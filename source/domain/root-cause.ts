import type {DaemonFacts, WalletFacts} from './check-result.js';
import type {FleetNode} from './fleet.js';
import {countOf} from './quantity.js';
import {daemonSeenFrom} from './remote/joined-nodes.js';

/** A daemon that explains the trouble of the nodes behind it. */
export interface RootCause {
	/** Its address in the short form. */
	readonly daemon: string;
	/** `down`: it does not answer, or hangs. */
	readonly state: 'down' | 'degraded';
	/** What is wrong with it in a word or two, such as `down` or `41 blocks behind`. */
	readonly reason: string;
	/** The nodes it explains, in the order given. */
	readonly nodes: readonly FleetNode[];
}

type Facts = DaemonFacts & WalletFacts & {readonly silent_ms?: number; readonly caused_by?: string};

interface Trouble {
	readonly state: RootCause['state'];
	readonly reasonOf: (facts: Facts) => string | undefined;
}

/** From the worst to the mildest: what the facts of a node say of the daemon that is to blame. */
const troubles: readonly Trouble[] = [
	{state: 'down', reasonOf: facts => (facts.daemon_reachable === false ? 'down' : undefined)},
	// A silent wallet tells nothing of its daemon; it is blamed only when it was silent too.
	{
		state: 'down',
		reasonOf: facts => (facts.silent_ms !== undefined && facts.daemon_reachable === undefined ? 'hangs' : undefined),
	},
	{state: 'degraded', reasonOf: facts => (facts.daemon_synchronized === false ? 'not synchronized' : undefined)},
	{
		state: 'degraded',
		reasonOf: ({daemon_own_height: own}) => (own === undefined ? undefined : 'uses a bootstrap daemon'),
	},
	{state: 'degraded', reasonOf: ({daemon_lag: lag = 0}) => (lag > 0 ? `${countOf(lag, 'block')} behind` : undefined)},
	{state: 'degraded', reasonOf: ({wallet_lag: lag = 0}) => (lag < 0 ? 'lost blocks' : undefined)},
	{state: 'degraded', reasonOf: ({daemon_fault: fault}) => fault},
];

/** The daemons that explain trouble, those that explain most first. Silent nodes whose daemon hangs are among them. */
export function rootCauses(nodes: readonly FleetNode[]): readonly RootCause[] {
	const behind = new Map<string, FleetNode[]>();
	for (const node of nodes) {
		const blamed = node.disabled ? undefined : factsOf(node).caused_by;
		if (blamed !== undefined) {
			const daemon = daemonSeenFrom(node.origin?.host, blamed);
			const known = behind.get(daemon);
			if (known) {
				known.push(node);
			} else {
				behind.set(daemon, [node]);
			}
		}
	}

	return [...behind]
		.map(([daemon, dependents]): RootCause => ({daemon, nodes: dependents, ...worstTrouble(dependents)}))
		.sort((a, b) => b.nodes.length - a.nodes.length);
}

function factsOf({result}: FleetNode): Facts {
	const details = result?.details;
	return details && 'caused_by' in details ? details : {};
}

function worstTrouble(nodes: readonly FleetNode[]): Pick<RootCause, 'state' | 'reason'> {
	const facts = nodes.map(factsOf);
	for (const {state, reasonOf} of troubles) {
		const reason = facts.map(reasonOf).find(text => text !== undefined);
		if (reason !== undefined) {
			return {state, reason};
		}
	}

	return {state: 'degraded', reason: 'has a problem'};
}

/** One line for a header: `monerod 10.0.0.5:18081 down: 14 nodes`. */
export function rootCauseText({daemon, reason, nodes}: RootCause): string {
	return `monerod ${daemon} ${reason}: ${countOf(nodes.length, 'node')}`;
}
