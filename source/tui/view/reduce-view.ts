import {checkMethods} from '../../domain/check-method.js';
import type {Key} from '../terminal/keys.js';
import type {CommandName} from './commands.js';
import type {SortKey} from './sort-keys.js';
import {typeInDialog} from './type-in-dialog.js';
import {clamp, currentId, type Dialog, type Notice, type Page, type Surroundings, type View} from './view-state.js';

/** What happens to a view. */
export type ViewEvent =
	| {readonly type: 'command'; readonly command: CommandName}
	/** A key that is no command, where text or an answer is expected. */
	| {readonly type: 'typed'; readonly key: Key}
	| {readonly type: 'dialog'; readonly dialog: Dialog | undefined}
	| {readonly type: 'notice'; readonly notice: Notice | undefined}
	/** The fleet, the order or the size of the screen is another. */
	| {readonly type: 'surroundings'};

/** The view after an event. Pure; the same object when nothing changes. */
export function reduceView(view: View, event: ViewEvent, around: Surroundings): View {
	switch (event.type) {
		case 'command':
			return byCommand[event.command](view, around);
		case 'typed':
			return view.dialog ? typeInDialog(view, view.dialog, event.key) : view;
		case 'dialog':
			return {...view, dialog: event.dialog};
		case 'notice':
			return {...view, notice: event.notice};
		case 'surroundings':
			return settle(around.isPageKnown ? view : {...view, page: {kind: 'table'}}, around);
	}
}

type Change = (view: View, around: Surroundings) => View;

const unchanged: Change = view => view;

/** Where a move leads in a list of `count`, `page` of which are seen. */
const moves = {
	up: index => index - 1,
	down: index => index + 1,
	first: () => 0,
	last: (_, count) => count - 1,
	'page-up': (index, _, page) => index - page,
	'page-down': (index, _, page) => index + page,
} as const satisfies Record<string, (index: number, count: number, page: number) => number>;

function move(name: keyof typeof moves): Change {
	const target: (index: number, count: number, page: number) => number = moves[name];
	return (view, around) => {
		const scrolled = (scroll: number): number => {
			const positions = Math.max(0, around.scrollLines - around.scrollHeight) + 1;
			return clamp(target(clamp(scroll, positions), positions, Math.max(1, around.scrollHeight - 1)), positions);
		};

		if (view.dialog?.kind === 'picker') {
			const index = clamp(target(view.dialog.index, checkMethods.length, 1), checkMethods.length);
			return {...view, dialog: {...view.dialog, index}};
		}

		if (view.dialog?.kind === 'help') {
			return {...view, dialog: {...view.dialog, scroll: scrolled(view.dialog.scroll)}};
		}

		if (view.page.kind !== 'table') {
			return {...view, page: {...view.page, scroll: scrolled(view.page.scroll)}};
		}

		const {ids, tableHeight} = around;
		const index = Math.max(0, ids.indexOf(view.selectedId ?? ids[0] ?? 0));
		const next = clamp(target(index, ids.length, Math.max(1, tableHeight - 1)), ids.length);
		return settle({...view, selectedId: ids[next], selectedIndex: next}, around);
	};
}

/** A key that acts on a node makes the selection follow it. */
const pinned: Change = (view, around) =>
	view.page.kind === 'table' ? {...view, selectedId: currentId(view, around.ids)} : view;

function sortBy(sort: SortKey): Change {
	return view => ({...view, sort, inverted: false});
}

function openPage(kind: Exclude<Page['kind'], 'table'>): Change {
	return (view, around) => {
		const nodeId = currentId(view, around.ids);
		if (nodeId === undefined || view.page.kind === kind) {
			return view;
		}

		const from = view.page.kind === 'table' ? 'table' : view.page.kind === 'details' ? 'details' : view.page.from;
		return {...pinned(view, around), page: {kind, nodeId, scroll: 0, from: kind === 'details' ? 'table' : from}};
	};
}

function neighbour(step: 1 | -1): Change {
	return (view, {ids}) => {
		if (view.page.kind === 'table') {
			return view;
		}

		const next = ids[ids.indexOf(view.page.nodeId) + step];
		return next === undefined ? view : {...view, selectedId: next, page: {...view.page, nodeId: next, scroll: 0}};
	};
}

/** One step back: the dialog, the page, the filter, the list of problems, the selection. */
const back: Change = view => {
	if (view.dialog) {
		return {...view, dialog: undefined};
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
	'previous-node': neighbour(-1),
	'next-node': neighbour(1),
	back,
	quit: back,
	'choose-method': (view, {method}) => ({...view, dialog: {kind: 'picker', index: checkMethods.indexOf(method)}}),
	choose: closed,
	'method-pid': closed,
	'method-port': closed,
	'method-api': closed,
	'method-full': closed,
	filter: view => ({...view, dialog: {kind: 'filter', before: view.filter}}),
	problems: view => ({...view, problemsOnly: !view.problemsOnly}),
	group: view => ({...view, grouped: !view.grouped}),
	'sort-name': sortBy('name'),
	'sort-state': sortBy('state'),
	'sort-latency': sortBy('latency'),
	'sort-version': sortBy('version'),
	'sort-since': sortBy('since'),
	invert: view => ({...view, inverted: !view.inverted}),
	help: view => ({...view, dialog: {kind: 'help', scroll: 0}}),
	// What these do happens outside the view.
	'check-node': unchanged,
	'check-all': unchanged,
	pause: unchanged,
	slower: unchanged,
	faster: unchanged,
	add: unchanged,
	edit: unchanged,
	remove: unchanged,
	toggle: unchanged,
	copy: unchanged,
	save: unchanged,
	redraw: unchanged,
};

/** Keeps selection, window and scrolling inside what there is. */
function settle(view: View, around: Surroundings): View {
	const selected = settleSelection(view, around.ids);
	const top = settleTop(selected, around);
	const dialogOrPage = view.dialog?.kind === 'help' ? view.dialog : view.page;
	const most = Math.max(0, around.scrollLines - around.scrollHeight);
	const scroll = 'scroll' in dialogOrPage ? Math.min(dialogOrPage.scroll, most) : 0;
	const settled = top === selected.top ? selected : {...selected, top};
	if (!('scroll' in dialogOrPage) || scroll === dialogOrPage.scroll) {
		return settled;
	}

	return settled.dialog?.kind === 'help'
		? {...settled, dialog: {...settled.dialog, scroll}}
		: {...settled, page: {...settled.page, scroll} as Page};
}

/** A selected node that is listed no more hands the selection to the one that took its place. */
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
	const most = Math.max(0, rowIds.length - tableHeight);
	if (selectedId === undefined) {
		return 0;
	}

	const row = rowIds.indexOf(selectedId);
	// The heading of the first node of a group stays with it.
	const first = row > 0 && rowIds[row - 1] === undefined ? row - 1 : row;
	const lowest = Math.max(0, row - tableHeight + 1);
	return Math.min(most, Math.max(lowest, Math.min(top, Math.max(0, first))));
}
