import {checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult, DaemonFacts, Details, PidDetails, ProcessIdentity, WalletFacts} from '../check-result.js';
import {compact} from '../compact.js';
import {noDaemon, type OwnAddress, ownDaemonAddress} from '../daemon-address.js';
import {ageText, countText} from '../format.js';
import type {Node} from '../node/node.js';
import {identityToRemember, isRestart, isSameProcess, keptRestarts} from '../process-identity.js';
import {type State, stateWords} from '../state.js';
import {addCheckToCoverage, unknownIntervalCoverMs} from './coverage.js';
import {withProcessLife} from './crash-loop.js';
import {
	type HeightFall,
	keptResults,
	type NodeState,
	type Observation,
	type RememberedDaemon,
	type StateRecord,
} from './node-state.js';
import {addHeight, addRefreshDelay, type HeightSample} from './sync-progress.js';

/** The `merged_at` of a node of which only transitions are known. */
export const neverMerged = '1970-01-01T00:00:00.000Z';

/** The time of the last merged result of a record; ISO-8601 UTC. */
const mergedAt = ({merged_at: at, last_check: lastCheck}: StateRecord): string => at ?? lastCheck;

/**
 * Merges a result into a node's state. Results of several processes may arrive out of order: a result that is not newer
 * than the last merged one changes only the lists, and makes no transition. A result whose transition is already known from
 * the log is merged like any other.
 * @param coverMs see {@link Observation}
 */
export function recordResult(nodeState: NodeState, result: CheckResult, coverMs = unknownIntervalCoverMs): NodeState {
	const {details} = result;
	const method = checkMethodWords[details.method].recordedAs;
	const before = nodeState.states?.[method];
	const isNewest = !before || mergedAt(before) < details.last_check;
	if (!isNewest && isRepeated(nodeState.worked_data, details)) {
		return nodeState;
	}

	const isNewestOfAll = !nodeState.worked_data || nodeState.worked_data.last_check <= details.last_check;
	const process = isNewest ? seenProcess(result) : undefined;
	const isAnswered = hasAnswered(result);
	// Fields are assigned in place: this runs for every result of the fleet, and a spread per field would take half of the
	// time.
	const after: Draft<NodeState> = {...nodeState};
	if (process) {
		rememberCommand(after, process, details);
		rememberProcess(after, process, details.last_check);
	}

	if (method === 'api') {
		rememberAnswer(after, isAnswered ? 'up' : details.state, details.last_check);
	}

	if (isNewestOfAll) {
		after.worked = result.status;
		after.worked_data = details;
	}

	if (isNewest) {
		after.states = {...nodeState.states, [method]: stateRecord(before, result)};
	}

	const spans = nodeState.watched?.[method];
	const watched = addCheckToCoverage(spans, details.last_check, coverMs);
	if (watched !== spans) {
		after.watched = {...nodeState.watched, [method]: watched};
	}

	if (method === 'api') {
		if (isAnswered) {
			after.latencies = withLast(nodeState.latencies, details.latency_ms);
		}

		after.recent_states = withLast(nodeState.recent_states, details.state);
	}

	if (isNewest && method === 'api' && details.state !== 'unknown') {
		if (isAnswered) {
			rememberLife(after, details.last_check);
		} else {
			rememberNoAnswer(after, details, process);
		}
	}

	if (
		isNewest &&
		'version' in details &&
		details.version !== undefined &&
		details.version !== after.version &&
		isAnswered
	) {
		rememberVersion(after, details.version, details.last_check);
	}

	const isToldNow = !('facts_at' in details);
	if (isNewest && isToldNow && ('wallet_height' in details || 'daemon_height' in details || 'wallet_open' in details)) {
		rememberHeights(after, details);
	}

	if (isNewest && isToldNow && 'daemon_reachable' in details) {
		rememberDaemonState(after, details);
	}

	if ('wallet_open' in details && details.wallet_open) {
		after.wallet_seen = true;
	}

	if (isNewest && method === 'api' && result.status) {
		rememberDaemon(after, result);
	}

	return after;
}

type Draft<T> = {-readonly [Field in keyof T]: T[Field]};

/** Whether the API answered. The state may still be worse, during a crash loop or a scan. */
function hasAnswered({status, details}: CheckResult): boolean {
	return status || ('last_answer_at' in details && details.last_answer_at === details.last_check);
}

/** Records an answer in the newest run of the process. */
function rememberLife(after: Draft<NodeState>, at: string): void {
	if (after.work) {
		delete after.work;
	}

	const life = after.lives?.at(-1);
	if (after.lives && life) {
		after.life_answered_to = at;
		if (life.answered_from === undefined) {
			after.lives = [...after.lives.slice(0, -1), {...life, answered_from: at}];
		}
	}
}

function rememberNoAnswer(after: Draft<NodeState>, details: Details, process: ProcessIdentity | undefined): void {
	if ('work' in details && details.work && process) {
		after.work = {...details.work, ...process, at: details.last_check};
	}
}

function rememberProcess(after: Draft<NodeState>, process: ProcessIdentity, at: string): void {
	const isAnother = isRestart(after, process);
	if (isAnother) {
		after.restarts = [...(after.restarts ?? []).slice(1 - keptRestarts), process.started_at];
	}

	if (!after.lives || !after.process || !isSameProcess(after.process, process)) {
		const newest = {lastAnswer: after.life_answered_to, seenAt: after.process_seen_at};
		after.lives = withProcessLife(after.lives, {started_at: process.started_at, isRestart: isAnother}, newest);
	}

	after.process = process;
	after.process_seen_at = at;
}

/** Keeps the command line of the process. Not every check reads it, and it is still needed after the process has ended. */
function rememberCommand(after: Draft<NodeState>, process: ProcessIdentity, details: Details): void {
	const {cmdline = undefined} =
		details.method === 'full' ? details.checks.pid.details : 'cmdline' in details ? details : {};
	if (cmdline !== undefined) {
		after.process_command = cmdline;
	} else if (after.process && !isSameProcess(after.process, process)) {
		delete after.process_command;
	}
}

function rememberVersion(after: Draft<NodeState>, version: number, at: string): void {
	if (after.version !== undefined) {
		after.version_changed = {at, from: after.version};
	}

	after.version = version;
}

function rememberDaemon(after: Draft<NodeState>, result: CheckResult): void {
	const inferred = daemonToRemember(result, after.process);
	const before = after.inferred_daemon;
	if (!inferred) {
		if (before) {
			delete after.inferred_daemon;
		}
	} else if (
		before?.daemon !== inferred.daemon ||
		before.started_at !== inferred.started_at ||
		before.pid !== inferred.pid
	) {
		after.inferred_daemon = inferred;
	}
}

function rememberDaemonState(after: Draft<NodeState>, facts: DaemonFacts & {readonly last_check: string}): void {
	const {daemon, last_check: at} = facts;
	const state = daemonStateIn(facts);
	const before = after.daemon_state;
	if (daemon !== undefined && state !== undefined && (before?.daemon !== daemon || before.state !== state)) {
		after.daemon_state = {daemon, state, since: at};
	}
}

/** The state of a daemon according to the result of one of its nodes; `undefined` if the result does not contain it. */
export function daemonStateIn(facts: DaemonFacts): State | undefined {
	const {daemon_reachable: isReachable, daemon_fault: fault, daemon_height: height} = facts;
	return isReachable === false
		? 'down'
		: fault !== undefined
			? 'degraded'
			: isReachable === true && height !== undefined
				? 'up'
				: undefined;
}

function rememberHeights(after: Draft<NodeState>, details: ChainDetails): void {
	if (details.wallet_height !== undefined) {
		after.wallet_height = details.wallet_height;
	}

	const fall = heightFallIn(details);
	if (fall && fall.at !== after.wallet_fell?.at) {
		after.wallet_fell = fall;
	}

	if (details.wallet_open === false) {
		// The next open wallet may be another one.
		delete after.wallet_heights;
	}

	const {last_check: at, wallet_height, wallet_lag, daemon_lag} = details;
	const daemonHeight = details.daemon_own_height ?? details.daemon_height;
	const wallet = {height: wallet_height, lag: wallet_lag};
	const delays = addRefreshDelay(after.refresh_delays, after.wallet_heights, wallet, at);
	if (delays) {
		after.refresh_delays = delays;
	}

	keepHeights(after, 'wallet_heights', addHeight(after.wallet_heights, wallet, at));
	rememberSync(after, details);
	keepHeights(after, 'daemon_heights', addHeight(after.daemon_heights, {height: daemonHeight, lag: daemon_lag}, at));
}

function rememberSync(after: Draft<NodeState>, details: ChainDetails): void {
	const {last_check: at, daemon, wallet_height, wallet_lag, catch_up_blocks_per_s, eta_s} = details;
	if (wallet_height !== undefined && wallet_lag !== undefined && wallet_lag > 0) {
		after.last_sync = compact({
			at,
			daemon,
			wallet_height,
			wallet_lag,
			catch_up_blocks_per_s,
			eta_s,
		});
	} else if (after.last_sync && (wallet_lag !== undefined || details.wallet_open === false)) {
		delete after.last_sync;
	}
}

type ChainDetails = WalletFacts & DaemonFacts & {readonly last_check: string};

function keepHeights(
	after: Draft<NodeState>,
	field: 'wallet_heights' | 'daemon_heights',
	heights: readonly HeightSample[] | undefined,
): void {
	if (heights) {
		after[field] = heights;
	} else if (after[field]) {
		delete after[field];
	}
}

/**
 * Keeps when the API last answered and since when it has not. The order does not matter: a transition may come before its
 * result, and results may come from another process.
 * @param state the state of the API; `unknown` means that it was not asked
 */
function rememberAnswer(after: Draft<NodeState>, state: State, at: string): void {
	const {last_answer: answered, silent_since: silentSince} = after;
	const isNews = answered === undefined || answered < at;
	if (stateWords[state].works) {
		after.last_answer = isNews ? at : answered;
		if (silentSince !== undefined && silentSince <= at) {
			setNoResponse(after, noResponseAfter(after.states?.api, at));
			if (after.silent_since === undefined) {
				after.answering_since = at;
			}
		}
	} else if (state !== 'unknown' && isNews) {
		after.silent_since = silentSince === undefined || at < silentSince ? at : silentSince;
		delete after.answering_since;
	}
}

/** The first check without an answer that is known after a late-arriving answer; `undefined` if there is none. */
function noResponseAfter(record: StateRecord | undefined, at: string): string | undefined {
	const isSilent = record && record.state !== 'unknown' && !stateWords[record.state].works && record.last_check > at;
	return isSilent ? (record.since > at ? record.since : record.last_check) : undefined;
}

function setNoResponse(after: Draft<NodeState>, since: string | undefined): void {
	if (since === undefined) {
		delete after.silent_since;
	} else {
		after.silent_since = since;
	}
}

/** Merges a transition whose result is not merged yet. A transition that is already known changes nothing. */
export function recordTransition(nodeState: NodeState, {method, to, at}: TransitionFacts): NodeState {
	const before = nodeState.states?.[method];
	if (before && before.last_check >= at) {
		return nodeState;
	}

	const since = before?.state === to ? before.since : at;
	const record = {state: to, since, last_check: at, merged_at: before ? mergedAt(before) : neverMerged};
	const after: Draft<NodeState> = {...nodeState};
	if (method === 'api') {
		rememberAnswer(after, to, at);
	}

	after.states = {...nodeState.states, [method]: record};
	return after;
}

/** The fields of a transition that a node's state uses. */
interface TransitionFacts {
	readonly method: RecordedMethod;
	readonly to: State;
	readonly at: string;
}

function stateRecord(before: StateRecord | undefined, {details}: CheckResult): StateRecord {
	const {state, last_check: at} = details;
	if (before && at <= before.last_check) {
		// The transition of this result, or of a later one, was merged before the result.
		const {merged_at: _, ...known} = before;
		return at === before.last_check ? known : {...known, merged_at: at};
	}

	return {state, since: before?.state === state ? before.since : at, last_check: at};
}

/** Whether a result is the last saved one again, since a save may be repeated. */
function isRepeated(last: Details | undefined, {method, last_check: at, state, latency_ms: latency}: Details): boolean {
	return last?.last_check === at && last.method === method && last.state === state && last.latency_ms === latency;
}

function withLast<T>(list: readonly T[] = [], last: T): readonly T[] {
	const kept = list.length < keptResults ? list.slice() : list.slice(1 - keptResults);
	kept.push(last);
	return kept;
}

/** The running process that a result attributes to its node. */
export function seenProcess({details}: CheckResult): ProcessIdentity | undefined {
	const seen: Partial<ProcessIdentity> | undefined =
		details.method === 'full'
			? rightProcess(details.checks.pid.details)
			: details.method === 'pid'
				? rightProcess(details)
				: details.method === 'api'
					? details
					: undefined;
	return seen?.pid === undefined || seen.started_at === undefined
		? undefined
		: identityToRemember(seen as ProcessIdentity);
}

const rightProcess = (details: PidDetails): PidDetails | undefined => (details.state === 'up' ? details : undefined);

/** The number of blocks that an ordinary reorganization removes. */
const usualReorganization = 2;
/** The longest reorganization of the main chain so far was 18 blocks. */
const longestReorganization = 20;
/** How long a decrease is reported, in milliseconds. */
const reportedForMs = 3_600_000;

/** The facts of a decrease to this height, or of the last decrease within the past hour. */
export function heightFallFacts(
	{wallet_height: before, wallet_fell: fell}: NodeState,
	height: number,
	now: {readonly ms: number; readonly iso: string},
): Pick<WalletFacts, 'wallet_fell_at' | 'wallet_fell_from' | 'wallet_fell_to'> {
	if (before !== undefined && before - height > usualReorganization) {
		return {wallet_fell_at: now.iso, wallet_fell_from: before, wallet_fell_to: height};
	}

	const ageMs = fell === undefined ? Number.NaN : now.ms - Date.parse(fell.at);
	return fell && ageMs >= 0 && ageMs <= reportedForMs
		? {wallet_fell_at: fell.at, wallet_fell_from: fell.from, wallet_fell_to: fell.to}
		: {};
}

/** The decrease of height in the details of a result. */
function heightFallIn({
	wallet_fell_at: at,
	wallet_fell_from: from,
	wallet_fell_to: to,
}: WalletFacts): HeightFall | undefined {
	return at === undefined || from === undefined || to === undefined ? undefined : {at, from, to};
}

/**
 * Describes a decrease of height in one sentence; `undefined` if there was none.
 * @param nowMs milliseconds since the epoch, to add how long ago it was
 */
export function heightFallText(facts: WalletFacts, nowMs?: number): string | undefined {
	const fall = heightFallIn(facts);
	if (!fall) {
		return undefined;
	}

	const {at, from, to} = fall;
	const cause = from - to > longestReorganization ? 'rescan' : 'a reorganization, a rescan';
	const ageMs = nowMs === undefined ? 0 : nowMs - Date.parse(at);
	const age = ageMs >= 1000 ? ` ${ageText(ageMs)} ago` : '';
	return `height fell from ${countText(from)} to ${countText(to)}${age}: ${cause} or another wallet was opened`;
}

/** The inferred daemon of a node, as long as the process it was inferred from is the current one. */
export function rememberedDaemon({inferred_daemon: inferred, process}: NodeState): string | undefined {
	return inferred && process?.pid === inferred.pid && process.started_at === inferred.started_at
		? inferred.daemon
		: undefined;
}

/** The daemon to list for a node: the one in its definition, itself if the node is a daemon, else the inferred one. */
export function listedDaemon(node: Pick<Node, 'daemon'> & OwnAddress, nodeState: NodeState): string | undefined {
	const {daemon = ownDaemonAddress(node)} = node;
	return daemon === noDaemon ? undefined : (daemon ?? rememberedDaemon(nodeState));
}

/** The inferred daemon to store after a result; `undefined` if none was inferred. */
function daemonToRemember({details}: CheckResult, process: NodeState['process']): RememberedDaemon | undefined {
	return process && 'daemon_inferred' in details && details.daemon_inferred && details.daemon !== undefined
		? {daemon: details.daemon, pid: process.pid, started_at: process.started_at}
		: undefined;
}
