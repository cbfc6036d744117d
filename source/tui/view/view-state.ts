import type {Action} from '../../domain/actions.js';
import type {CheckMethod} from '../../domain/check-method.js';
import type {ColumnChoice, Grouping, RememberedView, SortKey} from '../../domain/view/remembered-view.js';
import {defaultRememberedView} from '../../domain/view/remembered-view.js';
import type {Mode} from './commands.js';
import type {NodeForm} from './node-form.js';

/** What fills the screen. */
export type Page =
	| {readonly kind: 'table'}
	/** The wallets that run on this machine and are no nodes. */
	| {
			readonly kind: 'found';
			/** The selected wallet's process; `undefined` rests on the first one. */
			readonly pid: number | undefined;
			/** Where it was last. */
			readonly index: number;
	  }
	/** A daemon and the nodes that depend on it. */
	| {readonly kind: 'daemon'; readonly daemon: string; readonly scroll: number}
	| {
			readonly kind: 'details' | 'json' | 'transitions';
			readonly nodeId: number;
			/** Lines scrolled out above. */
			readonly scroll: number;
			/** Where `Esc` leads. */
			readonly from: 'table' | 'details';
	  };

/** What asks for an answer on top of a page. */
export type Dialog =
	| {readonly kind: 'help'; readonly scroll: number}
	| {readonly kind: 'picker'; readonly index: number}
	/** The list of what the table can be sorted by. */
	| {readonly kind: 'sort'; readonly index: number}
	/** The list of columns that come and go. */
	| {readonly kind: 'columns'; readonly index: number}
	| {
			readonly kind: 'filter';
			/** What was typed before the history was opened. */
			readonly draft?: string;
			/** The place in the history of filters, counted from its end; absent: none of them. */
			readonly historyIndex?: number;
	  }
	| {
			readonly kind: 'confirm';
			readonly act: 'remove' | 'disable' | 'enable' | 'silence' | 'unsilence';
			readonly nodeId: number;
			readonly name: string;
			/** What was typed of the name, which removing asks for. */
			readonly typed?: string;
			/** Whether the button that does it is focused, instead of Cancel: what Enter presses. */
			readonly isFocused?: boolean;
	  }
	| {readonly kind: 'form'; readonly form: NodeForm}
	| PasswordDialog
	| ActionsDialog
	| ActionDialog
	| OutputDialog;

/** The list of actions for a node, or of actions that may be added. */
export interface ActionsDialog {
	readonly kind: 'actions';
	readonly nodeId: number;
	/** The node's name. */
	readonly name: string;
	readonly index: number;
	/** @see refusal why an action cannot be run for the node */
	readonly rows: ReadonlyArray<{readonly action: Action; readonly refusal?: string}>;
	/** Whether there is none yet, and these are offered. */
	readonly isSuggested: boolean;
}

/** Asks before a command is run for a node. */
export interface ActionDialog {
	readonly kind: 'action';
	readonly nodeId: number;
	/** The node's name. */
	readonly name: string;
	readonly action: Action;
	/** What will be run; empty while the node is checked. */
	readonly argv: readonly string[];
	/** Whether one key in the table has led here, without the list. */
	readonly isByKeyAlone?: boolean;
	/** What a restart would lose: the node's name is asked for then. */
	readonly loss?: string;
	/** What was typed of it. */
	readonly typed?: string;
	/** When the node was checked for this question, in milliseconds since the epoch. */
	readonly checkedMs?: number;
}

/** What a command says that is run for a node. */
export interface OutputDialog {
	readonly kind: 'output';
	/** The run it is of. */
	readonly run: number;
	readonly title: string;
	readonly argv: readonly string[];
	/** What it has printed, cleaned; the last lines of it. */
	readonly lines: readonly string[];
	/** How it ended, or what it waits for. */
	readonly ending: string;
	readonly isEnded: boolean;
	/** Lines scrolled out above; infinite: the last lines are in sight, whatever comes. */
	readonly scroll: number;
}

/** Asks for the login of a wallet that was found, before it is added. */
export interface PasswordDialog {
	readonly kind: 'password';
	/** The wallet's process. */
	readonly pid: number;
	/** What the node will be called. */
	readonly name: string;
	/** Whether the user name is known from the wallet. */
	readonly isUserKnown: boolean;
	readonly username: string;
	/** Never drawn. */
	readonly password: string;
	readonly focused: PasswordField;
	/** Whether the password goes into nodes.json instead of a file of its own that only this user can read. */
	readonly inNodesFile: boolean;
	/** Wallets to ask about afterwards, by process. */
	readonly next: readonly number[];
	/** What saving said, when it failed. */
	readonly error?: string;
}

/** What has the caret in a {@link PasswordDialog}. */
export type PasswordField = 'username' | 'password' | 'place';

/** A line that says what a key did, until a moment. */
export interface Notice {
	readonly text: string;
	readonly isError: boolean;
	/** Milliseconds since the epoch. */
	readonly untilMs: number;
}

/** Everything on the screen that comes from keys, not from the fleet. Never changed in place. */
export interface View {
	/** The node or the heading that the selection follows; `undefined` rests on the first row, until a key moves it. */
	readonly selectedId: number | undefined;
	/** Where the selected node was last, among the nodes listed. */
	readonly selectedIndex: number;
	/** Table rows scrolled out above. */
	readonly top: number;
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problemsOnly: boolean;
	readonly grouping: Grouping;
	/** By the name of the column; absent: it is shown where there is room. */
	readonly columns: Readonly<Record<string, ColumnChoice>>;
	/** Filters that were used, the last one last. */
	readonly filterHistory: readonly string[];
	/** Whether the wallets found were closed by a key: then they are not opened again without one. */
	readonly leftFound: boolean;
	readonly page: Page;
	readonly dialog: Dialog | undefined;
	readonly notice: Notice | undefined;
}

/** The part of a view that decides what the table shows. */
type ViewOfTable = Pick<View, 'sort' | 'inverted' | 'filter' | 'problemsOnly' | 'grouping' | 'columns'>;

function listingOf({sort, inverted, filter, problems_only, grouping, columns}: RememberedView): ViewOfTable {
	return {sort, inverted, filter, problemsOnly: problems_only, grouping, columns};
}

/** A view as it is remembered, without the method and the interval. */
export function rememberedOf(view: View): RememberedView {
	const {sort, inverted, filter, problemsOnly, grouping, columns, filterHistory} = view;
	return {
		sort,
		inverted,
		filter,
		problems_only: problemsOnly,
		grouping,
		columns,
		filter_history: filterHistory,
	};
}

/** A view with what was remembered. */
export function withRemembered(view: View, remembered: RememberedView): View {
	return {...view, ...listingOf(remembered), filterHistory: remembered.filter_history};
}

/** How the screen begins. */
export const firstView: View = {
	selectedId: undefined,
	selectedIndex: 0,
	top: 0,
	...listingOf(defaultRememberedView),
	filterHistory: [],
	leftFound: false,
	page: {kind: 'table'},
	dialog: undefined,
	notice: undefined,
};

/** Where a person is: what keys mean. */
export function modeOf(view: View): Mode {
	return view.dialog?.kind ?? view.page.kind;
}

/** What a change of the view depends on besides the view. */
export interface Surroundings {
	/** Ids of the nodes in the table, in their order. */
	readonly ids: readonly number[];
	/** Ids of the rows that can be selected. Default: those of the nodes. */
	readonly selectableIds?: readonly number[];
	/** The table's rows from top to bottom, a group's heading being `undefined`. */
	readonly rowIds: readonly (number | undefined)[];
	/** Rows the table has room for. */
	readonly tableHeight: number;
	/** Lines of the page or dialog that scroll, and the room for them. */
	readonly scrollLines: number;
	readonly scrollHeight: number;
	readonly method: CheckMethod;
	/** Processes of the wallets found that are no nodes, in their order. */
	readonly foundPids: readonly number[];
	/** Whether there is no node at all. */
	readonly isFleetEmpty: boolean;
	/** What is wrong with the filter. */
	readonly filterProblem?: string;
	/** False when the node or the daemon of the open page exists no more. */
	readonly isPageKnown: boolean;
}

/** The node that keys act on, of the page, else the table's selected one; or the heading that is selected, by its negative id. */
export function currentId(view: View, ids: readonly number[]): number | undefined {
	return 'nodeId' in view.page
		? view.page.nodeId
		: view.page.kind === 'table'
			? (view.selectedId ?? ids[0])
			: undefined;
}

/** The process of the wallet that keys act on, where the wallets found are open. */
export function selectedFoundPid({page}: View, foundPids: readonly number[]): number | undefined {
	return page.kind === 'found' ? (page.pid ?? foundPids[0]) : undefined;
}

/** The nearest index of a list of `count`. */
export const clamp = (index: number, count: number): number => Math.max(0, Math.min(index, count - 1));
