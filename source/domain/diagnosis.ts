import {checkMethodWords} from './check-method.js';
import type {FleetNode, FleetSnapshot} from './fleet.js';

/**
 * Whether what the last `full` check of a node found holds now. `old`: the state is the same, and newer results are there.
 * `outdated`: the state has changed since, so neither its facts nor its advice belong to it.
 */
export type DiagnosisAge = 'current' | 'old' | 'outdated';

/** Beyond two intervals: the longest that a check of a silent node takes with the usual settings, in milliseconds. */
const slackMs = 10_000;

/** Judges the diagnosis of a node against what is known since; `undefined` when there is none. */
export function diagnosisAge(
	{diagnosis, result, memory, disabled}: FleetNode,
	{intervalMs}: Pick<FleetSnapshot, 'intervalMs'>,
	nowMs: number,
): DiagnosisAge | undefined {
	if (!diagnosis) {
		return undefined;
	}

	const {state, last_check: checkedAt} = diagnosis.details;
	const record = memory.states?.[checkMethodWords.full.recordedAs];
	if (record && (record.state !== state || record.since > checkedAt)) {
		return 'outdated';
	}

	const isOfSameKind =
		result && checkMethodWords[result.details.method].recordedAs === checkMethodWords.full.recordedAs;
	const isLast = isOfSameKind
		? result.details.last_check <= checkedAt
		: nowMs - Date.parse(checkedAt) <= 2 * intervalMs + slackMs;
	return isLast && !disabled ? 'current' : 'old';
}
