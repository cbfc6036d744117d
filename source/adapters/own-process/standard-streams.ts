import {fstatSync, promises} from 'node:fs';
import path from 'node:path';
import {Writable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {tooLarge} from '../bounded-read.js';

/** What went wrong with the standard streams while the program ran. */
export interface StreamTroubles {
	/** Whether stdout could not be written, as on a full disk; the user was told. */
	readonly isUnwritten: () => boolean;
	/** Whether the terminal was closed. */
	readonly isTerminalGone: () => boolean;
}

/**
 * A reader that exits early (`xmrtop | head`) or a closed terminal ends the output, which is no error.
 */
const goneCodes: readonly unknown[] = ['EPIPE', 'EIO'];

/**
 * Listens for the errors of the standard streams, which would otherwise end the program with a stack trace.
 * @param onUnwritten called once with the reason why stdout cannot be written
 */
export function watchStandardStreams(
	{stdin, stdout, stderr}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>,
	onUnwritten: (problem: string) => void,
): StreamTroubles {
	let isUnwritten = false;
	let isTerminalGone = false;
	for (const stream of [stdin, stdout, stderr]) {
		stream.on('error', ({code}: NodeJS.ErrnoException) => {
			isTerminalGone ||= code === 'EIO';
		});
	}

	stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (!goneCodes.includes(error.code) && !isUnwritten) {
			isUnwritten = true;
			onUnwritten(`cannot write to stdout: ${error.message}`);
		}
	});
	return {isUnwritten: () => isUnwritten, isTerminalGone: () => isTerminalGone};
}

/**
 * Reads all of stdin as text.
 * @throws SpecialFileError when it has more than `maxLength` characters
 */
export async function readStdin(stdin: NodeJS.ReadStream, maxLength: number): Promise<string> {
	let text = '';
	for await (const chunk of stdin.setEncoding('utf8')) {
		text += chunk;
		if (text.length > maxLength) {
			throw tooLarge(maxLength);
		}
	}

	return text;
}

/** Ends as a program does whose terminal was closed: Node.js aborts when it cannot restore a terminal at exit. */
export function endByHangup(): void {
	process.removeAllListeners('SIGHUP');
	process.kill(process.pid, 'SIGHUP');
}

/** How long to wait for a slow reader at exit, in milliseconds. */
const patienceMs = 300;

/**
 * Drops output that the reader of a pipe (`xmrtop | less`) has not read in time, because it would keep the program from
 * exiting.
 */
export async function dropUnreadOutput(stream: NodeJS.WriteStream): Promise<void> {
	if (stream.writableLength === 0) {
		return;
	}

	await Promise.race([new Promise(resolve => stream.once('drain', resolve)), sleep(patienceMs)]);
	if (stream.writableLength > 0) {
		// Node.js shadows the method that closes the stream with one that does nothing.
		Reflect.deleteProperty(stream, '_destroy');
		stream.destroy();
	}
}

/**
 * Resolves at the first SIGINT or SIGTERM, and keeps the process alive until then.
 * @param unneeded ends the wait early
 */
export function untilExitSignal(unneeded?: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		// A timer keeps the process alive; signals alone do not.
		const alive = setInterval(() => {}, 2 ** 30);
		const end = (): void => {
			clearInterval(alive);
			// Removed later: the lock library ends the program with the same signal when it finds no other listener for it.
			setImmediate(() => process.off('SIGINT', end).off('SIGTERM', end));
			resolve();
		};

		process.on('SIGINT', end).on('SIGTERM', end);
		unneeded?.addEventListener('abort', end, {once: true});
	});
}

/** Calls back on every SIGHUP. @returns a function that removes the listener */
export function onHangupSignal(listener: () => void): () => void {
	process.on('SIGHUP', listener);
	return () => process.off('SIGHUP', listener);
}

/**
 * Whether a descriptor is connected to the systemd journal. `JOURNAL_STREAM` names the device and inode of the journal when
 * the service was started; a child with redirected output inherits the variable all the same.
 */
export function isJournalStream(
	descriptor: number,
	{JOURNAL_STREAM: stream}: Readonly<Record<string, string | undefined>>,
): boolean {
	if (!stream) {
		return false;
	}

	try {
		const {dev, ino} = fstatSync(descriptor, {bigint: true});
		return stream === `${dev}:${ino}`;
	} catch {
		return false;
	}
}

/**
 * Writes the details of an internal error to a file that only this user can read.
 * @returns the file's path; `undefined` when it cannot be written
 */
export async function saveCrashFile(folder: string, details: string): Promise<string | undefined> {
	const file = path.join(folder, `crash-${new Date().toISOString().replaceAll(':', '')}.txt`);
	try {
		await promises.mkdir(folder, {recursive: true, mode: 0o700});
		await promises.writeFile(file, details, {mode: 0o600});
		return file;
	} catch {
		return undefined;
	}
}

/** A stream that discards its input. */
export function openUnreadStream(): NodeJS.WriteStream {
	return new Writable({write: (_chunk, _encoding, done) => done()}) as unknown as NodeJS.WriteStream;
}

/**
 * Asks a question on a terminal.
 * @param isHidden whether the answer is not echoed, and is not trimmed
 * @returns the line typed; end of input and Ctrl-C give an empty one
 */
export async function askOn(
	input: NodeJS.ReadStream,
	output: NodeJS.WriteStream,
	question: string,
	isHidden = false,
): Promise<string> {
	const {createInterface} = await import('node:readline');
	if (isHidden) {
		output.write(question);
	}

	const shown = isHidden ? openUnreadStream() : output;
	const line = createInterface({input, output: shown, terminal: true, historySize: 0});
	const answer = await new Promise<string>(resolve => {
		line.once('close', () => resolve('')).once('SIGINT', () => line.close());
		line.question(isHidden ? '' : question, resolve);
	});
	line.close();
	if (isHidden) {
		output.write('\n');
	}

	return isHidden ? answer : answer.trim();
}

/**
 * Shows a manual page with the system's `man`, on this program's streams.
 * @returns its exit code; `undefined` when `man` is not installed
 */
export async function showManual(file: string): Promise<number | undefined> {
	const {spawn} = await import('node:child_process');
	return new Promise(resolve => {
		spawn('man', [file], {stdio: 'inherit'})
			.once('error', () => resolve(undefined))
			.once('exit', code => resolve(code ?? 1));
	});
}
