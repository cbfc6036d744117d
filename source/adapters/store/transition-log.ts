import {closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, readSync, statSync, writeSync} from 'node:fs';
import * as v from 'valibot';
import {recordedMethods} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {correctedRecordTimes, type RecordClock, recordAgeMs} from '../../domain/past/record-clock.js';
import {correctedTransitions, type Transition} from '../../domain/past/transition.js';
import {state, text, time} from '../../domain/schemas.js';
import {fileLimits, openRegularFile, openRegularFileSync, tooLarge} from '../bounded-read.js';
import {saveFileError, systemErrorCode, systemErrorReason} from '../system-errors.js';
import {privateMode} from './staged-file.js';

const dayMs = 24 * 60 * 60 * 1000;
/** How long transitions are kept. */
export const keptMs = 30 * dayMs;
/** Pruning rewrites the whole file, so it waits until a day's worth can be removed. */
const pruneAfterMs = keptMs + dayMs;
/** A larger log loses its older half: it is too large to be read at once. About 300,000 state changes. */
const maxBytes = fileLimits.transitions / 4;
/** A smaller log is not worth reading to check the time of its first line. */
const minBytes = 1024 * 1024;
/** Enough bytes for the first line. */
const headBytes = 16_384;

const transition: v.GenericSchema<Transition> = v.looseObject({
	at: time,
	node_id: v.pipe(v.number(), v.safeInteger()),
	node: text,
	method: v.picklist(recordedMethods),
	from: state,
	to: state,
	message: text,
	reason: v.exactOptional(text),
});

/** Reads one line; `undefined` when it is incomplete or not a transition. */
function parseLogLine(line: string): Transition | undefined {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return undefined;
	}

	return v.is(transition, value) ? value : undefined;
}

/**
 * Appends lines in one write and waits until they are on disk. Call it only under the lock.
 * @returns the size of the file afterwards, in bytes
 * @throws InputError (`save_failed`); the file is then unchanged
 */
export function appendTransitions(path: string, transitions: readonly Transition[]): number {
	try {
		const descriptor = openRegularFileSync(path, transitions.length > 0 ? appending : constants.O_RDONLY, privateMode);
		try {
			const {size} = fstatSync(descriptor);
			refuseLargeLog(size);
			return transitions.length > 0 ? append(descriptor, size, transitions) : size;
		} finally {
			closeSync(descriptor);
		}
	} catch (error) {
		if (transitions.length === 0 && systemErrorCode(error) === 'ENOENT') {
			return 0;
		}

		throw saveFileError(path, systemErrorReason(error));
	}
}

const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

function append(descriptor: number, size: number, transitions: readonly Transition[]): number {
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
 * The transitions after a position; all of them when the file is shorter than that, because it was replaced.
 * @param fromByte a size returned by {@link appendTransitions}
 */
export function readTransitionsFrom(path: string, fromByte: number): readonly Transition[] {
	try {
		return transitionsIn(path, {fromByte});
	} catch {
		// No log, or one that cannot be read: the states in results.json are used alone.
		return [];
	}
}

function transitionsIn(path: string, part: {readonly fromByte?: number; readonly toByte?: number}): Transition[] {
	const found: Transition[] = [];
	const take = (line: string): void => {
		const transition = parseLogLine(line);
		if (transition) {
			found.push(transition);
		}
	};
	readLogLinesSync(path, take, part);
	return found;
}

/**
 * The content of the log after pruning. Nothing is removed because of a clock that may be wrong: see {@link recordAgeMs}.
 * @returns `undefined` when too little can be removed
 */
export function prunedTransitionLog(path: string, nowMs: number, clock: RecordClock): string | undefined {
	try {
		const {size} = statSync(path);
		const isTooLarge = size > maxBytes && size <= fileLimits.transitions;
		if (!isTooLarge && !isWorthPruning(path, size, nowMs, clock)) {
			return undefined;
		}

		const all = transitionsIn(path, isTooLarge ? {fromByte: size - maxBytes / 2} : {});
		const times = correctedRecordTimes(timesOf(all), nowMs);
		const kept = all.filter((_, index) => recordAgeMs(times[index] ?? nowMs, clock, nowMs) <= keptMs);
		return isTooLarge || kept.length < all.length
			? kept.map(transition => `${JSON.stringify(transition)}\n`).join('')
			: undefined;
	} catch (error) {
		// Appending reports a file that cannot be read.
		if (systemErrorCode(error) === undefined) {
			throw error;
		}

		return undefined;
	}
}

const timesOf = (transitions: readonly Transition[]): number[] => transitions.map(({at}) => Date.parse(at));

function isWorthPruning(path: string, size: number, nowMs: number, clock: RecordClock): boolean {
	const [firstMs] = timesOf(transitionsIn(path, {toByte: headBytes}));
	return (
		firstMs !== undefined && (firstMs > nowMs ? size > minBytes : recordAgeMs(firstMs, clock, nowMs) > pruneAfterMs)
	);
}

/**
 * What the log shows about the clock when results.json does not record it: jumps ahead by more than 30 days at once.
 * @returns `undefined` when there is none
 */
export function readLogClock(path: string, nowMs: number): RecordClock | undefined {
	try {
		const times = [...timesOf(transitionsIn(path, {})), nowMs].map(ms => new Date(ms).toISOString());
		const steps = times.flatMap((to, index) => {
			const from = times[index - 1] ?? to;
			return Date.parse(to) - Date.parse(from) > keptMs ? [[from, to] as const] : [];
		});
		return steps.length > 0 ? {last: new Date(nowMs).toISOString(), steps} : undefined;
	} catch {
		return undefined;
	}
}

/**
 * The transitions of the last 30 days, oldest first.
 * @param nodeId only those of this node
 * @throws InputError for a file that is not a log
 */
export async function readTransitionLog(path: string, nowMs: number, nodeId?: number): Promise<readonly Transition[]> {
	const found: Transition[] = [];
	// Most of the time is spent parsing: lines of other nodes are skipped.
	const mark = nodeId === undefined ? '' : `"node_id":${nodeId},`;
	try {
		await readLogLines(path, line => {
			const transition = line.includes(mark) ? parseLogLine(line) : undefined;
			if (transition && transition.node_id === (nodeId ?? transition.node_id)) {
				found.push(transition);
			}
		});
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}

		if (systemErrorCode(error) !== 'ENOENT') {
			throw new InputError('invalid_config', `${path} cannot be read: ${systemErrorReason(error)}`);
		}
	}

	// Several processes may append in another order than they observed.
	return correctedTransitions(found, nowMs)
		.filter(({at}) => Date.parse(at) >= nowMs - keptMs)
		.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const pieceBytes = 1024 * 1024;
/** xmrtop writes no line this long: a longer one is skipped, and never kept in memory. */
const maxLineBytes = 64 * 1024;
const newline = 0x0a;

/** Splits pieces of a file into lines. */
function createLineCutter(onLine: (line: string) => void) {
	let rest: Buffer = Buffer.alloc(0);
	let isPassedOver = false;
	const end = (line: Buffer): void => {
		if (!isPassedOver && line.length > 0 && line.length <= maxLineBytes) {
			onLine(line.toString('utf8'));
		}

		isPassedOver = false;
	};
	return {
		/** @param piece not used after this returns */
		add: (piece: Buffer): void => {
			let from = 0;
			for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
				const line = piece.subarray(from, to);
				end(rest.length > 0 ? Buffer.concat([rest, line]) : line);
				rest = Buffer.alloc(0);
				from = to + 1;
			}

			const left = piece.subarray(from);
			isPassedOver ||= rest.length + left.length > maxLineBytes;
			rest = isPassedOver ? Buffer.alloc(0) : Buffer.concat([rest, left]);
		},
		/** Text after the last newline counts as a line too. */
		close: (): void => end(rest),
	};
}

/**
 * Reads the lines of a regular file from a position.
 * @param fromByte when the file is shorter, it was replaced and is read from the beginning
 * @throws Error of the system, SpecialFileError
 */
function readLogLinesSync(
	path: string,
	onLine: (line: string) => void,
	{fromByte = 0, toByte = Number.POSITIVE_INFINITY}: {readonly fromByte?: number; readonly toByte?: number} = {},
): void {
	const descriptor = openRegularFileSync(path);
	try {
		const {size} = fstatSync(descriptor);
		refuseLargeLog(size);
		const cutter = createLineCutter(onLine);
		const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size + 1));
		const end = Math.min(size, toByte);
		for (let position = fromByte <= size ? fromByte : 0; position < end; ) {
			const count = readSync(descriptor, piece, 0, Math.min(piece.length, end - position), position);
			if (count === 0) {
				break;
			}

			cutter.add(piece.subarray(0, count));
			position += count;
		}

		cutter.close();
	} finally {
		closeSync(descriptor);
	}
}

/**
 * Reads the lines of a regular file piece by piece, so that other work runs in between.
 * @throws Error of the system, SpecialFileError
 */
async function readLogLines(path: string, onLine: (line: string) => void): Promise<void> {
	const file = await openRegularFile(path);
	try {
		refuseLargeLog((await file.stat()).size);
		const cutter = createLineCutter(onLine);
		const piece = Buffer.allocUnsafe(pieceBytes);
		for (;;) {
			const {bytesRead} = await file.read(piece, 0, piece.length, null);
			if (bytesRead === 0) {
				break;
			}

			cutter.add(piece.subarray(0, bytesRead));
		}

		cutter.close();
	} finally {
		await file.close();
	}
}

function refuseLargeLog(size: number): void {
	if (size > fileLimits.transitions) {
		throw tooLarge(fileLimits.transitions);
	}
}
