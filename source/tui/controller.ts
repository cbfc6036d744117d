import type {Watcher} from '../application/watcher.js';
import {checkMethods} from '../domain/check-method.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {cleanText} from '../domain/text.js';
import {type CommandName, commandOf} from './commands.js';
import {pageEntry} from './details-lines.js';
import {nextIntervalMs} from './intervals.js';
import type {Key} from './keys.js';
import {changeNode, saveForm} from './node-changes.js';
import {openForm} from './node-form.js';
import {nodeJson} from './page-lines.js';
import {methodOfCommand} from './reduce-view.js';
import {frameOf} from './scene.js';
import type {ScreenStore} from './screen-store.js';
import type {NodeEntry} from './table-entries.js';
import {currentId, modeOf} from './view-state.js';

/** What keys reach outside the view. */
export interface ControllerOptions {
	readonly store: ScreenStore;
	readonly watcher: Pick<Watcher, 'checkNow' | 'setMethod' | 'setIntervalMs' | 'setPaused' | 'setDiagnosed'>;
	readonly nodeStore: NodeStore;
	readonly resultStore: Pick<ResultStore, 'readTransitions'>;
	readonly nowMs: () => number;
	/** Hands text to the terminal's clipboard. */
	readonly copy: (text: string) => void;
	/** Writes a snapshot file. @returns its path */
	readonly save: () => Promise<string>;
	readonly redraw: () => void;
	readonly suspend: () => void;
	readonly quit: () => void;
}

/** Turns keys into changes. */
export interface Controller {
	/** Takes every key of one event, then shows the outcome once. */
	readonly press: (keys: readonly Key[]) => void;
	/** To be called when the fleet has changed. */
	readonly fleetChanged: () => void;
}

/** How long a notice stays, in milliseconds. */
const noticeMs = 4000;

export function createController(options: ControllerOptions): Controller {
	const {store, watcher, nodeStore, resultStore, nowMs} = options;
	let openedId: number | undefined;
	let knownPast = '';

	const notice = (text: string, isError = false): void =>
		store.dispatch({type: 'notice', notice: {text: cleanText(text), isError, untilMs: nowMs() + noticeMs}});

	const current = (): NodeEntry | undefined => {
		const {view, listed} = store.getScene();
		const id = currentId(view, listed.ids);
		return listed.all.find(({row}) => row.id === id);
	};

	/** Does something slow; its outcome is shown when it is there. */
	const inBackground = async (work: () => Promise<string>): Promise<void> => {
		try {
			notice(await work());
		} catch (error) {
			notice(error instanceof Error ? error.message : String(error), true);
		}

		store.notify();
	};

	const readPast = async (nodeId: number): Promise<void> => {
		try {
			const transitions = await resultStore.readTransitions({nodeId});
			if (openedId === nodeId) {
				store.setTransitions(transitions);
				store.notify();
			}
		} catch {
			// The past is shown where it can be read.
		}
	};

	/** Keeps the open page's node diagnosed, and its transitions fresh. */
	const followPage = (): void => {
		const scene = store.getScene();
		const entry = pageEntry(scene);
		const nodeId = entry?.row.id;
		if (nodeId !== openedId) {
			openedId = nodeId;
			knownPast = '';
			store.setTransitions([]);
			watcher.setDiagnosed(nodeId);
		}

		const past = JSON.stringify(entry?.node.memory.states ?? {}, ['api', 'port', 'pid', 'since']);
		if (nodeId !== undefined && past !== knownPast) {
			knownPast = past;
			void readPast(nodeId);
			// The change that was just seen is written a moment later.
			setTimeout(() => void readPast(nodeId), 400).unref();
		}
	};

	const ask = (act: 'remove' | 'toggle'): void => {
		const entry = current();
		if (entry) {
			const {id, name} = entry.node.node;
			const asked = act === 'remove' ? 'remove' : entry.node.node.available ? 'disable' : 'enable';
			store.dispatch({type: 'dialog', dialog: {kind: 'confirm', act: asked, nodeId: id, name}});
		}
	};

	const setInterval = (direction: 1 | -1): void => {
		const intervalMs = nextIntervalMs(store.getScene().snapshot.intervalMs, direction);
		watcher.setIntervalMs(intervalMs);
	};

	const effects: Readonly<Partial<Record<CommandName, () => void>>> = {
		quit: () => {
			const {view} = store.getScene();
			if (view.page.kind === 'table' && !view.dialog) {
				options.quit();
			}
		},
		choose: () => {
			const {dialog} = store.getScene().view;
			const method = dialog?.kind === 'picker' ? checkMethods[dialog.index] : undefined;
			if (method) {
				watcher.setMethod(method);
			}
		},
		'check-node': () => {
			const entry = current();
			if (entry) {
				watcher.checkNow(entry.row.id);
				notice(`checking ${entry.row.name}`);
			}
		},
		'check-all': () => {
			watcher.checkNow();
			notice('checking all nodes');
		},
		pause: () => watcher.setPaused(!store.getScene().snapshot.paused),
		slower: () => setInterval(1),
		faster: () => setInterval(-1),
		add: () => store.dispatch({type: 'dialog', dialog: {kind: 'form', form: openForm()}}),
		edit: () => {
			const entry = current();
			if (entry) {
				store.dispatch({type: 'dialog', dialog: {kind: 'form', form: openForm(entry.node.node)}});
			}
		},
		remove: () => ask('remove'),
		toggle: () => ask('toggle'),
		copy: () => {
			const entry = current();
			if (entry) {
				options.copy(nodeJson(entry));
				notice(`JSON of ${entry.row.name} sent to the terminal, for its clipboard`);
			}
		},
		save: () => void inBackground(async () => `saved ${await options.save()}`),
		redraw: options.redraw,
	};

	const confirmed = (): void => {
		const {dialog} = store.getScene().view;
		if (dialog?.kind !== 'confirm') {
			return;
		}

		const {act, nodeId, name} = dialog;
		void inBackground(async () => {
			await changeNode(nodeStore, act, nodeId);
			watcher.checkNow();
			return `${act === 'remove' ? 'removed' : `${act}d`} ${name}`;
		});
	};

	const saveDialogForm = async (): Promise<void> => {
		const {dialog} = store.getScene().view;
		if (dialog?.kind !== 'form') {
			return;
		}

		try {
			const node = await saveForm(nodeStore, dialog.form);
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`saved ${node.name}`);
			watcher.checkNow();
		} catch (error) {
			const message = cleanText(error instanceof Error ? error.message : String(error));
			store.dispatch({type: 'dialog', dialog: {...dialog, form: {...dialog.form, error: message}}});
		}

		store.notify();
	};

	const always: Readonly<Record<string, () => void>> = {'ctrl-c': options.quit, 'ctrl-z': options.suspend};

	const pressOne = (key: Key): void => {
		const scene = store.getScene();
		if (frameOf(scene).isTooSmall) {
			if (key === 'q') {
				options.quit();
			}

			return;
		}

		const mode = modeOf(scene.view);
		const command = commandOf(mode, key);
		if (command) {
			const method = methodOfCommand[command];
			if (method) {
				watcher.setMethod(method);
			}

			const effect = effects[command];
			if (effect) {
				effect();
				// The next key of the same event must see what this one did.
				store.invalidate();
			}

			store.dispatch({type: 'command', command});
		} else if (mode === 'form' && key === 'enter') {
			void saveDialogForm();
		} else {
			if (mode === 'confirm' && (key === 'y' || key === 'Y')) {
				confirmed();
			}

			store.dispatch({type: 'typed', key});
		}
	};

	return {
		press: keys => {
			for (const key of keys) {
				(always[key] ?? (() => pressOne(key)))();
			}

			store.invalidate();
			followPage();
			store.notify();
		},
		fleetChanged: () => {
			store.invalidate();
			followPage();
			store.notify();
		},
	};
}
