import assert from 'node:assert/strict';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {startNamed} from '../helpers/child-processes.js';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {openPtyScreen, type PtyScreen} from '../helpers/pty-screen.js';
import {freePort} from '../helpers/real-process.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** The number of keys for common tasks. */

const wallets = [
	{name: 'hot-1', group: 'hot'},
	{name: 'hot-2', group: 'hot'},
	{name: 'cold-1'},
	{name: 'dead-1'},
] as const;

async function openTable(t: TestContext, configDir: string, ...flags: readonly string[]): Promise<PtyScreen> {
	const screen = openPtyScreen(t, {columns: 120, rows: 30, arguments: ['--config-dir', configDir, ...flags]});
	await screen.until(text => /1 down.* 3 up/.test(text), 'the first cycle');
	return screen;
}

const openFleet = async (t: TestContext): Promise<string> => (await startFakeWalletFleet(t, wallets)).configDir;

/** Whether the table has a node; the latest changes below it name all nodes. */
const isListed = (text: string, name: string): boolean => new RegExp(`[●▲◐?✖] \\w+ +${name} `).test(text);

async function quit(screen: PtyScreen): Promise<void> {
	screen.press('q');
	assert.equal((await screen.exited).exitCode, 0);
}

test('why a node is down: no key', async t => {
	const screen = await openTable(t, await openFleet(t));
	assert.match(screen.text(), /dead-1 .*connection refused/);
	await quit(screen);
});

test('which node lags most: one key', async t => {
	const screen = await openTable(t, await openFleet(t));
	screen.press('B');
	await screen.until(text => /LAG ?↓/.test(text), 'the order by lag');
	await quit(screen);
});

test('the same view the next day: no key; 0 and --default-view reset it', async t => {
	const configDir = await openFleet(t);
	const first = await openTable(t, configDir);
	first.press('F');
	await first.until(text => /FOR ?↓/.test(text), 'the order by time in state');
	first.press('t');
	first.press('t');
	await first.until(text => /^ hot +2 nodes/m.test(text), 'the groups');
	first.press('/group:hot\r');
	await first.until(text => !isListed(text, 'cold-1'), 'the filter');
	first.press('+');
	await first.until(text => text.includes('every 6s'), 'the interval');
	first.press('\u001B');
	await first.until(text => isListed(text, 'cold-1'), 'the filter cleared');
	first.press('/');
	first.press('\u001B[A');
	await first.until(text => !isListed(text, 'cold-1'), 'the filter of the history');
	first.press('\r');
	await quit(first);

	const sameView = (text: string): boolean =>
		/FOR ?↓/.test(text) && /^ hot +2 nodes/m.test(text) && text.includes('every 6s') && !isListed(text, 'cold-1');
	const second = openPtyScreen(t, {columns: 120, rows: 30, arguments: ['--config-dir', configDir]});
	await second.until(sameView, 'the view of yesterday');
	second.press('0');
	const isDefault = (text: string): boolean =>
		/STATE ?↓/.test(text) && text.includes('every 5s') && text.includes('cold-1') && !/^ hot +2 nodes/m.test(text);
	await second.until(isDefault, 'the default view');
	second.press('F');
	await second.until(text => /FOR ?↓/.test(text), 'the order by time in state');
	await quit(second);

	const third = openPtyScreen(t, {columns: 120, rows: 30, arguments: ['--config-dir', configDir, '--default-view']});
	await third.until(isDefault, 'the default view');
	await quit(third);
	const fourth = openPtyScreen(t, {columns: 120, rows: 30, arguments: ['--config-dir', configDir]});
	await fourth.until(isDefault, 'the default view, without the flag');
	await quit(fourth);
});

test('a corrupt view.json gives one note, and the table is shown', async t => {
	const configDir = await openFleet(t);
	writeFileSync(path.join(configDir, 'view.json'), '{"sort":');
	const screen = await openTable(t, configDir);
	assert.match(screen.text(), /view\.json is corrupt/);
	await quit(screen);
});

test('a method chosen in the screen is not recorded for others', async t => {
	const configDir = await openFleet(t);
	const screen = await openTable(t, configDir, '--interval', '1s');
	screen.press('2');
	await screen.until(text => /\bport\b.*every/.test(text) && text.includes('Port is in use'), 'the port method');
	await quit(screen);
	const {nodes} = JSON.parse(readFileSync(path.join(configDir, 'results.json'), 'utf8')) as {
		readonly nodes: Readonly<
			Record<string, {readonly states: object; readonly worked_data: {readonly method: string}}>
		>;
	};
	for (const {states, worked_data: last} of Object.values(nodes)) {
		assert.deepEqual(Object.keys(states), ['api']);
		// The node shown in full is recorded by full, which counts as api.
		assert.match(last.method, /^(?:api|full)$/);
	}
});

const skip = process.platform !== 'linux' && 'the process table of Linux is needed';

test('add a found wallet: one key, and its password if needed', {skip}, async t => {
	const configDir = path.join(temporaryFolder(t), 'config');
	const port = await freePort();
	const flags = ['--rpc-bind-port', String(port), '--rpc-login', 'op:s3cret-word', '--offline'];
	startNamed(t, 'monero-wallet-rpc', flags);
	const screen = openPtyScreen(t, {columns: 120, rows: 60, arguments: ['--config-dir', configDir]});
	await screen.until(text => text.includes(`port-${port}`), 'the wallet');
	// Other wallets may run on the machine.
	while (!new RegExp(`❯ port-${port} `).test(screen.text())) {
		const before = screen.text();
		screen.press('j');
		await screen.until(text => text !== before, 'the next wallet');
	}

	screen.press('\r');
	await screen.until(text => text.includes(`Login of port-${port}`), 'the question for the password');
	screen.press('s3cret-word');
	await screen.until(text => text.includes('•••'), 'the hidden password');
	screen.press('\r');
	const nodesPath = path.join(configDir, 'nodes.json');
	await screen.until(() => existsSync(nodesPath), 'the node');
	const text = readFileSync(nodesPath, 'utf8');
	const [node] = JSON.parse(text).nodes;
	assert.equal(node.username, 'op');
	assert.equal(readFileSync(node.password_file, 'utf8'), 's3cret-word\n');
	assert.equal(statSync(node.password_file).mode & 0o777, 0o600);
	assert.equal(path.dirname(node.password_file), configDir);
	assert.ok(!text.includes('s3cret-word'));
	assert.ok(!screen.written().includes('s3cret-word'));
	screen.press('q');
	screen.press('q');
	assert.equal((await screen.exited).exitCode, 0);
});

test('shows a named node despite a saved filter; --no-save saves no view', async t => {
	const configDir = await openFleet(t);
	const viewPath = path.join(configDir, 'view.json');
	const remembered = {schema_version: 1, sort: 'name', filter: 'group:hot'};
	writeFileSync(viewPath, JSON.stringify(remembered));
	const screen = openPtyScreen(t, {
		columns: 120,
		rows: 30,
		arguments: ['--config-dir', configDir, '--no-save', 'cold-1'],
	});
	await screen.until(
		text => isListed(text, 'cold-1') && /NAME ?↑/.test(text),
		'the named node, in the order of yesterday',
	);
	screen.press('B');
	await screen.until(text => /LAG ?↓/.test(text), 'the order by lag');
	await quit(screen);
	assert.deepEqual(JSON.parse(readFileSync(viewPath, 'utf8')), remembered);
});
