import {useInput, usePaste, useWindowSize} from 'ink';
import {useEffect, useRef, useSyncExternalStore} from 'react';
import {type Key, keysOf, pasteKey} from './terminal/keys.js';
import type {UiState} from './ui-state.js';

/** The source of the screen's content. */
export interface UiStateStore {
	readonly subscribe: (listener: () => void) => () => void;
	/** Returns the same object until something changes. */
	readonly getUiState: () => UiState;
}

/** The current state of the store. */
export function useFleet({subscribe, getUiState}: UiStateStore): UiState {
	return useSyncExternalStore(subscribe, getUiState);
}

/** Calls back when the size of the terminal has changed. */
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
 * Passes on typed keys and pasted text. Keys that arrive together are passed in one call, which distinguishes text pasted in a
 * terminal without bracketed paste from typed keys.
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
