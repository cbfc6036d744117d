import {useInput, usePaste} from 'ink';
import {useRef} from 'react';
import {type Key, keysOf, pasteKey} from './terminal/keys.js';

/**
 * Hands on what is typed and pasted. Keys that arrive together come in one call: words that were meant for another program,
 * pasted where the terminal does not mark pastes, can be told from typed keys by that.
 */
export function useKeys(onKeys: (keys: readonly Key[]) => void): void {
	const waiting = useRef<Key[]>([]);
	const take = (keys: readonly Key[]): void => {
		if (waiting.current.length === 0 && keys.length > 0) {
			queueMicrotask(() => onKeys(waiting.current.splice(0)));
		}

		waiting.current.push(...keys);
	};

	useInput((input, key) => take(keysOf(input, key)));
	usePaste(text => take([pasteKey(text)]));
}
