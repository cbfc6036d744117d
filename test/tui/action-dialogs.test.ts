import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {ScreenActions} from '../../source/cli/command.js';
import {type Action, reservedActionKeys} from '../../source/domain/actions.js';
import type {CommandEnd} from '../../source/domain/ports.js';
import {type ControllerOptions, createController} from '../../source/tui/controller.js';
import {commands} from '../../source/tui/view/commands.js';
import {fleetNode, fleetSnapshot, type NodeSpec} from '../helpers/fleet-fixture.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {screenText} from '../helpers/screen-text.js';

const nobody = async (): Promise<never> => {
	throw new Error('nobody asks for this');
};

const restart: Action = {name: 'restart', key: 'r', on: ['down', 'busy'], restarts: true, command: ['fix', '{unit}']};
const logs: Action = {name: 'logs', key: 'o', follow: true, command: ['tail', '-f', 'it is {name}']};
const say: Action = {name: 'say', key: 'S', command: ['say', '{pid}']};

interface Facts {
	readonly state?: NodeSpec['state'];
	readonly details?: object;
}

/** A screen with one node whose actions are not run; the result of a full check can be changed. */
function openScreen(actions: readonly Action[], before: Facts = {}) {
	const nodeOf = ({state = 'down', details = {}}: Facts) => {
		const known = fleetNode({name: 'hot-1', state, reason: 'for a reason'});
		const facts = {pid: 7, started_at: '2026-11-23T19:00:00.000Z', unit: 'hot.service', ...details};
		const result = known.result && {...known.result, details: {...known.result.details, ...facts}};
		return {...known, ...(result ? {result} : {})} as typeof known;
	};
	const store = screenStoreFixture({...fleetSnapshot([]), nodes: [nodeOf(before)]});
	const ran: (readonly string[])[] = [];
	const silenced: string[] = [];
	const added: Action[] = [];
	let checks = 0;
	let found: Facts = before;
	let end: CommandEnd = {exitCode: 0};
	const outputs: string[] = ['out  put\n\u001B[31mred\u001B[m\n'];
	const screenActions: ScreenActions = {
		read: () => actions,
		suggest: () => [restart],
		add: async action => void added.push(action),
		run: async (argv, onOutput) => {
			ran.push(argv);
			for (const output of outputs) {
				onOutput?.(output);
			}

			return end;
		},
		whileSilenced: async ({name}, _, work) => {
			silenced.push(name);
			await work();
		},
		maxLag: 5,
	};
	const options: ControllerOptions = {
		store,
		poller: {
			checkNow: async () => {},
			checkBy: async () => {
				checks += 1;
				return nodeOf(found);
			},
			setMethod: () => {},
			setIntervalMs: () => {},
			setPaused: () => {},
			setDiagnosed: () => {},
		},
		nodeStore: {path: '/nodes.json', read: () => ({nodes: [], settings: {}, next_id: 1}), update: nobody} as never,
		resultStore: {readTransitions: async () => []},
		nowMs: () => store.nowMs,
		copy: nobody,
		save: nobody,
		search: () => {},
		suspend: () => {},
		resetView: () => {},
		redraw: () => {},
		quit: () => {},
		loadActions: async () => screenActions,
		runInTerminal: async (argv, run) => {
			ran.push(['terminal', ...argv]);
			return run(argv);
		},
	};
	const controller = createController(options);
	return {
		store,
		ran,
		silenced,
		added,
		checks: () => checks,
		finds: (facts: Facts) => {
			found = facts;
		},
		endsWith: (next: CommandEnd) => {
			end = next;
		},
		/** Sends each key as a separate event and lets its effects finish. */
		press: async (...keys: readonly string[]) => {
			for (const key of keys) {
				store.nowMs += 500;
				controller.press([key]);
				await flushPromises();
			}
		},
		pressAtOnce: (...keys: readonly string[]) => controller.press(keys),
		text: () => screenText(store),
	};
}

test('no action can have a key of the list of actions', () => {
	const own = Object.values(commands)
		.filter(({modes}) => modes.includes('actions'))
		.flatMap(({keys}) => keys)
		.filter(key => /^[!-~]$/.test(key));
	assert.deepEqual([...own].toSorted(), [...reservedActionKeys].toSorted());
});

test('! lists the actions, with the reason why one cannot be run for this node; Esc returns', async () => {
	const screen = openScreen([restart, logs, {name: 'in-docker', command: ['docker', '{container}']}], {state: 'up'});
	await screen.press('!');
	assert.match(
		screen.text(),
		/Actions for hot-1\n\n ❯ r {2}restart {4}not here: restart is for nodes that are down or busy; this/,
	);
	assert.match(screen.text(), /\n {3}o {2}logs {7}tail -f 'it is \{name\}'\n/);
	assert.match(screen.text(), /\n {6}in-docker {2}not here: \{container\} is not known: its process was not seen…/);
	await screen.press('r');
	assert.match(
		screen.text(),
		/restart cannot be run for hot-1: restart is for nodes that are down or busy;\n this one is up/,
	);
	await screen.press('!', 'escape');
	assert.doesNotMatch(screen.text(), /Actions for/);
	assert.deepEqual(screen.ran, []);
});

test('shows the command as it will run; Enter runs it, any other key cancels', async () => {
	const screen = openScreen([say]);
	await screen.press('!', 'S');
	assert.match(screen.text(), /Run say for hot-1\?\n\n {5}say 7\n\n {3}Enter runs it; Esc cancels\./);
	await screen.press('x');
	assert.doesNotMatch(screen.text(), /Run say/);
	assert.deepEqual(screen.ran, []);
	await screen.press('!', 'enter', 'enter');
	assert.deepEqual(screen.ran, [['say', '7']]);
	assert.match(screen.text(), /say of hot-1\n {3}say 7\n\n {3}out {2}put\n {3}red\n\n {3}exit code 0 after 0 s/);
	await screen.press('escape');
	assert.match(screen.text(), /❯ ✖ down {6}hot-1/);
});

test('a free key runs its action from the table; keys of the table keep their meaning', async () => {
	const screen = openScreen([logs, say]);
	await screen.press('o');
	assert.match(screen.text(), /Run logs for hot-1\?\n\n {5}tail -f 'it is hot-1'\n\n {3}It gets the whole terminal/);
	await screen.press('enter');
	assert.deepEqual(screen.ran, [
		['terminal', 'tail', '-f', 'it is hot-1'],
		['tail', '-f', 'it is hot-1'],
	]);
	assert.match(screen.text(), /logs of hot-1 ended: exit code 0/);
	await screen.press('S');
	assert.doesNotMatch(screen.text(), /Run say/);
	await screen.press('K');
	assert.match(screen.text(), /K does nothing here; \? for help/);
});

test('text typed quickly into the dialog confirms nothing', async () => {
	const screen = openScreen([logs]);
	await screen.press('o');
	screen.pressAtOnce('enter');
	await flushPromises();
	assert.match(screen.text(), /Run logs for hot-1\?[\s\S]*look at the command first, then press Enter/);
	assert.deepEqual(screen.ran, []);
});

test('text that arrives in one write confirms nothing', async () => {
	const screen = openScreen([logs]);
	await screen.press('!', 'escape');
	screen.pressAtOnce('!', 'o', 'enter');
	await flushPromises();
	assert.match(screen.text(), /Run logs for hot-1\?/);
	assert.deepEqual(screen.ran, []);
});

test('{pid} comes from a check just before the run, and from another one when the dialog stays open long', async () => {
	const screen = openScreen([say]);
	screen.finds({details: {pid: 8}});
	await screen.press('!', 'S');
	assert.equal(screen.checks(), 1);
	assert.match(screen.text(), /say 8\n/);
	screen.store.nowMs += 60_000;
	screen.finds({details: {pid: 9}});
	await screen.press('enter');
	assert.match(screen.text(), /say 9\n[\s\S]*hot-1 has changed: look again/);
	assert.deepEqual(screen.ran, []);
	await screen.press('enter');
	assert.deepEqual(screen.ran, [['say', '9']]);
	assert.equal(screen.checks(), 2);
});

test('a check from before the clock was set back is repeated before the run', async () => {
	const screen = openScreen([say]);
	screen.finds({details: {pid: 8}});
	await screen.press('!', 'S');
	screen.store.nowMs -= 7_200_000;
	await screen.press('enter');
	assert.equal(screen.checks(), 2);
});

const scanning: Facts = {
	state: 'busy',
	details: {scanning: true, wallet_height: 2_911_004, catch_up_blocks_per_s: 61},
};

test('refuses a restart that would lose progress until the name of the node is typed', async () => {
	const screen = openScreen([restart], scanning);
	await screen.press('!', 'r');
	assert.match(
		screen.text(),
		/Run restart for hot-1\?\n\n {5}fix hot\.service\n\n {3}Refused: hot-1 is scanning at 2,911,004, 61 blocks\/s; a kill loses what is\n {3}not saved\.\n {3}Type its name and press Enter; Esc cancels\./,
	);
	await screen.press('enter');
	assert.match(screen.text(), /nothing was run: hot-1 was not typed/);
	await screen.press('!', 'r', ...'hot-2', 'enter');
	assert.deepEqual([screen.ran, screen.silenced], [[], []]);
	await screen.press('!', 'r', ...'hot-1', 'enter');
	assert.deepEqual([screen.ran, screen.silenced], [[['fix', 'hot.service']], ['hot-1']]);
});

test('the check just before decides: refuses for a node that has begun to scan, not for one that hangs', async () => {
	const screen = openScreen([restart], {state: 'down'});
	screen.finds(scanning);
	await screen.press('!', 'r');
	assert.match(screen.text(), /Refused: hot-1 is scanning/);
	await screen.press('escape');
	screen.finds({state: 'down', details: {cpu_cores: 0}});
	await screen.press('!', 'r');
	assert.match(
		screen.text(),
		/fix hot\.service\n\n {3}Its alerts are silenced until it is up, for 15 m at most\.\n {3}Enter runs it/,
	);
	screen.finds({state: 'up'});
	await screen.press('enter');
	assert.deepEqual(screen.silenced, ['hot-1']);
	assert.match(screen.text(), /exit code 0 after 0 s; hot-1 is up after 0 s/);
});

for (const [state, minutes] of [
	['down', 2],
	['busy', 15],
] as const) {
	test(`silences a restarted node that stays ${state} for ${minutes} minutes at most`, async t => {
		t.mock.timers.enable({apis: ['setTimeout']});
		const screen = openScreen([restart], {state: 'down'});
		await flushPromises();
		await screen.press('!', 'r');
		screen.finds({state});
		await screen.press('enter');
		let waitedMs = 0;
		while (screen.text().includes('silenced until hot-1 is up') && waitedMs < 3_600_000) {
			waitedMs += 10_000;
			screen.store.nowMs += 10_000;
			t.mock.timers.tick(1000);
			await flushPromises();
		}

		assert.ok(Math.abs(waitedMs - minutes * 60_000) <= 10_000, `${waitedMs} ms`);
		assert.match(screen.text(), /hot-1 is not up after/);
	});
}

test('reports how a command failed, also after its output was closed', async () => {
	const screen = openScreen([say, restart]);
	screen.endsWith({exitCode: 3, failure: 'exit code 3'});
	await screen.press('!', 'S', 'enter');
	assert.match(screen.text(), /exit code 3 after 0 s/);
	await screen.press('escape', '!', 'r', 'enter');
	assert.match(
		screen.text(),
		/restart of hot-1\n {3}fix hot\.service\n\n {3}out {2}put\n {3}red\n\n {3}exit code 3 after 0 s/,
	);
});

test('without actions, offers suggestions, and Enter adds one', async () => {
	const screen = openScreen([]);
	await screen.press('!');
	assert.match(
		screen.text(),
		/There are no actions yet\. Enter adds one of these:\n\n ❯ r {2}restart {2}fix '\{unit\}'/,
	);
	await screen.press('r');
	assert.deepEqual(screen.added, []);
	await screen.press('enter');
	assert.deepEqual(screen.added, [restart]);
	assert.match(screen.text(), /added the action restart; ! lists it/);
});
