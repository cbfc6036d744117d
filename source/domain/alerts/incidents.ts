import {type CheckMethod, checkMethodWords} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {type FleetNode, rootCauses} from '../fleet.js';
import type {Settings} from '../settings.js';
import {type State, stateWords} from '../state.js';
import {
	type Alert,
	type AlertState,
	type ClosedReason,
	type FormerMember,
	type Incident,
	lengthened,
	type Member,
	type Streak,
	touched,
} from './alert.js';
import {alertOf, recoveryOf, reminderOf} from './alert-message.js';

/** A finished cycle, as alerts look at it. */
export interface SeenCycle {
	/** Now; ISO-8601 UTC. */
	readonly at: string;
	readonly method: CheckMethod;
	/** Every watched node with its last result. */
	readonly nodes: readonly FleetNode[];
	/** Whether a node's result has not been counted yet. */
	readonly isNew: (node: FleetNode) => boolean;
	/** The state that a node was in before, where it is known. */
	readonly stateBefore: (nodeId: number) => State | undefined;
	/** Whether a node is configured at all, watched or not. */
	readonly exists: (nodeId: number) => boolean;
	/** Whether something of an incident still waits to be delivered: it needs no reminder. */
	readonly isWaiting: (incidentId: string) => boolean;
}

/** What a cycle changes. */
export interface Evaluation {
	readonly state: AlertState;
	/** Whether the state must be saved; what changed besides can be learned anew. */
	readonly isChanged: boolean;
	/** In the order they are to be delivered. */
	readonly alerts: readonly Alert[];
}

/** Takes in a finished cycle. */
export function evaluate(before: AlertState, cycle: SeenCycle, rules: AlertRules): Evaluation {
	const method = checkMethodWords[cycle.method].recordedAs;
	const ledger = openLedger(method === before.method ? before : withoutStreaks(before));
	closeUnwatched(ledger, cycle);
	const crossings = takeResults(ledger, cycle, rules);
	const opened = openIncidents(ledger, crossings, cycle, rules);
	const alerts = [
		...endIncidents(ledger).map(incident => recoveryOf(incident, cycle)),
		...opened.map(incident => alertOf(incident, cycle)),
		...remind(ledger, cycle, rules).map(incident => reminderOf(incident, cycle)),
	];
	return {
		state: {method, streaks: ledger.streaks, incidents: [...ledger.incidents]},
		isChanged: ledger.isChanged || alerts.length > 0,
		alerts,
	};
}

/** Results of another method are no part of a row. */
function withoutStreaks({incidents}: AlertState): AlertState {
	return {
		streaks: new Map(),
		incidents: incidents.map(incident => ({
			...incident,
			members: new Map(
				[...incident.members].map(([id, {good: _, unexplained: __, ...member}]) => [id, member] as const),
			),
		})),
	};
}

/** Ends the trouble of nodes that nobody watches any more: nothing will tell of its end. */
function closeUnwatched(ledger: Ledger, {at, nodes, exists}: SeenCycle): void {
	const watched = new Map(nodes.map(node => [node.node.id, node]));
	for (const id of [...ledger.streaks.keys(), ...ledger.byNode.keys()]) {
		const node = watched.get(id);
		if (node && !node.disabled) {
			continue;
		}

		const ended: ClosedReason = node ? 'disabled' : exists(id) ? 'not_watched' : 'removed';
		forgetStreak(ledger, id);
		leave(ledger, id, {until: at, ended});
	}
}

function takeResults(ledger: Ledger, {nodes, isNew, stateBefore}: SeenCycle, rules: AlertRules): Crossing[] {
	return nodes.flatMap(node => {
		const {result, disabled} = node;
		if (!result || disabled || !isNew(node)) {
			return [];
		}

		const incident = ledger.byNode.get(node.node.id);
		const seen = {node, result, before: stateBefore(node.node.id)};
		return (incident ? takeMember(ledger, incident, seen, rules) : takeFree(ledger, seen, rules)) ?? [];
	});
}

/** @returns the new incidents; nodes behind a daemon whose incident is known join it and make none */
function openIncidents(
	ledger: Ledger,
	crossings: readonly Crossing[],
	cycle: SeenCycle,
	rules: AlertRules,
): readonly OpenIncident[] {
	const opened: OpenIncident[] = [];
	const open = (crossing: Crossing): OpenIncident => {
		const {cause, since, node} = crossing;
		const incident: OpenIncident = {
			id: `${cause === undefined ? node.node.name : `monerod-${cause}`}-${since}`,
			method: cycle.method,
			...(cause === undefined ? {} : {daemon: cause}),
			since,
			told_at: cycle.at,
			reminders: 0,
			members: new Map(),
			former: new Map(),
		};
		ledger.incidents.add(incident);
		opened.push(incident);
		return incident;
	};

	// The earliest gives a daemon's trouble its beginning.
	for (const crossing of crossings.toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0))) {
		const {node, cause} = crossing;
		const known = cause === undefined ? undefined : [...ledger.incidents].find(({daemon}) => daemon === cause);
		join(ledger, known ?? open(crossing), seenOf(node, crossing));
	}

	for (const incident of opened) {
		joinOthersBehind(ledger, incident, cycle, rules);
	}

	return opened;
}

/** A new alert names everything that is bad behind its daemon, also what is not yet so for long enough. */
function joinOthersBehind(ledger: Ledger, incident: OpenIncident, {nodes}: SeenCycle, rules: AlertRules): void {
	if (incident.daemon === undefined) {
		return;
	}

	for (const node of nodes) {
		const {result} = node;
		const isBehind = result && !node.disabled && causeOf(result) === incident.daemon;
		if (isBehind && judge(result, rules.alert_on) === 'bad' && !ledger.byNode.has(node.node.id)) {
			const streak = ledger.streaks.get(node.node.id) ?? {since: result.details.last_check};
			join(ledger, incident, seenOf(node, streak));
		}
	}

	const [cause] = rootCauses(nodes.filter(({node}) => incident.members.has(node.id)));
	if (cause) {
		incident.fault = cause.reason;
	}
}

/** Takes out the incidents that have no member left. */
function endIncidents(ledger: Ledger): readonly OpenIncident[] {
	const ended = [...ledger.incidents].filter(({members}) => members.size === 0);
	for (const incident of ended) {
		ledger.incidents.delete(incident);
	}

	return ended;
}

function remind(ledger: Ledger, {at, isWaiting}: SeenCycle, {remind: everyMs}: AlertRules): readonly OpenIncident[] {
	if (everyMs === 0) {
		return [];
	}

	const due = [...ledger.incidents].filter(
		({id, told_at: toldAt, members}) =>
			// A clock that was set back must not keep reminders away until it has caught up.
			Math.abs(Date.parse(at) - Date.parse(toldAt)) >= everyMs &&
			[...members.values()].some(({good}) => good === undefined) &&
			!isWaiting(id),
	);
	for (const incident of due) {
		incident.told_at = at;
		incident.reminders += 1;
	}

	return due;
}

/** An incident while a cycle is taken in. */
export interface OpenIncident extends Omit<Incident, 'members' | 'former' | 'told_at' | 'reminders' | 'fault'> {
	readonly members: Map<number, Member>;
	readonly former: Map<number, FormerMember>;
	fault?: string;
	told_at: string;
	reminders: number;
}

/** What is remembered, while a cycle is taken in. */
export interface Ledger {
	readonly streaks: Map<number, Streak>;
	readonly incidents: Set<OpenIncident>;
	/** The incident whose member a node is. */
	readonly byNode: Map<number, OpenIncident>;
	/** Whether anything happened that must outlive this run. */
	isChanged: boolean;
}

/** Opens what is remembered for changes. */
export function openLedger({streaks, incidents}: AlertState): Ledger {
	const open = incidents.map(
		(incident): OpenIncident => ({
			...incident,
			members: new Map(incident.members),
			former: new Map(incident.former),
		}),
	);
	return {
		streaks: new Map(streaks),
		incidents: new Set(open),
		byNode: new Map(open.flatMap(incident => [...incident.members.keys()].map(id => [id, incident] as const))),
		isChanged: false,
	};
}

/** Forgets the bad results of a node that is in no incident. */
export function forgetStreak(ledger: Ledger, nodeId: number): void {
	ledger.isChanged = ledger.streaks.delete(nodeId) || ledger.isChanged;
}

/** Makes a node a member, whatever it was in this incident before. */
export function join(ledger: Ledger, incident: OpenIncident, member: Member): void {
	ledger.streaks.delete(member.node_id);
	incident.former.delete(member.node_id);
	incident.members.set(member.node_id, member);
	ledger.byNode.set(member.node_id, incident);
	ledger.isChanged = true;
}

/** Ends a node's part in its incident. */
export function leave(
	ledger: Ledger,
	nodeId: number,
	how: Pick<FormerMember, 'until' | 'ended'>,
	now?: FleetNode,
): void {
	const incident = ledger.byNode.get(nodeId);
	const member = incident?.members.get(nodeId);
	if (!incident || !member) {
		return;
	}

	const {good: _, unexplained: __, ...rest} = now?.result ? seenOf(now, member) : member;
	incident.members.delete(nodeId);
	incident.former.set(nodeId, {...rest, from: member.state, ...how});
	ledger.byNode.delete(nodeId);
	ledger.isChanged = true;
}

/** A member as its node is now. */
export function seenOf({node, result}: FleetNode, {since, from}: Pick<Member, 'since' | 'from'>): Member {
	if (!result) {
		throw new Error('a node without a result is no member');
	}

	const {state, message, reason} = result.details;
	const cause = causeOf(result);
	return {
		node_id: node.id,
		node: node.name,
		...(node.group === undefined ? {} : {group: node.group}),
		since,
		...(from === undefined ? {} : {from}),
		state,
		message,
		...(reason === undefined ? {} : {reason}),
		...(cause === undefined ? {} : {caused_by: cause}),
	};
}

/** A node with a result that has not been counted yet. */
export interface NewResult {
	readonly node: FleetNode;
	readonly result: CheckResult;
	/** The state before it, where it is known. */
	readonly before?: State | undefined;
}

/** A node whose bad results in a row are enough. */
export interface Crossing {
	readonly node: FleetNode;
	readonly since: string;
	readonly from?: State | undefined;
	/** The daemon that explains its trouble, when one does. */
	readonly cause?: string | undefined;
}

/** Counts one result of a node that is in no incident. @returns the crossing it makes, if any */
export function takeFree(ledger: Ledger, {node, result, before}: NewResult, rules: AlertRules): Crossing | undefined {
	const {id} = node.node;
	const at = result.details.last_check;
	const judgement = judge(result, rules.alert_on);
	const known = ledger.streaks.get(id);
	if (judgement === 'good') {
		forgetStreak(ledger, id);
		return undefined;
	}

	if (judgement === 'neither') {
		keep(ledger.streaks, id, touched(known, at));
		return undefined;
	}

	const streak = lengthened(known, at, rules.coverMs, before);
	ledger.streaks.set(id, streak);
	ledger.isChanged = true;
	return streak.count >= rules.fail_after
		? {node, since: streak.since, from: streak.from, cause: causeOf(result)}
		: undefined;
}

/** Counts one result of a node in an incident. @returns the crossing it makes, when another cause took over */
export function takeMember(
	ledger: Ledger,
	incident: OpenIncident,
	{node, result}: NewResult,
	rules: AlertRules,
): Crossing | undefined {
	const {id} = node.node;
	const member = incident.members.get(id);
	if (!member) {
		return undefined;
	}

	const at = result.details.last_check;
	const judgement = judge(result, rules.alert_on);
	if (judgement === 'neither') {
		incident.members.set(id, {
			...member,
			...present('good', touched(member.good, at)),
			...present('unexplained', touched(member.unexplained, at)),
		});
		return undefined;
	}

	if (judgement === 'good') {
		takeGood(ledger, incident, {node, member, at}, rules);
		return undefined;
	}

	return takeBad(ledger, incident, {node, member, at, cause: causeOf(result)}, rules);
}

interface Taken {
	readonly node: FleetNode;
	readonly member: Member;
	readonly at: string;
}

function takeGood(ledger: Ledger, incident: OpenIncident, {node, member, at}: Taken, rules: AlertRules): void {
	const good = lengthened(member.good, at, rules.coverMs);
	ledger.isChanged = true;
	if (good.count >= rules.recover_after) {
		leave(ledger, member.node_id, {until: good.since, ended: 'recovered'}, node);
		return;
	}

	const {unexplained: _, ...rest} = member;
	incident.members.set(member.node_id, {...rest, good});
}

function takeBad(
	ledger: Ledger,
	incident: OpenIncident,
	{node, member, at, cause}: Taken & {readonly cause: string | undefined},
	rules: AlertRules,
): Crossing | undefined {
	const isExplained = incident.daemon === undefined || cause === incident.daemon;
	const unexplained = isExplained ? undefined : lengthened(member.unexplained, at, rules.coverMs);
	// Reasons that count seconds change with every result: they alone are not worth a write.
	ledger.isChanged ||= member.good !== undefined || unexplained?.count !== member.unexplained?.count;
	if (unexplained && unexplained.count >= rules.fail_after) {
		const from = member.state;
		leave(ledger, member.node_id, {until: unexplained.since, ended: 'other_cause'});
		return {node, since: unexplained.since, from, cause};
	}

	incident.members.set(member.node_id, {...seenOf(node, member), ...present('unexplained', unexplained)});
	return undefined;
}

function keep(streaks: Map<number, Streak>, id: number, streak: Streak | undefined): void {
	if (streak) {
		streaks.set(id, streak);
	}
}

function present<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
	return value === undefined ? {} : ({[name]: value} as Record<K, V>);
}

/** The settings that decide about alerts. */
export interface AlertRules extends Pick<Settings, 'fail_after' | 'recover_after' | 'alert_on' | 'remind'> {
	/** Results that are further apart are not in a row, in milliseconds. */
	readonly coverMs: number;
}

/**
 * How a result counts. `neither`: it neither works nor is it bad enough, such as `busy` where only `down` alerts. What is not
 * known neither opens an alert nor ends one.
 */
export type Judgement = 'bad' | 'good' | 'neither';

const isBad: Readonly<Record<AlertRules['alert_on'], (state: State) => boolean>> = {
	degraded: state => state !== 'up',
	failed: state => !stateWords[state].works,
	down: state => state === 'down',
};

/** How a result counts for alerts. */
export function judge({status, details}: CheckResult, alertOn: AlertRules['alert_on']): Judgement {
	if (details.state === 'unknown') {
		return 'neither';
	}

	return isBad[alertOn](details.state) ? 'bad' : status ? 'good' : 'neither';
}

/** The daemon that explains a result, when one does. */
export function causeOf({details}: CheckResult): string | undefined {
	return 'caused_by' in details ? details.caused_by : undefined;
}
