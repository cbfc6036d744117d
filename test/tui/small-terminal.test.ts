import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Transition} from '../../source/domain/past/transition.js';
import {openForm, typeInForm} from '../../source/tui/view/node-form.js';
import type {Dialog} from '../../source/tui/view/view-state.js';
import {fleetNode, fleetNowMs, fleetSnapshot, fortyNodes, type NodeSpec} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {plainLines, screenText} from '../helpers/screen-text.js';

interface Size {
	readonly columns?: number;
	readonly rows?: number;
}

const low: Size = {columns: 40, rows: 12};

const at = (agoMs: number): string => new Date(fleetNowMs - agoMs).toISOString();

function change(from: Transition['from'], to: Transition['to'], agoMs: number, reason: string): Transition {
	return {at: at(agoMs), node_id: 1, node: 'cold', method: 'api', from, to, message: 'API check failed', reason};
}

/** The page of a node whose state has changed twice. */
function nodePage(spec: NodeSpec, size: Size, page: 'open' | 'transitions' = 'open') {
	const store = screenStoreFixture(fleetSnapshot([{forMs: 96_000, ...spec}]), size);
	store.dispatch({type: 'command', command: page});
	store.setTransitions([
		change('down', 'up', 400_000, 'API is responding'),
		change('up', 'down', 96_000, 'login refused: wrong user or password'),
	]);
	return store;
}

test('the title of a page shows what fits, and never a part of how long its state lasts', () => {
	const node = {name: 'cold-vault', port: 45_745, state: 'down'} as const;
	for (const [columns, title] of [
		[100, ' ‹ cold-vault   127.0.0.1:45745   ✖ down for 1 m 36 s, up for 5 m 4 s before'],
		[80, ' ‹ cold-vault   127.0.0.1:45745   ✖ down for 1 m 36 s'],
		[60, ' ‹ cold-vault   ✖ down for 1 m 36 s'],
		[50, ' ‹ cold-vault   ✖ down for 1 m 36 s'],
		[32, ' ‹ cold-vault   ✖ down'],
	] as const) {
		const [line = ''] = plainLines(nodePage(node, {columns, rows: 24}));
		assert.match(line, / {2}1s ago$/);
		assert.equal(line.replace(/ +1s ago$/, ''), title, `${columns} columns`);
	}
});

test('the title of a page keeps the state of a node with a long name', () => {
	const [line = ''] = plainLines(nodePage({name: 'x'.repeat(64), state: 'down'}, {columns: 80, rows: 24}));
	assert.match(line, /^ ‹ x{30,}… {3}✖ down {2,}1s ago$/);
});

test("the title of a daemon's page keeps the state of a daemon with a long address", () => {
	const daemon = `${'d'.repeat(60)}:18081`;
	const store = screenStoreFixture(fleetSnapshot([{name: 'hot', state: 'degraded', daemon, causedBy: daemon}]), low);
	store.dispatch({type: 'command', command: 'group'});
	store.dispatch({type: 'command', command: 'first'});
	store.dispatch({type: 'command', command: 'open'});
	assert.match(plainLines(store)[0] ?? '', /^ ‹ d+… {3}✖ down/);
});

/** A table whose first node has the advice of a current full check. */
function advised(hint: string, reason: string, size: Size) {
	const [node, ...others] = fleetSnapshot([{name: 'cold', state: 'down', reason}, ...fortyNodes]).nodes;
	assert.ok(node?.result);
	const details = {...node.result.details, method: 'full', hint};
	const diagnosis = {status: false, details} as unknown as NonNullable<typeof node.diagnosis>;
	return screenStoreFixture(fleetSnapshot([], {nodes: [{...node, diagnosis}, ...others]}), size);
}

test('the strip shows the command of an advice that does not fit, however it is introduced', () => {
	const hint =
		'The wallet wrote its login to a file that this user can read. Use it: xmrtop nodes edit cold --login-file /w/a.login';
	const reason = 'login required: no user and password are configured';
	assert.deepEqual(plainLines(advised(hint, reason, {})).slice(19, 21), [
		` ✖ cold: ${reason}`,
		'   Use it: xmrtop nodes edit cold --login-file /w/a.login',
	]);
	assert.match(plainLines(advised(hint, reason, low))[8] ?? '', /^ {3}Use it: xmrtop nodes edit cold/);
});

test('40x12: wraps the place of a node that needs no advice', () => {
	const spec = {name: 'hot', group: 'hot', daemon: '10.0.0.5:18081'};
	assert.deepEqual(plainLines(screenStoreFixture(fleetSnapshot([spec]), low)).slice(6, 9), [
		' ● hot: API is responding',
		'   127.0.0.1:18083 · group hot',
		'   daemon 10.0.0.5:18081',
	]);
});

test('the page of transitions shows whole reasons', () => {
	for (const size of [low, {columns: 60, rows: 24}]) {
		const text = screenText(nodePage({name: 'cold', state: 'down'}, size, 'transitions'));
		assert.match(text.replaceAll(/\s+/g, ' '), /up → ✖ down .*login refused: wrong user or password/);
	}
});

/** The lines of a dialog. */
function dialogLines(dialog: Dialog, size: Size = low): readonly string[] {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes), size);
	store.dispatch({type: 'dialog', dialog});
	return plainLines(store);
}

test('40x12: says in whole words how a node is removed', () => {
	const text = dialogLines({kind: 'confirm', act: 'remove', nodeId: 1, name: 'cold'}).join(' ').replaceAll(/\s+/g, ' ');
	assert.match(text, /Type its name and press Enter\. ❯/);
});

test('40x12: the picker of methods begins with a method, and says that there are more', () => {
	assert.match(dialogLines({kind: 'picker', index: 2})[4] ?? '', /^ [ ❯] \d/);
	assert.match(dialogLines({kind: 'picker', index: 0})[9] ?? '', /↓/);
});

test('lists and forms say how much is out of sight below', () => {
	assert.equal(dialogLines({kind: 'sort', index: 0})[9], ' ↓ 5 lines more');
	assert.equal(dialogLines({kind: 'columns', index: 0}, {})[21], '');
	assert.equal(dialogLines({kind: 'form', form: openForm()}, {})[21], ' ↓ 16 lines more');
	assert.equal(dialogLines({kind: 'form', form: {...openForm(), focused: 32}}, {})[21], '');
});

test('the selected row of a list is shown whole', () => {
	const rows = [
		{action: {name: 'logs', key: 'o', command: ['journalctl', '-fu', '{unit}']}, refusal: '{unit} is not known'},
		{action: {name: 'say', key: 's', command: ['echo', 'a long text that does not fit on forty columns']}},
	];
	for (const [index, said] of [
		[0, 'not here: {unit} is not known'],
		[1, "echo 'a long text that does not fit on forty columns'"],
	] as const) {
		const list = {kind: 'actions', nodeId: 1, name: 'cold', index, rows, isSuggested: false} as const;
		assert.ok(dialogLines(list).join(' ').replaceAll(/\s+/g, ' ').includes(said), said);
	}
});

test('the password dialog tells at 40x12 how to choose where the password is kept', () => {
	const text = dialogLines({
		...{kind: 'password', pid: 7, name: 'cold', isUserKnown: true, username: 'mon', password: 'x', next: []},
		...{focused: 'place', inNodesFile: false},
	} as Dialog).join(' ');
	assert.match(text.replaceAll(/\s+/g, ' '), /beside nodes\.json that only you can read \(Space changes it\)/);
});

test('a label of the form is never cut, and the text about its field is whole where it has the caret', () => {
	assert.doesNotMatch(dialogLines({kind: 'form', form: openForm()}, {columns: 80, rows: 60}).join('\n'), /…/);
	const [name] = [{...openForm(), focused: 3}];
	assert.ok(name);
	assert.equal(dialogLines({kind: 'form', form: name})[9], ' host:port of its monerod; none: it ha…');
	const port = [...'99999'].reduce(typeInForm, {...openForm(), focused: 1});
	assert.equal(dialogLines({kind: 'form', form: port})[9], ' ✖ a whole number from 1 to 65535');
});

test('counts the rows out of sight by their signs where there is no room for words', () => {
	const specs = Array.from({length: 40}, (_, index): NodeSpec => {
		const state = (['down', 'busy', 'degraded', 'up'] as const)[Math.floor(index / 10)] ?? 'up';
		return {name: `node-${index}`, state, reason: 'for a reason'};
	});
	const store = screenStoreFixture(fleetSnapshot(specs), low);
	for (let step = 0; step < 15; step++) {
		store.dispatch({type: 'command', command: 'down'});
	}

	assert.equal(plainLines(store)[9], ' ↑ ✖ 10 ◐ 2 above  ↓ ◐ 4 ▲ 10 below');
});

test('a notice that does not fit takes the line of the keys too', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes), low);
	const text = 'saved /home/operator/snapshots/xmrtop-2026-11-23.json';
	store.dispatch({type: 'notice', notice: {text, isError: false, untilMs: fleetNowMs + 4000}});
	assert.equal(plainLines(store).slice(9).join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
	store.dispatch({type: 'notice', notice: {text: 'saved', isError: false, untilMs: fleetNowMs + 4000}});
	assert.match(plainLines(store)[10] ?? '', /move/);
});

test('the lag of a daemon is not shown as that of a wallet that does not answer', () => {
	const known = fleetNode({name: 'hot', state: 'down', daemon: '10.0.0.5:18081'});
	assert.ok(known.result);
	const details = {...known.result.details, version: 1, daemon_lag: 0, daemon_reachable: true};
	const node = {...known, result: {...known.result, details}} as typeof known;
	const [, , title = '', row = ''] = plainLines(screenStoreFixture({...fleetSnapshot([]), nodes: [node]}));
	const lag = title.indexOf('LAG');
	assert.equal(row.slice(lag, lag + 3).trim(), '–');
});

test('40x12: the question before a restart keeps the question, the command and what would be lost', () => {
	const lines = dialogLines({
		...{kind: 'action', nodeId: 1, name: 'hot-scanner', argv: ['systemctl', 'restart', 'monero@hot-scanner.service']},
		...{action: {name: 'restart', command: ['x'], restarts: true}, typed: 'hot'},
		loss: 'scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved',
	} as Dialog);
	const text = lines.join(' ').replaceAll(/\s+/g, ' ');
	assert.match(text, /Run restart for hot-scanner\? .*Refused: hot-scanner is scanning .*press Enter\. ❯ hot/);
	assert.match(lines.join('').replaceAll(' ', ''), /systemctlrestartmonero@hot-scanner\.service/);
});

test('at a time in the past, the footer offers no checks and the state is seen on a narrow terminal', () => {
	for (const size of [low, {columns: 120, rows: 40}]) {
		const store = screenStoreFixture(fleetSnapshot(fortyNodes, {atMs: fleetNowMs}), {...size, isRemote: true});
		assert.doesNotMatch(screenText(store), /r check|p pause/);
		store.dispatch({type: 'command', command: 'open'});
		assert.doesNotMatch(screenText(store), /r check|p pause/);
		assert.match(plainLines(store)[0] ?? '', /^ PAST \S+ \S+ +‹ zeta .*✖ down/);
	}
});

test('in ASCII, keys are named and not drawn', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes), {columns: 120, rows: 40, ascii: true});
	assert.match(plainLines(store)[38] ?? '', /^ Up\/Down move {2}Enter diagnose {2}m method/);
	store.dispatch({type: 'command', command: 'help'});
	assert.match(plainLines(store)[0] ?? '', /^ {2}Up Down g G/);
});
