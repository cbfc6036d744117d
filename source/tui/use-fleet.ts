import {useSyncExternalStore} from 'react';
import type {UiState} from './ui-state.js';

/** Where the screen's content comes from. */
export interface UiStateStore {
	readonly subscribe: (listener: () => void) => () => void;
	/** The same object until something changes. */
	readonly getScene: () => UiState;
}

/** The fleet and the view of it, always as the store says. */
export function useFleet({subscribe, getScene}: UiStateStore): UiState {
	return useSyncExternalStore(subscribe, getScene);
}
