import {
	allowedHistoryLimit,
	collectNodeHistories,
	historyDocument,
	parseHistoryLimit,
} from '../application/history-document.js';
import {rateLimited} from '../application/pacing.js';
import type {Loop} from '../application/session.js';
import {checkMethodWords, schemaVersion} from '../domain/check-method.js';
import type {FleetNode} from '../domain/fleet.js';
import {countWithNoun, durationText} from '../domain/format.js';
import {findNode, type Node} from '../domain/node/node.js';
import {listedDaemon} from '../domain/past/record-result.js';
import type {StatusDocument} from '../domain/status-document.js';
import {failingNodes, failLevels, parseFailLevel} from '../domain/status-document.js';
import {quoteValue} from '../domain/text.js';
import type {CheckTimes, FreshChecks} from './fresh-checks.js';
import type {FleetMetrics} from './metrics/fleet-metrics.js';
import type {FirstResults, StatusViews} from './status-view.js';

/** The answer to a request. */
export interface Answer {
	readonly statusCode: number;
	readonly body: string | Buffer;
	readonly contentType: string;
	/** Further headers. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** Codes for what is wrong with a request, as `error.code`. */
export type HttpErrorCode =
	| 'bad_request'
	| 'unauthorized'
	| 'forbidden_host'
	| 'not_found'
	| 'node_not_found'
	| 'method_not_allowed'
	| 'timeout'
	| 'body_too_large'
	| 'headers_too_large'
	| 'internal_error'
	| 'shutting_down';

/** On every answer: answers are out of date a moment later, and their content type must not be guessed. */
export const commonHeaders = {'cache-control': 'no-store', 'x-content-type-options': 'nosniff'} as const;

const json = 'application/json; charset=utf-8';

/** A JSON document, on one line as `--json` writes it. */
function jsonHttpAnswer(statusCode: number, document: unknown): Answer {
	return {statusCode, body: `${JSON.stringify(document)}\n`, contentType: json};
}

/** A JSON document that is already serialized. */
function serializedHttpAnswer(body: Buffer): Answer {
	return {statusCode: 200, body, contentType: json};
}

/** An error in the form of every JSON document of xmrtop. */
export function errorHttpAnswer(
	statusCode: number,
	code: HttpErrorCode,
	message: string,
	headers?: Readonly<Record<string, string>>,
): Answer {
	const answer = jsonHttpAnswer(statusCode, {schema_version: schemaVersion, error: {code, message}});
	return headers ? {...answer, headers} : answer;
}

/** The answer while the program exits. */
export const closingAnswer = errorHttpAnswer(503, 'shutting_down', 'xmrtop is shutting down', {connection: 'close'});

/** The parameters of a request after the `?`. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request with an invalid parameter; the message says in one line what is wrong and what is allowed. */
export class RequestError extends Error {
	override readonly name = 'RequestError';
}

/**
 * Reads a parameter.
 * @returns `undefined` when it is not given
 * @throws RequestError when its value is invalid, or it is given twice
 */
function parseQueryParameter<T>(
	query: Query,
	name: string,
	parse: (text: string) => T | undefined,
	allowed: string,
): T | undefined {
	const text = query[name];
	if (text === undefined) {
		return undefined;
	}

	const value = typeof text === 'string' ? parse(text) : undefined;
	if (value === undefined) {
		const what =
			typeof text === 'string' ? `${name}=${quoteValue(text)} is invalid` : `${name} is given more than once`;
		throw new RequestError(`${what}: expected ${allowed}`);
	}

	return value;
}

const switches: Readonly<Record<string, boolean>> = {'1': true, '0': false};

/** Whether a new check is requested: `?fresh=1`. */
function wantsFreshCheck(query: Query): boolean {
	const parse = (text: string): boolean | undefined => (Object.hasOwn(switches, text) ? switches[text] : undefined);
	return parseQueryParameter(query, 'fresh', parse, '1 or 0') ?? false;
}

/** The last result of one node, or that of a new check. A node that cycles have not checked is checked now. */
const answerNodeStatus: AnswerRequest = async ({query, node: idOrName}, served) => {
	const isFresh = wantsFreshCheck(query);
	const seen = watchedNode(served, idOrName);
	const node = seen?.node ?? storedNode(served, idOrName);
	if (!node) {
		return errorHttpAnswer(404, 'node_not_found', `node ${quoteValue(idOrName)} not found`);
	}

	if (!isFresh && seen?.result && !seen.disabled) {
		return answerOf(seen);
	}

	const times = await served.fresh.ask(node.id);
	if (!times) {
		return closingAnswer;
	}

	const found = served.poller.getSnapshot().nodes.find(({node: {id}}) => id === node.id);
	return found?.result
		? answerOf(found)
		: errorHttpAnswer(404, 'node_not_found', `node ${quoteValue(idOrName)} is not served here`);
};

const answerOf = ({result}: FleetNode): Answer => jsonHttpAnswer(200, result);

function watchedNode({poller}: Served, idOrName: string): FleetNode | undefined {
	const {nodes} = poller.getSnapshot();
	const node = findNode(
		nodes.map(({node}) => node),
		idOrName,
	);
	return node && nodes.find(watched => watched.node === node);
}

/** A node that no cycle has read yet, or that is not served. */
function storedNode({nodeStore}: Served, idOrName: string): Node | undefined {
	try {
		return findNode(nodeStore.read().nodes, idOrName);
	} catch {
		// The loop reports what is wrong with the file.
		return undefined;
	}
}

/** Below Prometheus' default timeout of 10 s. */
const maxWaitMs = 5000;

/** The metrics for Prometheus, in the format and the encoding that the request accepts. */
const answerMetrics: AnswerRequest = async ({headers}, served) => {
	if (!served.firstResults.isComplete() && !(await firstResultsOrLate(served))) {
		return closingAnswer;
	}

	const {metrics, poller} = served;
	const isGzip = acceptedQuality(headers['accept-encoding'], ['gzip', '*']) > 0;
	const {body, contentType} = await metrics.body(poller.getSnapshot(), {format: expositionFormat(headers), isGzip});
	const vary = {vary: 'Accept, Accept-Encoding'};
	return {statusCode: 200, body, contentType, headers: isGzip ? {...vary, 'content-encoding': 'gzip'} : vary};
};

/** OpenMetrics if the request names it and prefers it at least as much as the text format, which every client reads. */
function expositionFormat({accept}: RouteRequest['headers']): 'openmetrics' | 'text' {
	const named = acceptedQuality(accept, ['application/openmetrics-text']);
	return named > 0 && named >= acceptedQuality(accept, ['text/plain']) ? 'openmetrics' : 'text';
}

/**
 * Reads an `Accept` or `Accept-Encoding` header.
 * @returns the highest `q` of any of the names, 0 to 1; 0 when the header has none of them
 */
function acceptedQuality(header: string | readonly string[] | undefined, names: readonly string[]): number {
	const qualities = String(header ?? '')
		.slice(0, 2000)
		.split(',')
		.map(entry => entry.split(';').map(part => part.trim().toLowerCase()))
		.filter(([name = '']) => names.includes(name))
		.map(([, ...parameters]) => Number(parameters.find(each => each.startsWith('q='))?.slice(2) ?? 1));
	return Math.max(0, ...qualities.filter(quality => quality <= 1));
}

/** The daemons of the fleet as targets of Prometheus' HTTP service discovery, for exporters of monerod. */
const answerTargets: AnswerRequest = (_, {poller}) => {
	const nodesOf = new Map<string, number>();
	for (const {node, nodeState, disabled} of poller.getSnapshot().nodes) {
		const daemon = disabled ? undefined : listedDaemon(node, nodeState);
		if (daemon !== undefined) {
			nodesOf.set(daemon, (nodesOf.get(daemon) ?? 0) + 1);
		}
	}

	const groups = [...nodesOf].sort(([a], [b]) => (a < b ? -1 : 1));
	return jsonHttpAnswer(
		200,
		groups.map(([daemon, count]) => {
			const scheme = daemon.startsWith('https://') ? 'https' : 'http';
			return {
				targets: [daemon.replace(/^https:\/\//, '')],
				// `daemon` is the label of the metrics here. Labels that begin with `__` are for relabelling and are not kept.
				labels: {daemon, __meta_xmrtop_scheme: scheme, __meta_xmrtop_nodes: String(count)},
			};
		}),
	);
};

/**
 * Waits for the first results: if the first scrape after a start had no series, an alert that is firing would end.
 * @returns false when the server is closed first
 */
async function firstResultsOrLate({firstResults}: Served): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<boolean>(resolve => {
		timer = setTimeout(resolve, maxWaitMs, true);
	});
	const isComplete = await Promise.race([firstResults.untilComplete(), late]);
	clearTimeout(timer);
	return isComplete;
}

const alive = jsonHttpAnswer(200, {status: 'alive'});

/** Answers that the program runs, without looking at the nodes. */
const answerLivez: AnswerRequest = () => alive;

/** What `history --json` prints, for the nodes that are served. */
const answerHistory: AnswerRequest = async ({query}, served) => {
	const limit = parseQueryParameter(query, 'limit', parseHistoryLimit, allowedHistoryLimit);
	const read = readers.get(served) ?? rateLimited(readHistory);
	readers.set(served, read);
	const answerWith = await read({served});
	return answerWith(limit);
};

type AnswerWith = (limit: number | undefined) => Answer;

/** Thirty days of transitions may be a large file: concurrent requests share one read, and checks run in between. */
const readers = new WeakMap<Served, (asked: {readonly served: Served}) => Promise<AnswerWith>>();

async function readHistory({served}: {readonly served: Served}): Promise<AnswerWith> {
	const transitions = await served.resultStore.readTransitions();
	const snapshot = served.poller.getSnapshot();
	const method = checkMethodWords[snapshot.method].recordedAs;
	const asOfMs = served.nowMs();
	const pasts = collectNodeHistories(snapshot.nodes, transitions, {method, nowMs: asOfMs});
	const answers = new Map<number | undefined, Answer>();
	return limit => {
		const answer = answers.get(limit) ?? jsonHttpAnswer(200, historyDocument({method, pasts, asOfMs}, limit));
		answers.set(limit, answer);
		return answer;
	};
}

/** Results older than this many intervals are not used. */
const maxIntervals = 3;
const maxNames = 5;

/** Answers 200 if no node is at or beyond `?fail_on`, else 503 with the reason. */
export const answerHealth: AnswerRequest = async ({query}, served) => {
	const level = parseQueryParameter(query, 'fail_on', parseFailLevel, failLevels.join(', ')) ?? 'failed';
	const isFresh = wantsFreshCheck(query);
	if (isFresh && !(await served.fresh.ask())) {
		return closingAnswer;
	}

	const view = served.views.now();
	const document = view.document();
	const {working, total} = document;
	const reason = unanswerable(served, isFresh, view.times) ?? failure(failingNodes(document, level), total);
	return reason === undefined
		? jsonHttpAnswer(200, {status: 'healthy', working, total})
		: jsonHttpAnswer(503, {status: 'degraded', working, total, reason});
};

/** Why the last results are too old to use. */
function unanswerable(served: Served, isFresh: boolean, times: CheckTimes | undefined): string | undefined {
	if (isFresh) {
		return undefined;
	}

	if (!times || !served.firstResults.isComplete()) {
		return 'the first check cycle has not finished yet';
	}

	const {intervalMs} = served.poller.getSnapshot();
	const ageMs = served.nowMs() - times.endedAtMs;
	return ageMs > maxIntervals * intervalMs
		? `the last check cycle ended ${durationText(Math.round(ageMs / 1000) * 1000)} ago: more than ${maxIntervals} intervals of ${durationText(intervalMs)}`
		: undefined;
}

function failure(failing: StatusDocument['nodes'], total: number): string | undefined {
	if (failing.length === 0) {
		return undefined;
	}

	const named = failing.slice(0, maxNames).map(({name, state}) => `${name} is ${state}`);
	const rest = failing.length - named.length;
	return `${failing.length} of ${countWithNoun(total, 'node')}: ${named.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

/** What `status --json` prints, from the last results or from a new check. */
const answerFleetStatus: AnswerRequest = ({query}, served) => {
	if (wantsFreshCheck(query)) {
		return answerWhen(served.fresh.ask(), served);
	}

	return served.firstResults.isComplete() ? answerNow(served) : answerWhen(served.firstResults.untilComplete(), served);
};

const answerNow = ({views}: Served): Answer => serializedHttpAnswer(views.now().body());

async function answerWhen(isThere: Promise<unknown>, served: Served): Promise<Answer> {
	return (await isThere) ? answerNow(served) : closingAnswer;
}

/** What the routes answer from. Routes check nothing and judge nothing. */
export interface Served extends Pick<Loop, 'poller' | 'nodeStore' | 'resultStore'> {
	readonly fresh: FreshChecks;
	readonly views: StatusViews;
	readonly firstResults: FirstResults;
	readonly metrics: Pick<FleetMetrics, 'body'>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** A request, as passed to routes. */
export interface RouteRequest {
	readonly query: Query;
	/** The part of the path that the route calls `:node`. */
	readonly node: string;
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Answers a request.
 * @throws RequestError for invalid parameters
 */
export type AnswerRequest = (request: RouteRequest, served: Served) => Answer | Promise<Answer>;

/** One route of the server. */
export interface Route {
	readonly path: string;
	/** Whether `--prefix` applies to it. */
	readonly isUnderPrefix: boolean;
	/** Whether anyone may request it: neither token nor Host is checked. */
	readonly isOpen?: true;
	/** The parameters it accepts. */
	readonly query: readonly string[];
	/** A few words for the README. */
	readonly about: string;
	readonly answer: AnswerRequest;
}

/** Every route of the server. */
export const routeTable: readonly Route[] = [
	{
		path: '/nodes/status',
		isUnderPrefix: true,
		query: ['fresh=1'],
		about: 'all nodes, in the format of `status --json`',
		answer: answerFleetStatus,
	},
	{
		path: '/nodes/:node/status',
		isUnderPrefix: true,
		query: ['fresh=1'],
		about: 'the result `{status, details}` of one node, by id or name; 404 if there is none',
		answer: answerNodeStatus,
	},
	{
		path: '/nodes/history',
		isUnderPrefix: true,
		query: ['limit=N'],
		about: 'uptime, outages and changes, in the format of `history --json`',
		answer: answerHistory,
	},
	{
		path: '/health',
		isUnderPrefix: true,
		query: ['fail_on=degraded', 'fail_on=down', 'fresh=1'],
		about:
			'200 if no node is at or beyond `fail_on` (default failed); otherwise, or if results are old, 503 with the reason',
		answer: answerHealth,
	},
	{
		path: '/livez',
		isUnderPrefix: false,
		isOpen: true,
		query: [],
		about: '200 while the program runs; no token required',
		answer: answerLivez,
	},
	{
		path: '/metrics',
		isUnderPrefix: false,
		query: [],
		about: 'metrics for Prometheus, as text or OpenMetrics by `Accept`, compressed by `Accept-Encoding`',
		answer: answerMetrics,
	},
	{
		path: '/sd/targets',
		isUnderPrefix: false,
		query: [],
		about: 'the daemons of the nodes, as targets of HTTP service discovery, for exporters of monerod',
		answer: answerTargets,
	},
];
