import {setTimeout as sleep} from 'node:timers/promises';

/** How long a slow reader is waited for at the end, in milliseconds. */
const patienceMs = 300;

/**
 * Lets go of what a reader that stands still (`| less`) has not taken: it would keep the program from ending. What a reader
 * has taken, or takes in time, is not touched.
 */
export async function dropUnread(stream: NodeJS.WriteStream): Promise<void> {
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
