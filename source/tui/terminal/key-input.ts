import {decodeKeys, flushKeys, isUnfinishedPaste, type Key} from './keys.js';

/** How long the beginning of an escape sequence waits for its end; a lone Esc is one too. */
const escapeWaitMs = 50;

/**
 * Reads keys from a terminal in raw mode.
 * @returns the way to end it
 */
export function readKeys(stdin: NodeJS.ReadStream, onKeys: (keys: readonly Key[]) => void): () => void {
	let rest = '';
	let timer: NodeJS.Timeout | undefined;

	const onData = (chunk: string | Buffer): void => {
		clearTimeout(timer);
		const decoded = decodeKeys(rest + chunk.toString());
		rest = decoded.rest;
		if (rest !== '' && !isUnfinishedPaste(rest)) {
			timer = setTimeout(() => {
				const keys = flushKeys(rest);
				rest = '';
				onKeys(keys);
			}, escapeWaitMs);
		}

		if (decoded.keys.length > 0) {
			onKeys(decoded.keys);
		}
	};

	stdin.setEncoding('utf8');
	stdin.on('data', onData);
	return () => {
		clearTimeout(timer);
		stdin.off('data', onData);
	};
}
