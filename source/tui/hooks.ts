import {useInput, usePaste, useWindowSize} from 'ink';
import {useEffect, useRef, useSyncExternalStore} from 'react';
import {type Key, keysOf, pasteKey} from './terminal/keys.js';
import type {UiState} from './ui-state.js';

/** Where the screen's content comes from. */
export interface UiStateStore {
	readonly subscribe: (listener: () => void) => () => void;
	/** The same object until something changes. */
	readonly getUiState: () => UiState;
}

/** The fleet and the view of it, always as the store says. */
export function useFleet({subscribe, getUiState}: UiStateStore): UiState {
	return useSyncExternalStore(subscribe, getUiState);
}

/** Tells when the terminal has another size than before. */
export function useTerminalSize(onResize: () => void): void {
	const {columns, rows} = useWindowSize();
	const known = useRef(`${columns}x${rows}`);
	useEffect(() => {
		const size = `${columns}x${rows}`;
		if (known.current !== size) {
			known.current = size;
			onResize();
		}
	}, [columns, rows, onResize]);
}

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
