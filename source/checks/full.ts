import type {
	DaemonDetails,
	DetailsBase,
	FullChecks,
	FullDetails,
	IdentityFacts,
	NotReachedDetails,
	Result,
	ResultOf,
	WalletDetails,
	WalletFacts,
} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {type FullSummary, nodeFactNames} from '../domain/facts.js';
import {countText, isoTimeText, roundedMs} from '../domain/format.js';
import type {HintEvidence} from '../domain/hints/commands.js';
import {connectionSteps} from '../domain/hints/connection-steps.js';
import {daemonNodeHint, hintFor} from '../domain/hints/hint.js';
import {adviceText} from '../domain/hints/remedy.js';
import type {Node} from '../domain/node/node.js';
import {heightFallText} from '../domain/past/record-result.js';
import type {NoAnswerCause, Ports} from '../domain/ports.js';
import {isSameProcess} from '../domain/process-identity.js';
import type {HeightVerdict} from '../domain/rpc/wallet-rpc.js';
import {exposedFiles} from '../domain/secret-files.js';
import {type ApiObservation, observeApi} from './api.js';
import {type Check, type CheckContext, checkTimeoutMs, isLocalNode} from './check.js';
import {processUsageFacts, watchProcess} from './daemon-link.js';
import {identityFacts} from './identity.js';
import {failureVerdict} from './lasting-verdict.js';
import {judgeNoResponse, noResponseKind, noResponseKindByCause} from './no-response.js';
import {asInferredDaemon, inferNodeDaemon, knownNodeDaemon, type NodeDaemon} from './node-daemon.js';
import {checkPid} from './pid.js';
import {observePort} from './port.js';
import type {DaemonView} from './problems.js';
import {daemonCheckResult, observeDaemon} from './sync-checks.js';

/** Runs every check, from the process to the chain, and finds the most likely cause. Its verdict is that of the API check. */
export const checkFull: Check<'full'> = async (node, context) => {
	const [pid, {result: port, cause: portCause}] = await Promise.all([
		checkPid(node, context),
		observePort(node, context),
	]);
	const nodeDaemon = await daemonWith(node, context, pid);
	// A connect may time out where an API call, with its longer timeout, still succeeds; and when this machine cannot open a new
	// connection, a kept-alive one still works.
	const isWorthAsking = port.status || portCause === 'timeout' || portCause === 'not_checkable';
	const [api, view] = await Promise.all([
		isWorthAsking ? observeApi(node, context, {isPartOfFull: true, daemon: nodeDaemon}) : undefined,
		observeDaemon(nodeDaemon.node, context),
	]);
	const daemon = view && asInferredDaemon(view, nodeDaemon.facts.daemon_inferred);
	const kind = api || portCause === undefined ? undefined : noResponseKindByCause(portCause);
	const failure = port.details.reason ?? port.details.message;
	const noResponse =
		kind && (await judgeNoResponse(node, context, {kind, failure, latencyMs: port.details.latency_ms}));
	const checks: FullChecks = {
		pid,
		port,
		api: api
			? {status: api.status, details: api.details}
			: notReachedCheckResult('api', `the port does not answer: ${port.details.reason ?? ''}`, context),
		...(daemon ? {daemon: daemonCheckResult(daemon, context.ports.nowMs())} : {}),
		wallet:
			node.kind === 'daemon'
				? notReachedCheckResult('wallet', 'a daemon has no wallet', context)
				: walletCheckResult(api, context),
	};
	const lately = identityFacts(context.nodeState, {
		process: pid.status ? pid.details : undefined,
		version: api?.version.facts.version,
		nowMs: context.ports.nowMs(),
	});
	const unanswered = api
		? undefined
		: failureVerdict(context, {noResponse, failure, lately, isUncheckable: port.details.state === 'unknown'});
	const usage = processUsageFacts(node, context);
	const seen: Seen = {...nodeDaemon.facts, ...usage, ...port.details, ...unanswered, ...api?.details, ...lately};
	const diagnosis = {node, context, checks, portCause, api, daemon, seen, failure};
	const hint = (node.kind === 'daemon' ? daemonNodeHint : hintFor)(await fullCheckEvidence(diagnosis));
	const found = {
		checks,
		...(hint === undefined ? {} : {hint: adviceText(hint, context.ports.renderRemedy)}),
		...(await fullCheckDiagnosis(diagnosis)),
	};
	return verdictOf(seen, found, context.ports);
};

/** The node's daemon, according to its process if that names one. */
async function daemonWith(node: Node, context: CheckContext, {status, details}: ResultOf<'pid'>): Promise<NodeDaemon> {
	const observation = status && details.pid !== undefined ? await context.processes.inspect(details.pid) : undefined;
	const process = observation?.kind === 'alive' ? observation.process : undefined;
	const inference = process && (await inferNodeDaemon(node, context, process));
	if (process) {
		await watchProcess(node, context, process);
	}

	return knownNodeDaemon(node, context, inference);
}

/** The API's details, or a replacement when the API was not reached. */
type Seen = Pick<DetailsBase, 'state' | 'reason' | 'latency_ms' | 'last_check'> & Partial<Facts>;

type Found = Pick<FullDetails, 'checks' | 'hint' | 'rungs' | 'notes'>;

function verdictOf(seen: Seen, found: Found, ports: Ports): ResultOf<'full'> {
	const {checks} = found;
	const summary = summaryOf(checks);
	const now = isoTimeText(ports.nowMs());
	const {state, reason, latency_ms: latencyMs} = seen;
	const isAnswered = seen.last_answer_at !== undefined && seen.last_answer_at === seen.last_check;
	const message = messageOf(checks, summary);
	const details: FullDetails = {
		method: 'full',
		message,
		...(state === 'up' ? {} : {reason: reason ?? message}),
		state,
		latency_ms: latencyMs,
		...nodeFacts(seen, checks),
		...(isAnswered ? {last_answer_at: now} : {}),
		summary,
		...found,
		last_check: now,
		timestamp: now,
	};
	return {status: checks.api.status, details};
}

/** The facts of the parts, combined for the node. */
type Facts = Pick<FullDetails, (typeof nodeFactNames)[number]>;

/** The facts of the API check, and those of the daemon check for what is missing. */
function nodeFacts(apiFacts: Partial<Facts>, {daemon}: FullChecks): Facts {
	const daemonFacts: Partial<Facts> = daemon?.details ?? {};
	const merged = {...daemonFacts, ...apiFacts};
	return Object.fromEntries(nodeFactNames.filter(name => merged[name] !== undefined).map(name => [name, merged[name]]));
}

function summaryOf({pid, port, api, daemon, wallet}: FullChecks): FullSummary {
	const daemonFacts: Partial<DaemonDetails> = daemon?.details ?? {};
	const walletFacts: WalletFacts = 'wallet_open' in wallet.details ? wallet.details : {};
	return compact({
		pid_alive: pid.status,
		port_in_use: port.status,
		api_responding: api.status,
		daemon_reachable: daemonFacts.daemon_reachable,
		daemon_synchronized: daemonFacts.daemon_synchronized,
		wallet_open: walletFacts.wallet_open,
	});
}

/** The first message that applies, in the order of the contract. */
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

/** The result of a part that was not run, with the reason. */
function notReachedCheckResult(
	method: 'api' | 'wallet',
	reason: string,
	{ports}: CheckContext,
): Result<NotReachedDetails> {
	const details = {method, message: 'not reached', reason, state: 'unknown'} as const;
	return {status: false, details: {...details, last_check: isoTimeText(ports.nowMs())}};
}

/** The wallet, as far as the API check saw it. */
function walletCheckResult(
	api: ApiObservation | undefined,
	context: CheckContext,
): Result<WalletDetails | NotReachedDetails> {
	const height = api?.height;
	if (!api || !height) {
		return notReachedCheckResult('wallet', api ? 'the API does not work' : 'the port does not answer', context);
	}

	const {wallet_open, wallet_height, wallet_lag, catch_up_blocks_per_s, eta_s, stalled, stalled_ms} = api.details;
	const {walletFault} = api;
	const failed = height.kind === 'failed' ? height.failure : undefined;
	const details: WalletDetails = compact({
		method: 'wallet',
		message: walletMessage(height),
		reason: walletFault?.reason,
		state: walletFault ? 'degraded' : 'up',
		wallet_open,
		wallet_height,
		wallet_lag,
		catch_up_blocks_per_s,
		eta_s,
		stalled,
		stalled_ms,
		error: failed?.error,
		latency_ms: roundedMs(height.latencyMs),
		last_check: isoTimeText(context.ports.nowMs()),
	});
	return {status: !failed, details};
}

function walletMessage(height: HeightVerdict): string {
	return height.kind === 'open'
		? `open, height ${countText(height.height)}`
		: height.kind === 'no_wallet'
			? 'no wallet is open'
			: 'height unknown';
}

/** Everything that a `full` check found, from the process to the chain. */
export interface FullEvidence {
	readonly node: Node;
	readonly context: CheckContext;
	readonly checks: FullChecks;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
	/** Absent when the port did not answer. */
	readonly api: ApiObservation | undefined;
	/** Absent when the node has none. */
	readonly daemon: DaemonView | undefined;
	/** The verdict so far. */
	readonly seen: Pick<
		FullDetails,
		'state' | 'caused_by' | 'reason' | 'daemon' | 'daemon_note' | 'crash_loop_starts' | 'link_state' | 'link_peer'
	> &
		WalletFacts &
		IdentityFacts;
	/** What is wrong with the port, as text. */
	readonly failure: string;
}

/** Collects what the hints are based on. */
async function fullCheckEvidence({node, context, checks, portCause, api, seen}: FullEvidence): Promise<HintEvidence> {
	const {ports, nodeState} = context;
	const {pid} = checks;
	const {pid: id} = pid.details;
	// A container of this machine is here too, at an address of its own.
	const isLocal =
		isLocalNode(node, ports) ||
		(node.proxy === undefined && pid.details.message !== 'PID cannot be checked on a remote host');
	const isSeen = isLocal && pid.status && id !== undefined;
	const wantsLogin = api?.outcome.kind === 'login_refused' && isSeen;
	return {
		node,
		isLocal,
		pid,
		processBefore: nodeState.process,
		portCause,
		outcome: api?.outcome,
		works: api?.version.works === true,
		isMonerod: api?.version.isMonerod === true,
		shortcoming: api?.shortcoming?.kind,
		causedBy: seen.caused_by,
		isBusy: seen.state === 'busy',
		isProxyRefusal: api !== undefined && noResponseKind(api.outcome, checkTimeoutMs(node, context)) === 'proxy_refused',
		isCrashLoop: seen.crash_loop_starts !== undefined,
		hasAnswered: nodeState.last_answer !== undefined,
		hasRestarted: seen.restarts !== undefined || isAnother(nodeState.process, pid.details),
		...(wantsLogin ? {loginFile: await ports.findLoginFile(id, node.port)} : {}),
		here: ports.ownPlace(),
		portError: checks.port.details.error ?? '',
		...compact({daemon: seen.daemon, linkPeer: seen.link_peer}),
		// A node that is up needs no hint, so its process is not inspected.
		...(isSeen && seen.state !== 'up' ? await processEvidence(id, node, context) : {}),
	};
}

/** What the commands of a hint need to know about the node's process. */
async function processEvidence(
	pid: number,
	node: Node,
	{ports, processes}: CheckContext,
): Promise<Pick<HintEvidence, 'isProven' | 'hasOwnNetworkNamespace' | 'logFile'>> {
	const observation = await processes.inspect(pid);
	const logFile = observation.kind === 'alive' ? ports.walletLogFile(observation.process) : undefined;
	return compact({
		// A monerod is found by its listening socket, which proves it.
		isProven: node.kind === 'daemon' || (await processes.servesRpcPort(pid, node.host, node.port)) === true,
		hasOwnNetworkNamespace: ports.hasOwnNetworkNamespace(pid) === true,
		logFile,
	});
}

function isAnother(
	before: CheckContext['nodeState']['process'],
	now: FullEvidence['checks']['pid']['details'],
): boolean {
	const {pid, started_at: startedAt} = now;
	return (
		before !== undefined &&
		(now.state === 'up' || now.state === 'degraded') &&
		pid !== undefined &&
		startedAt !== undefined &&
		!isSameProcess(before, {...now, pid, started_at: startedAt})
	);
}

/** How far the check got, and notes for the user. */
async function fullCheckDiagnosis(diagnosis: FullEvidence): Promise<Pick<FullDetails, 'rungs' | 'notes'>> {
	const {node, context, portCause, api, daemon, failure} = diagnosis;
	const {username, login_file: file, login_config: config} = node;
	const exposed = exposedFiles([node], context.ports.readFileExposure).map(({warning}) => warning);
	const uncheckable = daemon?.observation.uncheckable;
	const unasked = uncheckable ? [`daemon ${daemon.observation.daemon} is ${uncheckable.reason}`] : [];
	const daemonNote = diagnosis.seen.daemon_note ?? daemon?.facts.daemon_note;
	const fall = heightFallText(diagnosis.seen, context.ports.nowMs());
	const noted = [daemonNote, fall, otherDaemonNote(diagnosis)].filter(note => note !== undefined);
	const notes = [
		...exposed,
		...unasked,
		...noted,
		...(await otherProcessNotes(diagnosis)),
		...(await guessNotes(diagnosis)),
	];
	const apiFailure = api?.version.reason ?? api?.version.message;
	return {
		rungs: connectionSteps({
			hasTls: node.tls !== undefined,
			hasLogin: (username ?? file ?? config) !== undefined,
			hasDaemon: daemon !== undefined && node.kind !== 'daemon',
			hasWallet: node.kind !== 'daemon',
			portCause,
			outcome: api?.outcome,
			works: api?.version.works === true,
			failure: apiFailure ?? failure,
			walletFault: api?.walletFault?.reason,
			daemonFault: daemon?.shortcoming?.reason,
			daemonUncheckable: uncheckable?.reason,
		}),
		...(notes.length === 0 ? {} : {notes}),
	};
}

/** A note when the wallet is connected to another daemon than configured, which may only be another address of the same one. */
function otherDaemonNote({seen, api}: FullEvidence): string | undefined {
	return seen.link_state === 'other' && api?.shortcoming?.kind !== 'wallet_moved'
		? `the wallet is connected to ${seen.link_peer}, not to ${seen.daemon ?? 'the daemon it was started with'}`
		: undefined;
}

/** Without permission to see which process listens, it is identified by its command line and its user: that is worth a note. */
async function guessNotes({node, context, checks}: FullEvidence): Promise<readonly string[]> {
	const {pid} = checks.pid.details;
	if (isConfigured(node) || pid === undefined || !checks.pid.status || !checks.port.status) {
		return [];
	}

	return (await context.processes.seesSockets(pid))
		? []
		: [
				`pid ${pid} was identified by its command line and user: only root can see which process listens on port ${node.port}`,
			];
}

const isConfigured = ({pid, pid_file: file}: FullEvidence['node']): boolean => pid !== undefined || file !== undefined;

/** A configured pid is trusted; that another process serves the port is worth a note. */
async function otherProcessNotes({node, context, checks}: FullEvidence): Promise<readonly string[]> {
	const {pid} = checks.pid.details;
	if (node.kind === 'daemon' || !isConfigured(node) || pid === undefined || !isLocalNode(node, context.ports)) {
		return [];
	}

	if ((await context.processes.servesRpcPort(pid, node.host, node.port)) !== false) {
		return [];
	}

	const {pid: other} = await context.processes.findByRpcPort(node.host, node.port);
	if (other === undefined || other === pid) {
		return [];
	}

	const correction = context.ports.renderRemedy({kind: 'edit-node', node: node.name, changes: {pid: other}});
	return [`pid ${other} serves port ${node.port}, not the configured ${pid}; correct it: ${correction}`];
}
