import {type CheckMethod, schemaVersion} from '../check-method.js';
import {countOf, spanText} from '../format.js';
import {type State, stateWords} from '../state.js';
import {cleanText} from '../text.js';
import {
	type Alert,
	type AlertedNode,
	type AlertKind,
	type ClosedReason,
	closedWords,
	type FormerMember,
	type Incident,
	type Member,
} from './alert.js';

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

/** A line for people names no more nodes than this. */
const namedInText = 20;

/** `refunds is down: connection refused`, or `monerod 10.0.0.5:18081 down: 2 nodes: a, b`. */
export function alertText({daemon, fault}: Incident, members: readonly Member[]): string {
	return daemon === undefined
		? `${namesOf(members)} is ${stateAndReason(members)}`
		: `monerod ${daemon} ${fault ?? 'has a problem'}: ${countAndNames(members)}`;
}

/** The same, with how long it lasts. @param at now; ISO-8601 UTC */
export function reminderText({daemon, fault, since}: Incident, members: readonly Member[], at: string): string {
	const lasting = `after ${spanText(Math.max(0, Date.parse(at) - Date.parse(since)))}`;
	return daemon === undefined
		? `${namesOf(members)} is still ${members[0]?.state ?? 'unknown'} ${lasting}${reasonOf(members[0])}`
		: `monerod ${daemon} still ${fault ?? 'has a problem'} ${lasting}: ${countAndNames(members)}`;
}

/** `refunds is up again after 4 m`; a daemon's tells of its nodes, because only they are known. */
export function recoveryText(
	{daemon}: Incident,
	members: readonly FormerMember[],
	{downtimeMs, closed}: {readonly downtimeMs: number | undefined; readonly closed: ClosedReason | undefined},
): string {
	const subject = daemon === undefined ? namesOf(members) : `monerod ${daemon}`;
	if (closed !== undefined) {
		const its = daemon === undefined ? 'it is' : `${countAndNames(members)}:`;
		return `${subject} is no longer monitored: ${its} ${closedWords[closed]}`;
	}

	const after = downtimeMs === undefined ? '' : ` after ${spanText(downtimeMs)}`;
	if (daemon === undefined) {
		const [member] = members;
		const isUp = member?.state === 'up';
		return `${subject} is ${isUp ? 'up again' : `${member?.state} and working again`}${after}${isUp ? '' : reasonOf(member)}`;
	}

	const working = members.filter(({ended}) => ended === 'recovered');
	return working.length > 0
		? `${subject}: ${countOf(working.length, 'node')} ${working.length === 1 ? 'works' : 'work'} again${after}: ${namesOf(working)}`
		: `${subject} is no longer the cause of the problems of ${countAndNames(members)}`;
}

function stateAndReason([member]: readonly Member[]): string {
	return `${member?.state ?? 'unknown'}${reasonOf(member)}`;
}

function reasonOf(member: Pick<Member, 'reason' | 'message'> | undefined): string {
	return member ? `: ${member.reason ?? member.message}` : '';
}

const countAndNames = (members: readonly Pick<Member, 'node'>[]): string =>
	`${countOf(members.length, 'node')}: ${namesOf(members)}`;

function namesOf(members: readonly Pick<Member, 'node'>[]): string {
	const names = members.slice(0, namedInText).map(({node}) => node);
	const others = members.length - names.length;
	return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
