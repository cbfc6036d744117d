import {type Answer, closingAnswer, serialisedAnswer} from '../answer.js';
import {isFreshAsked} from '../query.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** What `status --json` prints, of the last results or of a check now. */
export const answerFleetStatus: AnswerRequest = ({query}, served) => {
	if (isFreshAsked(query)) {
		return answerWhen(served.fresh.ask(), served);
	}

	return served.firstResults.are() ? answerNow(served) : answerWhen(served.firstResults.until(), served);
};

const answerNow = ({views}: Served): Answer => serialisedAnswer(views.now().body());

async function answerWhen(isThere: Promise<unknown>, served: Served): Promise<Answer> {
	return (await isThere) ? answerNow(served) : closingAnswer;
}
