import {tooLarge} from '../bounded-read.js';

/** What happened to the standard streams while the program ran. */
export interface StreamTroubles {
	/** Whether stdout could not be written (a full disk), which was then said on stderr. */
	readonly isUnwritten: () => boolean;
	/** Whether the terminal was closed. */
	readonly isTerminalGone: () => boolean;
}

/** A reader that leaves early (`| head`) or a terminal that is closed ends the output, and is no error. */
const goneCodes: readonly unknown[] = ['EPIPE', 'EIO'];

/** Listens for the errors of the standard streams, which would otherwise end the program with a stack trace. */
export function watchStandardStreams({
	stdin,
	stdout,
	stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): StreamTroubles {
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
			stderr.write(`xmrtop: cannot write to stdout: ${error.message}\n`);
		}
	});
	return {isUnwritten: () => isUnwritten, isTerminalGone: () => isTerminalGone};
}

/**
 * Everything on stdin, as text.
 * @throws OddFileError when it is more than so many characters
 */
export async function readAll(stdin: NodeJS.ReadStream, maxLength: number): Promise<string> {
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
