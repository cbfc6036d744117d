import type {
	DaemonDetails,
	DetailsBase,
	FullChecks,
	FullDetails,
	FullSummary,
	ResultOf,
	VersionFacts,
	WalletFacts,
} from '../domain/check-result.js';
import {hintFor} from '../domain/hints/hint.js';
import type {Node} from '../domain/node/node.js';
import type {Ports} from '../domain/ports.js';
import {lookAtApi} from './api.js';
import {lookAtDaemon} from './chain.js';
import type {Check, CheckContext} from './check.js';
import {climbFacts, hintEvidenceOf} from './full-climb.js';
import {daemonPart, notReached, walletPart} from './full-parts.js';
import {identityFactsOf} from './identity.js';
import {failureVerdict} from './lasting-verdict.js';
import {isoTime} from './measure.js';
import {asInferred, daemonOf, learnDaemon, type NodeDaemon} from './node-daemon.js';
import {checkPid} from './pid.js';
import {lookAtPort} from './port.js';
import {judgeSilence, silenceKindOfCause} from './silence.js';

/** Every check, from the process up to the chain, with what most likely broke. Its verdict is the API's. */
export const checkFull: Check<'full'> = async (node, context) => {
	const [pid, {result: port, cause: portCause}] = await Promise.all([
		checkPid(node, context),
		lookAtPort(node, context),
	]);
	const nodeDaemon = await daemonWith(node, context, pid);
	// A connect may be slow where an API call, with its longer limit, still succeeds; and where this machine cannot connect
	// again, a kept connection still works.
	const isWorthAsking = port.status || portCause === 'timeout' || portCause === 'not_checkable';
	const [api, view] = await Promise.all([
		isWorthAsking ? lookAtApi(node, context, {isPartOfFull: true, daemon: nodeDaemon}) : undefined,
		lookAtDaemon(nodeDaemon.node, context),
	]);
	const daemon = view && asInferred(view, nodeDaemon.facts.daemon_inferred);
	const kind = api || portCause === undefined ? undefined : silenceKindOfCause(portCause);
	const failure = port.details.reason ?? port.details.message;
	const silence = kind && (await judgeSilence(node, context, {kind, failure, latencyMs: port.details.latency_ms}));
	const checks: FullChecks = {
		pid,
		port,
		api: api
			? {status: api.status, details: api.details}
			: notReached('api', `the port does not answer: ${port.details.reason ?? ''}`, context),
		...(daemon ? {daemon: daemonPart(daemon, context)} : {}),
		wallet: walletPart(api, context),
	};
	const lately = identityFactsOf(context.memory, {
		process: pid.status ? pid.details : undefined,
		version: api?.version.facts.version,
		nowMs: context.ports.nowMs(),
	});
	const unanswered = api
		? undefined
		: failureVerdict(context, {silence, failure, lately, isUncheckable: port.details.state === 'unknown'});
	const seen: Seen = {...nodeDaemon.facts, ...port.details, ...unanswered, ...api?.details, ...lately};
	const climb = {node, context, checks, portCause, api, daemon, seen, failure};
	const hint = hintFor(await hintEvidenceOf(climb));
	const found = {checks, ...(hint === undefined ? {} : {hint}), ...(await climbFacts(climb))};
	return verdictOf(seen, found, context.ports);
};

/** The node's daemon, by its process where that tells. */
async function daemonWith(node: Node, context: CheckContext, {status, details}: ResultOf<'pid'>): Promise<NodeDaemon> {
	const sighting = status && details.pid !== undefined ? await context.processes.inspect(details.pid) : undefined;
	const inference = sighting?.kind === 'alive' ? await learnDaemon(node, context, sighting.process) : undefined;
	return daemonOf(node, context, inference);
}

/** The API's details, or what stands in for them when it was not reached. */
type Seen = Pick<DetailsBase, 'state' | 'reason' | 'latency_ms' | 'last_check'> & VersionFacts & Partial<Facts>;

type Found = Pick<FullDetails, 'checks' | 'hint' | 'rungs' | 'notes'>;

function verdictOf(seen: Seen, found: Found, ports: Ports): ResultOf<'full'> {
	const {checks} = found;
	const summary = summaryOf(checks);
	const now = isoTime(ports.nowMs());
	const {state, reason, latency_ms: latencyMs, version, version_text, release} = seen;
	const isAnswered = seen.last_answer_at !== undefined && seen.last_answer_at === seen.last_check;
	const message = messageOf(checks, summary);
	const details: FullDetails = {
		method: 'full',
		message,
		...(state === 'up' ? {} : {reason: reason ?? message}),
		state,
		latency_ms: latencyMs,
		...(version === undefined ? {} : {version}),
		...(version_text === undefined ? {} : {version_text}),
		...(release === undefined ? {} : {release}),
		...chainFacts(seen, checks),
		...(isAnswered ? {last_answer_at: now} : {}),
		summary,
		...found,
		last_check: now,
		timestamp: now,
	};
	return {status: checks.api.status, details};
}

const factNames = [
	'daemon',
	'daemon_reachable',
	'daemon_synchronized',
	'daemon_height',
	'daemon_inferred',
	'daemon_note',
	'daemon_own_height',
	'bootstrap_daemon',
	'daemon_lag',
	'daemon_fault',
	'daemon_blocks_per_s',
	'daemon_eta_s',
	'daemon_stalled_ms',
	'nettype',
	'block_age_s',
	'wallet_open',
	'wallet_height',
	'wallet_lag',
	'wallet_fell_at',
	'wallet_fell_from',
	'wallet_fell_to',
	'catch_up_blocks_per_s',
	'eta_s',
	'stalled',
	'stalled_ms',
	'caused_by',
	'cpu_cores',
	'silent_ms',
	'work',
	'last_answer_at',
	'facts_at',
	'scanning',
	'crash_loop_starts',
	'crash_loop_ms',
	'restarts',
	'restarted_at',
	'version_before',
	'process_unseen',
] as const satisfies ReadonlyArray<keyof FullDetails>;

/** What the parts found out, said once for the node. */
type Facts = Pick<FullDetails, (typeof factNames)[number]>;

/** The API's facts, and the daemon's own where the API did not get as far. */
function chainFacts(apiFacts: Partial<Facts>, {daemon}: FullChecks): Facts {
	const daemonFacts: Partial<Facts> = daemon?.details ?? {};
	const merged = {...daemonFacts, ...apiFacts};
	return Object.fromEntries(factNames.filter(name => merged[name] !== undefined).map(name => [name, merged[name]]));
}

function summaryOf({pid, port, api, daemon, wallet}: FullChecks): FullSummary {
	const daemonFacts: Partial<DaemonDetails> = daemon?.details ?? {};
	const walletFacts: WalletFacts = 'wallet_open' in wallet.details ? wallet.details : {};
	return {
		pid_alive: pid.status,
		port_in_use: port.status,
		api_responding: api.status,
		...(daemonFacts.daemon_reachable === undefined ? {} : {daemon_reachable: daemonFacts.daemon_reachable}),
		...(daemonFacts.daemon_synchronized === undefined ? {} : {daemon_synchronized: daemonFacts.daemon_synchronized}),
		...(walletFacts.wallet_open === undefined ? {} : {wallet_open: walletFacts.wallet_open}),
	};
}

/** The first that fits, in the order of the contract. */
function messageOf({pid}: FullChecks, summary: FullSummary): string {
	const isRightProcessAlive = pid.status && pid.details.is_monero_process === true;
	return summary.api_responding
		? 'Process is fully operational'
		: summary.port_in_use
			? 'Port is occupied but API is not responding'
			: isRightProcessAlive
				? 'Process exists but port is not in use'
				: 'Process is not running';
}
