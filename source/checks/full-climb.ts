import type {FullChecks, FullDetails, IdentityFacts, WalletFacts} from '../domain/check-result.js';
import type {HintEvidence} from '../domain/hints/hint.js';
import {rungsOf} from '../domain/hints/rungs.js';
import type {Node} from '../domain/node/node.js';
import {fallText} from '../domain/past/height-fall.js';
import type {NoAnswerCause} from '../domain/ports.js';
import {isSameProcess} from '../domain/process-identity.js';
import {exposedFiles} from '../domain/secret-files.js';
import type {ApiSighting} from './api.js';
import type {DaemonView} from './chain.js';
import type {CheckContext} from './check.js';
import {silenceKindOf} from './silence.js';
import {timeoutMsOf} from './wallet-address.js';

/** Everything a `full` check saw on its way from the process to the chain. */
export interface Climb {
	readonly node: Node;
	readonly context: CheckContext;
	readonly checks: FullChecks;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
	/** Absent when the port did not answer. */
	readonly api: ApiSighting | undefined;
	/** Absent when the node names none. */
	readonly daemon: DaemonView | undefined;
	/** The verdict so far. */
	readonly seen: Pick<FullDetails, 'state' | 'caused_by' | 'reason' | 'daemon_note' | 'crash_loop_starts'> &
		WalletFacts &
		IdentityFacts;
	/** What is wrong with the port. */
	readonly failure: string;
}

/** What advice rests on. */
export async function hintEvidenceOf({node, context, checks, portCause, api, seen}: Climb): Promise<HintEvidence> {
	const {ports, memory} = context;
	const {pid} = checks;
	const {pid: id} = pid.details;
	const isLocal = ports.isLocalHost(node.host);
	const isSeen = isLocal && pid.status && id !== undefined;
	const wantsLogin = api?.outcome.kind === 'login_refused' && isSeen;
	return {
		node,
		isLocal,
		pid,
		processBefore: memory.process,
		portCause,
		outcome: api?.outcome,
		works: api?.version.works === true,
		isMonerod: api?.version.isMonerod === true,
		shortcoming: api?.shortcoming?.kind,
		causedBy: seen.caused_by,
		isBusy: seen.state === 'busy',
		isProxyRefusal: api !== undefined && silenceKindOf(api.outcome, timeoutMsOf(node, context)) === 'proxy_refused',
		isCrashLoop: seen.crash_loop_starts !== undefined,
		hasAnswered: memory.last_answer !== undefined,
		hasRestarted: seen.restarts !== undefined || isAnother(memory.process, pid.details),
		...(wantsLogin ? {loginFile: await ports.sightLoginFile(id, node.port)} : {}),
		here: ports.ownPlace(),
		portError: checks.port.details.error ?? '',
		// A node that is up needs no hint, and its process is left alone.
		...(isSeen && seen.state !== 'up' ? await processEvidence(id, node, context) : {}),
	};
}

/** What the commands of a hint need to know of the node's process. */
async function processEvidence(
	pid: number,
	node: Node,
	{ports, processes}: CheckContext,
): Promise<Pick<HintEvidence, 'isProven' | 'hasOwnNetwork' | 'logFile'>> {
	const sighting = await processes.inspect(pid);
	const logFile = sighting.kind === 'alive' ? ports.logFileOf(sighting.process) : undefined;
	return {
		isProven: (await processes.servesRpcPort(pid, node.host, node.port)) === true,
		hasOwnNetwork: ports.hasOwnNetwork(pid) === true,
		...(logFile === undefined ? {} : {logFile}),
	};
}

function isAnother(before: CheckContext['memory']['process'], now: Climb['checks']['pid']['details']): boolean {
	const {pid, started_at: startedAt} = now;
	return (
		before !== undefined &&
		(now.state === 'up' || now.state === 'degraded') &&
		pid !== undefined &&
		startedAt !== undefined &&
		!isSameProcess(before, {...now, pid, started_at: startedAt})
	);
}

/** How far the check got, and what a person should know besides. */
export async function climbFacts(climb: Climb): Promise<Pick<FullDetails, 'rungs' | 'notes'>> {
	const {node, context, portCause, api, daemon, failure} = climb;
	const {username, login_file: file} = node;
	const exposed = exposedFiles([node], context.ports.exposureOf).map(({warning}) => warning);
	const uncheckable = daemon?.sighting.uncheckable;
	const unasked = uncheckable ? [`daemon ${daemon.sighting.daemon} is ${uncheckable.reason}`] : [];
	const daemonNote = climb.seen.daemon_note ?? daemon?.facts.daemon_note;
	const fall = fallText(climb.seen, context.ports.nowMs());
	const noted = [daemonNote, fall].filter(note => note !== undefined);
	const notes = [...exposed, ...unasked, ...noted, ...(await strangerNotes(climb)), ...(await guessNotes(climb))];
	const apiFailure = api?.version.reason ?? api?.version.message;
	return {
		rungs: rungsOf({
			hasTls: node.tls !== undefined,
			hasLogin: (username ?? file) !== undefined,
			hasDaemon: daemon !== undefined,
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

/** Without the right to see who listens, the process is told by its command line and its user: that is worth a note. */
async function guessNotes({node, context, checks}: Climb): Promise<readonly string[]> {
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

const isConfigured = ({pid, pid_file: file}: Climb['node']): boolean => pid !== undefined || file !== undefined;

/** A configured pid is taken at its word; that another process serves the port is worth a note. */
async function strangerNotes({node, context, checks}: Climb): Promise<readonly string[]> {
	const {pid} = checks.pid.details;
	if (!isConfigured(node) || pid === undefined || !context.ports.isLocalHost(node.host)) {
		return [];
	}

	if ((await context.processes.servesRpcPort(pid, node.host, node.port)) !== false) {
		return [];
	}

	const {pid: other} = await context.processes.findByRpcPort(node.host, node.port);
	return other === undefined || other === pid
		? []
		: [
				`pid ${other} serves port ${node.port}, not the configured ${pid}; correct it: xmrtop nodes edit ${node.name} --pid ${other}`,
			];
}
