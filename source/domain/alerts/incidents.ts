import {checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {isLoopback} from '../daemon-address.js';
import {type FleetNode, isCutOff, rootCauses} from '../fleet.js';
import type {State} from '../state.js';
import type {AlertState, FormerMember, Member, Streak} from './alert.js';
import {alertOf, recoveryOf, reminderOf} from './alert-message.js';
import {type AlertRules, causeOf, FlapBook, judge} from './judgement.js';
import {
	type Breach,
	type Cause,
	type CheckedNode,
	CutOffCount,
	type CycleOutcome,
	copyOf,
	countReminder,
	isHostInDoubt,
	isSameCause,
	isShared,
	keepName,
	lengthened,
	memberOf,
	newIncident,
	type OpenIncident,
	type SeenCycle,
	touched,
	updateSilenced,
	withoutStreaks,
} from './open-incident.js';

export type {AlertRules} from './judgement.js';
export type {CycleOutcome, SeenCycle} from './open-incident.js';

/**
 * Tracks incidents from cycle to cycle: counts consecutive bad results until they open an incident, keeps the open
 * incidents of nodes, daemons, hosts and this monitor, and creates an alert when an incident begins, is due for a reminder,
 * or ends.
 */
export class IncidentTracker {
	readonly #rules: AlertRules;
	/** The method of the streaks. */
	#method: RecordedMethod | undefined;
	/** Consecutive bad results of nodes that are not in an incident yet, by id. */
	readonly #streaks: Map<number, Streak>;
	readonly #incidents: Set<OpenIncident>;
	/** The incident of each member, by node id. */
	readonly #incidentOf: Map<number, OpenIncident>;
	/** The results of the last cycle, by node id. */
	#counted: ReadonlyMap<number, CheckResult> = new Map();
	/** The hosts that have at least one working node. */
	#workingHosts: ReadonlySet<string> = new Set();
	/** Whether this cycle changed anything that must be saved. */
	#isChanged = false;
	readonly #flaps: FlapBook;
	readonly #cutOffCount: CutOffCount;

	/** Continues with the state that the last run saved. */
	constructor({method, streaks, incidents}: AlertState, rules: AlertRules) {
		const open = incidents.map(copyOf);
		this.#rules = rules;
		this.#cutOffCount = new CutOffCount(rules);
		this.#flaps = new FlapBook(
			rules,
			open.flatMap(({members}) => [...members.values()].filter(({flapping}) => flapping).map(({node_id: id}) => id)),
		);
		this.#method = method;
		this.#streaks = new Map(streaks);
		this.#incidents = new Set(open);
		this.#incidentOf = new Map(
			open.flatMap(incident => [...incident.members.keys()].map(id => [id, incident] as const)),
		);
	}

	/** Processes a finished cycle. */
	take(cycle: SeenCycle): CycleOutcome {
		const method = checkMethodWords[cycle.method].recordedAs;
		this.#isChanged = false;
		this.#setMethod(method);
		this.#closeUnmonitored(cycle);
		const breaches = this.#countResults(cycle.nodes);
		const opened = [...this.#openIncidents(breaches, cycle), ...this.#updateMonitorIncident(cycle)];
		const silences = updateSilenced(this.#incidentOf, cycle, {rules: this.#rules, opened});
		const alerts = [
			...this.#removeEnded().map(incident => recoveryOf(incident, cycle)),
			...opened.map(incident => alertOf(incident, cycle)),
			...silences.ended.map(([incident, members]) => reminderOf(incident, cycle, members)),
			...this.#remind(cycle).map(incident => reminderOf(incident, cycle)),
		];
		return {
			state: {method, streaks: new Map(this.#streaks), incidents: [...this.#incidents].map(copyOf)},
			isChanged: this.#isChanged || silences.isChanged || alerts.length > 0,
			alerts,
		};
	}

	/** Results of another method do not continue a streak. */
	#setMethod(method: RecordedMethod): void {
		if (method === this.#method) {
			return;
		}

		this.#method = method;
		this.#streaks.clear();
		this.#flaps.clear();
		for (const {members} of this.#incidents) {
			for (const [id, member] of members) {
				members.set(id, withoutStreaks(member));
			}
		}
	}

	/** Ends the incidents of nodes that are no longer monitored: no result would end them. */
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

	/** Counts the new results. @returns the nodes that now have enough consecutive bad results */
	#countResults(nodes: readonly FleetNode[]): readonly Breach[] {
		const before = this.#counted;
		const results = nodes.flatMap(({node, result, disabled}) => (result ? [{node, result, disabled}] : []));
		this.#counted = new Map(results.map(({node, result}) => [node.id, result]));
		this.#workingHosts = new Set(
			results
				.filter(({result, disabled}) => !disabled && judge(result, this.#rules) === 'good')
				.map(({node}) => node.host),
		);
		return results.flatMap(({node, result, disabled}) => {
			const last = before.get(node.id);
			return disabled || last === result ? [] : (this.#countResult({node, result}, last?.details.state) ?? []);
		});
	}

	/** @param stateBefore the state before, if known */
	#countResult(checked: CheckedNode, stateBefore: State | undefined): Breach | undefined {
		const incident = this.#incidentOf.get(checked.node.id);
		const member = incident?.members.get(checked.node.id);
		this.#flaps.take(checked);
		return incident && member
			? this.#countOfMember(incident, member, checked)
			: this.#countOfOther(checked, stateBefore);
	}

	/** Counts a result of a node that is not in an incident. */
	#countOfOther({node, result}: CheckedNode, stateBefore: State | undefined): Breach | undefined {
		const {id} = node;
		const at = result.details.last_check;
		const known = this.#streaks.get(id);
		const judgement = judge(result, this.#rules);
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
		const {count, since, from, silenced} = streak;
		const flapping = this.#flaps.textOf(id);
		// A longer streak than that does not need to be saved.
		this.#isChanged ||= count <= this.#rules.fail_after;
		return flapping !== undefined || count >= this.#rules.fail_after
			? {node, result, since, from, flapping, silenced}
			: undefined;
	}

	/** Counts a result of a node in an incident. @returns a breach if the problem now has another cause */
	#countOfMember(incident: OpenIncident, member: Member, checked: CheckedNode): Breach | undefined {
		const {id} = checked.node;
		const {good, unexplained} = member;
		keepName(incident, member, checked.node);
		const at = checked.result.details.last_check;
		const judgement = judge(checked.result, this.#rules);
		if (judgement === 'neither' && incident.monitor && !isCutOff(checked.result)) {
			return this.#countReached(incident, member, at);
		}

		if (judgement === 'neither' || (judgement === 'good' && this.#flaps.isFlapping(id))) {
			const touchedRows = compact({
				good: good && touched(good, at),
				unexplained: unexplained && touched(unexplained, at),
			});
			incident.members.set(id, {...withoutStreaks(member), ...(incident.monitor ? {} : touchedRows)});
			return undefined;
		}

		if (judgement === 'good') {
			this.#countGood(incident, member, checked);
			return undefined;
		}

		return this.#countBad(incident, member, checked);
	}

	/** Counts a result that is neither good nor bad, of a node that this monitor can reach again. */
	#countReached(incident: OpenIncident, member: Member, at: string): undefined {
		const unexplained = this.#lengthened(member.unexplained, at);
		this.#isChanged = true;
		if (unexplained.count >= this.#rules.fail_after) {
			this.#leave(incident, member, {from: member.state, until: unexplained.since, ended: 'other_cause'});
		} else {
			incident.members.set(member.node_id, {...withoutStreaks(member), unexplained});
		}
	}

	#countGood(incident: OpenIncident, member: Member, {node, result}: CheckedNode): void {
		const good = this.#lengthened(member.good, result.details.last_check);
		this.#isChanged = true;
		if (good.count >= this.#rules.recover_after) {
			const now = memberOf({node, result}, member);
			this.#leave(incident, now, {from: member.state, until: good.since, ended: 'recovered'});
		} else {
			incident.members.set(node.id, {...withoutStreaks(member), good});
		}
	}

	#countBad(incident: OpenIncident, member: Member, {node, result}: CheckedNode): Breach | undefined {
		const isExplained = this.#isExplained(incident, {node, result});
		const unexplained = isExplained ? undefined : this.#lengthened(member.unexplained, result.details.last_check);
		// A reason that contains a number of seconds changes with every result: that alone is not saved.
		const flapping = this.#flaps.isFlapping(node.id);
		this.#isChanged ||=
			member.good !== undefined ||
			unexplained?.count !== member.unexplained?.count ||
			flapping !== (member.flapping === true);
		if (unexplained && unexplained.count >= this.#rules.fail_after) {
			const {since} = unexplained;
			this.#leave(incident, member, {from: member.state, until: since, ended: 'other_cause'});
			return {node, result, since, from: member.state};
		}

		incident.members.set(node.id, {...memberOf({node, result}, {...member, flapping}), ...compact({unexplained})});
		return undefined;
	}

	/** Whether the cause of an incident explains a bad result of a member. */
	#isExplained({daemon, host, monitor, pattern}: OpenIncident, {node, result}: CheckedNode): boolean {
		if (daemon !== undefined) {
			return causeOf(result) === daemon;
		}

		// A node that was reported as flapping and now stays down needs a new alert.
		const isStillAsReported = pattern !== 'flapping' || this.#flaps.isFlapping(node.id);
		return host === undefined ? !monitor && isStillAsReported : !this.#workingHosts.has(host);
	}

	/** @returns the new incidents; a node whose cause already has an incident joins that one */
	#openIncidents(breaches: readonly Breach[], cycle: SeenCycle): readonly OpenIncident[] {
		const opened: OpenIncident[] = [];
		// An incident with a shared cause begins at the earliest of its breaches.
		for (const breach of breaches.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since))) {
			const {count = 0} = this.#streaks.get(breach.node.id) ?? {};
			const isInDoubt = isHostInDoubt(breach, count, {nodes: cycle.nodes, rules: this.#rules});
			if (this.#incidentOf.has(breach.node.id) || this.#isSilenced(breach, cycle) || isInDoubt) {
				continue;
			}

			const cause = this.#causeOf(breach, cycle.nodes);
			const known = [...this.#incidents].find(incident => isSameCause(incident, cause));
			const incident = known ?? newIncident(breach, cause, cycle);
			if (!known) {
				this.#incidents.add(incident);
				opened.push(incident);
			}

			const silenced = known && breach.silenced !== undefined ? 'untold' : undefined;
			this.#join(incident, memberOf(breach, {...breach, silenced}));
			if (!known && isShared(cause)) {
				this.#joinOthersOf(incident, cycle);
			}
		}

		return opened;
	}

	/** Whether a breach is silenced; if it is, also records which silence suppresses its alert. */
	#isSilenced({node, result, since, from}: Breach, {isSilenced}: SeenCycle): boolean {
		const cause = causeOf(result);
		if (isSilenced?.(node, cause) !== true) {
			return false;
		}

		// A node that has just left an incident has no streak.
		const row = compact({count: this.#rules.fail_after, since, last_check: result.details.last_check, from});
		const streak: Streak = this.#streaks.get(node.id) ?? row;
		const silenced = cause !== undefined && !isSilenced(node, undefined) ? cause : 'node';
		if (streak.silenced !== silenced) {
			this.#streaks.set(node.id, {...streak, silenced});
			this.#isChanged = true;
		}

		return true;
	}

	/** The cause of a breach: a daemon, the host if all of its nodes failed together, or neither. */
	#causeOf({node, result, flapping}: Breach, nodes: readonly FleetNode[]): Cause {
		const daemon = causeOf(result);
		if (daemon !== undefined) {
			return {daemon};
		}

		const {host} = node;
		if (flapping !== undefined || isLoopback(host)) {
			return {};
		}

		const neighbors = nodes.filter(other => other.node.host === host && !other.disabled);
		const isGone = neighbors.every(
			other => other.result && judge(other.result, this.#rules) === 'bad' && causeOf(other.result) === undefined,
		);
		const together = neighbors.filter(other => this.#failingSinceMs(other.node.id) !== undefined);
		const times = together.map(other => this.#failingSinceMs(other.node.id) ?? 0);
		const isTogether = Math.max(...times) - Math.min(...times) <= this.#rules.coverMs;
		const isKnown = [...this.#incidents].some(incident => incident.host === host);
		return isGone && (isKnown || (together.length > 1 && isTogether)) ? {host} : {};
	}

	/** When a node that is not in an incident began to fail, in milliseconds since the epoch. */
	#failingSinceMs(nodeId: number): number | undefined {
		const streak = this.#incidentOf.has(nodeId) ? undefined : this.#streaks.get(nodeId);
		return streak && Date.parse(streak.since);
	}

	/** Adds every node that is bad for the same cause, including nodes with fewer bad results than `fail_after`. */
	#joinOthersOf(incident: OpenIncident, {nodes, isSilenced}: SeenCycle): void {
		const {daemon, host} = incident;
		for (const {node, result, disabled} of nodes) {
			const isOf = daemon === undefined ? node.host === host : result && causeOf(result) === daemon;
			if (!result || disabled || !isOf || this.#incidentOf.has(node.id) || isSilenced?.(node, causeOf(result))) {
				continue;
			}

			if (judge(result, this.#rules) === 'bad') {
				const {since, from} = this.#streaks.get(node.id) ?? {since: result.details.last_check};
				this.#join(incident, memberOf({node, result}, {since, from}));
			}
		}

		// The nodes all have the same daemon as their cause.
		for (const {reason} of daemon === undefined
			? []
			: rootCauses(nodes.filter(({node}) => incident.members.has(node.id)))) {
			incident.fault = reason;
		}
	}

	/** Puts the nodes that this monitor cannot reach into one incident of the monitor. @returns the incident if it is new */
	#updateMonitorIncident(cycle: SeenCycle): readonly OpenIncident[] {
		const {nodes, isSilenced} = cycle;
		const cutOff = nodes.flatMap(({node, result, disabled}) =>
			result && !disabled && isCutOff(result) ? [{node, result}] : [],
		);
		const [first] = cutOff;
		const known = [...this.#incidents].find(({monitor}) => monitor);
		const counted = this.#cutOffCount.take(cutOff, cycle);
		if (!first || !counted) {
			return [];
		}

		const {since, isEnough} = counted;
		const joining = cutOff.filter(({node}) => !this.#incidentOf.has(node.id) && !isSilenced?.(node, undefined));
		if (joining.length === 0 || (!known && !isEnough)) {
			return [];
		}

		const incident = known ?? newIncident({...first, since}, {monitor: true}, cycle);
		this.#incidents.add(incident);
		for (const each of joining) {
			this.#join(incident, memberOf(each, {since: known ? each.result.details.last_check : since}));
		}

		return known ? [] : [incident];
	}

	/** Removes the incidents that have no members left, and returns them. */
	#removeEnded(): readonly OpenIncident[] {
		const ended = [...this.#incidents].filter(({members}) => members.size === 0);
		for (const incident of ended) {
			this.#incidents.delete(incident);
		}

		return ended;
	}

	/** @returns the incidents whose next reminder is due */
	#remind({at, isWaiting}: SeenCycle): readonly OpenIncident[] {
		const everyMs = this.#rules.remind;
		if (everyMs === 0) {
			return [];
		}

		const due = [...this.#incidents].filter(
			({id, told_at: toldAt, members}) =>
				// If the clock was set back, reminders must not stop until it reaches the old time again.
				Math.abs(Date.parse(at) - Date.parse(toldAt)) >= everyMs &&
				[...members.values()].some(({good, silenced}) => good === undefined && !silenced) &&
				!isWaiting(id),
		);
		due.forEach(incident => void countReminder(incident, at));
		return due;
	}

	/** Makes a node a member of an incident, even if it is a former member. */
	#join(incident: OpenIncident, member: Member): void {
		const id = member.node_id;
		this.#streaks.delete(id);
		incident.former.delete(id);
		incident.members.set(id, member);
		this.#incidentOf.set(id, incident);
		this.#isChanged = true;
	}

	/** Removes a node from its incident. @param now the member with its last result */
	#leave(incident: OpenIncident, now: Member, end: Pick<FormerMember, 'from' | 'until' | 'ended'>): void {
		const id = now.node_id;
		incident.members.delete(id);
		const {silenced: _, ...rest} = withoutStreaks(now);
		incident.former.set(id, {...rest, ...end});
		this.#incidentOf.delete(id);
		this.#isChanged = true;
	}

	#forgetStreak(nodeId: number): void {
		this.#isChanged = this.#streaks.delete(nodeId) || this.#isChanged;
	}

	#lengthened(streak: Streak | undefined, at: string, from?: State): Streak {
		return lengthened(streak, compact({at, from}), this.#rules.coverMs);
	}
}
