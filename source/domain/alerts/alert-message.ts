import {type CheckMethod, schemaVersion} from '../check-method.js';
import {compact} from '../compact.js';
import {countWithNoun, spanText} from '../format.js';
import {stateWords} from '../state.js';
import {cleanText} from '../text.js';
import {
	type Alert,
	type AlertedNode,
	type AlertKind,
	type AlertPattern,
	type ClosedReason,
	closedWords,
	type FormerMember,
	type Incident,
	type Member,
} from './alert.js';
import {isShared} from './open-incident.js';

/** When an alert is made, and how its nodes are checked. */
interface Moment {
	readonly at: string;
	readonly method: CheckMethod;
}

/** The alert for a new incident. */
export function alertOf(incident: Incident, moment: Moment): Alert {
	const members = inOrder(incident.members);
	const text = (worst: Member): string => alertText(incident, members, worst);
	return build(incident, moment, {kind: 'alert', suffix: 'alert', members, text});
}

/**
 * The alert for an incident that is still open.
 * @param unsilenced the members whose silence has just ended
 */
export function reminderOf(incident: Incident, moment: Moment, unsilenced: readonly Member[] = []): Alert {
	const members = inOrder(incident.members);
	const lasting = `after ${spanText(Math.max(0, msBetween(incident.since, moment.at)))}`;
	const whose = isShared(incident) ? `the silence of ${namesOf(unsilenced)}` : 'its silence';
	const note = unsilenced.length === 0 ? '' : `; ${whose} has ended`;
	const text = (worst: Member): string => `${reminderText(incident, members, {worst, lasting})}${note}`;
	return build(incident, moment, {kind: 'reminder', suffix: `reminder-${incident.reminders}`, members, text});
}

/** The alert for an incident that is over, or whose nodes are no longer monitored. */
export function recoveryOf(incident: Incident, moment: Moment): Alert {
	const members = inOrder(incident.former);
	const last = members
		.filter(member => !isClosed(member))
		.map(({until}) => until)
		.toSorted()
		.at(-1);
	if (last === undefined) {
		const closed = members.map(({ended}) => ended).find(isClosedReason);
		const text = (): string => closedText(incident, members, closed);
		const alert = build(incident, moment, {kind: 'recovery', suffix: 'recovery', members, text});
		return {...alert, ...compact({closed}), state: 'unknown'};
	}

	const downtimeMs = Math.max(0, msBetween(incident.since, last));
	const text = (worst: Member): string => recoveryText(incident, members, {worst, downtimeMs});
	const alert = build(incident, moment, {kind: 'recovery', suffix: 'recovery', members, text});
	return {...alert, downtime_ms: downtimeMs};
}

const msBetween = (first: string, last: string): number => Date.parse(last) - Date.parse(first);

const isClosedReason = (ended: FormerMember['ended']): ended is ClosedReason => Object.hasOwn(closedWords, ended);

const isClosed = (member: Member | FormerMember): boolean => 'ended' in member && isClosedReason(member.ended);

interface Parts<M> {
	readonly kind: AlertKind;
	readonly suffix: string;
	readonly members: readonly M[];
	/** One line of text, given the member whose state represents the incident. */
	readonly text: (worst: M) => string;
}

function build<M extends Member | FormerMember>(
	incident: Incident,
	{at, method}: Moment,
	{kind, suffix, members, text}: Parts<M>,
): Alert {
	const {id, daemon, host, monitor, pattern, since, opened_as: opened} = incident;
	const worst = worstOf(members);
	const {node, node_id, group, from, state, message, reason, caused_by: cause = daemon} = worst;
	return compact({
		schema_version: schemaVersion,
		id: `${id}-${suffix}`,
		kind,
		at,
		method,
		...(isShared(incident) ? {daemon, host, monitor} : {node, node_id, group, pattern}),
		opened_as: opened && (opened.node !== node || opened.group !== group) ? opened : undefined,
		from,
		state,
		message: cleanText(message),
		reason: reason === undefined ? undefined : cleanText(reason),
		caused_by: kind === 'recovery' ? undefined : cause,
		since,
		nodes: members.map(alertedNode),
		text: cleanText(text(worst), 1000),
	});
}

/** How well a former member represents a recovery; a node that is no longer monitored ranks lowest. */
const endRank: Readonly<Record<FormerMember['ended'], number>> = {
	recovered: 20,
	other_cause: 10,
	disabled: 0,
	removed: 0,
	not_watched: 0,
};

/**
 * The member that represents the incident: the one in the worst state. In a recovery, a node that recovered comes before
 * one that is no longer monitored.
 */
function worstOf<M extends Member | FormerMember>(members: readonly M[]): M {
	const rank = (member: Member | FormerMember): number =>
		stateWords[member.state].severity + ('ended' in member ? endRank[member.ended] : 0);
	return members.reduce((worst, member) => (rank(member) > rank(worst) ? member : worst));
}

function alertedNode(member: Member | FormerMember): AlertedNode {
	const {node_id: id, node: name, group, state, message, reason, since} = member;
	return compact({
		id,
		name,
		group,
		state: isClosed(member) ? 'unknown' : state,
		message: cleanText(message),
		reason: reason === undefined ? undefined : cleanText(reason),
		since,
		until: 'until' in member ? member.until : undefined,
	});
}

function inOrder<M extends Member | FormerMember>(members: ReadonlyMap<number, M>): readonly M[] {
	return [...members.values()].sort((a, b) => a.node_id - b.node_id);
}

/** The maximum number of nodes that a line of text names. */
const namedInText = 20;

/** `refunds is down: connection refused`, or `monerod 10.0.0.5:18081 down: 2 nodes: a, b`. */
function alertText(incident: Incident, members: readonly Member[], worst: Member): string {
	const note = incident.note === undefined ? '' : `; ${incident.note}`;
	return isShared(incident)
		? `${subjectText(incident)} ${faultText(incident)}: ${countAndNames(members)}${note}`
		: `${worst.node} is ${incident.fault ?? worst.state}${reasonOf(worst)}${note}`;
}

/** One line that describes an incident, worded as an alert sent now. */
export function incidentText(incident: Incident): string {
	const members = inOrder(incident.members);
	return cleanText(members.length === 0 ? incident.id : alertText(incident, members, worstOf(members)), 1000);
}

/** The subject of an incident with a shared cause, such as `monerod 10.0.0.5:18081`. */
function subjectText({daemon, host, monitor}: Incident): string {
	return monitor ? 'this monitor' : daemon === undefined ? `host ${host}` : `monerod ${daemon}`;
}

/** Like `alertText`, with how long the incident has lasted. */
function reminderText(
	incident: Incident,
	members: readonly Member[],
	{worst, lasting}: {readonly worst: Member; readonly lasting: string},
): string {
	return isShared(incident)
		? `${subjectText(incident)} still ${faultText(incident)} ${lasting}: ${countAndNames(members)}`
		: `${worst.node} is still ${incident.fault ?? worst.state} ${lasting}${reasonOf(worst)}`;
}

/** `refunds is up again after 4 m`; with a shared cause it names the nodes, because only their results are known. */
function recoveryText(
	incident: Incident,
	members: readonly FormerMember[],
	{worst, downtimeMs}: {readonly worst: Member; readonly downtimeMs: number},
): string {
	const after = `after ${spanText(downtimeMs)}`;
	if (!isShared(incident)) {
		const {node, state} = worst;
		if (incident.pattern !== undefined) {
			const now = state === 'up' ? '' : reasonOf(worst);
			return `${node} has settled ${after} (${patternWords[incident.pattern]}): it is ${state}${now}`;
		}

		return state === 'up'
			? `${node} is up again ${after}`
			: `${node} is ${state} and working again ${after}${reasonOf(worst)}`;
	}

	const working = members.filter(({ended}) => ended === 'recovered');
	return working.length > 0
		? `${subjectText(incident)}: ${countWithNoun(working.length, 'node')} ${working.length === 1 ? 'works' : 'work'} again ${after}: ${namesOf(working)}`
		: `${subjectText(incident)} is no longer the cause of the problems of ${countAndNames(members)}`;
}

/** `refunds is no longer monitored: it is disabled`. */
function closedText(
	incident: Incident,
	members: readonly FormerMember[],
	closed: ClosedReason = 'not_watched',
): string {
	return isShared(incident)
		? `${subjectText(incident)} is no longer monitored: ${countAndNames(members)}: ${closedWords[closed]}`
		: `${namesOf(members)} is no longer monitored: it is ${closedWords[closed]}`;
}

const patternWords: Readonly<Record<AlertPattern, string>> = {flapping: 'flapping', crash_loop: 'crash loop'};

function faultText({fault, monitor, host}: Incident): string {
	return monitor ? 'seems cut off' : (fault ?? (host === undefined ? 'has a problem' : 'down'));
}

const reasonOf = ({reason, message}: Pick<Member, 'reason' | 'message'>): string => `: ${reason ?? message}`;

const countAndNames = (members: readonly Pick<Member, 'node'>[]): string =>
	`${countWithNoun(members.length, 'node')}: ${namesOf(members)}`;

function namesOf(members: readonly Pick<Member, 'node'>[]): string {
	const names = members.slice(0, namedInText).map(({node}) => node);
	const others = members.length - names.length;
	return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
