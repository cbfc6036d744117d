import {
	closeSync,
	createReadStream,
	fdatasyncSync,
	fstatSync,
	ftruncateSync,
	openSync,
	readFileSync,
	readSync,
	writeSync,
} from 'node:fs';
import type {Transition} from '../../domain/past/transition.js';
import {parseState} from '../../domain/state.js';
import {saveFailed, systemCode, systemReason} from '../system-errors.js';
import {privateMode} from './staged-file.js';

const dayMs = 24 * 60 * 60 * 1000;
/** How long transitions are kept. */
export const keptMs = 30 * dayMs;
/** Pruning rewrites the whole file, so it waits until there is a day's worth to remove. */
const pruneAfterMs = keptMs + dayMs;

/** Reads one line; `undefined` when it is torn or not a transition. */
export function parseTransition(line: string): Transition | undefined {
	let value: Partial<Record<keyof Transition, unknown>> | null;
	try {
		value = JSON.parse(line);
	} catch {
		return undefined;
	}

	const isTransition =
		typeof value === 'object' &&
		value !== null &&
		typeof value.at === 'string' &&
		Number.isFinite(Date.parse(value.at)) &&
		Number.isSafeInteger(value.node_id) &&
		typeof value.node === 'string' &&
		typeof value.message === 'string' &&
		(value.reason === undefined || typeof value.reason === 'string') &&
		['pid', 'port', 'api'].includes(String(value.method)) &&
		[value.from, value.to].every(state => typeof state === 'string' && parseState(state));
	return isTransition ? (value as Transition) : undefined;
}

/**
 * Appends lines in one write and waits until they are on the disk. Only under the lock.
 * @returns the size of the file after it, in bytes
 * @throws InputError (`save_failed`); the file is then as it was
 */
export function appendTransitions(path: string, transitions: readonly Transition[]): number {
	try {
		const descriptor = openSync(path, transitions.length > 0 ? 'a+' : 'r', privateMode);
		try {
			return transitions.length > 0 ? append(descriptor, transitions) : fstatSync(descriptor).size;
		} finally {
			closeSync(descriptor);
		}
	} catch (error) {
		if (transitions.length === 0 && systemCode(error) === 'ENOENT') {
			return 0;
		}

		throw saveFailed(path, systemReason(error));
	}
}

function append(descriptor: number, transitions: readonly Transition[]): number {
	const {size} = fstatSync(descriptor);
	const lines = transitions.map(transition => `${JSON.stringify(transition)}\n`).join('');
	const bytes = Buffer.from(endsInsideLine(descriptor, size) ? `\n${lines}` : lines);
	try {
		for (let done = 0; done < bytes.length; ) {
			done += writeSync(descriptor, bytes, done);
		}

		fdatasyncSync(descriptor);
	} catch (error) {
		ftruncateSync(descriptor, size);
		throw error;
	}

	return size + bytes.length;
}

/** Whether a writer was killed in the middle of a line. */
function endsInsideLine(descriptor: number, size: number): boolean {
	const lastByte = Buffer.alloc(1);
	return size > 0 && readSync(descriptor, lastByte, 0, 1, size - 1) === 1 && lastByte[0] !== 0x0a;
}

/**
 * The transitions behind a position; all of them when the file is shorter than that, because it was replaced.
 * @param fromByte as {@link appendTransitions} returned it
 */
export function readTransitionsFrom(path: string, fromByte: number): readonly Transition[] {
	let descriptor: number;
	try {
		descriptor = openSync(path, 'r');
	} catch {
		// No log, or not one for us: what results.json says stands alone.
		return [];
	}

	try {
		const {size} = fstatSync(descriptor);
		const start = fromByte <= size ? fromByte : 0;
		const bytes = Buffer.alloc(size - start);
		const length = readSync(descriptor, bytes, 0, bytes.length, start);
		return transitionsIn(bytes.toString('utf8', 0, length));
	} finally {
		closeSync(descriptor);
	}
}

function transitionsIn(text: string): Transition[] {
	return text
		.split('\n')
		.map(parseTransition)
		.filter(transition => transition !== undefined);
}

/**
 * What the log should hold after pruning.
 * @returns `undefined` while its first line is not old enough to make it worth while
 */
export function prunedLog(path: string, nowMs: number): string | undefined {
	const first = firstTransition(path);
	if (!first || Date.parse(first.at) > nowMs - pruneAfterMs) {
		return undefined;
	}

	return transitionsIn(readFileSync(path, 'utf8'))
		.filter(({at}) => Date.parse(at) >= nowMs - keptMs)
		.map(transition => `${JSON.stringify(transition)}\n`)
		.join('');
}

function firstTransition(path: string): Transition | undefined {
	try {
		const descriptor = openSync(path, 'r');
		try {
			const bytes = Buffer.alloc(16_384);
			const length = readSync(descriptor, bytes, 0, bytes.length, 0);
			return transitionsIn(bytes.toString('utf8', 0, length))[0];
		} finally {
			closeSync(descriptor);
		}
	} catch {
		return undefined;
	}
}

/**
 * The transitions of the last 30 days, oldest first.
 * @param nodeId only those of this node
 */
export async function readTransitionLog(path: string, nowMs: number, nodeId?: number): Promise<readonly Transition[]> {
	const {createInterface} = await import('node:readline');
	const found: Transition[] = [];
	// Parsing is most of the work: lines of other nodes are not worth it.
	const mark = nodeId === undefined ? '' : `"node_id":${nodeId},`;
	try {
		for await (const line of createInterface({input: createReadStream(path)})) {
			const transition = line.includes(mark) ? parseTransition(line) : undefined;
			if (
				transition &&
				Date.parse(transition.at) >= nowMs - keptMs &&
				transition.node_id === (nodeId ?? transition.node_id)
			) {
				found.push(transition);
			}
		}
	} catch (error) {
		if (systemCode(error) !== 'ENOENT') {
			throw error;
		}
	}

	// Several processes may append in another order than they saw.
	return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
