import type {CheckMethod} from '../check-method.js';
import {type State, stateWords} from '../state.js';
import {cleanText} from '../text.js';
import {schemaVersion} from '../words.js';
import type {Alert, AlertedNode, AlertKind, ClosedReason} from './alert.js';
import type {FormerMember, Incident, Member} from './alert-state.js';
import {alertText, recoveryText, reminderText} from './alert-text.js';

/** When an alert is made, and how its nodes are checked. */
interface Moment {
	readonly at: string;
	readonly method: CheckMethod;
}

/** Tells that trouble began. */
export function alertOf(incident: Incident, moment: Moment): Alert {
	const members = inOrder(incident.members);
	return build(incident, moment, {kind: 'alert', suffix: 'alert', members, text: alertText(incident, members)});
}

/** Tells that it still lasts. */
export function reminderOf(incident: Incident, moment: Moment): Alert {
	const members = inOrder(incident.members);
	const suffix = `reminder-${incident.reminders}`;
	return build(incident, moment, {kind: 'reminder', suffix, members, text: reminderText(incident, members, moment.at)});
}

/** Tells that it is over, or that nobody will see its end. */
export function recoveryOf(incident: Incident, moment: Moment): Alert {
	const members = inOrder(incident.former);
	const ends = members.filter(isEndSeen).map(({until}) => until);
	const last = ends.toSorted().at(-1);
	const downtimeMs = last === undefined ? undefined : Math.max(0, Date.parse(last) - Date.parse(incident.since));
	const closed = last === undefined ? closedReasonOf(members) : undefined;
	const alert = build(incident, moment, {
		kind: 'recovery',
		suffix: 'recovery',
		members,
		text: recoveryText(incident, members, {downtimeMs, closed}),
	});
	return {
		...alert,
		...(downtimeMs === undefined ? {} : {downtime_ms: downtimeMs}),
		...(closed === undefined ? {} : {closed, state: 'unknown'}),
	};
}

const isEndSeen = ({ended}: FormerMember): boolean => ended === 'recovered' || ended === 'other_cause';

function closedReasonOf(members: readonly FormerMember[]): ClosedReason | undefined {
	return members.map(({ended}) => ended).find(ended => ended !== 'recovered' && ended !== 'other_cause');
}

interface Parts {
	readonly kind: AlertKind;
	readonly suffix: string;
	readonly members: ReadonlyArray<Member | FormerMember>;
	readonly text: string;
}

function build(incident: Incident, {at, method}: Moment, {kind, suffix, members, text}: Parts): Alert {
	const {id, daemon, since} = incident;
	const worst = worstOf(members);
	if (!worst) {
		throw new Error(`incident ${id} has no node`);
	}

	const {from, state, message, reason, caused_by: cause = daemon} = worst;
	return {
		schema_version: schemaVersion,
		id: `${id}-${suffix}`,
		kind,
		at,
		method,
		...(daemon === undefined ? ownNode(worst) : {daemon}),
		...(from === undefined ? {} : {from}),
		state,
		message: cleanText(message),
		...(reason === undefined ? {} : {reason: cleanText(reason)}),
		...(cause === undefined || kind === 'recovery' ? {} : {caused_by: cause}),
		since,
		nodes: members.map(alertedNode),
		text: cleanText(text, 1000),
	};
}

/** Whose state speaks for all; of a recovery, a node that recovered rather than one that nobody watches any more. */
function worstOf(members: Parts['members']): Member | FormerMember | undefined {
	const rank = (member: Member | FormerMember): number =>
		!('ended' in member) || member.ended === 'recovered' ? 0 : isEndSeen(member) ? 1 : 2;
	return members.toSorted(
		(a, b) => rank(a) - rank(b) || stateWords[b.state].severity - stateWords[a.state].severity,
	)[0];
}

function ownNode({node, node_id, group}: Member): Pick<Alert, 'node' | 'node_id' | 'group'> {
	return {node, node_id, ...(group === undefined ? {} : {group})};
}

function alertedNode(member: Member | FormerMember): AlertedNode {
	const {node_id, node, group, state, message, reason, since} = member;
	return {
		id: node_id,
		name: node,
		...(group === undefined ? {} : {group}),
		state: isClosed(member) ? ('unknown' satisfies State) : state,
		message: cleanText(message),
		...(reason === undefined ? {} : {reason: cleanText(reason)}),
		since,
		...('until' in member ? {until: member.until} : {}),
	};
}

const isClosed = (member: Member | FormerMember): boolean => 'ended' in member && !isEndSeen(member);

function inOrder<M extends Member | FormerMember>(members: ReadonlyMap<number, M>): readonly M[] {
	return [...members.values()].sort((a, b) => a.node_id - b.node_id);
}
