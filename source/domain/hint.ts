import type {PidDetails, ProcessIdentity, Result} from './check-result.js';
import {hostInUrl} from './daemon-address.js';
import type {Node} from './node.js';
import type {LoginRefusal, NoAnswerCause, RpcOutcome} from './ports.js';
import {askDaemon, lookAtProcess, placeOf, type ShortcomingKind, workingHint} from './working-hint.js';

/** What a `full` check saw, as far as it helps to say what to do. */
export interface HintEvidence {
	readonly node: Node;
	/** Whether the node's process can be on this machine. */
	readonly isLocal: boolean;
	readonly pid: Result<PidDetails>;
	/** The process last seen before this check. */
	readonly processBefore: ProcessIdentity | undefined;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
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
}

type Rule = (evidence: HintEvidence) => string | undefined;

/** Each rule knows one thing that breaks. The first that applies speaks: it stands on the lowest broken rung. */
const rules: readonly Rule[] = [
	unresolvedName,
	stoppedProcess,
	closedPort,
	unreachablePort,
	monerodAnswers,
	refusedLogin,
	brokenTls,
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
		? `The name ${node.host} does not resolve. Try: getent hosts ${node.host}`
		: undefined;
}

function stoppedProcess({pid}: HintEvidence): string | undefined {
	return pid.status && pid.details.stopped
		? `The process is stopped by a signal or a debugger and will not answer until it goes on. Try: kill -CONT ${pid.details.pid}`
		: undefined;
}

function closedPort({node, isLocal, pid, processBefore, portCause}: HintEvidence): string | undefined {
	if (portCause !== 'refused') {
		return undefined;
	}

	const {pid: id, unit, is_monero_process: isMonero} = pid.details;
	if (isLocal && pid.status && isMonero) {
		return `Process ${id} lives but does not listen on port ${node.port}: it may still be starting, or use another port. Try: ss -ltnp | grep pid=${id},`;
	}

	const knownUnit = unit ?? processBefore?.unit;
	if (isLocal && knownUnit !== undefined) {
		return `The process is gone and nothing listens on ${node.port}. Try: systemctl status ${knownUnit}`;
	}

	const place = placeOf({node, isLocal});
	return isLocal
		? `Nothing listens on ${place}. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit ${node.name} --port N`
		: `Nothing listens on ${place}; whether the process runs can only be seen there. Try: ssh ${node.host} pgrep -l -f monero-wallet-rpc`;
}

function unreachablePort({node, portCause}: HintEvidence): string | undefined {
	return portCause === 'timeout' || portCause === 'unreachable'
		? `${node.host} does not accept connections on ${node.port}: the host is off, or a firewall drops them. Try: nc -vz ${node.host} ${node.port}`
		: undefined;
}

function monerodAnswers({node, isMonerod}: HintEvidence): string | undefined {
	return isMonerod
		? `Port ${node.port} is monerod's. Give the port of monero-wallet-rpc: xmrtop nodes edit ${node.name} --port N --daemon ${hostInUrl(node.host)}:${node.port}`
		: undefined;
}

const loginHints: Readonly<Record<LoginRefusal, (node: Node) => string>> = {
	none_given: ({name, port}) =>
		`The wallet wants a login. Without --rpc-login it is in monero-wallet-rpc.${port}.login, in the folder the wallet was started in: xmrtop nodes edit ${name} --login-file F`,
	wrong: ({name, login_file: file}) =>
		file === undefined
			? `User and password must be those of the wallet's --rpc-login. Try: xmrtop nodes edit ${name} --username U --password-stdin`
			: `The login in ${file} is not this wallet's: a kill leaves an old file behind. Look for a newer one where the wallet was started`,
	stale: () =>
		'A proxy in front of the wallet spreads requests over several connections, and the login belongs to one. Use its stream mode, or keep upstream connections',
	unreadable: ({name}) =>
		`Make the file or variable readable for this user, or give another: xmrtop nodes edit ${name} --password-file F`,
	unsupported: ({name}) =>
		`monero-wallet-rpc always offers Digest, so something else answers. Check the address: xmrtop nodes show ${name}`,
};

function refusedLogin({node, outcome}: HintEvidence): string | undefined {
	return outcome?.kind === 'login_refused' ? loginHints[outcome.refusal](node) : undefined;
}

const tlsHints: Readonly<Partial<Record<NoAnswerCause, (node: Node) => string>>> = {
	tls_untrusted: ({name, host, port}) =>
		`The wallet made its own certificate. Pin it: xmrtop nodes edit ${name} --tls-fingerprint F, with F from: openssl s_client -connect ${hostInUrl(host)}:${port} </dev/null | openssl x509 -noout -fingerprint -sha256`,
	tls_fingerprint: ({name}) =>
		`Without --rpc-ssl-certificate a wallet makes a new certificate at every start, so it probably restarted. Check that it did, then: xmrtop nodes edit ${name} --tls-fingerprint F`,
	tls_not_spoken: ({name}) => `The port speaks plain HTTP. Try: xmrtop nodes edit ${name} --no-tls`,
	tls_ca_unreadable: ({name}) => `Give a readable PEM file: xmrtop nodes edit ${name} --tls-ca-file F`,
};

function brokenTls({node, outcome}: HintEvidence): string | undefined {
	return outcome?.kind === 'no_answer' ? tlsHints[outcome.cause]?.(node) : undefined;
}

function otherHttpServer({node, outcome}: HintEvidence): string | undefined {
	const isOther = outcome && ['http_error', 'not_rpc', 'too_large', 'rpc_error'].includes(outcome.kind);
	const scheme = node.tls ? 'https' : 'http';
	return isOther || (outcome?.kind === 'no_answer' && outcome.cause === 'not_http')
		? `Something else answers there, or a proxy stands in front. Look at it: curl -i ${scheme}://${hostInUrl(node.host)}:${node.port}${node.path}`
		: undefined;
}

function closedConnection({node, outcome}: HintEvidence): string | undefined {
	const wasClosed = outcome?.kind === 'no_answer' && (outcome.cause === 'closed' || outcome.cause === 'reset');
	return wasClosed
		? node.tls
			? `The connection is closed at once: TLS may be off there (xmrtop nodes edit ${node.name} --no-tls), or the wallet's 25 connections per address are taken: ss -tn dport = :${node.port}`
			: `The connection is closed at once: the wallet may speak only https (xmrtop nodes edit ${node.name} --tls), or its 25 connections per address are taken`
		: undefined;
}

function silentApi(evidence: HintEvidence): string | undefined {
	const {outcome, causedBy, isBusy} = evidence;
	if (outcome?.kind !== 'no_answer' || outcome.cause !== 'timeout') {
		return undefined;
	}

	if (causedBy !== undefined) {
		return `The wallet waits for its daemon, which hangs: restarting the wallet does not help. Look at the daemon: ${askDaemon(causedBy)}`;
	}

	return isBusy
		? `The wallet works on its only thread and answers when it is done: leave it alone. Watch it: ${lookAtProcess(evidence)}`
		: `The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: ${lookAtProcess(evidence)}`;
}
