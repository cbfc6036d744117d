import {type Silence, silenceText} from './alerts/silences.js';
import {type CheckMethod, checkMethodWords} from './check-method.js';
import type {CheckResult, DaemonFacts, ResultOf, WalletFacts} from './check-result.js';
import {daemonAddressSeenFrom} from './daemon-address.js';
import {countWithNoun} from './format.js';
import type {Node} from './node/node.js';
import type {NodeState} from './past/node-state.js';
import type {State} from './state.js';

/** The origin of a node that another xmrtop checks. */
export interface NodeOrigin {
	/** The label of the remote host. */
	readonly host: string;
	/** The URL of the remote host: `ssh://...` or `http://...`. */
	readonly url: string;
	/** The node's name on that host; absent for the row of the host itself, which is listed while it does not answer. */
	readonly name?: string;
}

/** Whether this is the row of a remote host that does not answer, not a node. */
export const isHostRow = ({origin}: {readonly origin?: NodeOrigin}): boolean =>
	origin !== undefined && origin.name === undefined;

/** A node as it is passed to everything that renders it. */
export interface FleetNode {
	readonly node: Node;
	/** Its stored state, including the results of this run. */
	readonly nodeState: NodeState;
	/** The last result of this run by the snapshot's method. */
	readonly result?: CheckResult;
	/** The last `full` result of this run, whatever the snapshot's method; it is updated while its diagnostics are open. */
	readonly diagnosis?: ResultOf<'full'>;
	/** Whether a check of it is running. */
	readonly checking: boolean;
	/** When that check started, in milliseconds since the epoch. */
	readonly checkingSinceMs?: number;
	/** Whether it is disabled and was not named explicitly: it is listed but not checked. */
	readonly disabled: boolean;
	/** Present while it is silenced. */
	readonly silence?: Silence;
	/** Present if another xmrtop checks it. */
	readonly origin?: NodeOrigin;
}

/** The last finished cycle. Times in milliseconds since the epoch. */
export interface Cycle {
	readonly startedAtMs: number;
	readonly endedAtMs: number;
	readonly durationMs: number;
}

/** Everything that a screen, a report or a scrape shows, at one moment. Immutable. */
export interface FleetSnapshot {
	/** The method whose verdicts are shown. */
	readonly method: CheckMethod;
	/** The method whose results are recorded, if it is not `method`. */
	readonly recordedMethod?: CheckMethod;
	readonly intervalMs: number;
	readonly paused: boolean;
	/** Ordered by id. */
	readonly nodes: readonly FleetNode[];
	/** Absent until the first cycle has ended. */
	readonly lastCycle?: Cycle;
	/** Lines of text for the user, such as a save that failed. */
	readonly notes: readonly string[];
	/** The time in the past that the snapshot shows, in milliseconds since the epoch. Default: now. */
	readonly atMs?: number;
}

/** A finished check of some nodes, to be reported. */
export interface FinishedCheck {
	readonly method: CheckMethod;
	/** Milliseconds since the epoch, when the check began. */
	readonly checkedAtMs: number;
	readonly durationMs: number;
	/** The nodes with their results; nodes without a result are left out. */
	readonly nodes: readonly FleetNode[];
	/** The time in the past that the results are from, in milliseconds since the epoch. Default: now. */
	readonly atMs?: number;
}

/** The number of nodes in each state. */
export type StateCounts = Readonly<Record<State, number>>;

/** A node's verdict, from this run or from the last saved result. */
export interface Verdict {
	readonly state: State;
	/** The text of the MESSAGE column. */
	readonly text: string;
	/** When the state began; ISO-8601 UTC. Absent if it was never checked. */
	readonly since?: string;
	/** The result behind it; absent if the node was never checked by this method, or is disabled. */
	readonly result?: CheckResult;
}

/** The verdict to show for a node: that of this run, else the stored one of the method, else `unknown`. */
export function currentVerdict(node: FleetNode, method: CheckMethod): Verdict {
	if (node.disabled) {
		return {state: 'unknown', text: 'disabled'};
	}

	const recordedAs = checkMethodWords[method].recordedAs;
	const result = node.result ?? rememberedResult(node.nodeState, method);
	if (!result) {
		return {state: 'unknown', text: 'not checked yet'};
	}

	const {state, reason, message} = result.details;
	const record = node.nodeState.states?.[recordedAs];
	const text = reason ?? message;
	const shown = node.silence ? `silenced: ${text} (${silenceText(node.silence)})` : text;
	return {state, text: shown, ...(record?.state === state ? {since: record.since} : {}), result};
}

function rememberedResult({worked, worked_data: details}: NodeState, method: CheckMethod): CheckResult | undefined {
	return details &&
		worked !== undefined &&
		checkMethodWords[details.method].recordedAs === checkMethodWords[method].recordedAs
		? {status: worked, details}
		: undefined;
}

/** Counts the nodes of a snapshot by state; disabled nodes are not counted. */
export function countStates(snapshot: FleetSnapshot): StateCounts {
	const counts = {up: 0, degraded: 0, busy: 0, unknown: 0, down: 0};
	for (const node of snapshot.nodes) {
		if (!node.disabled && !isHostRow(node)) {
			counts[currentVerdict(node, snapshot.method).state] += 1;
		}
	}

	return counts;
}

/**
 * Whether the findings of the last `full` check of a node are still valid. `old`: there are newer results, but the state is
 * the same. `outdated`: the state has changed since, so its facts and its hint no longer apply.
 */
export type DiagnosisAge = 'current' | 'old' | 'outdated';

/**
 * Added to two intervals: how long a check of a node that does not answer takes at most with default settings;
 * milliseconds.
 */
const slackMs = 10_000;

/** Compares the diagnosis of a node with newer results; `undefined` if there is no diagnosis. */
export function diagnosisAge(
	{diagnosis, result, nodeState, disabled}: FleetNode,
	{intervalMs}: Pick<FleetSnapshot, 'intervalMs'>,
	nowMs: number,
): DiagnosisAge | undefined {
	if (!diagnosis) {
		return undefined;
	}

	const {state, last_check: checkedAt} = diagnosis.details;
	const record = nodeState.states?.[checkMethodWords.full.recordedAs];
	if (record && (record.state !== state || record.since > checkedAt)) {
		return 'outdated';
	}

	const isOfSameKind =
		result && checkMethodWords[result.details.method].recordedAs === checkMethodWords.full.recordedAs;
	const isLast = isOfSameKind
		? result.details.last_check <= checkedAt
		: nowMs - Date.parse(checkedAt) <= 2 * intervalMs + slackMs;
	return isLast && !disabled ? 'current' : 'old';
}

/** A version, and the number of nodes that reported it. */
export interface VersionCount {
	readonly version_text: string;
	readonly nodes: number;
}

/** The versions of the working nodes, oldest first. */
export function versionCounts(nodes: readonly FleetNode[]): readonly VersionCount[] {
	const counts = new Map<string, {version: number; nodes: number}>();
	for (const {result, disabled} of nodes) {
		const details = result?.details;
		if (!disabled && result?.status && details && 'version' in details && details.version !== undefined) {
			const {version, version_text: text = ''} = details;
			counts.set(text, {version, nodes: (counts.get(text)?.nodes ?? 0) + 1});
		}
	}

	return [...counts]
		.sort(([, a], [, b]) => a.version - b.version)
		.map(([text, {nodes: count}]) => ({version_text: text, nodes: count}));
}

/** `versions 1.25 (1), 1.29 (11)`. @returns `undefined` unless there are at least two versions */
export function mixedVersionsText(nodes: readonly FleetNode[]): string | undefined {
	const counts = versionCounts(nodes);
	return counts.length > 1
		? `versions ${counts.map(({version_text: text, nodes: count}) => `${text} (${count})`).join(', ')}`
		: undefined;
}

/**
 * The number of blocks behind the tip of the chain.
 * @param isAnswering whether the node answers: the lag of the daemon alone says nothing about a silent wallet
 * @returns `undefined` if no lag is known, and without an open wallet, because it then has no meaning
 */
export function fleetTipLag(
	{wallet_open: isOpen, wallet_lag: wallet, daemon_lag: daemon}: DaemonFacts & WalletFacts,
	isAnswering: boolean,
): number | undefined {
	return isOpen === false || (wallet === undefined && (daemon === undefined || !isAnswering))
		? undefined
		: Math.max(0, wallet ?? 0) + (daemon ?? 0);
}

/** A daemon that causes the problems of the nodes that use it. */
export interface RootCause {
	/** Its address in the short form. */
	readonly daemon: string;
	/** `down`: the daemon does not answer, or hangs. */
	readonly state: 'down' | 'degraded';
	/** What is wrong with it in a few words, such as `down` or `41 blocks behind`. */
	readonly reason: string;
	/** The nodes whose problems it causes, in the given order. */
	readonly nodes: readonly FleetNode[];
}

type Facts = DaemonFacts & WalletFacts & {readonly silent_ms?: number; readonly caused_by?: string};

interface DaemonProblem {
	readonly state: RootCause['state'];
	readonly reasonOf: (facts: Facts) => string | undefined;
}

/** The problems of a daemon that the facts of its nodes can show, worst first. */
const daemonProblems: readonly DaemonProblem[] = [
	{state: 'down', reasonOf: facts => (facts.daemon_reachable === false ? 'down' : undefined)},
	// The result of a wallet that does not answer has no facts about its daemon; the daemon is named as the cause only if it
	// did not answer either.
	{
		state: 'down',
		reasonOf: facts => (facts.silent_ms !== undefined && facts.daemon_reachable === undefined ? 'hangs' : undefined),
	},
	{state: 'degraded', reasonOf: facts => (facts.daemon_synchronized === false ? 'not synchronized' : undefined)},
	{
		state: 'degraded',
		reasonOf: ({daemon_own_height: own}) => (own === undefined ? undefined : 'uses a bootstrap daemon'),
	},
	{
		state: 'degraded',
		reasonOf: ({daemon_lag: lag = 0}) => (lag > 0 ? `${countWithNoun(lag, 'block')} behind` : undefined),
	},
	{state: 'degraded', reasonOf: ({wallet_lag: lag = 0}) => (lag < 0 ? 'lost blocks' : undefined)},
	{state: 'degraded', reasonOf: ({daemon_fault: fault}) => fault},
];

/**
 * The daemons that cause problems, those with the most affected nodes first. Nodes that do not answer because their daemon
 * hangs are included.
 */
export function rootCauses(nodes: readonly FleetNode[]): readonly RootCause[] {
	const behind = new Map<string, FleetNode[]>();
	for (const node of nodes) {
		const cause = node.disabled ? undefined : factsOf(node).caused_by;
		if (cause !== undefined) {
			const daemon = daemonAddressSeenFrom(node.origin?.host, cause);
			const known = behind.get(daemon);
			if (known) {
				known.push(node);
			} else {
				behind.set(daemon, [node]);
			}
		}
	}

	return [...behind]
		.map(([daemon, dependents]): RootCause => ({daemon, nodes: dependents, ...worstProblem(dependents)}))
		.sort((a, b) => b.nodes.length - a.nodes.length);
}

function factsOf({result}: FleetNode): Facts {
	const details = result?.details;
	return details && 'caused_by' in details ? details : {};
}

function worstProblem(nodes: readonly FleetNode[]): Pick<RootCause, 'state' | 'reason'> {
	const facts = nodes.map(factsOf);
	for (const {state, reasonOf} of daemonProblems) {
		const reason = facts.map(reasonOf).find(text => text !== undefined);
		if (reason !== undefined) {
			return {state, reason};
		}
	}

	return {state: 'degraded', reason: 'has a problem'};
}

/** One line for the header: `monerod 10.0.0.5:18081 down: 14 nodes`. */
export function rootCauseText({daemon, reason, nodes}: RootCause): string {
	return `monerod ${daemon} ${reason}: ${countWithNoun(nodes.length, 'node')}`;
}

/** Natural order of names: `node-2` before `node-10`. */
export function compareNames(a: string, b: string): number {
	collator ??= new Intl.Collator('en', {numeric: true});
	return collator.compare(a, b);
}

/** Created on first use, because that takes 4 ms. */
let collator: Intl.Collator | undefined;

/** The reason of the verdict on a node that this monitor probably cannot reach because of its own network. */
export const cutOffReason = 'this monitor seems cut off';

/** Whether a result says that the problem is in this monitor rather than in the node. */
export function isCutOff({details}: CheckResult): boolean {
	return details.state === 'unknown' && details.reason?.startsWith(cutOffReason) === true;
}
