import {closingAnswer} from '../answer.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** Prometheus waits 10 s by default. */
const mostWaitMs = 5000;

/** The metrics, as Prometheus reads them. */
export const answerMetrics: AnswerRequest = async (_, served) => {
	if (!served.firstResults.are() && !(await firstResultsOrLate(served))) {
		return closingAnswer;
	}

	const {metrics, watcher} = served;
	return {statusCode: 200, body: await metrics.text(watcher.getSnapshot()), contentType: metrics.contentType};
};

/**
 * An alert that was firing would end with a start of xmrtop if its first scrape knew of nothing.
 * @returns false when it ends before
 */
async function firstResultsOrLate({firstResults}: Served): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<boolean>(resolve => {
		timer = setTimeout(resolve, mostWaitMs, true);
	});
	const are = await Promise.race([firstResults.until(), late]);
	clearTimeout(timer);
	return are;
}
