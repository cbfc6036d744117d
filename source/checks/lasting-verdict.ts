import type {ApiDetails, IdentityFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isoTimeText} from '../domain/format.js';
import type {CheckContext} from './check.js';
import {reasonWithRestarts} from './identity.js';
import type {NoResponse} from './no-response.js';
import {crashLoopVerdict, isWalletScanning, ongoingScan, type ScanFacts} from './ongoing-causes.js';
import {behindShortcomingText} from './problems.js';

/** What a check saw that was not answered. */
export interface FailedCheck {
	/** What the missing answer most likely is, where work could explain it. */
	readonly noResponse: NoResponse | undefined;
	/** What went wrong. */
	readonly failure: string;
	readonly lately: IdentityFacts;
	/** Whether the check failed on this side, so that nothing is known of the node. */
	readonly isUncheckable?: boolean;
}

type FailureVerdict = Pick<ApiDetails, 'state' | 'reason' | 'last_answer_at'> & Omit<Partial<NoResponse>, 'state'>;

/** The verdict on a check that was not answered: of this moment, unless it is part of a crash loop. */
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

/** Without what the moment alone suggests: a daemon to blame, a scan. */
function processFacts({pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen}: NoResponse) {
	return compact({pid, started_at, start_ticks, unit, cpu_cores, work, silent_ms, process_unseen});
}

function identityIn({pid, started_at, start_ticks}: NoResponse): ProcessIdentity | undefined {
	return pid === undefined || started_at === undefined ? undefined : compact({pid, started_at, start_ticks});
}

/** What a check saw that was answered. */
export interface AnsweredCheck {
	readonly facts: WalletFacts;
	/** The node's daemon, where one is known. */
	readonly daemon: string | undefined;
	/** Where it was looked at. */
	readonly process: ProcessIdentity | undefined;
	/** Whether the wallet was asked for its height and did not tell. */
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
 * The verdict on a check that was answered, where one answer changes nothing: in a crash loop, and in a scan in which the
 * wallet responds intermittently.
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

	// It let one request in, and went on reading before the next.
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
