import assert from 'node:assert/strict';
import {test} from 'node:test';
import {commandOf} from '../../../source/tui/view/commands.js';
import {reduceView} from '../../../source/tui/view/reduce-view.js';
import {createLister} from '../../../source/tui/view/table-entries.js';
import {
	firstView,
	modeOf,
	rememberedOf,
	type Surroundings,
	selectedFoundPid,
	type View,
} from '../../../source/tui/view/view-state.js';

import {fleetSnapshot} from '../../helpers/fleet-fixture.js';

const around = (ids: readonly number[], changes: Partial<Surroundings> = {}): Surroundings => ({
	ids,
	rowIds: ids,
	tableHeight: 5,
	scrollLines: 0,
	scrollHeight: 0,
	method: 'api',
	foundPids: [],
	isFleetEmpty: false,
	isPageKnown: true,
	...changes,
});
const twenty = around(Array.from({length: 20}, (_, index) => index + 1));

/** Types keys as the controller does. */
function type(view: View, keys: readonly string[], surroundings = twenty): View {
	return keys.reduce((now, key) => {
		const command = commandOf(modeOf(now), key);
		return reduceView(now, command ? {type: 'command', command} : {type: 'typed', key}, surroundings);
	}, view);
}

const moves: ReadonlyArray<readonly [keys: string, selected: number, top: number]> = [
	['j', 2, 0],
	['j j j j', 5, 0],
	['j j j j j', 6, 1],
	['down down up', 2, 0],
	['k', 1, 0],
	['G', 20, 15],
	['G g', 1, 0],
	['end home', 1, 0],
	['pagedown', 5, 0],
	['pagedown pagedown', 9, 4],
	['pagedown pagedown pageup', 5, 4],
	['G j', 20, 15],
];

for (const [keys, selected, top] of moves) {
	test(`${keys} selects row ${selected} with ${top} hidden rows above`, () => {
		const view = type(firstView, keys.split(' '));
		assert.deepEqual([view.selectedId, view.top], [selected, top]);
	});
}

test('the selection follows the node, not the row', () => {
	const view = type(firstView, ['j', 'j']);
	const resorted = around([7, 8, 9, 10, 11, 12, 3, 1, 2]);
	const after = reduceView(view, {type: 'surroundings'}, resorted);
	assert.equal(after.selectedId, 3);
	assert.equal(after.top, 2, 'it is scrolled into view');
});

test('scrolling up to the first node of a group also shows its heading', () => {
	const grouped = around([1, 2, 3, 4, 5, 6, 7, 8], {
		rowIds: [undefined, 1, 2, 3, 4, undefined, 5, 6, 7, 8],
		tableHeight: 4,
	});
	const topAfter = (keys: string): number => type(firstView, keys.split(' '), grouped).top;
	assert.equal(topAfter('G'), 6);
	assert.equal(topAfter('G k k'), 6, 'the second node of its group');
	assert.equal(topAfter('G k k k'), 5, 'the first node of its group');
	assert.equal(topAfter('G g'), 0);
});

test('the heading of a daemon can be selected; Enter opens its page, Esc returns to it', () => {
	const {entries, ids, rowIds, selectableIds} = createLister()(
		fleetSnapshot([
			{name: 'a', daemon: 'd:1'},
			{name: 'b', daemon: 'd:2'},
		]),
		{...firstView, grouping: 'daemon'},
		{nowMs: 0},
	);
	assert.deepEqual(
		entries.map(({kind}) => kind),
		['group', 'node', 'group', 'node'],
	);
	const grouped = around(ids, {rowIds, selectableIds});
	assert.equal(type(firstView, ['enter'], grouped).page.kind, 'details', 'at first the first node is selected');
	const heading = type(firstView, ['up'], grouped);
	assert.equal(heading.selectedId, rowIds[0]);
	assert.equal(type(firstView, ['G', 'up'], grouped).selectedId, rowIds[2]);
	assert.equal(type(heading, ['y'], grouped), heading, 'a daemon has no JSON page');
	const page = type(heading, ['enter'], grouped);
	assert.deepEqual(page.page, {kind: 'daemon', daemon: 'd:1', scroll: 0});
	const scrolled = type(page, ['down', 'down'], {...grouped, scrollLines: 20, scrollHeight: 19});
	assert.deepEqual(scrolled.page, {kind: 'daemon', daemon: 'd:1', scroll: 1});
	const left = type(page, ['escape'], grouped);
	assert.deepEqual([left.page.kind, left.selectedId], ['table', rowIds[0]]);
	const gone = reduceView(page, {type: 'surroundings'}, {...grouped, isPageKnown: false});
	assert.equal(gone.page.kind, 'table');
	assert.equal(reduceView(left, {type: 'surroundings'}, around([1, 2])).selectedId, 1, 'no longer grouped');
});

test('until a key moves it, the selection is on the first row, the worst', () => {
	const after = reduceView(firstView, {type: 'surroundings'}, around([9, 1, 2]));
	assert.equal(after.selectedId, undefined);
	assert.equal(type(after, ['j'], around([9, 1, 2])).selectedId, 1);
});

test('when a node is removed, the one in its place is selected', () => {
	const view = type(firstView, ['j', 'j']);
	assert.equal(reduceView(view, {type: 'surroundings'}, around([1, 2, 4, 5])).selectedId, 4);
	const last = type(firstView, ['G']);
	assert.equal(reduceView(last, {type: 'surroundings'}, around([1, 2])).selectedId, 2);
});

const steps: ReadonlyArray<readonly [keys: string, expected: Partial<View>]> = [
	['/ e u enter', {filter: 'eu', dialog: undefined}],
	['/ e u backspace', {filter: 'e'}],
	['/ e u escape', {filter: '', dialog: undefined}],
	['/ ! u p enter escape', {filter: ''}],
	['/ j enter', {filter: 'j', selectedId: undefined}],
	['e', {problemsOnly: true}],
	['e escape', {problemsOnly: false}],
	['N', {sort: 'name', inverted: false}],
	['L I', {sort: 'latency', inverted: true}],
	['L I V', {sort: 'version', inverted: false}],
	['F S', {sort: 'state'}],
	['t', {grouping: 'daemon'}],
	['t t', {grouping: 'group'}],
	['t t t', {grouping: 'host'}],
	['t t t t', {grouping: 'none'}],
	['enter', {page: {kind: 'details', nodeId: 1, scroll: 0, from: 'table'}}],
	['j enter ]', {page: {kind: 'details', nodeId: 3, scroll: 0, from: 'table'}, selectedId: 3}],
	['j enter [ [', {page: {kind: 'details', nodeId: 1, scroll: 0, from: 'table'}}],
	['enter y', {page: {kind: 'json', nodeId: 1, scroll: 0, from: 'details'}}],
	['enter y escape', {page: {kind: 'details', nodeId: 1, scroll: 0, from: 'table'}}],
	['y left', {page: {kind: 'table'}}],
	['l l backspace', {page: {kind: 'table'}}],
	['enter q', {page: {kind: 'table'}}],
	['m', {dialog: {kind: 'picker', index: 2}}],
	['m down', {dialog: {kind: 'picker', index: 3}}],
	['m down down up up up up', {dialog: {kind: 'picker', index: 0}}],
	['m escape', {dialog: undefined}],
	['?', {dialog: {kind: 'help', scroll: 0}}],
	['? z', {dialog: undefined}],
	['enter ? q', {dialog: undefined, page: {kind: 'details', nodeId: 1, scroll: 0, from: 'table'}}],
];

for (const [keys, expected] of steps) {
	test(`${keys} gives ${JSON.stringify(expected)}`, () => {
		const view = type(firstView, keys.split(' '));
		for (const [name, value] of Object.entries(expected)) {
			assert.deepEqual(view[name as keyof View], value, name);
		}
	});
}

test('Esc clears a filter before it leaves anything else', () => {
	const view = type(firstView, ['e', '/', 'u', 'enter']);
	assert.equal(type(view, ['escape']).filter, '');
	assert.equal(type(view, ['escape']).problemsOnly, true);
	assert.equal(type(view, ['escape', 'escape']).problemsOnly, false);
});

test('pages scroll no further than their last line', () => {
	const long = around([1, 2], {scrollLines: 30, scrollHeight: 10});
	const scrollOf = (keys: readonly string[]): unknown => {
		const {page} = type(firstView, ['y', ...keys], long);
		return 'scroll' in page ? page.scroll : undefined;
	};

	assert.equal(scrollOf(['j', 'j']), 2);
	assert.equal(scrollOf(['G']), 20);
	assert.equal(scrollOf(['G', 'j', 'k']), 19);
	assert.equal(scrollOf(['pagedown']), 9);
});

test('the page of a removed node returns to the table', () => {
	const view = type(firstView, ['enter']);
	assert.deepEqual(reduceView(view, {type: 'surroundings'}, {...twenty, isPageKnown: false}).page, {kind: 'table'});
});

const choices: ReadonlyArray<readonly [keys: readonly string[], expected: Partial<View>]> = [
	[['s'], {dialog: {kind: 'sort', index: 0}}],
	[['s', 'j', 'enter'], {sort: 'name', dialog: undefined}],
	[['s', 'G', 'enter'], {sort: 'cpu', dialog: undefined}],
	[['s', 'B'], {sort: 'lag', dialog: undefined}],
	[['s', 'escape'], {sort: 'state', dialog: undefined}],
	[['B'], {sort: 'lag', inverted: false}],
	[['T'], {sort: 'group'}],
	[['H'], {sort: 'host'}],
	[['U'], {sort: 'uptime'}],
	[['P'], {sort: 'cpu'}],
	[['C'], {dialog: {kind: 'columns', index: 0}}],
	[['C', ' '], {columns: {host: 'hidden'}}],
	[['C', ' ', ' '], {columns: {host: 'shown'}}],
	[['C', ' ', ' ', ' '], {columns: {}}],
	[['C', 'j', ' ', 'enter'], {columns: {group: 'hidden'}, dialog: undefined}],
	[
		['B', 'I', 't', 'e', 'C', ' ', 'escape', '0'],
		{sort: 'state', inverted: false, grouping: 'none', problemsOnly: false, columns: {}},
	],
	[['/', ...'eu', 'enter', '0'], {filter: '', filterHistory: ['eu']}],
	[['/', ...'eu', 'enter', '/', 'ctrl-u', ...'us', 'enter'], {filter: 'us', filterHistory: ['eu', 'us']}],
	[['/', ...'eu', 'enter', '/', 'ctrl-u', ...'us', 'enter', '/', 'up'], {filter: 'us'}],
	[['/', ...'eu', 'enter', '/', 'ctrl-u', ...'us', 'enter', '/', 'up', 'up'], {filter: 'eu'}],
	[['/', ...'eu', 'enter', '/', 'ctrl-u', 'x', 'up', 'up', 'up'], {filter: 'eu'}],
	[['/', ...'eu', 'enter', '/', 'ctrl-u', 'x', 'up', 'down', 'down'], {filter: 'x'}],
	[['/', ...'a bc', 'ctrl-w'], {filter: 'a '}],
	[['/', 'down'], {filter: '', dialog: {kind: 'filter'}}],
];

for (const [keys, expected] of choices) {
	test(`${keys.join(' ')} chooses ${JSON.stringify(expected)}`, () => {
		const view = type(firstView, keys);
		for (const [name, value] of Object.entries(expected)) {
			assert.deepEqual(view[name as keyof View], value, name);
		}
	});
}

test('limits a filter to the length that can be saved', () => {
	const {filter} = type(firstView, ['/', ...'🙂'.repeat(150)]);
	assert.ok(filter.length <= 200, String(filter.length));
});

test('does not apply or remember an invalid filter; Esc clears it', () => {
	const bad = type(firstView, ['/', ...'lag>x', 'enter'], {...twenty, filterProblem: 'lag>x is invalid'});
	assert.equal(bad.dialog?.kind, 'filter');
	assert.equal(bad.filter, 'lag>x');
	assert.deepEqual(bad.filterHistory, []);
	assert.equal(type(bad, ['escape']).filter, '');
});

test('saving and restoring a view keeps it; the selection is not included', () => {
	const view = type(firstView, ['j', 'B', 'I', 't', 'e', '/', ...'lag>5', 'enter', 'C', ' ', 'escape']);
	const restored = reduceView(firstView, {type: 'remembered', remembered: rememberedOf(view)}, twenty);
	assert.deepEqual(rememberedOf(restored), rememberedOf(view));
	assert.equal(restored.selectedId, undefined);
});

const found = around([], {foundPids: [30, 10, 20], isFleetEmpty: true});
const settled = (view: View, now: Surroundings): View => reduceView(view, {type: 'surroundings'}, now);

test('without nodes, offers found wallets automatically until Esc closes the page', () => {
	const offered = settled(firstView, found);
	assert.equal(offered.page.kind, 'found');
	assert.equal(selectedFoundPid(offered, found.foundPids), 30);
	assert.equal(selectedFoundPid(type(offered, ['j', 'j'], found), found.foundPids), 20);
	const left = type(offered, ['escape'], found);
	assert.equal(settled(left, found).page.kind, 'table');
	assert.equal(type(left, ['A'], found).page.kind, 'found');
	assert.equal(settled(firstView, {...found, isFleetEmpty: false}).page.kind, 'table');
});

test('the selection follows the found wallet; the page closes when the last one was added', () => {
	const second = type(settled(firstView, found), ['j'], found);
	const one = settled(second, {...found, foundPids: [5, 30, 10]});
	assert.equal(selectedFoundPid(one, [5, 30, 10]), 10);
	const gone = settled(one, {...found, foundPids: [5, 30]});
	assert.equal(selectedFoundPid(gone, [5, 30]), 30);
	const added = settled(type(settled(firstView, found), ['enter'], found), {
		...found,
		foundPids: [],
		isFleetEmpty: false,
	});
	assert.equal(added.page.kind, 'table');
});
