import type {Answer} from './answer.js';
import type {Query} from './query.js';
import type {Served} from './served.js';

/** A request, as routes see it. */
export interface RouteRequest {
	readonly query: Query;
	/** What stands in the path where the route says `:node`. */
	readonly node: string;
}

/**
 * Answers a request.
 * @throws RequestError for parameters that are not acceptable
 */
export type AnswerRequest = (request: RouteRequest, served: Served) => Answer | Promise<Answer>;

/** One route of the server. */
export interface Route {
	readonly path: string;
	/** Whether `--prefix` moves it. */
	readonly isUnderPrefix: boolean;
	/** Anyone may ask: neither token nor Host is looked at. */
	readonly isOpen?: true;
	/** The parameters it takes. */
	readonly query: readonly string[];
	/** A few words for the README. */
	readonly about: string;
	readonly answer: AnswerRequest;
}
