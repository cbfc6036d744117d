import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import fetch, {type Response} from 'node-fetch';
import {isLoopback} from '../../domain/daemon-address.js';
import type {RenderRemedy} from '../../domain/hints/remedy.js';
import {
	createStateMemory,
	followUpQueries,
	historyQueries,
	historyStepS,
	type PrometheusAnswers,
	type PrometheusPast,
	prometheusQueries,
	type StatesWanted,
	withMatchers,
} from '../../domain/remote/prometheus-series.js';
import type {
	HistoryQuestion,
	HostLine,
	LineListener,
	LineOptions,
	PrometheusHost,
} from '../../domain/remote/remote-nodes.js';
import {isObject} from '../../domain/schemas.js';
import {cleanText} from '../../domain/text.js';
import {systemContext} from '../network/tls-socket.js';
import {type AnswerBudget, BoundedAnswer, fetchErrorText, readBody, startOfBody} from './bounded-answer.js';

/** What requests to every Prometheus share. */
export interface PrometheusAccess {
	/** The `Authorization` header, sent to every configured Prometheus. */
	readonly authorization: string | undefined;
	readonly budget: AnswerBudget;
	/** Writes what the user can do about a rejected request. */
	readonly renderRemedy: RenderRemedy;
}

/** Why a query failed, in one line. */
class Refused extends Error {}

/** A kept-alive connection to a Prometheus. */
interface Api {
	/** The result of an instant or a range query. @param withinMs default: the timeout of the connection @throws Refused */
	readonly ask: (
		path: string,
		parameters: Readonly<Record<string, string>>,
		withinMs?: number,
	) => Promise<readonly unknown[]>;
	readonly bytes: () => number;
	readonly close: () => void;
}

/** Polls a Prometheus for everything that the table shows; the first failure ends the line. The past is queried once. */
export function openPrometheusLine(
	host: PrometheusHost,
	{intervalMs: firstIntervalMs, answerMs}: LineOptions,
	{onDocument, onEnd}: LineListener,
	access: PrometheusAccess,
): HostLine {
	const ending = new AbortController();
	let withinMs = answerMs;
	const api = openApi(host, {...access, timeoutMs: answerMs, signal: ending.signal});
	let intervalMs = firstIntervalMs;
	let timer: NodeJS.Timeout | undefined;
	let isUnderWay = false;
	const refresh = createRefresh(host, api);

	const ask = async (): Promise<void> => {
		clearTimeout(timer);
		isUnderWay = true;
		try {
			const startMs = performance.now();
			const answers = await refresh.now(withinMs);
			const tookMs = performance.now() - startMs;
			if (ending.signal.aborted) {
				return;
			}

			access.budget.keep(host.url, api.bytes());
			if (host.atMs === undefined) {
				timer = setTimeout(() => void ask(), intervalMs);
			}

			onDocument(answers);
			if (!ending.signal.aborted) {
				void refresh.afterwards();
				// A Prometheus that is much slower than at the last refresh has stopped: this is noticed within two intervals.
				withinMs = Math.min(answerMs, Math.max(intervalMs, minAnswerMs, Math.ceil(slowerBy * tookMs)));
			}
		} catch (error) {
			if (!ending.signal.aborted) {
				ending.abort();
				onEnd(error instanceof Refused ? error.message : fetchErrorText(error));
			}
		} finally {
			isUnderWay = false;
			if (ending.signal.aborted) {
				api.close();
			}
		}
	};

	const again = (): void => {
		if (!isUnderWay && !ending.signal.aborted && host.atMs === undefined) {
			void ask();
		}
	};

	void ask();
	return {
		end: async () => {
			ending.abort();
			clearTimeout(timer);
			api.close();
		},
		askNow: again,
		setIntervalMs: next => {
			intervalMs = next;
			again();
		},
	};
}

/** How often the slow queries are repeated, in milliseconds; they are also repeated when there are new nodes. */
const slowMs = 30_000;

/** A quick query may take this long however short the interval is, in milliseconds. */
const minAnswerMs = 2000;
/** A quick query may take this many times as long as the whole last refresh. */
const slowerBy = 4;

interface Refresh {
	/**
	 * Queries what a table shows.
	 * @param withinMs the timeout of the quick queries. Those for states and new nodes are not part of every refresh, so the
	 * duration of the last refresh says nothing about them.
	 */
	readonly now: (withinMs: number) => Promise<PrometheusAnswers>;
	/** Sends the slow queries when they are due; the next refresh uses their results. Never rejects. */
	readonly afterwards: () => Promise<void>;
}

/** Queries all nodes. All queries of one refresh are evaluated at the same time, by the clock of the Prometheus. */
function createRefresh(host: PrometheusHost, api: Api): Refresh {
	const memory = createStateMemory(host);
	let slow: PrometheusAnswers['results'] = {};
	let slowAtMs: number | undefined;
	let last: PrometheusAnswers | undefined;
	let isAskingSlow = false;

	const allOf = async (
		queries: ReturnType<typeof prometheusQueries>,
		atMs: number,
		withinMs?: number,
	): Promise<PrometheusAnswers['results']> => {
		const time = String(atMs / 1000);
		const entries = queries.map(async ([name, query]) => {
			return [name, await api.ask('query', {query, time}, withinMs)] as const;
		});
		return Object.fromEntries(await Promise.all(entries));
	};

	const askSlow = async ({atMs, results}: PrometheusAnswers, which: Parameters<typeof prometheusQueries>[1]) => {
		const {state = [], info = [], facts = [], ...more} = await allOf(prometheusQueries(host, which), atMs);
		memory.learn(results, state, memory.all);
		slow = {info, facts};
		slowAtMs = atMs;
		return more;
	};

	/** @returns whether there are new nodes */
	const askStates = async ({atMs, results}: PrometheusAnswers): Promise<boolean> => {
		const ask = async (wanted: StatesWanted): Promise<boolean> =>
			memory.learn(results, await api.ask('query', {query: wanted.query, time: String(atMs / 1000)}), wanted);
		const wanted = memory.missing(results);
		const isAnyNew = wanted !== undefined && (await ask(wanted));
		const isEnough = !wanted?.names || memory.missing(results) === undefined;
		return isEnough ? isAnyNew : (await ask(memory.all)) || isAnyNew;
	};

	return {
		now: async withinMs => {
			const atMs = host.atMs ?? (await serverTimeMs(api, withinMs));
			const results = await allOf(prometheusQueries(host, ['every']), atMs, withinMs);
			last = {atMs, results};
			let more: PrometheusAnswers['results'] = {};
			// States are queried last, so that none is older than the time since when the node is in it.
			if (slowAtMs === undefined) {
				const first = await askSlow(last, ['slow', 'first']);
				more = {...first, ...(await allOf(followUpQueries(host, first), atMs))};
			} else if (await askStates(last)) {
				await askSlow(last, ['slow']);
			}

			return {atMs, results: {...results, ...slow, ...more, state: memory.states()}};
		},
		afterwards: async () => {
			if (!last || isAskingSlow || Math.abs(last.atMs - (slowAtMs ?? 0)) < slowMs) {
				return;
			}

			isAskingSlow = true;
			try {
				await askSlow(last, ['slow']);
			} catch {
				// The next refresh reports what is wrong.
			} finally {
				isAskingSlow = false;
			}
		},
	};
}

async function serverTimeMs(api: Api, withinMs?: number): Promise<number> {
	const [first] = await api.ask('query', {query: 'time()'}, withinMs);
	// VictoriaMetrics returns a vector of one sample instead of a scalar.
	const [seconds] = isObject(first) && Array.isArray(first.value) ? first.value : [first];
	const ms = Number(seconds) * 1000;
	if (!(ms > 0 && ms < 8e15)) {
		throw new Refused(notPrometheus);
	}

	return ms;
}

/** Reads the past of all nodes. Never rejects. */
export async function readPrometheusHistory(
	host: PrometheusHost,
	{timeoutMs}: HistoryQuestion,
	access: PrometheusAccess,
): Promise<{readonly value: PrometheusPast} | {readonly complaint: string}> {
	const api = openApi(host, {...access, timeoutMs});
	try {
		const endMs = host.atMs ?? (await serverTimeMs(api));
		const countQuery = withMatchers('count(monero_wallet_rpc_state{state="up",M})', host.matchers);
		const [counted] = await api.ask('query', {query: countQuery, time: String(endMs / 1000)});
		const nodes = isObject(counted) && Array.isArray(counted.value) ? Number(counted.value[1]) : 1;
		const {startMs, stepS} = historyStepS(endMs, nodes);
		const range = {start: String(startMs / 1000), end: String(endMs / 1000), step: String(stepS)};
		const entries = historyQueries(host, stepS).map(async ([name, query]) => {
			return [name, await api.ask('query_range', {query, ...range})] as const;
		});
		return {value: {endMs, stepS, results: Object.fromEntries(await Promise.all(entries))}};
	} catch (error) {
		return {complaint: error instanceof Refused ? error.message : fetchErrorText(error)};
	} finally {
		api.close();
	}
}

interface ApiOptions extends PrometheusAccess {
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
}

function openApi({base}: PrometheusHost, options: ApiOptions): Api {
	const {authorization, budget, timeoutMs, signal} = options;
	const closed = new AbortController();
	// Over loopback, compressing takes Prometheus longer than sending the answer uncompressed.
	const encoding = isLoopback(new URL(base).hostname.replace(/^\[|\]$/g, '')) ? {'accept-encoding': 'identity'} : {};
	let agent: Promise<HttpAgent | HttpsAgent> | undefined;
	let bytes = 0;

	const ask: Api['ask'] = async (path, parameters, withinMs = timeoutMs) => {
		agent ??= openAgent(base);
		const late = AbortSignal.timeout(withinMs);
		const answer = new BoundedAnswer(budget);
		const enough = new AbortController();
		try {
			const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
				headers: {accept: 'application/json', ...encoding, ...(authorization === undefined ? {} : {authorization})},
				// A redirect leads to an address that the user did not choose: it does not get the login.
				redirect: 'manual',
				agent: await agent,
				signal: AbortSignal.any([late, enough.signal, closed.signal, ...(signal ? [signal] : [])]),
			});
			const result = response.status === 200 ? await readResult(response, answer) : await refusalOf(response, options);
			bytes = Math.max(bytes, answer.bytes);
			return result;
		} catch (error) {
			throw late.aborted ? new Refused(`no response within ${withinMs / 1000} seconds`) : error;
		} finally {
			enough.abort();
			answer.release();
		}
	};

	return {
		ask,
		bytes: () => bytes,
		close: () => {
			closed.abort();
			void agent?.then(opened => opened.destroy());
		},
	};
}

/** The most connections at once, which is the most queries answered in parallel; more would only wait in the server. */
const maxConnections = 4;

async function openAgent(base: string): Promise<HttpAgent | HttpsAgent> {
	const options = {keepAlive: true, maxSockets: maxConnections};
	return base.startsWith('https:')
		? new HttpsAgent({...options, secureContext: await systemContext()})
		: new HttpAgent(options);
}

const notPrometheus = 'the server there is not Prometheus';

/** @throws Refused for an answer without a result */
async function readResult(response: Response, answer: BoundedAnswer): Promise<readonly unknown[]> {
	const problem = await readBody(response, answer);
	if (problem !== undefined) {
		throw new Refused(problem);
	}

	const document = parseJson(answer.text());
	const data = isObject(document) && document.status === 'success' ? document.data : undefined;
	if (!isObject(data) || !Array.isArray(data.result)) {
		throw new Refused(notPrometheus);
	}

	return data.result;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** What an answer without a result means. @throws Refused always */
async function refusalOf(response: Response, {authorization, renderRemedy}: ApiOptions): Promise<never> {
	const {status} = response;
	const document = parseJson(await startOfBody(response));
	const reason = isObject(document) && typeof document.error === 'string' ? cleanText(document.error, 200) : undefined;
	if (status === 401 || status === 403) {
		const use = renderRemedy({kind: 'set-option', option: 'prometheus-login'});
		const why = authorization === undefined ? `a login is required: use ${use}` : 'wrong token, user or password';
		throw new Refused(`login refused (HTTP ${status}): ${why}`);
	}

	if (status >= 300 && status < 400) {
		throw new Refused(`HTTP ${status}: redirected to another address; use that one`);
	}

	if (reason !== undefined) {
		throw new Refused(`${status === 400 ? 'the selector is refused' : `HTTP ${status}`}: ${reason}`);
	}

	throw new Refused(
		status === 404
			? 'HTTP 404: Prometheus is not there, or it uses another path prefix'
			: `HTTP ${status}: ${notPrometheus}`,
	);
}
