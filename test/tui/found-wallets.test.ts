import assert from 'node:assert/strict';
import {test} from 'node:test';
import {matchWallets} from '../../source/domain/discovery/match-wallets.js';
import type {FindWallets, RunningWallet} from '../../source/domain/ports.js';
import type {NodeStore} from '../../source/domain/store.js';
import {createWalletSearch} from '../../source/tui/found-wallets.js';
import {describeChoices} from '../../source/tui/view/choices.js';
import type {PasswordDialog} from '../../source/tui/view/view-state.js';
import {fleetNode, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {openTypedScreen} from '../helpers/typed-screen.js';

const wallets = [18_083, 18_084].map(port => ({
	pid: port,
	cmdline: 'monero-wallet-rpc',
	started_at: '2026-11-23T19:00:00.000Z',
	notes: [],
	obstacles: [],
	definition: {host: '127.0.0.1', port, path: '/json_rpc', available: true},
}));

/** A search with one configured node, and its first result. */
function openSearch(findWallets: FindWallets) {
	const store = screenStoreFixture(fleetSnapshot([]));
	const {node} = fleetNode({name: 'hot-1', port: 18_083});
	const nodeStore = {read: () => ({version: 1, next_id: 2, nodes: [node]})} as unknown as NodeStore;
	const updated = new Promise<void>(resolve => store.subscribe(resolve));
	return {store, updated, search: createWalletSearch({store, nodeStore, findWallets})};
}

test('starts a search after the first frame, one at a time, and leaves out configured nodes', async () => {
	let asked = 0;
	const {store, updated, search} = openSearch(async () => {
		asked += 1;
		return {found: wallets, unreadable: []};
	});
	search();
	search();
	assert.equal(asked, 0);
	await updated;
	assert.equal(asked, 1);
	assert.deepEqual(
		store.getUiState().found?.map(({name}) => name),
		['port-18084'],
	);
});

test('a failed search shows no error and can be repeated', async () => {
	let asked = 0;
	const {store, updated, search} = openSearch(async () => {
		asked += 1;
		if (asked === 1) {
			throw new Error('no process table');
		}

		return {found: [], unreadable: []};
	});
	search();
	while (asked === 0) {
		await new Promise(setImmediate);
	}

	await new Promise(setImmediate);
	assert.equal(store.getUiState().found, undefined);
	search();
	await updated;
	assert.deepEqual(store.getUiState().found, []);
});

const needsLogin = {
	...wallets[0],
	pid: 7,
	login: 'given',
	login_user: 'op',
	definition: {host: '127.0.0.1', port: 18_090, path: '/json_rpc', available: true},
	obstacles: ['the password is on the command line; xmrtop will not copy it'],
	needs_login: true,
} as unknown as RunningWallet;
const {login_user: _, ...withoutUser} = needsLogin;
const unknownUser = {...withoutUser, pid: 8, definition: {...needsLogin.definition, port: 18_091}} as RunningWallet;
const inContainer = {...wallets[0], pid: 9, obstacles: ['it runs in its own network (a container?)']} as RunningWallet;

/** The live table of an empty fleet with found wallets, and the effects of keys. */
function openTable(found: readonly RunningWallet[], saving = async (): Promise<void> => {}) {
	const store = screenStoreFixture(fleetSnapshot([]));
	const passwords = new Map<string, string>();
	const {controller, file} = openTypedScreen(store, {
		file: {nodes: [], settings: {}, next_id: 1},
		saving,
		saved: ({nodes}) => {
			store.snapshot = {...store.snapshot, nodes: nodes.map(node => ({...fleetNode({name: node.name}), node}))};
			store.invalidate();
		},
		savePassword: (name, text) => {
			const path = `/config/${name}.password`;
			passwords.set(path, text);
			return {path, remove: () => void passwords.delete(path)};
		},
	});
	store.setFound(matchWallets(found, {nodes: [], recall: () => undefined, isLocalHost: () => true}));
	controller.fleetChanged();
	const press = async (...keys: readonly string[]): Promise<void> => {
		for (const key of keys) {
			controller.press([key]);
			await new Promise(setImmediate);
		}
	};

	const dialog = () => store.getUiState().view.dialog;
	return {
		store,
		press,
		dialog,
		nodes: () => file().nodes,
		passwords,
		notice: () => store.getUiState().view.notice?.text,
	};
}

test('Enter adds the selected wallet and keeps offering the others', async () => {
	const {store, press, nodes, notice} = openTable(wallets as unknown as readonly RunningWallet[]);
	await press('j', 'enter');
	assert.deepEqual(
		nodes().map(({name, port}) => [name, port]),
		[['port-18084', 18_084]],
	);
	assert.match(notice() ?? '', /^added port-18084$/);
	assert.equal(store.getUiState().view.page.kind, 'found');
	await press('enter');
	assert.equal(nodes().length, 2);
	assert.equal(store.getUiState().view.page.kind, 'table', 'none is left');
});

test('one key and a password add a wallet with a login; the password is saved in a separate file', async () => {
	const {press, nodes, passwords, notice, dialog} = openTable([needsLogin]);
	await press('enter', ...'s3cret', 'enter');
	const [{id: _, ...node} = {}] = nodes() as unknown as ReadonlyArray<Record<string, unknown>>;
	assert.deepEqual(node, {
		name: 'port-18090',
		host: '127.0.0.1',
		port: 18_090,
		path: '/json_rpc',
		available: true,
		username: 'op',
		password_file: '/config/port-18090.password',
	});
	assert.deepEqual([...passwords], [['/config/port-18090.password', 's3cret']]);
	assert.equal(dialog(), undefined);
	assert.match(notice() ?? '', /^added port-18090; its password is in \/config\/port-18090\.password$/);
});

test('saves a password in nodes.json only on request', async () => {
	const {press, nodes, passwords} = openTable([needsLogin]);
	await press('enter', ...'s3cret', 'tab', ' ', 'enter');
	assert.equal(nodes()[0]?.password, 's3cret');
	assert.equal(nodes()[0]?.password_file, undefined);
	assert.equal(passwords.size, 0);
});

test('A adds all wallets without login, then asks for the other passwords in turn; Esc stops asking', async () => {
	const all = [...(wallets as unknown as readonly RunningWallet[]), needsLogin, unknownUser, inContainer];
	const {press, nodes, dialog, store} = openTable(all);
	await press('A');
	assert.equal(nodes().length, 2);
	assert.equal(dialog()?.kind, 'password');
	await press(...'s3cret', 'enter');
	assert.equal(nodes().length, 3);
	const second = dialog();
	assert.ok(second?.kind === 'password' && second.focused === 'username' && second.pid === 8);
	await press(...'me', 'tab', ...'other', 'enter');
	assert.deepEqual(
		nodes().map(({username}) => username),
		[undefined, undefined, 'op', 'me'],
	);
	assert.equal(dialog(), undefined);
	assert.deepEqual(
		store.getUiState().found?.map(({wallet}) => wallet.pid),
		[9],
	);
});

test('says why a wallet cannot be added', async () => {
	const {press, nodes, notice} = openTable([inContainer]);
	await press('enter');
	assert.equal(notice(), 'port-18083 cannot be added: it runs in its own network (a container?)');
	await press('A');
	assert.match(notice() ?? '', /cannot be added/);
	assert.equal(nodes().length, 0);
});

test('refuses an empty password and an invalid user name', async () => {
	const {press, dialog, nodes} = openTable([unknownUser]);
	await press('enter', 'tab', 'enter');
	assert.match((dialog() as PasswordDialog).error ?? '', /^the user name is invalid/);
	await press('backtab', ...'me', 'tab', 'enter');
	assert.match((dialog() as PasswordDialog).error ?? '', /^the password is invalid/);
	assert.equal(nodes().length, 0);
});

test('when nodes.json cannot be saved, keeps the dialog and leaves no password file', async () => {
	const {press, dialog, passwords} = openTable([needsLogin], async () => {
		throw new Error('nodes.json cannot be saved: no space left on device');
	});
	await press('enter', ...'s3cret', 'enter');
	assert.match((dialog() as PasswordDialog).error ?? '', /no space left on device/);
	assert.equal(passwords.size, 0);
});

test('Esc while a login is saved stops asking, whether the save succeeds or fails', async () => {
	for (const problem of [undefined, new Error('no space left on device')]) {
		let save = (): void => {};
		const {press, dialog, nodes, notice} = openTable(
			[needsLogin, unknownUser],
			() =>
				new Promise((resolve, reject) => {
					save = () => (problem ? reject(problem) : resolve());
				}),
		);
		await press('A', ...'s3cret', 'enter', 'escape');
		save();
		await new Promise(setImmediate);
		assert.equal(dialog(), undefined);
		assert.equal(nodes().length, problem ? 0 : 1);
		assert.match(notice() ?? '', problem ? /no space left/ : /^added port-18090/);
	}
});

test('never draws a password', async () => {
	const {press, store} = openTable([needsLogin]);
	await press('enter', ...'s3cret');
	const drawn = JSON.stringify(describeChoices(store.getUiState().view));
	assert.ok(!drawn.includes('s3cret'), drawn);
	assert.match(drawn, /••••••/);
});

test('u undoes a disable, with or without an end; an unused key points to the help', async () => {
	const {press, nodes, notice} = openTable([...(wallets as unknown as readonly RunningWallet[])]);
	await press('A', 'escape', 'g', 'D', 'tab', 'enter');
	assert.equal(nodes()[0]?.available, false);
	assert.match(notice() ?? '', /^disabled port-18083; u to undo$/);
	await press('u');
	assert.equal(nodes()[0]?.available, true);
	assert.match(notice() ?? '', /^port-18083 is no longer disabled$/);
	await press('u');
	assert.match(notice() ?? '', /^nothing to undo/);
	await press('Z');
	assert.equal(notice(), 'Z does nothing here; ? for help');
});
