import {type Silence, silenceText} from './alerts/silences.js';
import {type CheckMethod, checkMethodWords} from './check-method.js';
import type {CheckResult, DaemonFacts, ResultOf, WalletFacts} from './check-result.js';
import {daemonAddressSeenFrom} from './daemon-address.js';
import {countWithNoun} from './format.js';
import type {Node} from './node/node.js';
import type {NodeState} from './past/node-state.js';
import type {State} from './state.js';

/** Where a node comes from that another xmrtop checks. */
export interface NodeOrigin {
	/** What the host is called here. */
	readonly host: string;
	/** How it is reached: `ssh://...` or `http://...`. */
	readonly url: string;
	/** The node's name there; absent for the host itself, which is listed while it does not answer. */
	readonly name?: string;
}

/** One node as everything that renders sees it. */
export interface FleetNode {
	readonly node: Node;
	/** What is remembered of it, this run's results included. */
	readonly nodeState: NodeState;
	/** This run's last result by the snapshot's method. */
	readonly result?: CheckResult;
	/** The last `full` result of this run, whatever the snapshot's method; kept fresh while its diagnostics are open. */
	readonly diagnosis?: ResultOf<'full'>;
	/** Whether a check of it is under way. */
	readonly checking: boolean;
	/** Since when, in milliseconds since the epoch. */
	readonly checkingSinceMs?: number;
	/** Disabled and not asked for by name: listed, not checked. */
	readonly disabled: boolean;
	/** Present while nobody is told of its trouble. */
	readonly silence?: Silence;
	/** Present when another xmrtop checks it. */
	readonly origin?: NodeOrigin;
}

/** The last finished cycle. Times in milliseconds since the epoch. */
export interface Cycle {
	readonly startedAtMs: number;
	readonly endedAtMs: number;
	readonly durationMs: number;
}

/** Everything a screen, a report or a scrape shows, at one moment. Never changed in place. */
export interface FleetSnapshot {
	/** The method whose verdicts are shown. */
	readonly method: CheckMethod;
	/** The method whose results are recorded for others, where that is another one. */
	readonly recordedMethod?: CheckMethod;
	readonly intervalMs: number;
	readonly paused: boolean;
	/** In order of ids. */
	readonly nodes: readonly FleetNode[];
	/** Absent before the first cycle has ended. */
	readonly lastCycle?: Cycle;
	/** Lines a person should know of, such as a save that failed. */
	readonly notes: readonly string[];
	/** The moment in the past that it is of, in milliseconds since the epoch; absent: now. */
	readonly atMs?: number;
}

/** A finished check of some nodes, as it is reported. */
export interface FinishedCheck {
	readonly method: CheckMethod;
	/** Milliseconds since the epoch, when the check began. */
	readonly checkedAtMs: number;
	readonly durationMs: number;
	/** The nodes with their results; those without one are left out. */
	readonly nodes: readonly FleetNode[];
	/** The moment in the past that the nodes were asked of, in milliseconds since the epoch; absent: now. */
	readonly atMs?: number;
}

/** How many nodes are in each state. */
export type StateCounts = Readonly<Record<State, number>>;

/** A node's verdict, whether from this run or from the last saved one. */
export interface Verdict {
	readonly state: State;
	/** What the MESSAGE column shows. */
	readonly text: string;
	/** ISO-8601 UTC; absent when never checked. */
	readonly since?: string;
	/** The result it rests on; absent when never checked by this method, or disabled. */
	readonly result?: CheckResult;
}

/** The verdict to show for a node: this run's, else the one remembered for the method, else unknown. */
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

/** Counts the nodes of a snapshot by state; disabled ones count as nothing. */
export function countStates(snapshot: FleetSnapshot): StateCounts {
	const counts = {up: 0, degraded: 0, busy: 0, unknown: 0, down: 0};
	for (const node of snapshot.nodes) {
		if (!node.disabled) {
			counts[currentVerdict(node, snapshot.method).state] += 1;
		}
	}

	return counts;
}

/**
 * Whether what the last `full` check of a node found holds now. `old`: the state is the same, and newer results are there.
 * `outdated`: the state has changed since, so neither its facts nor its advice belong to it.
 */
export type DiagnosisAge = 'current' | 'old' | 'outdated';

/** Beyond two intervals: the longest that a check of a silent node takes with the usual settings, in milliseconds. */
const slackMs = 10_000;

/** Judges the diagnosis of a node against what is known since; `undefined` when there is none. */
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

/** A version and how many nodes answered with it. */
export interface VersionCount {
	readonly version_text: string;
	readonly nodes: number;
}

/** The versions in a fleet, the oldest first, of the nodes that answer as wallets do. */
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

/** `versions 1.25 (1), 1.29 (11)`. @returns `undefined` unless they are mixed */
export function mixedVersionsText(nodes: readonly FleetNode[]): string | undefined {
	const counts = versionCounts(nodes);
	return counts.length > 1
		? `versions ${counts.map(({version_text: text, nodes: count}) => `${text} (${count})`).join(', ')}`
		: undefined;
}

/** Blocks from the tip of the chain. @returns `undefined` when neither lag is known */
export function fleetTipLag({wallet_lag: wallet, daemon_lag: daemon}: DaemonFacts & WalletFacts): number | undefined {
	return wallet === undefined && daemon === undefined ? undefined : Math.max(0, wallet ?? 0) + (daemon ?? 0);
}

/** A daemon that explains the trouble of the nodes behind it. */
export interface RootCause {
	/** Its address in the short form. */
	readonly daemon: string;
	/** `down`: it does not answer, or hangs. */
	readonly state: 'down' | 'degraded';
	/** What is wrong with it in a word or two, such as `down` or `41 blocks behind`. */
	readonly reason: string;
	/** The nodes it explains, in the order given. */
	readonly nodes: readonly FleetNode[];
}

type Facts = DaemonFacts & WalletFacts & {readonly silent_ms?: number; readonly caused_by?: string};

interface Trouble {
	readonly state: RootCause['state'];
	readonly reasonOf: (facts: Facts) => string | undefined;
}

/** From the worst to the mildest: what the facts of a node say of the daemon that is to blame. */
const troubles: readonly Trouble[] = [
	{state: 'down', reasonOf: facts => (facts.daemon_reachable === false ? 'down' : undefined)},
	// A silent wallet tells nothing of its daemon; it is blamed only when it was silent too.
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

/** The daemons that explain trouble, those that explain most first. Silent nodes whose daemon hangs are among them. */
export function rootCauses(nodes: readonly FleetNode[]): readonly RootCause[] {
	const behind = new Map<string, FleetNode[]>();
	for (const node of nodes) {
		const blamed = node.disabled ? undefined : factsOf(node).caused_by;
		if (blamed !== undefined) {
			const daemon = daemonAddressSeenFrom(node.origin?.host, blamed);
			const known = behind.get(daemon);
			if (known) {
				known.push(node);
			} else {
				behind.set(daemon, [node]);
			}
		}
	}

	return [...behind]
		.map(([daemon, dependents]): RootCause => ({daemon, nodes: dependents, ...worstTrouble(dependents)}))
		.sort((a, b) => b.nodes.length - a.nodes.length);
}

function factsOf({result}: FleetNode): Facts {
	const details = result?.details;
	return details && 'caused_by' in details ? details : {};
}

function worstTrouble(nodes: readonly FleetNode[]): Pick<RootCause, 'state' | 'reason'> {
	const facts = nodes.map(factsOf);
	for (const {state, reasonOf} of troubles) {
		const reason = facts.map(reasonOf).find(text => text !== undefined);
		if (reason !== undefined) {
			return {state, reason};
		}
	}

	return {state: 'degraded', reason: 'has a problem'};
}

/** One line for a header: `monerod 10.0.0.5:18081 down: 14 nodes`. */
export function rootCauseText({daemon, reason, nodes}: RootCause): string {
	return `monerod ${daemon} ${reason}: ${countWithNoun(nodes.length, 'node')}`;
}

/** Orders names as a person would: `node-2` before `node-10`. */
export function compareNames(a: string, b: string): number {
	collator ??= new Intl.Collator('en', {numeric: true});
	return collator.compare(a, b);
}

/** Made when first needed: that takes 4 ms. */
let collator: Intl.Collator | undefined;

/** The reason of a verdict on a node that this monitor probably cannot reach through a fault of its own. */
export const cutOffReason = 'this monitor seems cut off';

/** Whether a result says that this monitor, rather than the node, has a problem. */
export function isCutOff({details}: CheckResult): boolean {
	return details.state === 'unknown' && details.reason?.startsWith(cutOffReason) === true;
}
