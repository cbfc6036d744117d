import {pausePerRun} from '../application/pacing.js';
import type {Poller} from '../application/poller.js';
import {wideColumns} from '../cli/reports/columns.js';
import type {SilenceStore} from '../domain/alerts/silences.js';
import {checkMethodWords} from '../domain/check-method.js';
import {type Transition, transitionsByNode} from '../domain/past/transition.js';
import {computeHistory, type Past, statesOver, uptimeWindows} from '../domain/past/uptime.js';
import type {SavePassword} from '../domain/secret-files.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {isCleanText} from '../domain/text.js';
import {createEffects, type EffectOptions} from './effects.js';
import {fleetPanelHeight, timelineCells} from './fleet-panel.js';
import {createFoundWallets} from './found-wallets.js';
import type {ScreenStore} from './screen-store.js';
import {type Key, pastedText} from './terminal/keys.js';
import {frameOf, type Timeline} from './ui-state.js';
import {type ActionDialogsOptions, createActionDialogs} from './view/action-dialogs.js';
import {type CommandName, commandOf, keyName, type Mode} from './view/commands.js';
import {createPageFollower} from './view/follow-page.js';
import {createNodeDialogs} from './view/node-dialogs.js';
import {type Dialog, modeOf} from './view/view-state.js';

/** What keys can affect outside the view. */
export interface ControllerOptions
	extends Omit<EffectOptions, 'wallets' | 'actions'>,
		Pick<ActionDialogsOptions, 'loadActions' | 'runInTerminal'> {
	readonly poller: Pick<Poller, 'checkNow' | 'checkBy' | 'setMethod' | 'setIntervalMs' | 'setPaused' | 'setDiagnosed'>;
	readonly nodeStore: NodeStore;
	/** Absent: nodes cannot be silenced. */
	readonly silenceStore?: SilenceStore | undefined;
	readonly resultStore: Pick<ResultStore, 'readTransitions'>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	readonly suspend: () => void;
	/** See {@link createFoundWallets}. */
	readonly savePassword?: SavePassword | undefined;
	/** Called after every change of the view. */
	readonly viewChanged?: () => void;
	/** Why a command is not available; absent: all are. */
	readonly refusal?: (command: CommandName) => string | undefined;
}

/** Modes in which a key without a command is reported as unknown. */
const unknownIn: ReadonlySet<Mode> = new Set([
	'table',
	'details',
	'json',
	'transitions',
	'daemon',
	'found',
	'picker',
	'sort',
	'columns',
	'actions',
	'output',
]);

/** Handles keys. */
export interface Controller {
	/** Handles all keys of one event, then draws once. */
	readonly press: (keys: readonly Key[]) => void;
	/** Must be called when the fleet has changed. */
	readonly fleetChanged: () => void;
}

export function createController(options: ControllerOptions): Controller {
	const {store, poller, resultStore} = options;
	const dialogs = createNodeDialogs(options);
	const wallets = createFoundWallets({
		...options,
		notice: dialogs.notice,
		inBackground: dialogs.inBackground,
		added: () => void poller.checkNow(),
	});
	const actions = createActionDialogs(options, dialogs);
	const effects = createEffects({...options, wallets, actions}, dialogs);
	const followPage = createPageFollower(store, poller, resultStore);
	const followFleet = createFleetPast(options);
	const always: Readonly<Record<string, () => void>> = {'ctrl-c': options.quit, 'ctrl-z': options.suspend};

	/** The dialog that was open when the current event arrived. */
	let dialogBefore: Dialog['kind'] | undefined;

	/**
	 * Whether the dialog was opened by the current event, except the form for a new node. If the same event also confirms it, the event
	 * was probably text for another program, such as a paste in a terminal without bracketed paste.
	 */
	const isJustOpened = (dialog: Dialog | undefined): boolean =>
		dialog?.kind !== dialogBefore && !(dialog?.kind === 'form' && dialog.form.nodeId === undefined);

	const pressOne = (key: Key): void => {
		const uiState = store.getUiState();
		if (frameOf(uiState).isTooSmall) {
			if (key === 'q') {
				options.quit();
			}

			return;
		}

		const mode = modeOf(uiState.view);
		const command = commandOf(mode, key);
		const refused = command && options.refusal?.(command);
		if (refused !== undefined) {
			dialogs.notice(refused);
		} else if (command) {
			const effect = effects[command];
			if (effect) {
				effect();
				// Later keys of the same event must see the effect of this one.
				store.invalidate();
			}

			store.dispatch({type: 'command', command});
		} else if (mode === 'password' && key === 'enter') {
			if (!isJustOpened(uiState.view.dialog)) {
				void wallets.submitPassword();
			}
		} else if (mode === 'action' && key === 'enter') {
			if (!isJustOpened(uiState.view.dialog)) {
				actions.confirm();
			}
		} else if (unknownIn.has(mode)) {
			actions.pressKey(key, () => dialogs.notice(`${keyName(key)} does nothing here; ? for help`));
		} else if (mode === 'form' && key === 'enter') {
			if (!isJustOpened(uiState.view.dialog)) {
				void dialogs.submitForm();
			}
		} else {
			if (mode === 'confirm' && key === 'enter' && !isJustOpened(uiState.view.dialog)) {
				dialogs.answered();
			}

			store.dispatch({type: 'typed', key});
		}
	};

	/** Inserts pasted text, as one line, where text is expected; it is never taken as commands. */
	const paste = (text: string): void => {
		const {dialog} = store.getUiState().view;
		if (
			dialog?.kind === 'filter' ||
			dialog?.kind === 'form' ||
			dialog?.kind === 'password' ||
			(dialog?.kind === 'confirm' && dialog.act === 'remove') ||
			(dialog?.kind === 'action' && dialog.loss !== undefined)
		) {
			const line = text.replace(/[\r\n]+$/, '').replace(/[\r\n\t]+/g, ' ');
			for (const character of [...line].filter(isCleanText)) {
				store.dispatch({type: 'typed', key: character});
			}
		}
	};

	const show = (): void => {
		store.invalidate();
		followPage();
		followFleet();
		options.viewChanged?.();
		store.notify();
	};

	return {
		press: keys => {
			const {view: before} = store.getUiState();
			dialogBefore = before.dialog?.kind;
			store.markSeen();
			for (const key of keys) {
				const text = pastedText(key);
				if (text === undefined) {
					(always[key] ?? (() => pressOne(key)))();
				} else {
					paste(text);
				}
			}

			const {view: after} = store.getUiState();
			// The outcome of an earlier key has nothing to do with another page or dialog.
			if (after.notice !== undefined && after.notice === before.notice && modeOf(after) !== modeOf(before)) {
				store.dispatch({type: 'notice', notice: undefined});
			}

			show();
		},
		fleetChanged: show,
	};
}

/** How often the history is read again while it is shown, and how soon at the earliest after a state change; milliseconds. */
const readAgainMs = 15_000;
const readChangedMs = 2000;
/** How many of the latest transitions are kept. */
const keptLatest = 100;

export interface FleetPastOptions {
	readonly store: Pick<ScreenStore, 'getUiState' | 'setFleetPast' | 'notify'>;
	readonly resultStore: Pick<ResultStore, 'readTransitions'>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/**
 * Keeps the uptimes, the latest transitions and the timeline of all nodes up to date while they are shown or sorted by.
 * @returns a function to call after every change of view or fleet
 */
export function createFleetPast({store, resultStore, nowMs}: FleetPastOptions): () => void {
	let readAtMs = Number.NEGATIVE_INFINITY;
	let readStates = '';
	let isReading = false;
	let pausedUntilMs = Number.NEGATIVE_INFINITY;
	const read = async (): Promise<void> => {
		// Not `nowMs()`: the wall clock may be set during the read.
		const startedAtMs = performance.now();
		isReading = true;
		try {
			const transitions = await resultStore.readTransitions();
			const pasts = pastsOf(transitions);
			const uptimes = [...pasts].map(([id, past]) => [id, computeHistory(past).uptime['24h'].ratio] as const);
			const percent = uptimes.flatMap(([id, ratio]) => (ratio === undefined ? [] : [[id, ratio * 100] as const]));
			const timeline = timelineOf(pasts, timelineCells(store.getUiState()), nowMs());
			store.setFleetPast(new Map(percent), transitions.slice(-keptLatest), timeline);
			store.notify();
		} catch {
			// If the history cannot be read, it is not shown.
		} finally {
			const endedAtMs = performance.now();
			pausedUntilMs = endedAtMs + (endedAtMs - startedAtMs) * pausePerRun;
			isReading = false;
		}
	};

	const pastsOf = (transitions: readonly Transition[]): ReadonlyMap<number, Past> => {
		// A method chosen only for this screen is not recorded, so the history of the recorded method is used.
		const {nodes, method, recordedMethod = method} = store.getUiState().snapshot;
		const recorded = checkMethodWords[recordedMethod].recordedAs;
		const byNode = transitionsByNode(transitions.filter(({method: by}) => by === recorded));
		return new Map(
			nodes.map(({node: {id}, nodeState}) => [
				id,
				{transitions: byNode.get(id) ?? [], nodeState, method: recorded, nowMs: nowMs()},
			]),
		);
	};

	return () => {
		const uiState = store.getUiState();
		const {columns, view, snapshot} = uiState;
		const isShown =
			columns >= wideColumns ||
			fleetPanelHeight(uiState) > 0 ||
			view.sort === 'uptime' ||
			view.columns.uptime === 'shown' ||
			view.filter.includes('uptime');
		// The whole log is read, which takes seconds if it is long. A change during a read or pause is read by the next call.
		if (!isShown || isReading || performance.now() < pausedUntilMs) {
			return;
		}

		const hasPanel = fleetPanelHeight(uiState) > 0;
		const states = hasPanel
			? [timelineCells(uiState), ...snapshot.nodes.map(({result}) => result?.details.state)].join()
			: readStates;
		// The clock may have been set back.
		if (Math.abs(nowMs() - readAtMs) >= (states === readStates ? readAgainMs : readChangedMs)) {
			readAtMs = nowMs();
			readStates = states;
			void read();
		}
	};
}

/** The possible lengths of a timeline's cell, in milliseconds. */
const timelineSteps = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800].map(seconds => seconds * 1000);

/** The states of nodes over the monitored time, at most a day, in `count` cells. */
function timelineOf(pasts: ReadonlyMap<number, Past>, count: number, nowMs: number): Timeline | undefined {
	const begins = [...pasts.values()].flatMap(({nodeState, method}) => nodeState.watched?.[method]?.[0]?.[0] ?? []);
	if (count === 0 || begins.length === 0) {
		return undefined;
	}

	const dayMs = uptimeWindows['24h'];
	const watchedMs = Math.min(dayMs, nowMs - Math.min(...begins.map(at => Date.parse(at))));
	const cellMs = timelineSteps.find(stepMs => stepMs * (count - 1) >= watchedMs) ?? Math.ceil(dayMs / count);
	const fromMs = (Math.ceil(nowMs / cellMs) - count) * cellMs;
	return {
		fromMs,
		cellMs,
		states: new Map([...pasts].map(([id, past]) => [id, statesOver(past, fromMs, cellMs, count)])),
	};
}
