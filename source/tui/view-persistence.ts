import type {NotedPoller} from '../application/poller.js';
import {durationText, parseDurationMs} from '../domain/format.js';
import type {ViewStore} from '../domain/store.js';
import {defaultRememberedView, isSameView, type RememberedView} from '../domain/view/remembered-view.js';
import type {ScreenStore} from './screen-store.js';
import {rememberedOf} from './view/view-state.js';

/** Debounce: changes within this time are saved together; milliseconds. */
const saveAfterMs = 500;

/** Parts of the view that the command line sets; they are neither restored nor saved. */
export interface GivenByFlags {
	readonly method: boolean;
	readonly interval: boolean;
	/** True when nodes are named, so that a remembered filter does not hide them. */
	readonly filter: boolean;
}

export interface ViewPersistenceOptions {
	readonly store: Pick<ScreenStore, 'getUiState' | 'dispatch' | 'invalidate'>;
	readonly poller: Pick<NotedPoller, 'getSnapshot' | 'setMethod' | 'setIntervalMs' | 'setNote'>;
	readonly viewStore: ViewStore;
	readonly given: GivenByFlags;
	/** Whether to start with the default view and save that. */
	readonly isReset: boolean;
	readonly isSaved: boolean;
}

/** Remembers the user's view between runs. If it cannot be read or saved, a note is shown and the screen continues. */
export interface ViewPersistence {
	/** Must be called after every change of view, method or interval. */
	readonly changed: () => void;
	/** Restores the configured method and interval. */
	readonly reset: () => void;
	/** Saves pending changes; never rejects. */
	readonly close: () => Promise<void>;
}

/** Restores the remembered view and starts saving changes. */
export function openViewPersistence({
	store,
	poller,
	viewStore,
	given,
	isReset,
	isSaved,
}: ViewPersistenceOptions): ViewPersistence {
	const {method: configuredMethod, intervalMs: configuredMs} = poller.getSnapshot();
	const {view: read, note} = viewStore.read();
	poller.setNote('view', note);
	const restored = isReset ? {...defaultRememberedView, filter_history: read.filter_history} : read;
	store.dispatch({type: 'remembered', remembered: given.filter ? withoutFilter(restored) : restored});
	if (restored.method !== undefined && !given.method) {
		poller.setMethod(restored.method);
	}

	const intervalMs = parseDurationMs(restored.interval ?? '');
	if (intervalMs !== undefined && !given.interval) {
		poller.setIntervalMs(intervalMs);
	}

	store.invalidate();
	let saved = read;
	let timer: NodeJS.Timeout | undefined;
	let saving: Promise<void> = Promise.resolve();

	const present = (): RememberedView => {
		const {view, snapshot} = store.getUiState();
		const {method: _, interval: __, ...now} = rememberedOf(view);
		const method = given.method ? restored.method : snapshot.method === configuredMethod ? undefined : snapshot.method;
		const interval = given.interval
			? restored.interval
			: snapshot.intervalMs === configuredMs
				? undefined
				: durationText(snapshot.intervalMs);
		const {filter, problems_only} = given.filter ? restored : now;
		return {
			...now,
			filter,
			problems_only,
			...(method === undefined ? {} : {method}),
			...(interval === undefined ? {} : {interval}),
		};
	};

	const save = async (): Promise<void> => {
		clearTimeout(timer);
		timer = undefined;
		const view = present();
		if (isSameView(view, saved)) {
			return;
		}

		saved = view;
		try {
			await viewStore.save(view);
			poller.setNote('view', undefined);
		} catch (error) {
			poller.setNote('view', error instanceof Error ? error.message : String(error));
		}
	};

	const changed = (): void => {
		// A filter that is still being typed is not saved.
		if (isSaved && store.getUiState().view.dialog?.kind !== 'filter' && !isSameView(present(), saved)) {
			timer ??= setTimeout(() => {
				saving = saving.then(save);
			}, saveAfterMs).unref();
		}
	};

	changed();
	return {
		changed,
		reset: () => {
			poller.setMethod(configuredMethod);
			poller.setIntervalMs(configuredMs);
		},
		close: async () => {
			await saving;
			if (timer) {
				await save();
			}
		},
	};
}

const withoutFilter = (view: RememberedView): RememberedView => ({...view, filter: '', problems_only: false});
