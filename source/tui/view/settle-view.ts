import {clamp, type Page, type Surroundings, type View} from './view-state.js';

/** Keeps selection, window and scrolling inside what there is. */
export function settle(view: View, around: Surroundings): View {
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
