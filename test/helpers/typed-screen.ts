import type {NodesFile} from '../../source/domain/store.js';
import {type Controller, type ControllerOptions, createController} from '../../source/tui/controller.js';
import type {ScreenStoreFixture} from './screen-fixture.js';

/** Options of a screen that a test types into; all others do nothing. */
export interface TypedScreenOptions extends Partial<ControllerOptions> {
	/** The initial nodes.json. */
	readonly file: NodesFile;
	/** Called before nodes.json is saved; saving fails with its error. */
	readonly saving?: () => Promise<void>;
	/** Called with the file after it was saved. */
	readonly saved: (file: NodesFile) => void;
}

/** A screen that a test can type into, and the file it changes. */
export interface TypedScreen {
	readonly controller: Controller;
	readonly file: () => NodesFile;
	/** Removes a node from the file as another program does; the screen does not know it yet. */
	readonly removeElsewhere: (name: string) => void;
}

export function openTypedScreen(
	store: ScreenStoreFixture,
	{file: initial, saving, saved, ...options}: TypedScreenOptions,
): TypedScreen {
	let file = initial;
	const controller = createController({
		store,
		poller: {
			checkNow: async () => {},
			setMethod: () => {},
			setIntervalMs: () => {},
			setPaused: () => {},
			setDiagnosed: () => {},
		},
		nodeStore: {
			path: 'nodes.json',
			read: () => file,
			update: async change => {
				await saving?.();
				file = change(file);
				saved(file);
				return file;
			},
			permissionWarning: () => undefined,
			withStoredPaths: definition => definition,
		},
		resultStore: {readTransitions: async () => []},
		nowMs: () => store.nowMs,
		copy: async () => '',
		save: async () => 'snapshot.json',
		search: () => {},
		resetView: () => {},
		redraw: () => {},
		quit: () => {},
		suspend: () => {},
		...options,
	});
	return {
		controller,
		file: () => file,
		removeElsewhere: name => {
			file = {...file, nodes: file.nodes.filter(node => node.name !== name)};
		},
	};
}
