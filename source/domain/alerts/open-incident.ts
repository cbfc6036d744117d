import type {CheckMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {isLoopback} from '../daemon-address.js';
import type {FleetNode} from '../fleet.js';
import type {Node} from '../node/node.js';
import type {State} from '../state.js';
import type {Alert, AlertState, FormerMember, Incident, Member, OpenedAs, Streak} from './alert.js';
import {type AlertRules, causeOf, judge} from './judgement.js';

/** A finished cycle, as the incident tracker reads it. */
export interface SeenCycle {
	/** Now; ISO-8601 UTC. */
	readonly at: string;
	readonly method: CheckMethod;
	/** Every monitored node with its last result. A result that an earlier cycle also contained is not counted again. */
	readonly nodes: readonly FleetNode[];
	/** Whether a node is configured at all, monitored or not. */
	readonly exists: (nodeId: number) => boolean;
	/** Whether an alert of an incident has not been delivered yet: no reminder is needed then. */
	readonly isWaiting: (incidentId: string) => boolean;
	/** Whether a node, or the daemon that causes its problem, is silenced. Default: nothing is silenced. */
	readonly isSilenced?: (node: Node, daemon: string | undefined) => boolean;
	/**
	 * Whether the last silence of a node expired: a person who ends a silence early is not notified of its end. Default: it
	 * expired.
	 */
	readonly hasExpired?: (node: Node, daemon: string | undefined) => boolean;
}

/** The outcome of a cycle. */
export interface CycleOutcome {
	/** The new state; later cycles do not modify this object. */
	readonly state: AlertState;
	/** Whether the state must be saved. Other changes are not saved because the next checks restore them. */
	readonly isChanged: boolean;
	/** In order of delivery. */
	readonly alerts: readonly Alert[];
}

/** An open incident that can be modified. */
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

/** A node with its result. */
export interface CheckedNode {
	readonly node: Node;
	readonly result: CheckResult;
}

/** A node with enough consecutive bad results for an incident. */
export interface Breach extends CheckedNode {
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	readonly from?: State | undefined;
	/** Present if the node is flapping instead: the text that says so. */
	readonly flapping?: string | undefined;
	/** See `Streak`. */
	readonly silenced?: string | undefined;
}

/** The shared cause of a problem; empty if the problem is of a single node. */
export type Cause = Pick<Incident, 'daemon' | 'host' | 'monitor'>;

/** A copy that can be modified. */
export const copyOf = (incident: Incident): OpenIncident => ({
	...incident,
	members: new Map(incident.members),
	former: new Map(incident.former),
});

/** Whether two problems have the same shared cause. */
export function isSameCause(a: Cause, b: Cause): boolean {
	return isShared(a) && a.daemon === b.daemon && a.host === b.host && (a.monitor === true) === (b.monitor === true);
}

/** Whether a cause can affect more than one node. */
export const isShared = ({daemon, host, monitor}: Cause): boolean =>
	daemon !== undefined || host !== undefined || monitor === true;

/** The incident that a breach opens. */
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

/** A member with the latest result of its node. */
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

/** Records that a reminder is sent. */
export function countReminder(incident: OpenIncident, at: string): void {
	incident.told_at = at;
	incident.reminders += 1;
}

/** A member without its streaks, which start again. */
export function withoutStreaks({good: _, unexplained: __, ...member}: Member): Member {
	return member;
}

/**
 * Keeps the original name and group of the single node of an incident when they change: receivers identify the incident by
 * them.
 */
export function keepName(incident: OpenIncident, {node, group}: Member, now: Node): void {
	if (!isShared(incident) && !incident.opened_as && (node !== now.name || group !== now.group)) {
		incident.opened_as = compact({node, group});
	}
}

/**
 * Updates which members are silenced.
 * @param opened the incidents that this cycle opened, which get an alert anyway
 * @returns the other incidents, with the members that are still bad when their silence ends; a reminder is recorded for
 * each
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
		countReminder(incident, at);
	}

	return {ended: [...ended], isChanged};
}

/** A streak after a result that neither continues nor ends it. */
export const touched = (streak: Streak, at: string): Streak => ({...streak, last_check: at});

/**
 * A streak after one more result. It starts again if its last result is older than `coverMs`, because nothing is known of
 * the time between.
 */
export function lengthened(
	streak: Streak | undefined,
	{at, from}: {readonly at: string; readonly from?: State},
	coverMs: number,
): Streak {
	return streak && Date.parse(at) - Date.parse(streak.last_check) <= coverMs
		? {...streak, count: streak.count + 1, last_check: at}
		: compact({count: 1, since: at, last_check: at, from});
}

/**
 * The maximum number of cycles that an alert of this monitor or of a host waits for nodes that have not been checked since
 * the problem began.
 */
const maxWaits = 5;

/** Counts the consecutive cycles in which this monitor seemed cut off. */
export class CutOffCount {
	readonly #rules: Pick<AlertRules, 'fail_after' | 'coverMs'>;
	#streak: Streak | undefined;

	constructor(rules: Pick<AlertRules, 'fail_after' | 'coverMs'>) {
		this.#rules = rules;
	}

	/**
	 * Adds a cycle.
	 * @param cutOff the nodes that it seemed cut off from
	 * @returns since when it seems cut off, and whether that is long enough for an incident; `undefined` if it does not
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
		// The checks of a cycle end one after another; waiting for them lets the alert name all nodes.
		const isUnderWay = cycle.nodes.some(node => isDueSince(node, since));
		const minCount = this.#rules.fail_after;
		return {since, isEnough: count >= minCount && !(isUnderWay && count < minCount + maxWaits)};
	}
}

/**
 * Whether the whole host of a breach may be down, and some of its other nodes have not been checked since to confirm it.
 * @param count the bad results in a row
 */
export function isHostInDoubt(
	{node, result, since, flapping}: Breach,
	count: number,
	{nodes, rules}: {readonly nodes: readonly FleetNode[]; readonly rules: AlertRules},
): boolean {
	const isFirst = since === result.details.last_check;
	const waited = count - rules.fail_after;
	if (isFirst || waited >= maxWaits || flapping !== undefined || causeOf(result) !== undefined) {
		return false;
	}

	const others = nodes.filter(other => other.node.id !== node.id && other.node.host === node.host && !other.disabled);
	const isGone = ({result: last}: FleetNode): boolean =>
		last !== undefined && judge(last, rules) === 'bad' && causeOf(last) === undefined;
	// It worked when last checked, but the check in progress takes longer than that of the node of the breach.
	const isLate = (other: FleetNode): boolean => other.checking && !isGone(other);
	const seen = others.filter(other => !isDueSince(other, since) && !isLate(other));
	const isPossible = seen.length > 0 || others.some(isLate);
	return isPossible && seen.length < others.length && seen.every(isGone);
}

/**
 * Whether a node on another host has not been checked since a moment. A busy node is checked less often, and is not waited
 * for.
 */
function isDueSince({node, result, disabled}: FleetNode, moment: string): boolean {
	return (
		result !== undefined &&
		!disabled &&
		!isLoopback(node.host) &&
		result.details.state !== 'busy' &&
		Date.parse(result.details.last_check) < Date.parse(moment)
	);
}
