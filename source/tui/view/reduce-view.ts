import {type ColumnName, columns} from '../../cli/reports/columns.js';
import {checkMethods} from '../../domain/check-method.js';
import {
	type ColumnChoice,
	defaultRememberedView,
	groupings,
	type RememberedView,
	type SortKey,
	sortKeys,
} from '../../domain/view/remembered-view.js';
import type {Key} from '../terminal/keys.js';
import type {CommandName} from './commands.js';
import {daemonOfId} from './table-entries.js';
import {typeInDialog} from './type-in-dialog.js';
import {
	clamp,
	currentId,
	type Dialog,
	type Notice,
	type Page,
	type Surroundings,
	selectedFoundPid,
	type View,
	withRemembered,
} from './view-state.js';

/** The events of a view. */
export type ViewEvent =
	| {readonly type: 'command'; readonly command: CommandName}
	/** A key without a command, where text or an answer is expected. */
	| {readonly type: 'typed'; readonly key: Key}
	| {readonly type: 'dialog'; readonly dialog: Dialog | undefined}
	| {readonly type: 'notice'; readonly notice: Notice | undefined}
	/** The view remembered from an earlier run was loaded. */
	| {readonly type: 'remembered'; readonly remembered: RememberedView}
	/** The fleet, the order or the size of the screen has changed. */
	| {readonly type: 'surroundings'};

/** Returns the view after an event, or the same object when nothing changes. Pure. */
export function reduceView(view: View, event: ViewEvent, around: Surroundings): View {
	switch (event.type) {
		case 'command':
			return byCommand[event.command](view, around);
		case 'typed':
			return view.dialog ? typeInDialog(view, view.dialog, event.key, around.filterProblem) : view;
		case 'dialog':
			return {...view, dialog: event.dialog};
		case 'notice':
			return {...view, notice: event.notice};
		case 'remembered':
			return withRemembered(view, event.remembered);
		case 'surroundings':
			return settle(settlePage(view, around), around);
	}
}

type Change = (view: View, around: Surroundings) => View;

const unchanged: Change = view => view;

/** The index after a move in a list of `count` rows, of which `page` are visible. */
const moves = {
	up: index => index - 1,
	down: index => index + 1,
	first: () => 0,
	last: (_, count) => count - 1,
	'page-up': (index, _, page) => index - page,
	'page-down': (index, _, page) => index + page,
} as const satisfies Record<string, (index: number, count: number, page: number) => number>;

/** Columns that are shown depending on the available width and can be chosen by the user; the others are always shown. */
export const optionalColumns = (Object.keys(columns) as ColumnName[]).filter(
	name => name !== 'state' && name !== 'name' && name !== 'message',
);

/** The items of the list dialogs. */
const listed = {picker: checkMethods, sort: sortKeys, columns: optionalColumns} as const;

const countIn = (dialog: Extract<Dialog, {index: number}>): number =>
	dialog.kind === 'actions' ? dialog.rows.length : listed[dialog.kind].length;

function move(name: keyof typeof moves): Change {
	const target: (index: number, count: number, page: number) => number = moves[name];
	return (view, around) => {
		const scrolled = (scroll: number): number => {
			const positions = Math.max(0, around.scrollLines - around.scrollHeight) + 1;
			return clamp(target(clamp(scroll, positions), positions, Math.max(1, around.scrollHeight - 1)), positions);
		};

		const {dialog, page} = view;
		if (dialog && 'index' in dialog) {
			const length = countIn(dialog);
			return {...view, dialog: {...dialog, index: clamp(target(dialog.index, length, length), length)}};
		}

		if (dialog?.kind === 'output') {
			const last = Math.max(0, around.scrollLines - around.scrollHeight);
			const scroll = scrolled(dialog.scroll);
			// At the end, it follows new output.
			return {...view, dialog: {...dialog, scroll: scroll >= last ? Number.POSITIVE_INFINITY : scroll}};
		}

		if (!dialog && page.kind === 'found') {
			const {foundPids} = around;
			const at = page.pid === undefined ? 0 : Math.max(0, foundPids.indexOf(page.pid));
			const index = clamp(target(at, foundPids.length, 10), foundPids.length);
			return {...view, page: {...page, index, pid: foundPids[index]}};
		}

		if (view.dialog?.kind === 'help') {
			return {...view, dialog: {...view.dialog, scroll: scrolled(view.dialog.scroll)}};
		}

		if ('scroll' in page) {
			return {...view, page: {...page, scroll: scrolled(page.scroll)}};
		}

		const {selectableIds: ids = around.ids, tableHeight} = around;
		const index = Math.max(0, ids.indexOf(view.selectedId ?? around.ids[0] ?? 0));
		const next = clamp(target(index, ids.length, Math.max(1, tableHeight - 1)), ids.length);
		return settle({...view, selectedId: ids[next], selectedIndex: next}, around);
	};
}

/** Fixes the selection to the current node, so that it follows the node from then on. */
const pinned: Change = (view, around) =>
	view.page.kind === 'table' ? {...view, selectedId: currentId(view, around.ids)} : view;

function sortBy(sort: SortKey): Change {
	return view => ({...view, sort, inverted: false, dialog: undefined});
}

/** Enter in a list. The caller changes the method. */
const choose: Change = (view, around) => {
	// The chosen action may have opened its own question, which stays open.
	if (view.dialog?.kind === 'action') {
		return view;
	}

	const sort = view.dialog?.kind === 'sort' ? sortKeys[view.dialog.index] : undefined;
	return sort === undefined ? {...view, dialog: undefined} : sortBy(sort)(view, around);
};

/** The next choice for a column: automatic, hidden, shown, automatic. */
const nextChoice: Readonly<Record<ColumnChoice | 'auto', ColumnChoice | undefined>> = {
	auto: 'hidden',
	hidden: 'shown',
	shown: undefined,
};

const toggleColumn: Change = view => {
	const name = view.dialog?.kind === 'columns' ? optionalColumns[view.dialog.index] : undefined;
	if (name === undefined) {
		return view;
	}

	const {[name]: before, ...others} = view.columns;
	const next = nextChoice[before ?? 'auto'];
	return {...view, columns: next === undefined ? others : {...others, [name]: next}};
};

const nextGrouping: Change = view => ({
	...view,
	grouping: groupings[(groupings.indexOf(view.grouping) + 1) % groupings.length] ?? 'none',
});

const resetView: Change = view => withRemembered(view, {...defaultRememberedView, filter_history: view.filterHistory});

function openPage(kind: 'details' | 'json' | 'transitions'): Change {
	return (view, around) => {
		const nodeId = currentId(view, around.ids);
		if (nodeId === undefined || view.page.kind === kind) {
			return view;
		}

		if (nodeId < 0) {
			const daemon = kind === 'details' ? daemonOfId(nodeId) : undefined;
			return daemon === undefined ? view : {...view, page: {kind: 'daemon', daemon, scroll: 0}};
		}

		const {page} = view;
		const from = page.kind === 'details' ? 'details' : 'from' in page ? page.from : 'table';
		return {...pinned(view, around), page: {kind, nodeId, scroll: 0, from: kind === 'details' ? 'table' : from}};
	};
}

function neighbor(step: 1 | -1): Change {
	return (view, {ids}) => {
		if (!('nodeId' in view.page)) {
			return view;
		}

		const next = ids[ids.indexOf(view.page.nodeId) + step];
		return next === undefined ? view : {...view, selectedId: next, page: {...view.page, nodeId: next, scroll: 0}};
	};
}

/** Goes one step back: closes the dialog, then the page, the filter, the list of problems, the selection. */
const back: Change = view => {
	if (view.dialog) {
		return {...view, dialog: undefined};
	}

	if (view.page.kind === 'daemon') {
		return {...view, page: {kind: 'table'}};
	}

	if (view.page.kind === 'found') {
		return {...view, page: {kind: 'table'}, leftFound: true};
	}

	if (view.page.kind !== 'table') {
		const {nodeId, from} = view.page;
		return {...view, page: from === 'table' ? {kind: 'table'} : {kind: 'details', nodeId, scroll: 0, from: 'table'}};
	}

	if (view.filter !== '') {
		return {...view, filter: ''};
	}

	return view.problemsOnly ? {...view, problemsOnly: false} : {...view, selectedId: undefined, top: 0};
};

/** Keeps the page of discovered wallets open while there are more to add. */
const pinFound: Change = (view, {foundPids}) =>
	view.page.kind === 'found' ? {...view, page: {...view.page, pid: selectedFoundPid(view, foundPids)}} : view;

const closed: Change = view => ({...view, dialog: undefined});

const byCommand: Readonly<Record<CommandName, Change>> = {
	up: move('up'),
	down: move('down'),
	first: move('first'),
	last: move('last'),
	'page-up': move('page-up'),
	'page-down': move('page-down'),
	open: openPage('details'),
	json: openPage('json'),
	transitions: openPage('transitions'),
	'previous-node': neighbor(-1),
	'next-node': neighbor(1),
	back,
	// Quitting does not change the view, because it is saved.
	quit: (view, around) => (view.page.kind === 'table' && !view.dialog ? view : back(view, around)),
	'choose-method': (view, {method}) => ({...view, dialog: {kind: 'picker', index: checkMethods.indexOf(method)}}),
	choose,
	'method-pid': closed,
	'method-port': closed,
	'method-api': closed,
	'method-full': closed,
	filter: view => ({...view, dialog: {kind: 'filter'}}),
	problems: view => ({...view, problemsOnly: !view.problemsOnly}),
	group: nextGrouping,
	columns: view => ({...view, dialog: {kind: 'columns', index: 0}}),
	'toggle-column': toggleColumn,
	'reset-view': resetView,
	'choose-order': view => ({...view, dialog: {kind: 'sort', index: sortKeys.indexOf(view.sort)}}),
	'sort-name': sortBy('name'),
	'sort-state': sortBy('state'),
	'sort-latency': sortBy('latency'),
	'sort-version': sortBy('version'),
	'sort-since': sortBy('since'),
	'sort-lag': sortBy('lag'),
	'sort-group': sortBy('group'),
	'sort-host': sortBy('host'),
	'sort-uptime': sortBy('uptime'),
	'sort-cpu': sortBy('cpu'),
	'add-found': pinFound,
	'add-all-found': pinFound,
	found: view => ({...view, page: {kind: 'found', pid: undefined, index: 0}}),
	invert: view => ({...view, inverted: !view.inverted}),
	help: view => ({...view, dialog: {kind: 'help', scroll: 0}}),
	// These commands have effects only outside the view.
	'check-node': unchanged,
	'check-all': unchanged,
	pause: unchanged,
	slower: unchanged,
	faster: unchanged,
	add: unchanged,
	edit: unchanged,
	remove: unchanged,
	toggle: unchanged,
	silence: unchanged,
	undo: unchanged,
	actions: unchanged,
	search: unchanged,
	copy: unchanged,
	save: unchanged,
	redraw: unchanged,
};

/**
 * Closes pages that have nothing to show. Without any nodes, the page of discovered wallets opens automatically, once; when the last of
 * them was added, it is replaced by the table.
 */
function settlePage(view: View, {isPageKnown, foundPids, isFleetEmpty}: Surroundings): View {
	const {page} = view;
	if (page.kind === 'table') {
		return isFleetEmpty && foundPids.length > 0 && !view.leftFound
			? {...view, page: {kind: 'found', pid: undefined, index: 0}}
			: view;
	}

	if (page.kind !== 'found') {
		return isPageKnown ? view : {...view, page: {kind: 'table'}};
	}

	if (foundPids.length === 0 && page.pid !== undefined) {
		return {...view, page: {kind: 'table'}};
	}

	// When the selected wallet exits or is added, the wallet at the same position is selected.
	const at = page.pid === undefined ? -1 : foundPids.indexOf(page.pid);
	if (page.pid === undefined || at === page.index) {
		return view;
	}

	const index = at === -1 ? clamp(page.index, foundPids.length) : at;
	return {...view, page: {...page, index, pid: foundPids[index]}};
}

/** Keeps selection, visible rows and scrolling within their limits. */
function settle(view: View, around: Surroundings): View {
	const selected = settleSelection(view, around.selectableIds ?? around.ids);
	const top = settleTop(selected, around);
	const dialogOrPage = view.dialog?.kind === 'help' ? view.dialog : view.page;
	const maxScroll = Math.max(0, around.scrollLines - around.scrollHeight);
	const scroll = 'scroll' in dialogOrPage ? Math.min(dialogOrPage.scroll, maxScroll) : 0;
	const settled = top === selected.top ? selected : {...selected, top};
	if (!('scroll' in dialogOrPage) || scroll === dialogOrPage.scroll) {
		return settled;
	}

	return settled.dialog?.kind === 'help'
		? {...settled, dialog: {...settled.dialog, scroll}}
		: {...settled, page: {...settled.page, scroll} as Page};
}

/** When the selected node is no longer listed, selects the node at the same position. */
function settleSelection(view: View, ids: readonly number[]): View {
	if (view.selectedId === undefined) {
		return view;
	}

	const index = ids.indexOf(view.selectedId);
	if (index !== -1) {
		return index === view.selectedIndex ? view : {...view, selectedIndex: index};
	}

	const next = ids[clamp(view.selectedIndex, ids.length)];
	return next === undefined ? view : {...view, selectedId: next};
}

function settleTop({top, selectedId}: View, {rowIds, tableHeight}: Surroundings): number {
	const maxScroll = Math.max(0, rowIds.length - tableHeight);
	if (selectedId === undefined) {
		return 0;
	}

	const row = rowIds.indexOf(selectedId);
	// When the first node of a group is at the top, its heading is shown too.
	const first = row > 0 && (rowIds[row - 1] ?? -1) < 0 ? row - 1 : row;
	const lowest = Math.max(0, row - tableHeight + 1);
	return Math.min(maxScroll, Math.max(lowest, Math.min(top, Math.max(0, first))));
}
