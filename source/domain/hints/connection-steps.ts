import {compact} from '../compact.js';
import {type ConnectionStep, stepNames} from '../facts.js';
import type {NoAnswerCause, RpcOutcome} from '../ports.js';
import {isLocalRpcCause, isUncheckableRpcOutcome} from '../rpc/wallet-rpc.js';

/** The findings of a `full` check that show which steps succeeded. */
export interface StepEvidence {
	readonly hasTls: boolean;
	readonly hasLogin: boolean;
	readonly hasDaemon: boolean;
	/** Whether the node is a wallet. Default: it is. */
	readonly hasWallet?: boolean;
	/** Why the connection to the port failed; `undefined` if it succeeded. */
	readonly portCause: NoAnswerCause | undefined;
	/** The outcome of `get_version`; `undefined` if it was not called. */
	readonly outcome: RpcOutcome | undefined;
	/** Whether a wallet gave that answer. */
	readonly works: boolean;
	/** The problem in a step before the wallet, in the words of the verdict. */
	readonly failure: string;
	readonly walletFault: string | undefined;
	readonly daemonFault: string | undefined;
	/** Why the daemon could not be asked from here. */
	readonly daemonUncheckable?: string | undefined;
}

type StepName = ConnectionStep['rung'];

const stepOfOutcome: Readonly<Record<Exclude<RpcOutcome['kind'], 'no_answer'>, StepName>> = {
	http_error: 'http',
	login_refused: 'login',
	not_rpc: 'json_rpc',
	too_large: 'json_rpc',
	rpc_error: 'json_rpc',
	result: 'version',
};

const stepOfCause: Readonly<Partial<Record<NoAnswerCause, StepName>>> = {
	unresolved: 'name',
	refused: 'tcp',
	unreachable: 'tcp',
	tls_untrusted: 'tls',
	tls_self_signed: 'tls',
	tls_expired: 'tls',
	tls_not_yet_valid: 'tls',
	tls_wrong_name: 'tls',
	tls_fingerprint: 'tls',
	tls_not_spoken: 'tls',
	tls_ca_unreadable: 'tls',
	not_checkable: 'tcp',
};

/** With TLS, a connection that is closed at once failed in the handshake. */
const closing: ReadonlySet<NoAnswerCause> = new Set(['closed', 'reset']);

/**
 * The steps from the name of the host to the wallet, and which of them is broken; then the daemon, which is asked even if
 * the wallet does not answer.
 */
export function connectionSteps(evidence: StepEvidence): readonly ConnectionStep[] {
	const {hasTls, hasLogin, hasDaemon, hasWallet = true, outcome} = evidence;
	const isLoginStep = hasLogin || outcome?.kind === 'login_refused';
	const steps = stepNames.filter(
		step =>
			step !== 'daemon' &&
			(step !== 'wallet' || hasWallet) &&
			(step !== 'tls' || hasTls) &&
			(step !== 'login' || isLoginStep),
	);
	const {rung: broken, reason} = brokenStep(evidence) ?? {};
	const brokenAt = broken === undefined ? -1 : steps.indexOf(broken);
	const taken = steps.map((rung, index): ConnectionStep => {
		if (brokenAt === -1 || index < brokenAt) {
			return {rung, state: 'passed'};
		}

		// A problem on this machine does not mean that the node is broken.
		const state = isOwnFault(evidence) ? 'not_reached' : 'broken';
		return index === brokenAt
			? compact({rung, state, reason})
			: {rung, state: 'not_reached', reason: `${broken} is ${state === 'broken' ? 'broken' : 'not reached'}`};
	});
	return hasDaemon ? [...taken, daemonStep(evidence)] : taken;
}

function isOwnFault({outcome, portCause, works}: StepEvidence): boolean {
	return !works && (outcome ? isUncheckableRpcOutcome(outcome) : portCause !== undefined && isLocalRpcCause(portCause));
}

function daemonStep({daemonFault, daemonUncheckable}: StepEvidence): ConnectionStep {
	if (daemonUncheckable !== undefined) {
		return {rung: 'daemon', state: 'not_reached', reason: daemonUncheckable};
	}

	return daemonFault === undefined
		? {rung: 'daemon', state: 'passed'}
		: {rung: 'daemon', state: 'broken', reason: daemonFault};
}

function brokenStep(evidence: StepEvidence): Pick<ConnectionStep, 'rung' | 'reason'> | undefined {
	const {hasTls, portCause, outcome, works, failure, walletFault} = evidence;
	if (works) {
		return walletFault === undefined ? undefined : {rung: 'wallet', reason: walletFault};
	}

	const cause = outcome === undefined ? portCause : outcome.kind === 'no_answer' ? outcome.cause : undefined;
	if (cause === undefined) {
		return {rung: outcome && outcome.kind !== 'no_answer' ? stepOfOutcome[outcome.kind] : 'tcp', reason: failure};
	}

	const above = outcome === undefined ? 'tcp' : hasTls && closing.has(cause) ? 'tls' : 'http';
	return {rung: stepOfCause[cause] ?? above, reason: failure};
}
