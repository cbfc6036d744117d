import {durationText} from '../../../domain/duration.js';
import {countOf} from '../../../domain/quantity.js';
import type {StatusDocument} from '../../../domain/status-document.js';
import {failingNodes, failLevels, parseFailLevel} from '../../fail-level.js';
import {closingAnswer, jsonAnswer} from '../answer.js';
import type {CheckTimes} from '../fresh-checks.js';
import {isFreshAsked, parameterOf} from '../query.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** Results older than so many intervals are no answer. */
const mostIntervals = 3;
const mostNames = 5;

/** Whether nothing is at or beyond `?fail_on`: 200, else 503 and why. */
export const answerHealth: AnswerRequest = async ({query}, served) => {
	const level = parameterOf(query, 'fail_on', parseFailLevel, failLevels.join(', ')) ?? 'failed';
	const isFresh = isFreshAsked(query);
	if (isFresh && !(await served.fresh.ask())) {
		return closingAnswer;
	}

	const view = served.views.now();
	const document = view.document();
	const {working, total} = document;
	const reason = unanswerable(served, isFresh, view.times) ?? failure(failingNodes(document, level), total);
	return reason === undefined
		? jsonAnswer(200, {status: 'healthy', working, total})
		: jsonAnswer(503, {status: 'degraded', working, total, reason});
};

/** Why the results at hand say nothing of now. */
function unanswerable(served: Served, isFresh: boolean, times: CheckTimes | undefined): string | undefined {
	if (isFresh) {
		return undefined;
	}

	if (!times || !served.firstResults.are()) {
		return 'the first check cycle has not finished yet';
	}

	const {intervalMs} = served.watcher.getSnapshot();
	const ageMs = served.nowMs() - times.endedAtMs;
	return ageMs > mostIntervals * intervalMs
		? `the last check cycle ended ${durationText(Math.round(ageMs / 1000) * 1000)} ago: more than ${mostIntervals} intervals of ${durationText(intervalMs)}`
		: undefined;
}

function failure(failing: StatusDocument['nodes'], total: number): string | undefined {
	if (failing.length === 0) {
		return undefined;
	}

	const named = failing.slice(0, mostNames).map(({name, state}) => `${name} is ${state}`);
	const rest = failing.length - named.length;
	return `${failing.length} of ${countOf(total, 'node')}: ${named.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}
