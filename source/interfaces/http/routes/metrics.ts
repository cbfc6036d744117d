import {errorAnswer} from '../answer.js';
import type {AnswerRequest} from '../route.js';

/** The metrics, as Prometheus reads them. */
export const answerMetrics: AnswerRequest = async (_, {metrics, watcher}) =>
	metrics
		? {statusCode: 200, body: await metrics.text(watcher.getSnapshot()), contentType: metrics.contentType}
		: errorAnswer(404, 'not_found', 'there are no metrics yet');
