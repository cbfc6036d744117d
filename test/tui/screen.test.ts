import assert from 'node:assert/strict';
import {test} from 'node:test';
import {stripVTControlCharacters} from 'node:util';
import stringWidth from 'string-width';
import type {FleetSnapshot} from '../../source/domain/fleet.js';
import {commandOf} from '../../source/tui/view/commands.js';
import {openForm} from '../../source/tui/view/node-form.js';
import {type Dialog, modeOf} from '../../source/tui/view/view-state.js';
import {fleetSnapshot, fortyNodes, type NodeSpec} from '../helpers/fleet-fixture.js';
import {type ScreenStoreFixture, screenStoreFixture} from '../helpers/screen-fixture.js';
import {drawnLines, plainLines, screenText as textOf} from '../helpers/screen-text.js';

const sizes = [
	[40, 12],
	[80, 24],
	[120, 40],
	[200, 60],
] as const;

function press(store: ScreenStoreFixture, keys: string): void {
	for (const key of keys.split(' ')) {
		const command = commandOf(modeOf(store.getUiState().view), key);
		store.dispatch(command ? {type: 'command', command} : {type: 'typed', key});
	}
}

const strange: readonly NodeSpec[] = [
	{name: 'plain', state: 'down', reason: 'x'.repeat(500), title: 'Title'},
	{name: 'cjk', reason: '日本語のエラーメッセージ'.repeat(20), state: 'degraded'},
	{name: 'emoji', reason: '🙂👍🏽🇩🇪'.repeat(30), state: 'busy', group: '日本'},
	{name: 'marks', reason: 'e\u0301a\u0308'.repeat(100), state: 'degraded', group: 'ascii'},
	{name: 'x'.repeat(64), latencyMs: 123_456},
	{name: 'off', disabled: true},
];

const dialogs: ReadonlyArray<Dialog | undefined> = [
	undefined,
	{kind: 'help', scroll: 0},
	{kind: 'picker', index: 2},
	{kind: 'filter'},
	{kind: 'sort', index: 9},
	{kind: 'columns', index: 4},
	{
		kind: 'password',
		pid: 7,
		name: 'x'.repeat(64),
		isUserKnown: false,
		username: 'u'.repeat(300),
		password: 'p'.repeat(300),
		focused: 'username',
		inNodesFile: false,
		next: [],
		error: 'z'.repeat(200),
	},
	{
		...{kind: 'actions', nodeId: 1, name: 'x'.repeat(64), index: 1, isSuggested: false},
		rows: [
			{action: {name: 'a', key: 'a', command: ['echo', '日本語'.repeat(50)]}},
			{action: {name: 'y'.repeat(64), command: ['x']}, refusal: 'z'.repeat(200)},
		],
	},
	{
		...{kind: 'action', nodeId: 1, name: 'x'.repeat(64), action: {name: 'a', command: ['x']}},
		...{argv: ['echo', 'b '.repeat(200), '日本語'.repeat(99)], loss: 'z'.repeat(200), typed: 'x'.repeat(64)},
	},
	{
		...{kind: 'output', run: 1, title: 'y'.repeat(200), argv: ['echo', 'b '.repeat(200)], ending: 'z'.repeat(200)},
		...{
			lines: Array.from({length: 99}, () => '日本語 🙂'.repeat(30)),
			isEnded: false,
			scroll: Number.POSITIVE_INFINITY,
		},
	},
	{kind: 'confirm', act: 'remove', nodeId: 1, name: 'x'.repeat(64)},
	{kind: 'form', form: {...openForm(), focused: 19, error: 'y'.repeat(200)}},
];

for (const [columns, rows] of sizes) {
	for (const page of ['', 'enter', 'y', 'l', 't']) {
		for (const dialog of dialogs) {
			test(`${columns}x${rows}, ${page || 'table'}, ${dialog?.kind ?? 'no dialog'}: one line less than the terminal, none too wide`, () => {
				const store = screenStoreFixture(fleetSnapshot(strange), {columns, rows});
				if (page !== '') {
					press(store, page);
				}

				store.dispatch({type: 'dialog', dialog});
				const lines = plainLines(store);
				assert.equal(lines.length, rows - 1);
				for (const line of lines) {
					assert.ok(stringWidth(line) <= columns, line);
				}
			});
		}
	}
}

test('columns align with characters of any width', () => {
	const store = screenStoreFixture(fleetSnapshot(strange), {columns: 200, rows: 24});
	const rows = plainLines(store).slice(3, 9);
	const [title = ''] = plainLines(store).slice(2);
	const start = stringWidth(title.slice(0, title.indexOf('MESSAGE')));
	for (const row of rows) {
		let width = 0;
		let index = 0;
		for (const character of row) {
			if (width >= start) {
				break;
			}

			width += stringWidth(character);
			index += character.length;
		}

		assert.equal(width, start, row);
		assert.match(row.slice(index - 2, index), /^ {2}$/, row);
	}
});

test('80x24, forty nodes: lists the dead ones first, and counts hidden rows', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const lines = plainLines(store);
	assert.match(
		lines[0] ?? '',
		/^ 40 nodes {2}✖ 2 down {2}◐ 1 busy {2}▲ 1 degraded {2}● 36 up +api · every 5s · 1s ago$/,
	);
	assert.match(lines[3] ?? '', /^ ❯ ✖ down {6}zeta .* connection refused/);
	assert.match(lines[4] ?? '', /^ {3}✖ down {6}zulu .* login refused/);
	assert.match(lines[5] ?? '', /^ {3}◐ busy {6}scan /);
	assert.match(lines[6] ?? '', /^ {3}▲ degraded {2}slow .* daemon does not answer/);
	assert.match(lines[21] ?? '', /^ ↓ 24 below/);
	press(store, 'N');
	assert.match(plainLines(store)[21] ?? '', /↓ 2 down, 1 busy, 1 degraded below/);
	press(store, 'I');
	assert.match(plainLines(store)[2] ?? '', /NAME ↓/);
});

test('narrow: hides version, latency, duration and lag in this order; never state, name and message', () => {
	const titles = (columns: number): string =>
		(plainLines(screenStoreFixture(fleetSnapshot(fortyNodes), {columns, rows: 24}))[2] ?? '')
			.replace(/\s+/g, ' ')
			.trim();
	assert.equal(titles(80), 'STATE ↓ NAME FOR VER LATENCY LAG MESSAGE');
	assert.equal(titles(70), 'STATE ↓ NAME FOR LATENCY LAG MESSAGE');
	assert.equal(titles(60), 'STATE ↓ NAME FOR LAG MESSAGE');
	assert.equal(titles(54), 'STATE ↓ NAME LAG MESSAGE');
	assert.equal(titles(40), 'STATE ↓ NAME MESSAGE');
	const grouped = fortyNodes.map(spec => ({...spec, group: 'eu'}));
	const wide = plainLines(screenStoreFixture(fleetSnapshot(grouped), {columns: 160, rows: 24}))[2] ?? '';
	assert.match(wide, /GROUP +ADDRESS/);
});

test('40x12: shows the whole reason and the command of the advice below the table', () => {
	const [node, ...others] = fleetSnapshot([
		{name: 'cold', state: 'down', reason: 'login refused: wrong user or password'},
		...fortyNodes.slice(0, 6),
	]).nodes;
	assert.ok(node?.result);
	const {url: _, ...details} = {url: '', ...node.result.details};
	const hint = 'User and password must match. Try: xmrtop nodes edit cold --username U --password-stdin';
	const diagnosis = {status: false, details: {...details, method: 'full', hint}} as unknown as NonNullable<
		typeof node.diagnosis
	>;
	const store = screenStoreFixture(
		fleetSnapshot([], {nodes: [{...node, diagnosis}, ...others], notes: ['disk full: results are not saved']}),
		{columns: 40, rows: 12},
	);
	const lines = plainLines(store);
	assert.match(lines[1] ?? '', /^ {3}STATE/);
	assert.deepEqual(lines.slice(6, 10), [
		' ✖ cold: login refused: wrong user or',
		'   password',
		'   Try: xmrtop nodes edit cold --usern…',
		' disk full: results are not saved',
	]);
});

test('40x12: keeps the last line of the strip for the command when the reason is long', () => {
	const [node, ...others] = fleetSnapshot([
		{
			name: 'cold',
			state: 'down',
			reason: 'no response within 2 s; process idle (0 % CPU), probably hung for a long time now',
		},
		...fortyNodes.slice(0, 6),
	]).nodes;
	assert.ok(node?.result);
	const diagnosis = {
		status: false,
		details: {...node.result.details, method: 'full', hint: 'It hangs. Try: xmrtop run restart cold'},
	} as unknown as NonNullable<typeof node.diagnosis>;
	const nodes = [{...node, diagnosis}, ...others];
	const lines = plainLines(screenStoreFixture(fleetSnapshot([], {nodes}), {columns: 40, rows: 12}));
	assert.deepEqual(lines.slice(6, 9), [
		' ✖ cold: no response within 2 s;',
		'   process idle (0 % CPU), probably hu…',
		'   Try: xmrtop run restart cold',
	]);
});

test('40x12: keeps the list of methods above the footer, the selected one in sight', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes), {columns: 40, rows: 12});
	press(store, 'm');
	for (const [keys, number] of [
		['k k k k', 1],
		['j', 2],
		['j', 3],
		['j', 4],
	] as const) {
		press(store, keys);
		const lines = plainLines(store);
		assert.ok(
			lines.some(line => line.startsWith(` ❯ ${number} `)),
			`${number}`,
		);
		assert.equal(
			lines[9]?.startsWith(' ↑↓ move  ⏎ choose  Esc back') ? lines[9] : lines[10],
			' ↑↓ move  ⏎ choose  Esc back',
		);
	}
});

test('40x12: says below the table how the daemon is whose heading is selected', () => {
	const daemon = {daemon: '10.0.0.5:18081', causedBy: '10.0.0.5:18081'};
	const specs = Array.from({length: 9}, (_, index): NodeSpec => ({name: `hot-${index}`, state: 'degraded', ...daemon}));
	const store = screenStoreFixture(fleetSnapshot(specs), {columns: 40, rows: 12});
	press(store, 't g');
	assert.match(plainLines(store)[6] ?? '', /^ \S daemon 10\.0\.0\.5:18081 /);
});

test('reverses the selected row from edge to edge, without colors', () => {
	const specs = [{name: 'a', state: 'down', reason: 'no', daemon: '10.0.0.5:18081'} as const];
	for (const keys of ['g', 't k']) {
		const store = screenStoreFixture(fleetSnapshot(specs), {columns: 100, rows: 24});
		press(store, keys);
		const row = drawnLines(store.getUiState()).find(line => line.includes('❯')) ?? '';
		assert.equal(row, `\u001B[7m${stripVTControlCharacters(row).padEnd(100)}\u001B[27m`, `after ${keys}`);
	}
});

test('leaves out facts of daemons instead of cutting them when addresses are long', () => {
	const daemon = `${'d'.repeat(36)}:18081`;
	const details = {daemon_reachable: true, daemon_height: 3_812_011, daemon_lag: 12_345, daemon_synchronized: false};
	const nodes = fleetSnapshot([{name: 'hot-1', daemon}]).nodes.map(node =>
		node.result ? {...node, result: {...node.result, details: {...node.result.details, ...details}}} : node,
	);
	const text = textOf(
		screenStoreFixture(fleetSnapshot([], {nodes: nodes as FleetSnapshot['nodes']}), {columns: 100, rows: 40}),
	);
	assert.match(text, / 3,812,011 +12,345\b/);
});

test('aligns times in state to the right, also in the last column', () => {
	const store = screenStoreFixture(
		fleetSnapshot([
			{name: 'a', forMs: 5000},
			{name: 'b', forMs: 50_000},
		]),
		{columns: 40, rows: 12},
	);
	const [a = '', b = ''] = plainLines(store).filter(line => /● up/.test(line));
	assert.match(a, /5s$/);
	assert.match(b, /50s$/);
	assert.equal(a.length, b.length);
});

test('uses free lines below the table for daemons, the last changes and the legend', () => {
	const daemon = {daemon: '10.0.0.5:18081', causedBy: '10.0.0.5:18081'};
	const store = screenStoreFixture(
		fleetSnapshot([
			{name: 'hot-1', state: 'degraded', ...daemon},
			{name: 'hot-2', state: 'degraded', ...daemon},
		]),
		{columns: 120, rows: 40},
	);
	store.setFleetPast(new Map(), [
		{
			at: '2026-11-23T19:59:00.000Z',
			node_id: 1,
			node: 'hot-1',
			method: 'api',
			from: 'up',
			to: 'degraded',
			message: 'm',
		},
	]);
	assert.match(
		textOf(store),
		/hot-2 .*\n\n.*DAEMON +NODES +STATE +LAST SEEN +BEHIND IT *\n +10\.0\.0\.5:18081 +2 +does not answer +hot-1, hot-2\n[\s\S]*Latest changes\n.*hot-1 +up → ▲ degraded +m\n[\s\S]*States\n +● up +it works/,
	);
	store.size = {columns: 80, rows: 24};
	store.invalidate();
	assert.doesNotMatch(textOf(store), /BEHIND IT|Latest changes/);
});

test('states and the selection are distinguishable without color', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes), {color: false});
	const ansi = drawnLines(store.getUiState()).join('\n');
	assert.ok(!ansi.split('\u001B').some(piece => /^\[3[1-7]m/.test(piece)));
	assert.ok(ansi.includes('\u001B[7m'));
	assert.match(textOf(store), /❯ ✖ down/);
});

test('with ASCII, draws no other character anywhere', () => {
	for (const keys of ['N', 'enter', 'y', 'l', 'm', '?', 't', '/ e']) {
		const store = screenStoreFixture(fleetSnapshot(strange), {ascii: true});
		press(store, keys);
		assert.match(textOf(store), /^[\n\u0020-\u007E]*$/, keys);
	}

	assert.match(textOf(screenStoreFixture(fleetSnapshot(fortyNodes), {ascii: true})), / > x down {6}zeta/);
});

test('names a daemon that explains the state of its nodes only once', () => {
	const reason = 'daemon 10.0.0.5:18081 does not answer';
	const specs = ['hot-us-1', 'hot-us-2'].map(
		(name): NodeSpec => ({name, state: 'degraded', reason, causedBy: '10.0.0.5:18081', daemon: '10.0.0.5:18081'}),
	);
	const lines = plainLines(screenStoreFixture(fleetSnapshot(specs)));
	assert.match(lines[1] ?? '', /^ ✖ daemon 10\.0\.0\.5:18081 down: hot-us-1, hot-us-2 *$/);
	assert.match(lines[3] ?? '', /daemon does not answer/);
});

test('lists up to 12 nodes of a daemon by name; shows the number of more', () => {
	const headerOf = (count: number): string => {
		const specs = Array.from(
			{length: count},
			(_, index): NodeSpec => ({name: `n${index + 1}`, state: 'degraded', causedBy: '10.0.0.5:18081'}),
		);
		return plainLines(screenStoreFixture(fleetSnapshot(specs), {columns: 200}))[1] ?? '';
	};
	assert.match(headerOf(12), /down: n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12 *$/);
	assert.match(headerOf(13), /down: 13 nodes *$/);
});

test('shows mixed versions and a note of the poller', () => {
	const mixed = fleetSnapshot([{name: 'a', versionText: '1.25'}, {name: 'b'}]);
	assert.match(textOf(screenStoreFixture(mixed)), /versions 1\.25 \(1\), 1\.29 \(1\)$/m);
	assert.doesNotMatch(
		textOf(screenStoreFixture(fleetSnapshot([{name: 'a'}, {name: 'monerod', state: 'down', versionText: '3.14'}]))),
		/versions/,
	);
	const noted: FleetSnapshot = {...mixed, notes: ['results cannot be saved: no space left']};
	assert.match(textOf(screenStoreFixture(noted)), /results cannot be saved/);
});

test('shows the age of a result only when it is stale, and never while paused', () => {
	const store = screenStoreFixture(fleetSnapshot([{name: 'a'}]));
	assert.match(textOf(store), /\s{2}API is responding/);
	store.nowMs += 60_000;
	store.invalidate();
	assert.match(textOf(store), /1m ago: API is responding/);
	const busy = screenStoreFixture(fleetSnapshot([{name: 'scan', state: 'busy', reason: 'working'}]));
	busy.nowMs += 60_000;
	assert.doesNotMatch(textOf(busy), /ago: working/, 'a busy node is checked less and less often, up to a minute');
	store.snapshot = {...store.snapshot, paused: true};
	store.invalidate();
	assert.doesNotMatch(textOf(store), /ago: API/);
	assert.match(textOf(store), /api · paused · 1m ago/);
});

test('a terminal that is too small says so, and recovers', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const before = textOf(store);
	store.size = {columns: 20, rows: 5};
	store.invalidate();
	assert.match(textOf(store), /terminal is \d+x\d+; at\s+least \d+x\d+ needed/);
	assert.ok(plainLines(store).length < 5);
	store.size = {columns: 80, rows: 24};
	store.invalidate();
	assert.equal(textOf(store), before);
});

test('an empty fleet shows what to do and where its file is', () => {
	const text = textOf(screenStoreFixture(fleetSnapshot([])));
	assert.match(text, /No nodes yet/);
	assert.match(text, /xmrtop nodes add NAME --port 18083/);
	assert.match(text, /xmrtop demo/);
	assert.match(text, /\/home\/op\/\.config\/xmrtop\/nodes\.json/);
	assert.match(text, /a add {2}q quit {2}\? help/);
});

test('shows a password neither in the form nor in the JSON', () => {
	const store = screenStoreFixture(fleetSnapshot([{name: 'a', username: 'u', password: 'hunter2-secret'}]));
	press(store, 'y');
	assert.match(textOf(store), /"has_password": true/);
	assert.doesNotMatch(textOf(store), /hunter2/);
	const node = store.snapshot.nodes[0]?.node;
	store.dispatch({type: 'dialog', dialog: {kind: 'form', form: openForm(node)}});
	assert.doesNotMatch(textOf(store), /hunter2/);
	assert.match(textOf(store), /unchanged/);
});

/** Control characters, bidirectional marks, zero-width characters. */
function isHostile(sign: string): boolean {
	const code = sign.codePointAt(0) ?? 0;
	const ranges = [
		[0, 0x1f],
		[0x7f, 0x9f],
		[0x61c, 0x61c],
		[0x200b, 0x200f],
		[0x2028, 0x202e],
		[0x2060, 0x206f],
		[0xfeff, 0xfeff],
	];
	return ranges.some(([from = 0, to = 0]) => code >= from && code <= to);
}

test('ten thousand hostile messages affect neither the terminal nor the widths', () => {
	const pieces = [
		'\u001B[31m',
		'\u001B]52;c;AAAA\u0007',
		'\u001B[2J',
		'\u009B1A',
		'\u0085',
		'\u202E',
		'\u200B',
		'\u200D',
		'\uFEFF',
		'\u0007',
		'\r',
		'\n',
		'\t',
		'\u2066',
		'a',
		' ',
		'日',
		'é',
		'🙂',
		'\u001BP',
		'\u001B',
		'\u061C',
	];
	let seed = 11;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((seed / 2_147_483_648) * below);
	};

	const hostile = (): string => Array.from({length: 1 + random(12)}, () => pieces[random(pieces.length)]).join('');
	for (let round = 0; round < 500; round++) {
		const specs = Array.from(
			{length: 20},
			(_, index): NodeSpec => ({name: `n${index}`, state: 'down', reason: hostile()}),
		);
		const store = screenStoreFixture(fleetSnapshot(specs));
		for (const line of plainLines(store)) {
			assert.ok(![...line].some(isHostile), JSON.stringify(line));
			assert.ok(stringWidth(line) <= 80, JSON.stringify(line));
		}
	}
});

test('returns the same view object when an event changes nothing', () => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const uiState = store.getUiState();
	store.dispatch({type: 'command', command: 'redraw'});
	assert.equal(store.getUiState(), uiState);
});

for (const [command, title] of [
	['sort-lag', /LAG ?↓/],
	['sort-group', /GROUP ↑/],
	['sort-uptime', /UPTIME ?↑/],
	['sort-cpu', /CPU ?↓/],
	['sort-since', /FOR ?↓/],
] as const) {
	test(`shows the column at 80 columns after ${command}, also without a value`, () => {
		const store = screenStoreFixture(fleetSnapshot(fortyNodes));
		store.dispatch({type: 'command', command});
		assert.match(textOf(store), title);
	});
}

test('shows a disabled node as disabled, not unknown: in the table, on its page, and in ASCII', () => {
	const off = {name: 'archive', disabled: true, state: 'unknown'} as const;
	const store = screenStoreFixture(fleetSnapshot([off]));
	assert.match(textOf(store), /○ disabled +archive/);
	store.dispatch({type: 'command', command: 'open'});
	assert.match(textOf(store), /‹ archive .*○ disabled .*not checked/);
	const plain = screenStoreFixture(fleetSnapshot([off]), {ascii: true});
	assert.match(textOf(plain), /o disabled +archive/);
	plain.dispatch({type: 'command', command: 'open'});
	assert.match(textOf(plain), /< archive .*o disabled .*not checked/);
});

test('a notice ends after four seconds, and at once when the clock is set back', () => {
	for (const [laterMs, isShown] of [
		[0, true],
		[3999, true],
		[4000, false],
		[-7_200_000, false],
	] as const) {
		const store = screenStoreFixture(fleetSnapshot([{name: 'a'}]));
		store.dispatch({type: 'notice', notice: {text: 'saved', isError: false, untilMs: store.nowMs + 4000}});
		store.nowMs += laterMs;
		store.invalidate();
		assert.equal(store.getUiState().view.notice !== undefined, isShown, String(laterMs));
	}
});
