import type {AnswerRequest} from '../route.js';

/** The metrics, as Prometheus reads them. */
export const answerMetrics: AnswerRequest = async (_, {metrics, watcher}) => ({
	statusCode: 200,
	body: await metrics.text(watcher.getSnapshot()),
	contentType: metrics.contentType,
});
