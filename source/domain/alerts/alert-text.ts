import {countOf, spanText} from '../quantity.js';
import {type ClosedReason, closedWords} from './alert.js';
import type {FormerMember, Incident, Member} from './alert-state.js';

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
