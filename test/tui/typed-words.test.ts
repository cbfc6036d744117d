import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Silence} from '../../source/domain/alerts/silences.js';
import {keysOf as inkKeysOf, type Key} from '../../source/tui/terminal/keys.js';
import {fleetNode, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {openTypedScreen} from '../helpers/typed-screen.js';

/** A screen with three nodes that a test can type into, and the file it changes. */
function openScreen(saving = async (): Promise<void> => {}) {
	const fleet = ['hot-1', 'hot-2', 'hot-3'].map((name, index) => fleetNode({name}, index));
	const store = screenStoreFixture({...fleetSnapshot([]), nodes: fleet});
	let silences: readonly Silence[] = [];
	const {controller, file, removeElsewhere} = openTypedScreen(store, {
		file: {nodes: fleet.map(({node}) => node), settings: {}, next_id: 4},
		saving,
		saved: ({nodes: changed}) => {
			const nodes = changed.map(node => ({...fleet[0], node, disabled: !node.available})) as typeof fleet;
			store.snapshot = {...store.snapshot, nodes};
			store.invalidate();
		},
		silenceStore: {
			path: 'silences.json',
			whoAmI: () => 'ann@here',
			problem: () => undefined,
			read: () => silences,
			update: async change => {
				silences = change(silences);
				return silences;
			},
		},
	});
	const press = async (...events: ReadonlyArray<readonly Key[]>): Promise<void> => {
		for (const keys of events) {
			controller.press(keys);
			// The change of the file completes in a later turn of the event loop.
			await new Promise(setImmediate);
		}
	};

	const showSilence = (): void => {
		const nodes = store.snapshot.nodes.map(node => ({...node, ...(silences[0] ? {silence: silences[0]} : {})}));
		store.snapshot = {...store.snapshot, nodes};
		store.invalidate();
	};

	return {store, press, nodes: () => file().nodes, silences: () => silences, showSilence, removeElsewhere};
}

const keysOf = (text: string): readonly Key[] => inkKeysOf(text, {});

/** Types a text key by key, and in one write as a terminal without bracketed paste sends it. */
async function typeBothWays(screen: ReturnType<typeof openScreen>, text: string): Promise<void> {
	const keys = keysOf(text);
	await screen.press(...keys.map(key => [key]));
	await screen.press(['escape'], ['escape'], ['escape']);
	await screen.press(keys);
	await screen.press(['escape'], ['escape'], ['escape']);
}

const words = `proxy exit index fixed xyz extended max yes Xy xY taxes next text box syntax relaxy galaxy boxy y n x D
Dy Dyson Dynamic DAY BODY Disable READY Error Edit Enter EXIT ERROR Export ADDED add admin all xmrtop x-ray xy xyy axy
monero-wallet-rpc nodes remove hot-1 sudo systemctl restart quit exit(0) vi /etc/hosts :wq :x ZZ DELETE DROP tmux ssh -X`
	.split(/\s+/)
	.filter(Boolean);

const lines: readonly string[] = [
	'max yes',
	'proxy yes',
	'x y',
	'xmrtop nodes remove hot-1',
	'x hot-1',
	'NODE\tSTATE\tMESSAGE',
	'ID\tNAME',
	'Error: fix\tthe box, yes?',
	'Delete hot-1 and hot-2, yes',
	'x\thot-1',
];

for (const end of ['', '\r', '\r\r']) {
	test(`no typed word or line removes, renames or disables a node, followed by Enter ${end.length} times`, async () => {
		for (const text of [...words, ...lines]) {
			for (const place of ['', 'l']) {
				const screen = openScreen();
				const before = screen.nodes();
				await screen.press(...keysOf(place).map(key => [key]));
				await typeBothWays(screen, text + end);
				assert.deepEqual(screen.nodes(), before, `${JSON.stringify(text)} after ${JSON.stringify(place)}`);
			}
		}
	});
}

test('all words in a row, as lines of text, change no node', async () => {
	const screen = openScreen();
	const before = screen.nodes();
	await typeBothWays(screen, words.join(' '));
	await typeBothWays(screen, words.join('\r'));
	await typeBothWays(screen, [...lines, ...words].join('\r'));
	assert.deepEqual(screen.nodes(), before);
});

test('random text changes no node', async () => {
	let seed = 7;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((seed / 2_147_483_648) * below);
	};
	const signs = [...'xyDEeaAnrpqwlcmtuszCBTHUPNSLVFI01234 -/?\r\r\tXY'];
	for (let round = 0; round < 300; round++) {
		const screen = openScreen();
		const before = screen.nodes();
		const text = Array.from({length: 40}, () => signs[random(signs.length)]).join('');
		await screen.press(...[...text].map(sign => keysOf(sign === '\t' ? ' ' : sign)));
		await screen.press(['escape'], ['escape'], ['escape'], keysOf(text));
		const known = screen.nodes().filter(({id}) => id <= 3);
		assert.deepEqual(known, before, JSON.stringify(text));
	}
});

test('typing or pasting the name and Enter removes a node', async () => {
	const screen = openScreen();
	await screen.press(['x'], ...keysOf('hot-1\r').map(key => [key]));
	assert.deepEqual(
		screen.nodes().map(({name}) => name),
		['hot-2', 'hot-3'],
	);
	await screen.press(['x'], ['paste hot-2\n'], ['enter']);
	assert.deepEqual(
		screen.nodes().map(({name}) => name),
		['hot-3'],
	);
});

test('the name of another node removes nothing', async () => {
	const screen = openScreen();
	await screen.press(['x'], ...keysOf('hot-2\r').map(key => [key]));
	assert.equal(screen.nodes().length, 3);
	assert.match(screen.store.getUiState().view.notice?.text ?? '', /hot-1 was not removed/);
});

test('a button disables and enables; Enter alone presses Cancel', async () => {
	const screen = openScreen();
	const isFirstEnabled = (): boolean | undefined => screen.nodes().find(({id}) => id === 1)?.available;
	await screen.press(['D'], ['enter']);
	assert.equal(isFirstEnabled(), true);
	await screen.press(['D'], ['tab'], ['tab'], ['enter']);
	assert.equal(isFirstEnabled(), true);
	await screen.press(['g'], ['D'], ['right'], ['enter']);
	assert.equal(isFirstEnabled(), false);
});

test('an edit form accepts text after a key that is not text', async () => {
	const screen = openScreen();
	await screen.press(['E'], ['r'], ['enter']);
	assert.equal(screen.nodes()[0]?.name, 'hot-1');
	await screen.press(['E'], ['end'], ['b'], ['enter']);
	assert.equal(screen.nodes()[0]?.name, 'hot-1b');
});

test('a form whose save ends after it was left closes no other dialog, also when the save fails', async () => {
	for (const problem of [undefined, new Error('no space left on device')]) {
		let save = (): void => {};
		const screen = openScreen(
			() =>
				new Promise((resolve, reject) => {
					save = () => (problem ? reject(problem) : resolve());
				}),
		);
		await screen.press(['E'], ['end'], ['b'], ['enter'], ['escape'], ['j'], ['E'], ['end'], ['c']);
		save();
		await new Promise(setImmediate);
		const {dialog, notice} = screen.store.getUiState().view;
		assert.ok(dialog?.kind === 'form' && dialog.form.values.name === 'hot-2c');
		assert.equal(dialog.form.error, undefined);
		assert.equal(notice?.text, problem ? problem.message : 'saved hot-1b');
	}
});

test('z asks and silences the node for two hours; z again ends the silence', async () => {
	const screen = openScreen();
	await screen.press(['z'], ['enter']);
	assert.deepEqual(screen.silences(), [], 'Enter presses Cancel');
	await screen.press(['z'], ['tab'], ['enter']);
	const [silence] = screen.silences();
	assert.deepEqual([silence?.nodes, silence?.by], [[{id: 1, name: 'hot-1'}], 'ann@here']);
	assert.equal(Date.parse(silence?.until ?? '') - Date.parse(silence?.at ?? ''), 2 * 3_600_000);
	screen.showSilence();
	await screen.press(['z'], ['tab'], ['enter']);
	assert.equal(screen.silences()[0]?.until, new Date(screen.store.nowMs).toISOString());
});

test('the outcome of a key is not shown on another page or in another dialog', async () => {
	const screen = openScreen();
	const notice = (): string | undefined => screen.store.getUiState().view.notice?.text;
	await screen.press(['Z']);
	assert.match(notice() ?? '', /Z does nothing here/);
	await screen.press(['down']);
	assert.match(notice() ?? '', /Z does nothing here/);
	await screen.press(['a']);
	assert.equal(notice(), undefined);
	await screen.press(['escape'], ['x'], ['enter']);
	assert.match(notice() ?? '', /was not removed/);
});

test('a question about a node that another program has removed says so, and changes nothing', async () => {
	for (const keys of [
		[['x'], keysOf('hot-1'), ['enter']],
		[['D'], ['tab'], ['enter']],
		[['z'], ['tab'], ['enter']],
	]) {
		const screen = openScreen();
		const [opens = [], ...answers] = keys;
		await screen.press(opens);
		screen.removeElsewhere('hot-1');
		await screen.press(...answers);
		assert.equal(screen.store.getUiState().view.notice?.text, 'hot-1 was removed in the meantime', opens.join());
		assert.equal(screen.nodes().length, 2);
		assert.deepEqual(screen.silences(), []);
	}
});
