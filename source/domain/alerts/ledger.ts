import type {FleetNode} from '../fleet.js';
import type {AlertState, FormerMember, Incident, Member, Streak} from './alert-state.js';
import {causeOf} from './judge.js';

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
