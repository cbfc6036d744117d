import {compact} from '../compact.js';
import {type ConnectionStep, stepNames} from '../facts.js';
import type {NoAnswerCause, RpcOutcome} from '../ports.js';
import {isLocalRpcCause, isUncheckableRpcOutcome} from '../rpc/wallet-rpc.js';

/** What a `full` check saw, as far as it tells how far up it got. */
export interface StepEvidence {
	readonly hasTls: boolean;
	readonly hasLogin: boolean;
	readonly hasDaemon: boolean;
	/** Whether it is a wallet. Default: it is. */
	readonly hasWallet?: boolean;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
	/** The answer to `get_version`; absent when it was not asked for. */
	readonly outcome: RpcOutcome | undefined;
	/** Whether that answer is the wallet's. */
	readonly works: boolean;
	/** What is wrong below the wallet, in the words of the verdict. */
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

/** A connection that is closed at once never got past the handshake, where there is one. */
const closing: ReadonlySet<NoAnswerCause> = new Set(['closed', 'reset']);

/**
 * The steps from the name of the host to the wallet, up to the first that is broken, and the daemon, which is asked whatever
 * became of the wallet.
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

		// What this side lacks breaks nothing on the other.
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
