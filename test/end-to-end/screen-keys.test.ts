import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {openPtyScreen, type PtyScreen} from '../helpers/pty-screen.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const wallets = [
	{name: 'hot-1', group: 'hot'},
	{name: 'hot-2', group: 'hot'},
	{name: 'cold-1'},
	{name: 'dead-1'},
	{name: 'dead-2'},
] as const;

/** The live table with five wallets, two of them dead, after its first cycle. */
async function openTable(
	t: TestContext,
	options: Parameters<typeof openPtyScreen>[1] = {},
): Promise<PtyScreen & {readonly configDir: string}> {
	const {configDir} = await startFakeWalletFleet(t, wallets);
	const screen = openPtyScreen(t, {
		...options,
		arguments: ['--config-dir', configDir, '--interval', '1s', ...(options.arguments ?? [])],
	});
	await screen.until(text => /2 down.* 3 up/.test(text) && /1 m|ago/.test(text), 'the first cycle');
	return Object.assign(screen, {configDir});
}

const rowOf = (screen: PtyScreen, name: string): number => screen.lines().findIndex(line => line.includes(` ${name} `));
const selectedName = (screen: PtyScreen): string | undefined => /^ ❯ \S+ \S+ +(\S+)/m.exec(screen.text())?.[1];
const selects = (name: string) => (text: string) => new RegExp(`^ ❯ \\S+ \\S+ +${name} `, 'm').test(text);

test('lists dead nodes first, and selects the worst in reverse video', async t => {
	const screen = await openTable(t);
	assert.equal(rowOf(screen, 'dead-1'), 3);
	assert.equal(rowOf(screen, 'dead-2'), 4);
	assert.equal(selectedName(screen), 'dead-1');
	assert.ok(screen.isInverse(3));
	assert.ok(!screen.isInverse(4));
	assert.ok(screen.isAlternate());
	assert.ok(screen.isCursorHidden());
	assert.match(screen.text(), /Connection refused|connection refused/);
});

const moves: ReadonlyArray<readonly [keys: string, name: string]> = [
	['j', 'dead-2'],
	['\u001B[B', 'dead-2'],
	['\u001BOB', 'dead-2'],
	['jk', 'dead-1'],
	['j\u001B[A', 'dead-1'],
	['G', 'hot-2'],
	['\u001B[F', 'hot-2'],
	['Gg', 'dead-1'],
	['G\u001B[H', 'dead-1'],
	['\u001B[6~', 'hot-2'],
	['G\u001B[5~', 'dead-1'],
	['jjj', 'hot-1'],
];

for (const [keys, name] of moves) {
	test(`${JSON.stringify(keys)} selects ${name}`, async t => {
		const screen = await openTable(t);
		screen.press(keys);
		await screen.until(selects(name), `the selection on ${name}`);
	});
}

test('Enter opens the diagnostics; Esc, ← and Backspace each return', async t => {
	const screen = await openTable(t);
	for (const back of ['\u001B', '\u001B[D', '\u007F']) {
		screen.press('\r');
		await screen.until(
			text => /‹ dead-1 .*✖ down/.test(text) && /port .*Port is not in use/.test(text),
			'the diagnostics',
		);
		assert.match(screen.text(), /nothing listens/i);
		screen.press(back);
		await screen.until(selects('dead-1'), 'the table');
	}
});

test('an arrow key whose sequence is split is an arrow; a lone Esc is Esc', async t => {
	const screen = await openTable(t);
	screen.press('\r');
	await screen.until(text => text.includes('‹ dead-1'), 'the diagnostics');
	screen.press('\u001B');
	screen.press('[B');
	screen.press(']');
	await screen.until(text => text.includes('‹ dead-2'), 'the next node: no Esc was taken');
	screen.press('[');
	await screen.until(text => text.includes('‹ dead-1'), 'the node before');
	screen.press('\u001B');
	await screen.until(selects('dead-1'), 'the table');
});

test('m opens the picker; 1 2 3 4 choose at once', async t => {
	const screen = await openTable(t);
	screen.press('m');
	await screen.until(
		text => /❯ 3 • api/.test(text) && /something listens on the port; not: that it is the wallet/.test(text),
		'the picker',
	);
	screen.press('k\r');
	await screen.until(text => /port · every 1s/.test(text) && text.includes('Port is in use'), 'the port method');
	for (const [key, method] of [
		['1', 'pid'],
		['2', 'port'],
		['3', 'api'],
		['4', 'full'],
	] as const) {
		screen.press(key);
		await screen.until(text => text.includes(`${method} · every 1s`), `the method ${method}`);
	}
});

test('r checks the selected node, R all nodes', async t => {
	const screen = await openTable(t);
	screen.press('r');
	await screen.until(text => text.includes('checking dead-1'), 'the check of one');
	screen.press('R');
	await screen.until(text => text.includes('checking all nodes'), 'the check of all');
});

test('p pauses and resumes, + and - change the interval', async t => {
	const screen = await openTable(t);
	screen.press('++');
	await screen.until(text => text.includes('every 3s'), 'a longer interval');
	screen.press('-');
	await screen.until(text => text.includes('every 2s'), 'a shorter interval');
	screen.press('p');
	await screen.until(text => /api · paused · [1-9]\d*s ago/.test(text), 'the age of what is shown');
	screen.press('p');
	await screen.until(text => text.includes('api · every 2s · 0s ago'), 'watching again');
});

test('/ filters while typing, ! inverts, Esc clears', async t => {
	const screen = await openTable(t);
	screen.press('/ho');
	await screen.until(
		text => text.includes('/ ho') && text.includes('2 of 5') && !text.includes('cold-1'),
		'the filter',
	);
	screen.press('\u001B');
	await screen.until(text => text.includes('cold-1'), 'all nodes');
	screen.press('/!hot\r');
	await screen.until(text => text.includes('/!hot 3 of 5') && !text.includes('hot-1'), 'the other nodes');
	screen.press('\u001B');
	await screen.until(text => text.includes('hot-1'), 'all nodes');
});

test('e lists only problems', async t => {
	const screen = await openTable(t);
	screen.press('e');
	await screen.until(text => text.includes('problems only 2 of 5') && !text.includes('hot-1'), 'only problems');
	screen.press('e');
	await screen.until(text => text.includes('hot-1'), 'all nodes');
});

test('N S L V F sort, I inverts, and the titles show it', async t => {
	const screen = await openTable(t);
	for (const [key, title] of [
		['N', 'NAME ↑'],
		['I', 'NAME ↓'],
		['L', 'LATENCY↓'],
		['V', 'VER↑'],
		['F', 'FOR↓'],
		['S', 'STATE ↓'],
	] as const) {
		screen.press(key);
		await screen.until(text => text.includes(title), title);
	}

	screen.press('NI');
	await screen.until(selects('hot-2'), 'names from the end');
});

test('the selection follows its node when the order changes', async t => {
	const screen = await openTable(t);
	screen.press('jjjN');
	await screen.until(text => text.includes('NAME ↑') && selects('hot-1')(text), 'hot-1 selected');
	assert.equal(rowOf(screen, 'hot-1'), 6);
});

test('t groups by daemon', async t => {
	const screen = await openTable(t);
	screen.press('t');
	await screen.until(text => /no daemon {2}5 nodes {2}✖ 2 down/.test(text), 'the group');
});

test('a adds a node with a form that reports errors while typing', async t => {
	const screen = await openTable(t);
	screen.press('a');
	await screen.until(text => text.includes('Add a node'), 'the form');
	screen.press('bad name');
	await screen.until(text => text.includes('✖ 1 to 64 of A-Z'), 'the error beside the field');
	screen.press('\u0015fresh\t1808');
	screen.press('5\t\t\tmonitor\thunter2-secret\r');
	await screen.until(text => / fresh /.test(text) && text.includes('6 nodes'), 'the new node');
	assert.ok(!screen.written().includes('hunter2'));
	const saved = JSON.parse(readFileSync(path.join(screen.configDir, 'nodes.json'), 'utf8'));
	const node = saved.nodes.find(({name}: {name: string}) => name === 'fresh');
	assert.deepEqual([node.port, node.username, node.password], [18_085, 'monitor', 'hunter2-secret']);
});

test('E edits a node and keeps fields that the form does not show', async t => {
	const screen = await openTable(t);
	screen.press('GE');
	await screen.until(text => text.includes('Edit hot-2'), 'the form');
	screen.press('\u0015renamed\r');
	await screen.until(text => / renamed /.test(text) && !/ hot-2 /.test(text), 'the new name');
});

test('refuses a name in the form that is already used', async t => {
	const screen = await openTable(t);
	screen.press('ahot-1\t1\r');
	await screen.until(text => text.includes('names must be unique'), 'the refusal');
	screen.press('\u001B');
	await screen.until(selects('dead-1'), 'the table');
});

test('x removes after the name is typed; D disables and enables by a button', async t => {
	const screen = await openTable(t);
	screen.press('x');
	await screen.until(text => text.includes('Remove dead-1?') && text.includes('Type its name'), 'the question');
	screen.press('\u001B');
	await screen.until(selects('dead-1'), 'the table again');
	screen.press('x');
	await screen.until(text => text.includes('Remove dead-1?'), 'the question');
	screen.press('dead-2\r');
	await screen.until(text => text.includes('dead-1 was not removed') && text.includes('5 nodes'), 'the node kept');
	screen.press('x');
	await screen.until(text => text.includes('Remove dead-1?'), 'the question');
	screen.press('dead-1\r');
	await screen.until(text => text.includes('4 nodes') && !/ dead-1 .*–/.test(text), 'the node gone');
	screen.press('D');
	await screen.until(text => text.includes('[Cancel]'), 'the question');
	screen.press('\t\r');
	await screen.until(text => /1 disabled/.test(text) && / dead-2 .*disabled/.test(text), 'the node disabled');
	screen.press('GD');
	await screen.until(text => text.includes('Enable dead-2?'), 'the question');
	screen.press('\t\r');
	await screen.until(text => !/disabled/.test(text.replace(/enabled dead-2/, '')), 'the node enabled');
});

test('a word typed into the table removes no node', async t => {
	const screen = await openTable(t);
	screen.press('proxy');
	await screen.until(text => text.includes('Type its name'), 'the question');
	screen.press('\r');
	await screen.until(text => text.includes('was not removed') && text.includes('5 nodes'), 'all nodes');
});

test('y shows the JSON, l the transitions', async t => {
	const screen = await openTable(t);
	screen.press('y');
	await screen.until(text => text.includes('"name": "dead-1"') && text.includes('"method": "full"'), 'the JSON');
	screen.press('G');
	await screen.until(text => /^ {2}}$/m.test(text), 'its end');
	screen.press('q');
	await screen.until(selects('dead-1'), 'the table');
	screen.press('l');
	await screen.until(text => /unknown → ✖ down .*refused/.test(text), 'the transitions');
});

test("c sends JSON to the terminal's clipboard and says so; w writes a file and names it", async t => {
	const folder = temporaryFolder(t);
	const screen = await openTable(t, {cwd: folder, columns: 120});
	screen.press('c');
	await screen.until(text => text.includes('JSON of dead-1 sent to the terminal'), 'the notice');
	const sent = screen.written().split('\u001B]52;c;')[1]?.split('\u0007')[0] ?? '';
	assert.equal(JSON.parse(Buffer.from(sent, 'base64').toString()).name, 'dead-1');
	screen.press('w');
	await screen.until(text => /saved .*xmrtop-.*\.json/.test(text), 'the notice');
	const [file = ''] = readdirSync(folder);
	const saved = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
	assert.equal(saved.total, 5);
	assert.match(saved.screen.join('\n'), /✖ down {6}dead-1/);
});

test('? shows every key, and any key closes it; q returns, then quits', async t => {
	const screen = await openTable(t);
	screen.press('?');
	await screen.until(text => text.includes('show only problems') && text.includes('any other key closes'), 'the help');
	screen.press('q');
	await screen.until(selects('dead-1'), 'the table');
	screen.press('\r');
	await screen.until(text => text.includes('‹ dead-1'), 'the diagnostics');
	screen.press('q');
	await screen.until(selects('dead-1'), 'the table');
	screen.press('q');
	assert.equal((await screen.exited).exitCode, 0);
});

test('a hundred quick keys in one write all count', async t => {
	const screen = await openTable(t);
	screen.press(`${'jk'.repeat(50)}j`);
	await screen.until(selects('dead-2'), 'one step down');
	screen.press('+'.repeat(3) + 'j'.repeat(97));
	await screen.until(text => text.includes('every 4s') && selects('hot-2')(text), 'the last row');
});

test('a node added in another terminal appears by itself', async t => {
	const screen = await openTable(t);
	const other = openPtyScreen(t, {
		arguments: ['nodes', 'add', 'elsewhere', '--port', '1', '--config-dir', screen.configDir],
	});
	assert.equal((await other.exited).exitCode, 0);
	await screen.until(text => / elsewhere /.test(text) && text.includes('6 nodes'), 'the new node');
});

test('only Ctrl-L clears the screen and draws everything again', async t => {
	const screen = await openTable(t);
	screen.press('jjkN');
	await screen.until(text => text.includes('NAME ↑'), 'another order');
	assert.ok(!screen.written().includes('\u001B[2J'));
	screen.press('\u000C');
	await screen.until(() => screen.written().includes('\u001B[2J'), 'the clearing');
	await screen.until(text => selects('dead-2')(text) && / hot-2 .*API is responding/.test(text), 'the same rows');
});

test('pasted text runs no command, and is entered in text fields', async t => {
	const screen = await openTable(t);
	screen.press('\u001B[200~xyDyq\u001B[201~N');
	await screen.until(text => text.includes('NAME ↑') && text.includes('5 nodes'), 'nothing but the order changed');
	screen.press('/\u001B[200~hot\n-2\u001B[201~');
	await screen.until(text => text.includes('/ hot -2') && text.includes('1 of 5'), 'the pasted filter');
});
