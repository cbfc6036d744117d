import {type CheckMethod, checkMethodWords} from '../check-method.js';
import type {FleetNode} from '../fleet.js';
import {rootCauses} from '../root-cause.js';
import type {State} from '../state.js';
import type {Alert, ClosedReason} from './alert.js';
import type {AlertState} from './alert-state.js';
import {type AlertRules, causeOf, judge} from './judge.js';
import {forgetStreak, join, type Ledger, leave, type OpenIncident, openLedger, seenOf} from './ledger.js';
import {alertOf, recoveryOf, reminderOf} from './make-alert.js';
import {type Crossing, takeFree, takeMember} from './take-results.js';

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
