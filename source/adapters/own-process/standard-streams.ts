import {fstatSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {Writable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {tooLarge} from '../bounded-read.js';

/** What happened to the standard streams while the program ran. */
export interface StreamTroubles {
	/** Whether stdout could not be written (a full disk), which was then told. */
	readonly isUnwritten: () => boolean;
	/** Whether the terminal was closed. */
	readonly isTerminalGone: () => boolean;
}

/** A reader that leaves early (`| head`) or a terminal that is closed ends the output, and is no error. */
const goneCodes: readonly unknown[] = ['EPIPE', 'EIO'];

/**
 * Listens for the errors of the standard streams, which would otherwise end the program with a stack trace.
 * @param onUnwritten told once why stdout cannot be written
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
 * Everything on stdin, as text.
 * @throws SpecialFileError when it is more than so many characters
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

/**
 * Ends as what a closed terminal ends: Node.js aborts when it cannot restore a terminal at its end.
 */
export function endByHangup(): void {
	process.removeAllListeners('SIGHUP');
	process.kill(process.pid, 'SIGHUP');
}

/** How long a slow reader is waited for at the end, in milliseconds. */
const patienceMs = 300;

/**
 * Lets go of what a reader that stands still (`| less`) has not taken: it would keep the program from ending. What a reader
 * has taken, or takes in time, is not touched.
 */
export async function dropUnreadOutput(stream: NodeJS.WriteStream): Promise<void> {
	if (stream.writableLength === 0) {
		return;
	}

	await Promise.race([new Promise(resolve => stream.once('drain', resolve)), sleep(patienceMs)]);
	if (stream.writableLength > 0) {
		// Node.js puts a method that does nothing before the one that closes.
		Reflect.deleteProperty(stream, '_destroy');
		stream.destroy();
	}
}

/**
 * Resolves at the first SIGINT or SIGTERM, and keeps the process alive until then.
 * @param unneeded ends the waiting early
 */
export function untilExitSignal(unneeded?: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		// A timer keeps the process alive; signals alone do not.
		const alive = setInterval(() => {}, 2 ** 30);
		const end = (): void => {
			clearInterval(alive);
			// Only later: the lock library ends the program by the same signal when it finds nobody else listening for it.
			setImmediate(() => process.off('SIGINT', end).off('SIGTERM', end));
			resolve();
		};

		process.on('SIGINT', end).on('SIGTERM', end);
		unneeded?.addEventListener('abort', end, {once: true});
	});
}

/** Calls back at every SIGHUP. @returns the way to end it */
export function onHangupSignal(listener: () => void): () => void {
	process.on('SIGHUP', listener);
	return () => process.off('SIGHUP', listener);
}

/**
 * Whether a descriptor leads to the systemd journal. `JOURNAL_STREAM` names the device and inode that did when the service
 * was started; a child whose output was redirected inherits the variable all the same.
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
 * Keeps the details of an internal error, readable for this user alone.
 * @returns the file's path; `undefined` when it cannot be written
 */
export async function saveCrashFile(folder: string, details: string): Promise<string | undefined> {
	const file = path.join(folder, `crash-${new Date().toISOString().replaceAll(':', '')}.txt`);
	try {
		await mkdir(folder, {recursive: true, mode: 0o700});
		await writeFile(file, details, {mode: 0o600});
		return file;
	} catch {
		return undefined;
	}
}

/** A stream that nobody reads. */
export function openUnreadStream(): NodeJS.WriteStream {
	return new Writable({write: (_chunk, _encoding, done) => done()}) as unknown as NodeJS.WriteStream;
}

/**
 * Asks on a terminal.
 * @param isHidden whether what is typed is not shown, and is taken as it is
 * @returns the line that is typed; the end of the input and Ctrl-C are an empty one
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
 * Shows a page of the manual with the system's own program, on the streams of this one.
 * @returns its exit code; `undefined` where there is no such program
 */
export async function showManual(file: string): Promise<number | undefined> {
	const {spawn} = await import('node:child_process');
	return new Promise(resolve => {
		spawn('man', [file], {stdio: 'inherit'})
			.once('error', () => resolve(undefined))
			.once('exit', code => resolve(code ?? 1));
	});
}
