import type {Poller} from '../application/poller.js';
import type {RemoteScreen} from '../cli/command.js';
import {checkMethods} from '../domain/check-method.js';
import type {FoundWallets} from './found-wallets.js';
import {nodeJson} from './node-page.js';
import type {ScreenStore} from './screen-store.js';
import type {ActionDialogs} from './view/action-dialogs.js';
import type {CommandName} from './view/commands.js';
import type {NodeDialogs} from './view/node-dialogs.js';
import type {NodeEntry} from './view/table-entries.js';
import {currentId} from './view/view-state.js';

/** What commands can affect outside the view. */
export interface EffectOptions {
	readonly store: ScreenStore;
	readonly poller: Pick<Poller, 'checkNow' | 'setMethod' | 'setIntervalMs' | 'setPaused'>;
	/** Copies text to the clipboard. @returns the outcome, as text to follow `JSON of hot-1` */
	readonly copy: (text: string) => Promise<string>;
	/** Writes a snapshot file. @returns its path */
	readonly save: () => Promise<string>;
	/** Searches this machine for running wallets. */
	readonly search: () => void;
	/** Adds discovered wallets as nodes. */
	readonly wallets: Pick<FoundWallets, 'addSelected' | 'addAll'>;
	/** Lists the actions for the selected node. */
	readonly actions: Pick<ActionDialogs, 'openMenu' | 'choose'>;
	/** Restores the configured method and interval. */
	readonly resetView: () => void;
	readonly redraw: () => void;
	readonly quit: () => void;
}

/** Effects of commands other than changing the view; most commands have none. */
export type Effects = Readonly<Partial<Record<CommandName, () => void>>>;

export function createEffects(options: EffectOptions, dialogs: NodeDialogs): Effects {
	const {store, poller} = options;
	const {notice, inBackground} = dialogs;

	const withCurrent = (act: (entry: NodeEntry) => void) => (): void => {
		const {view, listed} = store.getUiState();
		const id = currentId(view, listed.ids);
		const entry = listed.all.find(({row}) => row.id === id);
		if (entry) {
			act(entry);
		}
	};

	const changeInterval = (direction: 1 | -1) => (): void =>
		poller.setIntervalMs(nextIntervalMs(store.getUiState().snapshot.intervalMs, direction));

	return {
		quit: () => {
			const {
				listed,
				view: {page, dialog},
			} = store.getUiState();
			const isLast = page.kind === 'table' || (page.kind === 'found' && listed.all.length === 0);
			if (isLast && !dialog) {
				options.quit();
			}
		},
		choose: () => {
			const {dialog} = store.getUiState().view;
			const method = dialog?.kind === 'picker' ? checkMethods[dialog.index] : undefined;
			if (method) {
				poller.setMethod(method);
			}

			if (dialog?.kind === 'actions') {
				options.actions.choose(dialog.rows[dialog.index]);
			}
		},
		'method-pid': () => poller.setMethod('pid'),
		'method-port': () => poller.setMethod('port'),
		'method-api': () => poller.setMethod('api'),
		'method-full': () => poller.setMethod('full'),
		'check-node': withCurrent(({row}) => {
			void poller.checkNow(row.id);
			notice(row.reportedBy === undefined ? `checking ${row.name}` : `requesting new results from ${row.reportedBy}`);
		}),
		'check-all': () => {
			void poller.checkNow();
			const {isRemote, snapshot} = store.getUiState();
			if (isRemote) {
				notice('requesting new results from the http hosts');
			} else if (snapshot.nodes.length === 0) {
				options.search();
				notice('searching for wallets on this machine');
			} else {
				notice('checking all nodes');
			}
		},
		pause: () => poller.setPaused(!store.getUiState().snapshot.paused),
		slower: changeInterval(1),
		faster: changeInterval(-1),
		add: () => dialogs.openForm(undefined),
		search: options.search,
		silence: withCurrent(({node}) => dialogs.ask(node.silence ? 'unsilence' : 'silence', node.node)),
		undo: dialogs.undo,
		actions: options.actions.openMenu,
		'reset-view': () => {
			options.resetView();
			notice('default view');
		},
		'add-found': options.wallets.addSelected,
		'add-all-found': options.wallets.addAll,
		found: options.search,
		edit: withCurrent(({node}) => dialogs.openForm(node.node)),
		remove: withCurrent(({node}) => dialogs.ask('remove', node.node)),
		toggle: withCurrent(({node}) => dialogs.ask(node.node.available ? 'disable' : 'enable', node.node)),
		copy: withCurrent(entry => {
			const copied = options.copy(nodeJson(entry));
			void inBackground(async () => `JSON of ${entry.row.name} ${await copied}`);
		}),
		save: () => void inBackground(async () => `saved ${await options.save()}`),
		redraw: options.redraw,
	};
}

/** The intervals that `+` and `-` step through, in seconds. */
const steps = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600] as const;

/** The next longer (1) or shorter (-1) interval, in milliseconds; unchanged at the ends. */
function nextIntervalMs(intervalMs: number, direction: 1 | -1): number {
	const seconds = intervalMs / 1000;
	const next = direction === 1 ? steps.find(step => step > seconds) : steps.findLast(step => step < seconds);
	return next === undefined ? intervalMs : next * 1000;
}

const readOnly = 'read-only with --connect: change it on the remote host';
const pastRefusal = 'this is the past: nothing is checked';
const ownInterval = 'read-only: ssh hosts check at their own interval';

/** Commands that are not possible for nodes of remote hosts. */
export const editing: ReadonlySet<CommandName> = new Set([
	'add',
	'edit',
	'remove',
	'toggle',
	'silence',
	'undo',
	'actions',
	'found',
	'choose-method',
	'method-pid',
	'method-port',
	'method-api',
	'method-full',
] as const);

/** Commands that need hosts that are polled (HTTP). */
const asking: ReadonlySet<CommandName> = new Set(['slower', 'faster'] as const);

/** @returns why a command is not available while hosts are connected; `undefined` when it is */
export function refusalOf(
	{isAsked, isAskable}: RemoteScreen,
	store: Pick<ScreenStore, 'getUiState'>,
): (command: CommandName) => string | undefined {
	return command => {
		if (editing.has(command)) {
			return readOnly;
		}

		const isCheck = command === 'check-all' || command === 'check-node';
		if (store.getUiState().snapshot.atMs !== undefined && (isCheck || asking.has(command))) {
			return pastRefusal;
		}

		if (asking.has(command) && !isAsked) {
			return ownInterval;
		}

		if (!isCheck) {
			return undefined;
		}

		const {view, listed} = store.getUiState();
		return isAskable(command === 'check-all' ? undefined : currentId(view, listed.ids)) ? undefined : ownInterval;
	};
}
