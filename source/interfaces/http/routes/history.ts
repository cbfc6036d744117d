import {checkMethodWords} from '../../../domain/check-method.js';
import {allowedHistoryLimit, historyDocument, parseHistoryLimit, pastsOf} from '../../history-document.js';
import {paced} from '../../paced.js';
import {type Answer, jsonAnswer} from '../answer.js';
import {parameterOf} from '../query.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** What `history --json` prints, of the nodes that are served. */
export const answerHistory: AnswerRequest = async ({query}, served) => {
	const limit = parameterOf(query, 'limit', parseHistoryLimit, allowedHistoryLimit);
	const read = readers.get(served) ?? paced(readHistory);
	readers.set(served, read);
	const answerWith = await read({served});
	return answerWith(limit);
};

type AnswerWith = (limit: number | undefined) => Answer;

/** Thirty days of transitions may be a large file: those who ask at about the same time share a reading, and checks get their turn. */
const readers = new WeakMap<Served, (asked: {readonly served: Served}) => Promise<AnswerWith>>();

async function readHistory({served}: {readonly served: Served}): Promise<AnswerWith> {
	const transitions = await served.resultStore.readTransitions();
	const snapshot = served.watcher.getSnapshot();
	const method = checkMethodWords[snapshot.method].recordedAs;
	const asOfMs = served.nowMs();
	const pasts = pastsOf(snapshot.nodes, transitions, {method, nowMs: asOfMs});
	const answers = new Map<number | undefined, Answer>();
	return limit => {
		const answer = answers.get(limit) ?? jsonAnswer(200, historyDocument({method, pasts, asOfMs}, limit));
		answers.set(limit, answer);
		return answer;
	};
}
