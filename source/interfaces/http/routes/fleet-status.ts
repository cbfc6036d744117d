import {closingAnswer, serialisedAnswer} from '../answer.js';
import {isFreshAsked} from '../query.js';
import type {AnswerRequest} from '../route.js';

/** What `status --json` prints, of the last results or of a check now. */
export const answerFleetStatus: AnswerRequest = async ({query}, served) => {
	const isThere = isFreshAsked(query) ? (await served.fresh.ask()) !== undefined : await served.firstResults.until();
	return isThere ? serialisedAnswer(served.views.now().body()) : closingAnswer;
};
