import type {PidDetails, ProcessIdentity, Result} from '../check-result.js';
import {hostInUrl} from '../daemon-address.js';
import type {LoginFileSight} from '../discovery/discovery.js';
import type {Node} from '../node/node.js';
import type {NoAnswerCause, OwnPlace, RpcOutcome} from '../ports.js';
import {shellWord} from '../shell-word.js';
import {askDaemon, connectionsTo, editNode, lookAtProcess, urlOf} from './commands.js';
import {foreignServiceHint, usualPortHint} from './foreign-service-hint.js';
import {loginHints} from './login-hint.js';
import {ownTrouble} from './own-hint.js';
import {closedPort, crashLoop, stoppedProcess} from './process-hints.js';
import {tlsHints} from './tls-hint.js';
import {type ShortcomingKind, workingHint} from './working-hint.js';

/** What a `full` check saw, as far as it helps to say what to do. */
export interface HintEvidence {
	readonly node: Node;
	/** Where the hint is made, and its commands are run. */
	readonly here: OwnPlace;
	/** Whether the node's process can be on this machine. */
	readonly isLocal: boolean;
	readonly pid: Result<PidDetails>;
	/** Whether that process is known to serve the node's port. Default true. */
	readonly isProven?: boolean;
	/** Whether that process is in a network namespace of its own. */
	readonly hasOwnNetwork?: boolean;
	/** The file that process was told to write its log to. */
	readonly logFile?: string;
	/** The process last seen before this check. */
	readonly processBefore: ProcessIdentity | undefined;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
	/** The same in the system's words. */
	readonly portError?: string;
	/** The answer to `get_version`; absent when it was not asked for. */
	readonly outcome: RpcOutcome | undefined;
	/** Whether that answer is the wallet's. */
	readonly works: boolean;
	/** Whether that answer is monerod's. */
	readonly isMonerod: boolean;
	/** What keeps a working node from being up. */
	readonly shortcoming: ShortcomingKind | undefined;
	/** The daemon that explains the verdict. */
	readonly causedBy: string | undefined;
	/** Whether the process was seen working while the API was silent. */
	readonly isBusy: boolean;
	/** Whether a proxy said at once that it reaches no wallet. */
	readonly isProxyRefusal?: boolean;
	/** Whether the process ends and is started again and again. */
	readonly isCrashLoop?: boolean;
	/** Whether the API ever answered as it should. */
	readonly hasAnswered?: boolean;
	/** Whether the process runs in another one's place. */
	readonly hasRestarted?: boolean;
	/** The login file the wallet wrote, where a login was refused and its process is seen. */
	readonly loginFile?: LoginFileSight;
}

type Rule = (evidence: HintEvidence) => string | undefined;

/** Each rule knows one thing that breaks. The first that applies speaks: it stands on the lowest broken rung. */
const rules: readonly Rule[] = [
	ownTrouble,
	unresolvedName,
	stoppedProcess,
	closedPort,
	unreachablePort,
	foreignServiceHint,
	monerodAnswers,
	refusedLogin,
	brokenTls,
	waitingProxy,
	otherHttpServer,
	closedConnection,
	silentApi,
];

/**
 * Says what most likely broke and the command to try next.
 * It uses only names that were seen or configured, and no secrets.
 * @returns `undefined` when nothing is wrong, or nothing helpful is known
 */
export function hintFor(evidence: HintEvidence): string | undefined {
	if (evidence.isCrashLoop) {
		return crashLoop(evidence);
	}

	if (evidence.works) {
		return workingHint(evidence);
	}

	for (const rule of rules) {
		const hint = rule(evidence);
		if (hint !== undefined) {
			return hint;
		}
	}

	return undefined;
}

function unresolvedName({node, portCause}: HintEvidence): string | undefined {
	return portCause === 'unresolved'
		? `The name ${node.host} does not resolve. Try: getent ahosts ${node.host}`
		: undefined;
}

function unreachablePort({node, isLocal, portCause}: HintEvidence): string | undefined {
	if (portCause !== 'timeout' && portCause !== 'unreachable') {
		return undefined;
	}

	const why = isLocal ? 'a firewall drops them, or its backlog is full' : 'the host is off, or a firewall drops them';
	return `${node.host} does not accept connections on ${node.port}: ${why}. Try: nc -vz ${node.host} ${node.port}`;
}

function monerodAnswers(evidence: HintEvidence): string | undefined {
	const {node, isMonerod} = evidence;
	const daemon = `${hostInUrl(node.host)}:${node.port}`;
	return isMonerod
		? `Port ${node.port} is monerod's. Use the port of monero-wallet-rpc: ${editNode(evidence, `--port N --daemon ${shellWord(daemon)}`)}`
		: undefined;
}

function refusedLogin(evidence: HintEvidence): string | undefined {
	const {outcome} = evidence;
	return outcome?.kind === 'login_refused' ? loginHints[outcome.refusal](evidence) : undefined;
}

function brokenTls(evidence: HintEvidence): string | undefined {
	const {outcome} = evidence;
	return outcome?.kind === 'no_answer' ? tlsHints[outcome.cause]?.(evidence) : undefined;
}

const proxyCodes: ReadonlySet<number> = new Set([502, 503, 504]);

function waitingProxy(evidence: HintEvidence): string | undefined {
	const {outcome, isBusy, isProxyRefusal} = evidence;
	if (outcome?.kind !== 'http_error' || !proxyCodes.has(outcome.statusCode)) {
		return undefined;
	}

	if (isProxyRefusal && !isBusy) {
		return `The proxy cannot reach the wallet (immediate ${outcome.statusCode}): the wallet is not running, or listens elsewhere. Try: ${lookAtProcess(evidence)}`;
	}

	const what = isBusy
		? 'the wallet behind it is busy on its only thread for longer than the proxy timeout'
		: 'the wallet behind it is down, or silent for longer than the proxy timeout';
	return `A proxy answers with ${outcome.statusCode} instead of the wallet: ${what}. Try: ${lookAtProcess(evidence)}`;
}

function otherHttpServer({node, outcome}: HintEvidence): string | undefined {
	const isOther = outcome && ['http_error', 'not_rpc', 'too_large', 'rpc_error'].includes(outcome.kind);
	return isOther || (outcome?.kind === 'no_answer' && outcome.cause === 'not_http')
		? `Another service answers there, or a proxy is in front of the wallet. Look at the response: curl -i ${node.tls ? '-k ' : ''}${urlOf(node)}`
		: undefined;
}

function closedConnection(evidence: HintEvidence): string | undefined {
	const {node, outcome, isBusy, hasAnswered, hasRestarted} = evidence;
	if (outcome?.kind !== 'no_answer' || (outcome.cause !== 'closed' && outcome.cause !== 'reset')) {
		return undefined;
	}

	if (isBusy) {
		return `The wallet is still starting and does not listen yet; a relay in front of it (such as docker-proxy, ssh or socat) accepts and closes the connection: do not restart it. To follow it: ${lookAtProcess(evidence)}`;
	}

	const holders = connectionsTo(evidence);
	if (hasAnswered && !hasRestarted) {
		return `The connection is closed immediately by a wallet that has answered before: its ${connectionLimit(node.host)} are probably all in use. To see the clients: ${holders}`;
	}

	const usual = usualPortHint(evidence);
	if (usual !== undefined) {
		return usual;
	}

	return node.tls
		? `The connection is closed immediately: TLS may be disabled (${editNode(evidence, '--no-tls')}), or the wallet's ${connectionLimit(node.host)} are all in use: ${holders}`
		: `The connection is closed immediately: the wallet may speak only https (${editNode(evidence, '--tls')}), or its ${connectionLimit(node.host)} are all in use: ${holders}`;
}

const privateAddress = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|localhost$|::1$|f[cd][\da-f]{2}:|fe80:)/i;

/** What a wallet grants one client: 25 connections from a private address; from 0.18.4.0 on 3 from a public one. */
function connectionLimit(host: string): string {
	return privateAddress.test(host)
		? '25 connections per address'
		: 'connections per address (since 0.18.4.0: 3 for a public address, 25 for a private one)';
}

function silentApi(evidence: HintEvidence): string | undefined {
	const {outcome, causedBy, isBusy, pid} = evidence;
	if (outcome?.kind !== 'no_answer' || outcome.cause !== 'timeout') {
		return undefined;
	}

	if (causedBy !== undefined) {
		return `The wallet is waiting for its daemon, which hangs; restarting the wallet does not help. Check the daemon: ${askDaemon(evidence, causedBy)}`;
	}

	if (isBusy && !pid.status) {
		return `The wallet accepts connections but does not answer. Its process is not visible from here, so it may be working: wait some minutes, or look on its host: ${lookAtProcess(evidence)}`;
	}

	return isBusy
		? `The wallet is busy on its only thread and will answer when it is done: do not restart it. To follow it: ${lookAtProcess(evidence)}`
		: `The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: ${lookAtProcess(evidence)}`;
}
