import {type CheckMethod, checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {type FleetNode, rootCauses} from '../fleet.js';
import type {Node} from '../node/node.js';
import type {Settings} from '../settings.js';
import {type State, stateWords} from '../state.js';
import type {Alert, AlertState, FormerMember, Incident, Member, Streak} from './alert.js';
import {alertOf, recoveryOf, reminderOf} from './alert-message.js';

/** The settings that decide about alerts. */
export interface AlertRules extends Pick<Settings, 'fail_after' | 'recover_after' | 'alert_on' | 'remind'> {
	/** Results that are further apart are not in a row, in milliseconds. */
	readonly coverMs: number;
}

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

/**
 * Follows the trouble of nodes from cycle to cycle: counts bad results in a row until they are enough for an incident, keeps
 * the incidents of nodes and of the daemons behind them, and makes an alert when one begins, lasts or ends.
 */
export class IncidentTracker {
	readonly #rules: AlertRules;
	/** The method that the streaks are of. */
	#method: RecordedMethod | undefined;
	/** Bad results in a row of nodes that are in no incident yet, by id. */
	readonly #streaks: Map<number, Streak>;
	readonly #incidents: Set<OpenIncident>;
	/** The incident that a node is a member of. */
	readonly #incidentOf: Map<number, OpenIncident>;
	/** The results of the last cycle, by node id. */
	#counted: ReadonlyMap<number, CheckResult> = new Map();
	/** Whether anything happened in this cycle that must outlive this run. */
	#isChanged = false;

	/** @param state what the last run remembered */
	constructor({method, streaks, incidents}: AlertState, rules: AlertRules) {
		const open = incidents.map(copyOf);
		this.#rules = rules;
		this.#method = method;
		this.#streaks = new Map(streaks);
		this.#incidents = new Set(open);
		this.#incidentOf = new Map(
			open.flatMap(incident => [...incident.members.keys()].map(id => [id, incident] as const)),
		);
	}

	/** Takes in a finished cycle. */
	take(cycle: SeenCycle): CycleOutcome {
		const method = checkMethodWords[cycle.method].recordedAs;
		this.#isChanged = false;
		this.#setMethod(method);
		this.#closeUnmonitored(cycle);
		const breaches = this.#countResults(cycle.nodes);
		const opened = this.#openIncidents(breaches, cycle);
		const alerts = [
			...this.#removeEnded().map(incident => recoveryOf(incident, cycle)),
			...opened.map(incident => alertOf(incident, cycle)),
			...this.#remind(cycle).map(incident => reminderOf(incident, cycle)),
		];
		return {
			state: {method, streaks: new Map(this.#streaks), incidents: [...this.#incidents].map(copyOf)},
			isChanged: this.#isChanged || alerts.length > 0,
			alerts,
		};
	}

	/** Results of another method do not continue a row. */
	#setMethod(method: RecordedMethod): void {
		if (method === this.#method) {
			return;
		}

		this.#method = method;
		this.#streaks.clear();
		for (const {members} of this.#incidents) {
			for (const [id, member] of members) {
				members.set(id, withoutRows(member));
			}
		}
	}

	/** Ends the trouble of nodes that are no longer monitored: no result will end it. */
	#closeUnmonitored({at, nodes, exists}: SeenCycle): void {
		const enabled = new Set(nodes.filter(({disabled}) => !disabled).map(({node}) => node.id));
		const listed = new Set(nodes.map(({node}) => node.id));
		for (const id of [...this.#streaks.keys()].filter(id => !enabled.has(id))) {
			this.#forgetStreak(id);
		}

		for (const incident of this.#incidents) {
			for (const member of [...incident.members.values()].filter(({node_id: id}) => !enabled.has(id))) {
				const id = member.node_id;
				const ended = listed.has(id) ? 'disabled' : exists(id) ? 'not_watched' : 'removed';
				this.#leave(incident, member, {from: member.state, until: at, ended});
			}
		}
	}

	/** Counts the results that are new. @returns the nodes whose bad results are enough now */
	#countResults(nodes: readonly FleetNode[]): readonly Breach[] {
		const before = this.#counted;
		const results = nodes.flatMap(({node, result, disabled}) => (result ? [{node, result, disabled}] : []));
		this.#counted = new Map(results.map(({node, result}) => [node.id, result]));
		return results.flatMap(({node, result, disabled}) => {
			const last = before.get(node.id);
			return disabled || last === result ? [] : (this.#countResult({node, result}, last?.details.state) ?? []);
		});
	}

	/** @param stateBefore the state before, where it is known */
	#countResult(checked: CheckedNode, stateBefore: State | undefined): Breach | undefined {
		const {id} = checked.node;
		const incident = this.#incidentOf.get(id);
		const member = incident?.members.get(id);
		return incident && member
			? this.#countOfMember(incident, member, checked)
			: this.#countOfOther(checked, stateBefore);
	}

	/** Counts a result of a node that is in no incident. */
	#countOfOther({node, result}: CheckedNode, stateBefore: State | undefined): Breach | undefined {
		const {id} = node;
		const at = result.details.last_check;
		const known = this.#streaks.get(id);
		const judgement = judge(result, this.#rules.alert_on);
		if (judgement === 'good') {
			this.#forgetStreak(id);
			return undefined;
		}

		if (judgement === 'neither') {
			if (known) {
				this.#streaks.set(id, touched(known, at));
			}

			return undefined;
		}

		const streak = this.#lengthened(known, at, stateBefore);
		this.#streaks.set(id, streak);
		this.#isChanged = true;
		const {count, since, from} = streak;
		return count >= this.#rules.fail_after ? {node, result, since, from} : undefined;
	}

	/** Counts a result of a node in an incident. @returns a breach when something else is its cause by now */
	#countOfMember(incident: OpenIncident, member: Member, checked: CheckedNode): Breach | undefined {
		const {id} = checked.node;
		const {good, unexplained} = member;
		const at = checked.result.details.last_check;
		const judgement = judge(checked.result, this.#rules.alert_on);
		if (judgement === 'neither') {
			const rows = compact({good: good && touched(good, at), unexplained: unexplained && touched(unexplained, at)});
			incident.members.set(id, {...member, ...rows});
			return undefined;
		}

		if (judgement === 'good') {
			this.#countGood(incident, member, checked);
			return undefined;
		}

		return this.#countBad(incident, member, checked);
	}

	#countGood(incident: OpenIncident, member: Member, {node, result}: CheckedNode): void {
		const good = this.#lengthened(member.good, result.details.last_check);
		this.#isChanged = true;
		if (good.count >= this.#rules.recover_after) {
			const now = memberOf({node, result}, member);
			this.#leave(incident, now, {from: member.state, until: good.since, ended: 'recovered'});
		} else {
			incident.members.set(node.id, {...withoutRows(member), good});
		}
	}

	#countBad(incident: OpenIncident, member: Member, {node, result}: CheckedNode): Breach | undefined {
		const isExplained = incident.daemon === undefined || causeOf(result) === incident.daemon;
		const unexplained = isExplained ? undefined : this.#lengthened(member.unexplained, result.details.last_check);
		// Reasons that count seconds change with every result: they alone are not worth a write.
		this.#isChanged ||= member.good !== undefined || unexplained?.count !== member.unexplained?.count;
		if (unexplained && unexplained.count >= this.#rules.fail_after) {
			const {since} = unexplained;
			this.#leave(incident, member, {from: member.state, until: since, ended: 'other_cause'});
			return {node, result, since, from: member.state};
		}

		incident.members.set(node.id, {...memberOf({node, result}, member), ...compact({unexplained})});
		return undefined;
	}

	/** @returns the new incidents; nodes behind a daemon whose incident is known join it and make none */
	#openIncidents(breaches: readonly Breach[], cycle: SeenCycle): readonly OpenIncident[] {
		const opened: OpenIncident[] = [];
		// The earliest gives a daemon's trouble its beginning.
		for (const breach of breaches.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since))) {
			const cause = causeOf(breach.result);
			const known = cause === undefined ? undefined : [...this.#incidents].find(({daemon}) => daemon === cause);
			const incident = known ?? newIncident(breach, cycle);
			if (!known) {
				this.#incidents.add(incident);
				opened.push(incident);
			}

			this.#join(incident, memberOf(breach, breach));
		}

		for (const incident of opened) {
			this.#joinOthersBehind(incident, cycle.nodes);
		}

		return opened;
	}

	/** A new alert names everything that is bad behind its daemon, also what is not yet so for long enough. */
	#joinOthersBehind(incident: OpenIncident, nodes: readonly FleetNode[]): void {
		if (incident.daemon === undefined) {
			return;
		}

		for (const {node, result, disabled} of nodes) {
			const isBehind = result && !disabled && causeOf(result) === incident.daemon;
			if (isBehind && judge(result, this.#rules.alert_on) === 'bad' && !this.#incidentOf.has(node.id)) {
				const streak = this.#streaks.get(node.id) ?? {since: result.details.last_check};
				this.#join(incident, memberOf({node, result}, streak));
			}
		}

		// All of them blame the same daemon.
		for (const {reason} of rootCauses(nodes.filter(({node}) => incident.members.has(node.id)))) {
			incident.fault = reason;
		}
	}

	/** Takes out the incidents that have no member left. */
	#removeEnded(): readonly OpenIncident[] {
		const ended = [...this.#incidents].filter(({members}) => members.size === 0);
		for (const incident of ended) {
			this.#incidents.delete(incident);
		}

		return ended;
	}

	/** @returns the incidents that last for long enough since they were told of */
	#remind({at, isWaiting}: SeenCycle): readonly OpenIncident[] {
		const everyMs = this.#rules.remind;
		if (everyMs === 0) {
			return [];
		}

		const due = [...this.#incidents].filter(
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

	/** Makes a node a member, whatever it was in this incident before. */
	#join(incident: OpenIncident, member: Member): void {
		const id = member.node_id;
		this.#streaks.delete(id);
		incident.former.delete(id);
		incident.members.set(id, member);
		this.#incidentOf.set(id, incident);
	}

	/** Ends a node's part in its incident. @param now the node as it was seen last */
	#leave(incident: OpenIncident, now: Member, end: Pick<FormerMember, 'from' | 'until' | 'ended'>): void {
		const id = now.node_id;
		incident.members.delete(id);
		incident.former.set(id, {...withoutRows(now), ...end});
		this.#incidentOf.delete(id);
		this.#isChanged = true;
	}

	#forgetStreak(nodeId: number): void {
		this.#isChanged = this.#streaks.delete(nodeId) || this.#isChanged;
	}

	/** A streak after one more result. One whose last result is too old begins anew: nobody watched in between. */
	#lengthened(streak: Streak | undefined, at: string, from?: State): Streak {
		return streak && Date.parse(at) - Date.parse(streak.last_check) <= this.#rules.coverMs
			? {...streak, count: streak.count + 1, last_check: at}
			: compact({count: 1, since: at, last_check: at, from});
	}
}

/** A streak after a result that counts for neither side. */
const touched = (streak: Streak, at: string): Streak => ({...streak, last_check: at});

/** An incident that is not over, while it changes. */
interface OpenIncident extends Omit<Incident, 'members' | 'former' | 'told_at' | 'reminders' | 'fault'> {
	readonly members: Map<number, Member>;
	readonly former: Map<number, FormerMember>;
	fault?: string;
	told_at: string;
	reminders: number;
}

const copyOf = (incident: Incident): OpenIncident => ({
	...incident,
	members: new Map(incident.members),
	former: new Map(incident.former),
});

function newIncident({node, result, since}: Breach, {at, method}: SeenCycle): OpenIncident {
	const daemon = causeOf(result);
	return compact({
		id: `${daemon === undefined ? node.name : `monerod-${daemon}`}-${since}`,
		method,
		daemon,
		since,
		told_at: at,
		reminders: 0,
		members: new Map(),
		former: new Map(),
	});
}

interface CheckedNode {
	readonly node: Node;
	readonly result: CheckResult;
}

/** A node whose bad results in a row are enough. */
interface Breach extends CheckedNode {
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	readonly from?: State | undefined;
}

/** A member as its node is now. */
function memberOf({node, result}: CheckedNode, {since, from}: Pick<Breach, 'since' | 'from'>): Member {
	const {state, message, reason} = result.details;
	const {id, name, group} = node;
	return compact({node_id: id, node: name, group, since, from, state, message, reason, caused_by: causeOf(result)});
}

function withoutRows({good: _, unexplained: __, ...member}: Member): Member {
	return member;
}

/**
 * How a result counts. `neither`: it neither works nor is it bad enough, such as `busy` where only `down` alerts. What is not
 * known neither opens an alert nor ends one.
 */
type Judgement = 'bad' | 'good' | 'neither';

const isBad: Readonly<Record<AlertRules['alert_on'], (state: State) => boolean>> = {
	degraded: state => state !== 'up',
	failed: state => !stateWords[state].works,
	down: state => state === 'down',
};

function judge({status, details}: CheckResult, alertOn: AlertRules['alert_on']): Judgement {
	if (details.state === 'unknown') {
		return 'neither';
	}

	return isBad[alertOn](details.state) ? 'bad' : status ? 'good' : 'neither';
}

/** The daemon that explains a result, when one does. */
function causeOf({details}: CheckResult): string | undefined {
	return 'caused_by' in details ? details.caused_by : undefined;
}
