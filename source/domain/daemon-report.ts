import {checkMethodWords} from './check-method.js';
import type {DaemonDetails, DaemonFacts, Result} from './check-result.js';
import {compact} from './compact.js';
import {unreachableDaemonNote} from './daemon-address.js';
import {factNames} from './facts.js';
import {compareNames, currentVerdict, type FinishedCheck, type FleetNode} from './fleet.js';
import {bytesText, countText, countWithNoun, formatLatency, spanText, speedText} from './format.js';
import {daemonStateIn, listedDaemon} from './past/record-result.js';
import type {Transition} from './past/transition.js';
import {daemonSummary} from './rpc/daemon-rpc.js';
import {compareWorstFirst, type State, stateWords} from './state.js';

/** A node that depends on a daemon. */
export interface DependentNode {
	readonly id: number;
	readonly name: string;
	readonly state: State;
	/** ISO-8601 UTC: when this state began. */
	readonly since?: string;
	/** Why it is not up; absent if it is. */
	readonly reason?: string;
}

/** A daemon with the nodes that depend on it. */
export interface DaemonReport {
	/** Its address in the short form; for a daemon of a remote host, as seen from here. */
	readonly daemon: string;
	/** Whether it answers as a daemon. */
	readonly status: boolean;
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	/** When one of its nodes first saw it in this state; ISO-8601 UTC. */
	readonly since?: string;
	/** Milliseconds. */
	readonly latency_ms?: number;
	readonly details: DaemonReportDetails;
	/** Worst first. */
	readonly nodes: readonly DependentNode[];
}

/** Facts about a daemon, from its own answer or from the results of its nodes. */
export type DaemonReportDetails = Omit<DaemonDetails, 'latency_ms' | 'last_check'> &
	Partial<Pick<DaemonDetails, 'latency_ms' | 'last_check'>>;

/** Returns the result of the last check of a daemon; `undefined` if it was not checked, such as a daemon of another host. */
export type DaemonResultOf = (daemon: string) => Result<DaemonDetails> | undefined;

/** The daemons that nodes depend on, each once, worst first. */
export function daemonReports(
	{nodes, method}: Pick<FinishedCheck, 'nodes' | 'method'>,
	resultOf: DaemonResultOf,
): readonly DaemonReport[] {
	const behind = new Map<string, FleetNode[]>();
	for (const node of nodes) {
		const daemon = listedDaemon(node.node, node.nodeState);
		if (daemon !== undefined) {
			behind.set(daemon, [...(behind.get(daemon) ?? []), node]);
		}
	}

	return [...behind]
		.map(([daemon, dependents]) => daemonReport(daemon, {nodes: dependents, method}, resultOf(daemon)))
		.sort((a, b) => compareWorstFirst(a.state, b.state) || compareNames(a.daemon, b.daemon));
}

/**
 * The report of one daemon.
 * @param result the result of its own check; without it, the report is based on the results of its nodes
 */
export function daemonReport(
	daemon: string,
	{nodes, method}: Pick<FinishedCheck, 'nodes' | 'method'>,
	result: Result<DaemonDetails> | undefined,
): DaemonReport {
	const details: DaemonReportDetails = result?.details ?? detailsFromNodes(daemon, nodes);
	const {state, message, reason, latency_ms} = details;
	return compact({
		daemon,
		status: result?.status ?? stateWords[state].works,
		state,
		message,
		reason,
		since: sinceOf(daemon, state, nodes),
		latency_ms,
		details,
		nodes: nodes
			.map(node => dependentNode(node, method))
			.sort((a, b) => compareWorstFirst(a.state, b.state) || compareNames(a.name, b.name)),
	});
}

function dependentNode(fleetNode: FleetNode, method: FinishedCheck['method']): DependentNode {
	const {state, since, text} = currentVerdict(fleetNode, method);
	const {id, name} = fleetNode.node;
	return compact({id, name, state, since, reason: state === 'up' ? undefined : text});
}

/** The earliest time at which one of its nodes saw its current state. */
function sinceOf(daemon: string, state: State, nodes: readonly FleetNode[]): string | undefined {
	return nodes
		.flatMap(({nodeState: {daemon_state: seen}}) =>
			seen?.daemon === daemon && seen.state === state ? [seen.since] : [],
		)
		.sort()[0];
}

const daemonFactNames = factNames('daemon');

/** The facts about the daemon in the newest result that contains any. */
function detailsFromNodes(daemon: string, nodes: readonly FleetNode[]): DaemonReportDetails {
	const newest = nodes
		.flatMap(({result, nodeState}) => result?.details ?? nodeState.worked_data ?? [])
		.filter(details => checkMethodWords[details.method].recordedAs === 'api')
		.filter((details): details is typeof details & DaemonFacts => 'daemon_reachable' in details)
		.sort((a, b) => (a.last_check < b.last_check ? 1 : -1))[0];
	const facts: DaemonFacts = newest
		? Object.fromEntries(daemonFactNames.filter(name => newest[name] !== undefined).map(name => [name, newest[name]]))
		: {};
	const state = daemonStateIn(facts) ?? 'unknown';
	const isReached = nodes.some(({node}) => node.daemon_proxy !== undefined);
	const {daemon_fault: fault, daemon_note: note = isReached ? undefined : unreachableDaemonNote(daemon)} = facts;
	const why = fault === undefined ? (note ?? 'not checked yet') : `daemon ${daemon} ${fault}`;
	return compact({
		method: 'daemon',
		...facts,
		daemon,
		state,
		message: state === 'unknown' ? 'daemon could not be asked' : daemonSummary(daemon, facts),
		reason: state === 'up' ? undefined : why,
		last_check: newest?.last_check,
	});
}

/**
 * Derives the changes of a daemon's state from those of its nodes.
 * @param transitions of its nodes, oldest first
 */
export function daemonTransitions(daemon: string, transitions: readonly Transition[]): readonly Transition[] {
	const own = `daemon ${daemon} `;
	const changes: Transition[] = [];
	let state: State = 'up';
	for (const {at, method, to, message, reason = ''} of transitions) {
		const next: State | undefined = reason.startsWith(own) ? to : to === 'up' ? 'up' : undefined;
		if (next !== undefined && next !== state) {
			const texts = next === 'up' ? {message: 'its nodes work again'} : {message, reason: reason.slice(own.length)};
			changes.push({at, node_id: 0, node: daemon, method, from: state, to: next, ...texts});
			state = next;
		}
	}

	return changes;
}

/** Why a daemon is not up, without its name at the beginning. */
export function daemonReasonText({daemon, reason = ''}: DaemonReport): string {
	const own = `daemon ${daemon} `;
	return reason.startsWith(own) ? reason.slice(own.length) : reason;
}

/** The facts about a daemon, one line per subject. A subject without known facts has no line. */
export function daemonFactLines(
	{details}: Pick<DaemonReport, 'details'>,
	nowMs: number,
): ReadonlyArray<readonly [subject: string, text: string]> {
	const lines = Object.entries(subjects).map(([subject, textsOf]) => {
		const texts = textsOf(details, nowMs).filter(text => typeof text === 'string');
		return [subject, texts.join(', ')] as const;
	});
	return lines.filter(([, text]) => text !== '');
}

type Texts = ReadonlyArray<string | false | undefined>;

const subjects: Readonly<Record<string, (details: DaemonReportDetails, nowMs: number) => Texts>> = {
	chain: details => {
		const {daemon_height: height, daemon_own_height: own, target_height: target, daemon_lag: lag = 0} = details;
		const {daemon_blocks_per_s: speed, daemon_eta_s: etaS, daemon_stalled_ms: stalledMs} = details;
		const isSynchronized = details.daemon_synchronized;
		return [
			details.nettype,
			height !== undefined && `height ${countText(height)}`,
			target !== undefined && target > (height ?? 0) && `target ${countText(target)}`,
			own !== undefined && `its own chain has ${countText(own)} blocks`,
			isSynchronized === false ? 'not synchronized' : isSynchronized && 'synchronized',
			lag > 0 && `${countWithNoun(lag, 'block')} behind`,
			speed !== undefined && speedText(speed),
			etaS !== undefined && `about ${spanText(etaS * 1000)} left`,
			stalledMs !== undefined && `stalled for ${spanText(stalledMs)}`,
			details.busy_syncing && 'busy syncing',
			details.block_age_s !== undefined && `last block ${spanText(details.block_age_s * 1000)} ago`,
		];
	},
	peers: ({offline, restricted, outgoing_peers: out, incoming_peers: incoming}) => [
		offline ? 'offline' : restricted && 'hidden: the port is restricted',
		out !== undefined && `${countText(out)} out`,
		incoming !== undefined && `${countText(incoming)} in`,
	],
	version: ({daemon_version_text: version, update_available: hasUpdate, daemon_started_at: startedAt}, nowMs) => [
		version,
		hasUpdate && 'an update is available',
		startedAt !== undefined && `started ${spanText(Math.max(0, nowMs - Date.parse(startedAt)))} ago`,
	],
	access: ({tls, login, restricted, latency_ms: latencyMs}) => [
		tls !== undefined && (tls ? 'TLS' : 'no TLS'),
		login && loginTexts[login],
		restricted && 'restricted port',
		tls !== undefined && latencyMs !== undefined && formatLatency(latencyMs),
	],
	disk: ({database_bytes: used, free_disk_bytes: free, restricted}) => [
		used !== undefined && `database ${restricted ? 'at most ' : ''}${bytesText(used)}`,
		free !== undefined && `${bytesText(free)} free`,
	],
	clock: ({clock_ahead_s: ahead}) => [
		ahead !== undefined &&
			(Math.abs(ahead) <= 2
				? 'as here'
				: `${spanText(Math.abs(ahead) * 1000)} ${ahead < 0 ? 'behind' : 'ahead of'} the clock here`),
	],
};

const loginTexts: Readonly<Record<NonNullable<DaemonDetails['login']>, string>> = {
	none: 'no login',
	accepted: 'login accepted',
	missing: 'login required, none configured',
	refused: 'login refused',
};
