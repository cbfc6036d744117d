import fetch, {type Response} from 'node-fetch';
import * as v from 'valibot';
import type {RenderRemedy} from '../../domain/hints/remedy.js';
import type {HistoryQuestion, HostLine, HttpHost, LineListener, LineOptions} from '../../domain/remote/remote-nodes.js';
import {cleanText} from '../../domain/text.js';
import {type AnswerBudget, BoundedAnswer, fetchErrorText, readBody, startOfBody} from './bounded-answer.js';

/** The shortest timeout of an answer, in milliseconds, however short the interval is. */
const minAnswerMs = 2000;

type Outcome = {readonly value: unknown; readonly bytes: number} | {readonly complaint: string};

/** What requests to all hosts over HTTP share. */
export interface HttpAccess {
	/** The bearer token, sent to every http host and to no other. */
	readonly token: string | undefined;
	readonly budget: AnswerBudget;
	/** Writes what the user can do about a rejected request. */
	readonly renderRemedy: RenderRemedy;
}

/** Polls a running `xmrtop serve` for its document; the first failure ends the line. */
export function openHttpLine(
	host: HttpHost,
	{answerMs, ...options}: LineOptions,
	{onDocument, onEnd}: LineListener,
	access: HttpAccess,
): HostLine {
	const ending = new AbortController();
	let {intervalMs, isFresh} = options;
	let timer: NodeJS.Timeout | undefined;
	let isUnderWay = false;
	let isFirst = true;

	const ask = async (): Promise<void> => {
		clearTimeout(timer);
		isUnderWay = true;
		const route = isFresh ? '/nodes/status?fresh=1' : '/nodes/status';
		// The server only returns results that it already has: one that takes longer than an interval hangs.
		const timeoutMs = isFresh || isFirst ? answerMs : Math.min(answerMs, Math.max(intervalMs, minAnswerMs));
		isFresh = false;
		isFirst = false;
		const outcome = await fetchJson(`${host.base}${route}`, {
			...access,
			timeoutMs,
			signal: ending.signal,
		});
		isUnderWay = false;
		if (ending.signal.aborted) {
			return;
		}

		if ('complaint' in outcome) {
			ending.abort();
			onEnd(outcome.complaint);
			return;
		}

		timer = setTimeout(() => void ask(), isFresh ? 0 : intervalMs);
		access.budget.keep(host.url, outcome.bytes);
		onDocument(outcome.value);
	};

	void ask();
	return {
		end: async () => {
			ending.abort();
			clearTimeout(timer);
		},
		askNow: () => {
			isFresh = true;
			if (!isUnderWay && !ending.signal.aborted) {
				void ask();
			}
		},
		setIntervalMs: next => {
			intervalMs = next;
			if (!isUnderWay && !ending.signal.aborted) {
				void ask();
			}
		},
	};
}

/** Reads `GET /nodes/history`. Never rejects. */
export async function readHttpHistory(
	{base}: HttpHost,
	{limit, timeoutMs: withinMs}: HistoryQuestion,
	access: HttpAccess,
): Promise<Outcome> {
	const query = limit === undefined ? '' : `?limit=${limit}`;
	return fetchJson(`${base}/nodes/history${query}`, {...access, timeoutMs: withinMs});
}

interface FetchOptions extends HttpAccess {
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
}

async function fetchJson(url: string, options: FetchOptions): Promise<Outcome> {
	const {token, budget, timeoutMs: withinMs, signal} = options;
	const late = AbortSignal.timeout(withinMs);
	const enough = new AbortController();
	const answer = new BoundedAnswer(budget);
	try {
		const response = await fetch(url, {
			headers: {accept: 'application/json', ...(token === undefined ? {} : {authorization: `Bearer ${token}`})},
			// A redirect leads to an address that the user did not choose: it does not get the token.
			redirect: 'manual',
			signal: AbortSignal.any([late, enough.signal, ...(signal ? [signal] : [])]),
		});
		const complaint =
			response.status === 200
				? await readBody(response, answer)
				: complaintOf(response, await startOfBody(response), options);
		return complaint === undefined ? {bytes: answer.bytes, value: JSON.parse(answer.text())} : {complaint};
	} catch (error) {
		return {complaint: late.aborted ? `no response within ${withinMs / 1000} seconds` : wordsOf(error)};
	} finally {
		// Cancels the rest of an answer that was not read to its end.
		enough.abort();
		answer.release();
	}
}

/** What an answer without a document means. */
function complaintOf({status}: Response, text: string, {token, renderRemedy}: HttpAccess): string | undefined {
	if (status === 401) {
		const use = renderRemedy({kind: 'set-option', option: 'token'});
		return `login refused: ${token === undefined ? `a bearer token is required: use ${use}` : 'wrong token'}`;
	}

	if (status >= 300 && status < 400) {
		return `HTTP ${status}: redirected to another address; use that one`;
	}

	if (status === 200) {
		return undefined;
	}

	const message = messageIn(text);
	const hint =
		status === 404
			? `xmrtop serve is not running there, or it uses another ${renderRemedy({kind: 'set-option', option: 'prefix'})}`
			: 'the server there is not xmrtop serve';
	return `HTTP ${status}: ${message ?? hint}`;
}

const errorDocument = v.looseObject({error: v.looseObject({message: v.pipe(v.string(), v.nonEmpty())})});

/** The message of an error document. */
function messageIn(text: string): string | undefined {
	try {
		const document: unknown = JSON.parse(text);
		return v.is(errorDocument, document) ? cleanText(document.error.message, 200) : undefined;
	} catch {
		return undefined;
	}
}

function wordsOf(error: unknown): string {
	if (error instanceof SyntaxError) {
		return 'the server there is not xmrtop serve';
	}

	return fetchErrorText(error);
}
