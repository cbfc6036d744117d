import type {Response} from 'node-fetch';
import {errnoWords} from '../../domain/errno-words.js';
import {type JsonBounds, JsonScan} from '../../domain/remote/sanitize-json.js';
import {cleanText} from '../../domain/text.js';
import {networkFailure} from '../network/network-error.js';

const mebibyte = 1024 * 1024;
/** Ten thousand nodes with all facts are 26 MB with 1.4 million values in 7 levels. */
const maxBytes = 48 * mebibyte;
const jsonBounds: JsonBounds = {depth: 32, values: 2_500_000};
/** The limit on the answers being received and the last ones kept, from all hosts together. */
const maxBytesOfAll = 128 * mebibyte;

/** Limits the total size of the answers of all hosts. */
export class AnswerBudget {
	#bytes = 0;
	readonly #kept = new Map<string, number>();

	constructor(private readonly maxBytes = maxBytesOfAll) {}

	/** @returns which limit is exceeded, if one is */
	add(bytes: number): string | undefined {
		this.#bytes += bytes;
		return this.#bytes > this.maxBytes
			? `the responses of all hosts together exceed ${this.maxBytes / mebibyte} MiB`
			: undefined;
	}

	give(bytes: number): void {
		this.#bytes -= bytes;
	}

	/** Records the length of the answer that is kept of a host. */
	keep(host: string, bytes: number): void {
		this.#bytes += bytes - (this.#kept.get(host) ?? 0);
		this.#kept.set(host, bytes);
	}
}

/** One JSON document while its bytes arrive: its length, nesting and number of values are limited before it is parsed. */
export class BoundedAnswer {
	#chunks: Buffer[] = [];
	#bytes = 0;
	readonly #scan = new JsonScan(jsonBounds);

	constructor(private readonly budget: AnswerBudget) {}

	get bytes(): number {
		return this.#bytes;
	}

	/** @returns what is wrong with the answer, if anything; then no more may be added */
	take(chunk: Buffer): string | undefined {
		this.#chunks.push(chunk);
		this.#bytes += chunk.length;
		const beyond = this.budget.add(chunk.length);
		if (this.#bytes > maxBytes) {
			return tooLong;
		}

		const excess = this.#scan.take(chunk);
		return excess === undefined ? beyond : `its response ${excess.startsWith('nested') ? 'is' : 'has'} ${excess}`;
	}

	text(): string {
		return Buffer.concat(this.#chunks).toString('utf8');
	}

	/** Frees what was received. */
	release(): void {
		this.budget.give(this.#bytes);
		this.#bytes = 0;
		this.#chunks = [];
	}
}

const tooLong = `its response exceeds ${maxBytes / mebibyte} MiB`;

/** Whether the announced length of an answer is too large, as an error text. */
function contentLengthProblem(contentLength: string | null): string | undefined {
	return Number(contentLength) > maxBytes ? tooLong : undefined;
}

/** Reads a document, decompressed if needed. @returns what is wrong with it */
export async function readBody({headers, body}: Response, answer: BoundedAnswer): Promise<string | undefined> {
	const announced = contentLengthProblem(headers.get('content-length'));
	if (announced !== undefined) {
		return announced;
	}

	for await (const chunk of body ?? []) {
		const problem = answer.take(chunk as Buffer);
		if (problem !== undefined) {
			return problem;
		}
	}

	return undefined;
}

/** How much of an unexpected answer is read: enough for an error message. */
const maxErrorBytes = 64 * 1024;

/** The beginning of an unexpected answer. */
export async function startOfBody({body}: Response): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body ?? []) {
		chunks.push(chunk as Buffer);
		bytes += (chunk as Buffer).length;
		if (bytes > maxErrorBytes) {
			break;
		}
	}

	return Buffer.concat(chunks).toString();
}

/** Why a request got no answer, as text. */
export function fetchErrorText(error: unknown): string {
	const {code = ''} = error as {code?: string};
	if (code.startsWith('HPE_')) {
		return 'the server there does not speak HTTP';
	}

	// node-fetch puts the whole address before the system's message.
	return (
		errnoWords(code) ?? cleanText(networkFailure(error).error.replace(/^request to \S+ failed, reason: /, ''), 200)
	);
}
