import type {CheckResult} from '../check-result.js';
import type {FleetNode} from '../fleet.js';
import type {State} from '../state.js';
import {lengthened, type Member, type Streak, touched} from './alert-state.js';
import {type AlertRules, causeOf, judge} from './judge.js';
import {forgetStreak, type Ledger, leave, type OpenIncident, seenOf} from './ledger.js';

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
