import type {Action} from '../../domain/actions.js';
import type {CheckMethod} from '../../domain/check-method.js';
import type {ColumnChoice, Grouping, RememberedView, SortKey} from '../../domain/view/remembered-view.js';
import {defaultRememberedView} from '../../domain/view/remembered-view.js';
import type {Mode} from './commands.js';
import type {NodeForm} from './node-form.js';

/** The page that fills the screen. */
export type Page =
	| {readonly kind: 'table'}
	/** Wallets running on this machine that are not configured as nodes. */
	| {
			readonly kind: 'found';
			/** Pid of the selected wallet; `undefined` selects the first one. */
			readonly pid: number | undefined;
			/** Its last position in the list. */
			readonly index: number;
	  }
	/** A daemon and the nodes that depend on it. */
	| {readonly kind: 'daemon'; readonly daemon: string; readonly scroll: number}
	| {
			readonly kind: 'details' | 'json' | 'transitions';
			readonly nodeId: number;
			/** Number of lines scrolled out of sight at the top. */
			readonly scroll: number;
			/** The page to which `Esc` returns. */
			readonly from: 'table' | 'details';
	  };

/** A dialog shown over a page. */
export type Dialog =
	| {readonly kind: 'help'; readonly scroll: number}
	| {readonly kind: 'picker'; readonly index: number}
	/** The list of sort orders. */
	| {readonly kind: 'sort'; readonly index: number}
	/** The list of optional columns. */
	| {readonly kind: 'columns'; readonly index: number}
	| {
			readonly kind: 'filter';
			/** The text typed before the history was opened. */
			readonly draft?: string;
			/** Position in the filter history, counted from its end; absent: not in the history. */
			readonly historyIndex?: number;
	  }
	| {
			readonly kind: 'confirm';
			readonly act: 'remove' | 'disable' | 'enable' | 'silence' | 'unsilence';
			readonly nodeId: number;
			readonly name: string;
			/** The typed part of the name, which must be typed to remove a node. */
			readonly typed?: string;
			/** Whether the confirming button is focused instead of Cancel; Enter presses the focused button. */
			readonly isFocused?: boolean;
	  }
	| {readonly kind: 'form'; readonly form: NodeForm}
	| PasswordDialog
	| ActionsDialog
	| ActionDialog
	| OutputDialog;

/** The list of actions for a node, or of suggested actions. */
export interface ActionsDialog {
	readonly kind: 'actions';
	readonly nodeId: number;
	/** The node's name. */
	readonly name: string;
	readonly index: number;
	/** The actions; `refusal` is why an action cannot be run for the node. */
	readonly rows: ReadonlyArray<{readonly action: Action; readonly refusal?: string}>;
	/** Whether no actions are configured, and these are suggestions. */
	readonly isSuggested: boolean;
}

/** The confirmation before a command is run for a node. */
export interface ActionDialog {
	readonly kind: 'action';
	readonly nodeId: number;
	/** The node's name. */
	readonly name: string;
	readonly action: Action;
	/** The command to run; empty while the node is checked. */
	readonly argv: readonly string[];
	/** Whether it was opened by the action's key in the table, without the list. */
	readonly isByKeyAlone?: boolean;
	/** The progress that a restart would lose; the node's name must then be typed. */
	readonly loss?: string;
	/** The typed part of the name. */
	readonly typed?: string;
	/** When the node was checked for this question, in milliseconds since the epoch. */
	readonly checkedMs?: number;
}

/** The output of a command that is run for a node. */
export interface OutputDialog {
	readonly kind: 'output';
	/** Number of the run. */
	readonly run: number;
	readonly title: string;
	readonly argv: readonly string[];
	/** The last lines of its output, cleaned. */
	readonly lines: readonly string[];
	/** How it ended, or what it is waiting for. */
	readonly ending: string;
	readonly isEnded: boolean;
	/** Number of lines scrolled out of sight at the top; infinite: the end is always in sight. */
	readonly scroll: number;
}

/** Asks for the login of a discovered wallet before it is added. */
export interface PasswordDialog {
	readonly kind: 'password';
	/** Pid of the wallet. */
	readonly pid: number;
	/** Name of the new node. */
	readonly name: string;
	/** Whether the user name is known from the wallet. */
	readonly isUserKnown: boolean;
	readonly username: string;
	/** Never drawn. */
	readonly password: string;
	readonly focused: PasswordField;
	/** Whether the password is saved in nodes.json instead of a separate file that only this user can read. */
	readonly inNodesFile: boolean;
	/** Pids of the wallets to ask about next. */
	readonly next: readonly number[];
	/** The error of the last attempt to save. */
	readonly error?: string;
}

/** The fields of a {@link PasswordDialog}. */
export type PasswordField = 'username' | 'password' | 'place';

/** How long a notice is shown; milliseconds. */
export const noticeMs = 4000;

/** A line about the outcome of a key, shown until `untilMs`. */
export interface Notice {
	readonly text: string;
	readonly isError: boolean;
	/** Milliseconds since the epoch. */
	readonly untilMs: number;
}

/** The state of the screen that comes from keys, not from the fleet. Immutable. */
export interface View {
	/** The node or heading that the selection follows; `undefined`: the first row is selected until a key moves the selection. */
	readonly selectedId: number | undefined;
	/** Last position of the selected node in the list. */
	readonly selectedIndex: number;
	/** Number of table rows scrolled out of sight at the top. */
	readonly top: number;
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problemsOnly: boolean;
	readonly grouping: Grouping;
	/** Choices by column name; a column without a choice is shown if there is room. */
	readonly columns: Readonly<Record<string, ColumnChoice>>;
	/** Used filters, latest last. */
	readonly filterHistory: readonly string[];
	/** Whether the user has closed the page of discovered wallets, which then no longer opens automatically. */
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

/** The remembered form of a view, without method and interval. */
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

/** A view with the remembered choices restored. */
export function withRemembered(view: View, remembered: RememberedView): View {
	return {...view, ...listingOf(remembered), filterHistory: remembered.filter_history};
}

/** The initial view. */
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

/** The mode of a view, which decides the meaning of keys. */
export function modeOf(view: View): Mode {
	return view.dialog?.kind ?? view.page.kind;
}

/** Other data that changes of a view depend on. */
export interface Surroundings {
	/** Ids of the nodes in the table, in order. */
	readonly ids: readonly number[];
	/** Ids of the rows that can be selected. Default: those of the nodes. */
	readonly selectableIds?: readonly number[];
	/** Ids of the table's rows from top to bottom; `undefined` for a group's heading. */
	readonly rowIds: readonly (number | undefined)[];
	/** Number of rows that fit in the table. */
	readonly tableHeight: number;
	/** Number of lines of the scrollable page or dialog, and how many fit. */
	readonly scrollLines: number;
	readonly scrollHeight: number;
	readonly method: CheckMethod;
	/** Pids of the discovered wallets that are not nodes, in order. */
	readonly foundPids: readonly number[];
	/** Whether there are no nodes. */
	readonly isFleetEmpty: boolean;
	/** The error of an invalid filter. */
	readonly filterProblem?: string;
	/** False when the node or daemon of the open page no longer exists. */
	readonly isPageKnown: boolean;
}

/** The id of the node that keys act on: that of the open page, else the selected row; negative for a heading. */
export function currentId(view: View, ids: readonly number[]): number | undefined {
	return 'nodeId' in view.page
		? view.page.nodeId
		: view.page.kind === 'table'
			? (view.selectedId ?? ids[0])
			: undefined;
}

/** Pid of the wallet that keys act on, if the page of discovered wallets is open. */
export function selectedFoundPid({page}: View, foundPids: readonly number[]): number | undefined {
	return page.kind === 'found' ? (page.pid ?? foundPids[0]) : undefined;
}

/** Limits an index to a list of `count` items. */
export const clamp = (index: number, count: number): number => Math.max(0, Math.min(index, count - 1));
