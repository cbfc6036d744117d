import type {ApiDetails, IdentityFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isoTimeText} from '../domain/format.js';
import type {CheckContext} from './check.js';
import {reasonWithRestarts} from './identity.js';
import type {NoResponse} from './no-response.js';
import {crashLoopVerdict, isWalletScanning, ongoingScan, type ScanFacts} from './ongoing-causes.js';
import {behindShortcomingText} from './problems.js';

/** The findings of a check that got no answer. */
export interface FailedCheck {
	/** The likely meaning of the missing answer, if work could explain it. */
	readonly noResponse: NoResponse | undefined;
	/** What went wrong. */
	readonly failure: string;
	readonly lately: IdentityFacts;
	/** Whether the check failed on this side, so that nothing is known about the node. */
	readonly isUncheckable?: boolean;
}

type FailureVerdict = Pick<ApiDetails, 'state' | 'reason' | 'last_answer_at'> & Omit<Partial<NoResponse>, 'state'>;

/** The verdict on a check without an answer: that of this check alone, unless it is part of a crash loop. */
export function failureVerdict(
	context: CheckContext,
	{noResponse, failure, lately, isUncheckable = false}: FailedCheck,
): FailureVerdict {
	const at = context.nodeState.last_answer;
	const lastAnswer = at === undefined ? {} : {last_answer_at: at};
	const loop = isUncheckable ? undefined : crashLoopVerdict(context, noResponse && identityIn(noResponse), false);
	const state = isUncheckable ? 'unknown' : 'down';
	return loop
		? {...(noResponse && processFacts(noResponse)), ...loop, ...lastAnswer}
		: {state, ...noResponse, reason: reasonWithRestarts(noResponse?.reason ?? failure, lately), ...lastAnswer};
}

/** Without facts that only this check suggests: a faulty daemon, a scan. */
function processFacts({pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen}: NoResponse) {
	return compact({pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen});
}

function identityIn({pid, started_at, start_ticks}: NoResponse): ProcessIdentity | undefined {
	return pid === undefined || started_at === undefined ? undefined : compact({pid, started_at, start_ticks});
}

/** The findings of a check that got an answer. */
export interface AnsweredCheck {
	readonly facts: WalletFacts;
	/** The node's daemon, if known. */
	readonly daemon: string | undefined;
	/** The process, if it was inspected. */
	readonly process: ProcessIdentity | undefined;
	/** Whether the wallet's height was requested and not answered. */
	readonly isHeightMissing: boolean;
	/** The time of the check, in milliseconds since the epoch. */
	readonly nowMs: number;
}

type HeldVerdict = Pick<
	ApiDetails,
	'message' | 'state' | 'reason' | 'last_answer_at' | 'crash_loop_starts' | 'crash_loop_ms'
> &
	ScanFacts;

/**
 * The verdict on an answered check in which one answer changes nothing: in a crash loop, and in a scan during which the wallet
 * responds intermittently.
 * @returns `undefined` when the answer counts
 */
export function answerVerdict(
	context: CheckContext,
	{facts, daemon, process, isHeightMissing, nowMs}: AnsweredCheck,
): HeldVerdict | undefined {
	const held = {message: 'API check failed', last_answer_at: isoTimeText(nowMs)} as const;
	const loop = crashLoopVerdict(context, process, true);
	if (loop) {
		return {...held, ...loop};
	}

	// It answered one request, and continued to scan before the next.
	if (isHeightMissing && context.nodeState.states?.api?.state === 'busy') {
		const scan = ongoingScan(context);
		const reason = `${scan?.text ?? 'working'}; responds intermittently`;
		return {...held, state: 'busy', reason, ...scan?.facts};
	}

	return isWalletScanning(context, facts)
		? {
				...held,
				state: 'busy',
				reason: `scanning: ${behindShortcomingText(facts.wallet_lag ?? 0, {daemon, facts})}; responds intermittently`,
				scanning: true,
			}
		: undefined;
}
