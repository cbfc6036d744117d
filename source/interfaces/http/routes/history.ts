import {checkMethodWords} from '../../../domain/check-method.js';
import type {Transition} from '../../../domain/transition.js';
import {allowedHistoryLimit, historyDocument, parseHistoryLimit, pastsOf} from '../../history-document.js';
import {jsonAnswer} from '../answer.js';
import {parameterOf} from '../query.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** What `history --json` prints, of the nodes that are served. */
export const answerHistory: AnswerRequest = async ({query}, served) => {
	const limit = parameterOf(query, 'limit', parseHistoryLimit, allowedHistoryLimit);
	const transitions = await readTransitions(served);
	const snapshot = served.watcher.getSnapshot();
	const method = checkMethodWords[snapshot.method].recordedAs;
	const asOfMs = served.nowMs();
	const pasts = pastsOf(snapshot.nodes, transitions, {method, nowMs: asOfMs});
	return jsonAnswer(200, historyDocument({method, pasts, asOfMs}, limit));
};

const readings = new WeakMap<Served['resultStore'], Promise<readonly Transition[]>>();

/** Thirty days of transitions may be a large file: those who ask at once share a reading. */
async function readTransitions({resultStore}: Served): Promise<readonly Transition[]> {
	const known = readings.get(resultStore);
	if (known) {
		return known;
	}

	const reading = resultStore.readTransitions();
	readings.set(resultStore, reading);
	try {
		return await reading;
	} finally {
		readings.delete(resultStore);
	}
}
