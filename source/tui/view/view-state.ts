import type {CheckMethod} from '../../domain/check-method.js';
import type {Mode} from './commands.js';
import type {NodeForm} from './node-form.js';
import type {SortKey} from './sort-keys.js';

/** What fills the screen. */
export type Page =
	| {readonly kind: 'table'}
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
	/** `before` is what `Esc` brings back. */
	| {readonly kind: 'filter'; readonly before: string}
	| {
			readonly kind: 'confirm';
			readonly act: 'remove' | 'disable' | 'enable';
			readonly nodeId: number;
			readonly name: string;
			/** What was typed of the name, which removing asks for. */
			readonly typed?: string;
			/** Whether the button that does it is focused, instead of Cancel: what Enter presses. */
			readonly isFocused?: boolean;
	  }
	| {readonly kind: 'form'; readonly form: NodeForm};

/** A line that says what a key did, until a moment. */
export interface Notice {
	readonly text: string;
	readonly isError: boolean;
	/** Milliseconds since the epoch. */
	readonly untilMs: number;
}

/** Everything on the screen that comes from keys, not from the fleet. Never changed in place. */
export interface View {
	/** The node the selection follows; `undefined` rests on the first row, until a key moves it. */
	readonly selectedId: number | undefined;
	/** Where the selected node was last, among the nodes listed. */
	readonly selectedIndex: number;
	/** Table rows scrolled out above. */
	readonly top: number;
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problemsOnly: boolean;
	readonly grouped: boolean;
	readonly page: Page;
	readonly dialog: Dialog | undefined;
	readonly notice: Notice | undefined;
}

/** How the screen begins. */
export const firstView: View = {
	selectedId: undefined,
	selectedIndex: 0,
	top: 0,
	sort: 'state',
	inverted: false,
	filter: '',
	problemsOnly: false,
	grouped: false,
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
	/** The table's rows from top to bottom, a group's heading being `undefined`. */
	readonly rowIds: readonly (number | undefined)[];
	/** Rows the table has room for. */
	readonly tableHeight: number;
	/** Lines of the page or dialog that scroll, and the room for them. */
	readonly scrollLines: number;
	readonly scrollHeight: number;
	readonly method: CheckMethod;
	/** False when the node of the open page exists no more. */
	readonly isPageKnown: boolean;
}

/** The node that keys act on: of the page, else the table's selected one. */
export function currentId(view: View, ids: readonly number[]): number | undefined {
	return view.page.kind === 'table' ? (view.selectedId ?? ids[0]) : view.page.nodeId;
}

/** The nearest index of a list of `count`. */
export const clamp = (index: number, count: number): number => Math.max(0, Math.min(index, count - 1));
