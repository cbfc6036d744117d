import type {CheckMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {isLoopback} from '../daemon-address.js';
import type {FleetNode} from '../fleet.js';
import type {Node} from '../node/node.js';
import type {State} from '../state.js';
import type {Alert, AlertState, FormerMember, Incident, Member, OpenedAs, Streak} from './alert.js';
import {type AlertRules, causeOf, judge} from './judgement.js';

/** A finished cycle, as alerts look at it. */
export interface SeenCycle {
	/** Now; ISO-8601 UTC. */
	readonly at: string;
	readonly method: CheckMethod;
	/** Every monitored node with its last result. A result that an earlier cycle held too is not counted again. */
	readonly nodes: readonly FleetNode[];
	/** Whether a node is configured at all, monitored or not. */
	readonly exists: (nodeId: number) => boolean;
	/** Whether an alert of an incident still waits to be delivered: it needs no reminder. */
	readonly isWaiting: (incidentId: string) => boolean;
	/** Whether nobody is to be told of a node's trouble, or of that of the daemon that explains it. Default: nobody is silenced. */
	readonly isSilenced?: (node: Node, daemon: string | undefined) => boolean;
	/** Whether the last silence about a node ended by itself: a person who ends one needs no word of it. Default: it did. */
	readonly hasExpired?: (node: Node, daemon: string | undefined) => boolean;
}

/** What a cycle changes. */
export interface CycleOutcome {
	/** What is remembered now; later cycles do not change it. */
	readonly state: AlertState;
	/** Whether the state must be saved; what changed besides can be learned anew. */
	readonly isChanged: boolean;
	/** In the order they are to be delivered. */
	readonly alerts: readonly Alert[];
}

/** An incident that is not over, while it changes. */
export interface OpenIncident
	extends Omit<Incident, 'members' | 'former' | 'told_at' | 'reminders' | 'fault' | 'note' | 'opened_as'> {
	readonly members: Map<number, Member>;
	readonly former: Map<number, FormerMember>;
	fault?: string;
	note?: string;
	opened_as?: OpenedAs;
	told_at: string;
	reminders: number;
}

/** A node with a result. */
export interface CheckedNode {
	readonly node: Node;
	readonly result: CheckResult;
}

/** A node whose bad results in a row are enough. */
export interface Breach extends CheckedNode {
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	readonly from?: State | undefined;
	/** Present where the results are not in a row: the node moves back and forth. */
	readonly flapping?: string | undefined;
	/** See `Streak`. */
	readonly silenced?: string | undefined;
}

/** What trouble is put down to; nothing: the trouble is the node's own. */
export type Cause = Pick<Incident, 'daemon' | 'host' | 'monitor'>;

/** A copy that can be changed. */
export const copyOf = (incident: Incident): OpenIncident => ({
	...incident,
	members: new Map(incident.members),
	former: new Map(incident.former),
});

/** Whether two troubles have one cause outside of the nodes. */
export function isSameCause(a: Cause, b: Cause): boolean {
	return isShared(a) && a.daemon === b.daemon && a.host === b.host && (a.monitor === true) === (b.monitor === true);
}

/** Whether a cause may have more nodes than one. */
export const isShared = ({daemon, host, monitor}: Cause): boolean =>
	daemon !== undefined || host !== undefined || monitor === true;

/** The incident that a breach begins. */
export function newIncident(
	{node, result, since, flapping, silenced}: Breach,
	cause: Cause,
	{at, method}: Pick<Incident, 'method'> & {readonly at: string},
): OpenIncident {
	const {daemon, host, monitor} = cause;
	const isCrashLoop = 'crash_loop_starts' in result.details && result.details.crash_loop_starts !== undefined;
	const pattern = isShared(cause) ? undefined : flapping ? 'flapping' : isCrashLoop ? 'crash_loop' : undefined;
	return compact({
		id: `${idStart(node, cause)}-${since}`,
		method,
		daemon,
		host,
		monitor,
		pattern,
		fault: pattern === 'flapping' ? flapping : undefined,
		note: silenced === 'node' || (silenced !== undefined && silenced === daemon) ? 'its silence has ended' : undefined,
		since,
		told_at: at,
		reminders: 0,
		members: new Map(),
		former: new Map(),
	});
}

function idStart({name}: Node, {daemon, host, monitor}: Cause): string {
	if (monitor) {
		return 'monitor';
	}

	return daemon === undefined ? (host === undefined ? name : `host-${host}`) : `monerod-${daemon}`;
}

/** A member as its node is now. */
export function memberOf(
	{node, result}: CheckedNode,
	{
		since,
		from,
		flapping,
		silenced,
	}: Pick<Breach, 'since' | 'from'> & {
		readonly flapping?: unknown;
		readonly silenced?: Member['silenced'] | undefined;
	},
): Member {
	const {state, message, reason} = result.details;
	const {id, name, group} = node;
	return compact({
		node_id: id,
		node: name,
		group,
		since,
		from,
		state,
		message,
		reason,
		caused_by: causeOf(result),
		flapping: flapping ? (true as const) : undefined,
		silenced,
	});
}

/** Keeps in mind that it is told of again. */
export function markTold(incident: OpenIncident, at: string): void {
	incident.told_at = at;
	incident.reminders += 1;
}

/** A member whose results in a row begin anew. */
export function withoutRows({good: _, unexplained: __, ...member}: Member): Member {
	return member;
}

/** Keeps what the one node of an incident was called before it is renamed: receivers know the incident by it. */
export function keepName(incident: OpenIncident, {node, group}: Member, now: Node): void {
	if (!isShared(incident) && !incident.opened_as && (node !== now.name || group !== now.group)) {
		incident.opened_as = compact({node, group});
	}
}

/**
 * Looks which members are silenced, and keeps it in mind.
 * @param opened the incidents that are told of in this cycle anyway
 * @returns the other incidents with members that are still bad when their silence ends; they count as told of
 */
export function updateSilenced(
	incidentOf: ReadonlyMap<number, OpenIncident>,
	{at, nodes, isSilenced, hasExpired}: SeenCycle,
	{rules, opened}: {readonly rules: AlertRules; readonly opened: readonly OpenIncident[]},
): {readonly ended: ReadonlyArray<readonly [OpenIncident, readonly Member[]]>; readonly isChanged: boolean} {
	const ended = new Map<OpenIncident, Member[]>();
	let isChanged = false;
	for (const {node, result} of incidentOf.size === 0 ? [] : nodes) {
		const incident = incidentOf.get(node.id);
		const known = incident?.members.get(node.id);
		if (!incident || !known || !result) {
			continue;
		}

		const {silenced: wasSilenced, ...member} = known;
		const isSilent = isSilenced?.(node, causeOf(result)) === true;
		if (isSilent && !wasSilenced) {
			incident.members.set(node.id, {...member, silenced: 'told'});
			isChanged = true;
		} else if (!isSilent && wasSilenced && (incident.monitor || judge(result, rules) === 'bad')) {
			incident.members.set(node.id, member);
			isChanged = true;
			if (wasSilenced === 'untold' || hasExpired?.(node, causeOf(result)) !== false) {
				ended.set(incident, [...(ended.get(incident) ?? []), member]);
			}
		}
	}

	opened.forEach(incident => void ended.delete(incident));
	for (const incident of ended.keys()) {
		markTold(incident, at);
	}

	return {ended: [...ended], isChanged};
}

/** A streak after a result that counts for neither side. */
export const touched = (streak: Streak, at: string): Streak => ({...streak, last_check: at});

/** A streak after one more result. One whose last result is too old begins anew: nobody watched in between. */
export function lengthened(
	streak: Streak | undefined,
	{at, from}: {readonly at: string; readonly from?: State},
	coverMs: number,
): Streak {
	return streak && Date.parse(at) - Date.parse(streak.last_check) <= coverMs
		? {...streak, count: streak.count + 1, last_check: at}
		: compact({count: 1, since: at, last_check: at, from});
}

/** For so many cycles an alert of this monitor, or of a host, waits for the nodes that were not checked since it began. */
const mostWaits = 5;

/** Counts the cycles in a row in which this monitor seemed cut off. */
export class CutOffCount {
	readonly #rules: Pick<AlertRules, 'fail_after' | 'coverMs'>;
	#streak: Streak | undefined;

	constructor(rules: Pick<AlertRules, 'fail_after' | 'coverMs'>) {
		this.#rules = rules;
	}

	/**
	 * Takes in a cycle.
	 * @param cutOff the nodes that it seemed cut off from
	 * @returns since when, and whether that is for long enough; `undefined` when it did not seem so
	 */
	take(
		cutOff: readonly CheckedNode[],
		cycle: SeenCycle,
	): {readonly since: string; readonly isEnough: boolean} | undefined {
		if (cutOff.length === 0) {
			this.#streak = undefined;
			return undefined;
		}

		const times = cutOff.map(({result}) => result.details.last_check).toSorted();
		const at = times.at(-1) ?? cycle.at;
		if (at !== this.#streak?.last_check) {
			this.#streak = lengthened(this.#streak, {at}, this.#rules.coverMs);
		}

		const {count, since} = this.#streak;
		// The checks of a cycle end one after the other: the alert names them all.
		const isUnderWay = cycle.nodes.some(node => isDueSince(node, since));
		const least = this.#rules.fail_after;
		return {since, isEnough: count >= least && !(isUnderWay && count < least + mostWaits)};
	}
}

/**
 * Whether the host of a breach seems to vanish, and the checks of its other nodes that will tell are still on their way.
 * @param count the bad results in a row
 */
export function isHostInDoubt(
	{node, result, since, flapping}: Breach,
	count: number,
	{nodes, rules}: {readonly nodes: readonly FleetNode[]; readonly rules: AlertRules},
): boolean {
	const isFirst = since === result.details.last_check;
	const waited = count - rules.fail_after;
	if (isFirst || waited >= mostWaits || flapping !== undefined || causeOf(result) !== undefined) {
		return false;
	}

	const others = nodes.filter(other => other.node.id !== node.id && other.node.host === node.host && !other.disabled);
	const seen = others.filter(other => !isDueSince(other, since));
	const isGone = ({result: last}: FleetNode): boolean =>
		last !== undefined && judge(last, rules) === 'bad' && causeOf(last) === undefined;
	return seen.length > 0 && seen.length < others.length && seen.every(isGone);
}

/** Whether a node elsewhere has yet to be checked after a moment. One that is busy is checked less often, and not waited for. */
function isDueSince({node, result, disabled}: FleetNode, moment: string): boolean {
	return (
		result !== undefined &&
		!disabled &&
		!isLoopback(node.host) &&
		result.details.state !== 'busy' &&
		Date.parse(result.details.last_check) < Date.parse(moment)
	);
}
