import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {openPtyScreen, type PtyScreen} from '../helpers/pty-screen.js';
import {cliIn} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

/** A table with one wallet that answers, and the actions for it. */
async function openTable(t: TestContext, actions: readonly (readonly string[])[]): Promise<PtyScreen> {
	const wallet = await startWallet(t);
	const configDir = folderOf(t, [{name: 'hot-1', port: wallet.port}]);
	const {run} = cliIn(configDir);
	for (const action of actions) {
		const {code, stderr} = await run(['actions', 'add', ...action]);
		assert.equal(code, 0, stderr);
	}

	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir, '--interval', '1s'], env: {PS1: '$ '}});
	await screen.until(text => / 1 up/.test(text) && text.includes('ago'), 'the first cycle');
	return screen;
}

/** Chooses the action with the key `o` from the list. */
async function choose(screen: PtyScreen): Promise<void> {
	screen.press('!');
	await screen.until(text => text.includes('Actions for hot-1'), 'the list');
	screen.press('o');
}

const isTable = (text: string): boolean => /STATE ↓[\s\S]*hot-1[\s\S]*move/.test(text);

test('a log has the whole terminal, Ctrl-C ends it, and the table is as before', async t => {
	const script = 'trap "echo ended; exit 0" INT; echo "log of $1"; while :; do sleep 0.05; done';
	const screen = await openTable(t, [['logs', '--key', 'o', '--follow', '--', 'sh', '-c', script, 'sh', '{name}']]);
	const layout = (): readonly string[] => screen.lines().map(line => line.slice(0, 24));
	const table = layout();
	screen.press('!');
	await screen.until(text => text.includes('Actions for hot-1'), 'the list');
	screen.press('o');
	await screen.until(text => text.includes('sh hot-1\n\n   It gets the whole terminal'), 'the question');
	screen.press('\r');
	await screen.until(text => text.includes('log of hot-1'), 'the log');
	assert.ok(!screen.isAlternate());
	assert.ok(!screen.isCursorHidden());
	screen.press('\u0003');
	await screen.until(isTable, 'the table');
	await screen.until(text => text.includes('logs of hot-1 ended: Ctrl-C'), 'how it ended');
	assert.ok(screen.isAlternate());
	assert.ok(screen.isCursorHidden());
	assert.deepEqual(layout().slice(0, 6), table.slice(0, 6));
	assert.ok(screen.written().includes('ended\r\n'), 'the signal reached the command');
	// The table gets the keys again, and the terminal is restored at the end.
	screen.press('y');
	await screen.until(text => text.includes('"name": "hot-1"'), 'the JSON');
	screen.press('qq');
	assert.equal((await screen.exited).exitCode, 0);
	assert.ok(!screen.isAlternate());
});

test('input typed while a command has the terminal goes to the command', async t => {
	const screen = await openTable(t, [['talk', '--key', 'o', '--follow', '--', 'cat']]);
	for (const words of ['one line', 'q', 'another']) {
		await choose(screen);
		await screen.until(text => text.includes('Run talk for hot-1?'), 'the question');
		screen.press('\r');
		await screen.until(text => /\+ cat$/.test(text.trimEnd()), 'the command');
		screen.press(`${words}\r`);
		await screen.until(text => text.trimEnd().endsWith(`\n${words}\n${words}`), 'its echo');
		screen.press('\u0004');
		await screen.until(isTable, 'the table');
	}
});

test('a command that fails in the terminal stays visible until Enter is pressed', async t => {
	const screen = await openTable(t, [['fail', '--key', 'o', '--follow', '--', 'sh', '-c', 'echo why; exit 3']]);
	await choose(screen);
	await screen.until(text => text.includes('Run fail for hot-1?'), 'the question');
	screen.press('\r');
	await screen.until(text => text.includes('why\n\nexit code 3; press Enter to return to xmrtop'), 'why');
	screen.press('\r');
	await screen.until(text => isTable(text) && text.includes('fail of hot-1 ended: exit code 3'), 'the table');
	screen.press('e');
	await screen.until(text => text.includes('problems only'), 'a key of the table');
});

test('shows the output of a command without terminal controls, with its exit code', async t => {
	const script = 'printf "\\033[2Jred\\033]0;title\\007\\n%s\\n" "$1"; seq 100; exit 4';
	const screen = await openTable(t, [['say', '--key', 'o', '--', 'sh', '-c', script, 'sh', `it's $HOME "and" {name}`]]);
	await choose(screen);
	await screen.until(text => text.includes(`'it'\\''s $HOME "and" hot-1'`), 'the question');
	screen.press('\r');
	await screen.until(text => /\n {3}100\n\n {3}exit code 4 after [\d.]+ s\n/.test(text), 'its end');
	screen.press('g');
	await screen.until(text => /\n {3}red\n {3}it's \$HOME "and" hot-1\n {3}1\n/.test(text), 'its begin');
	assert.ok(screen.isAlternate());
	screen.press('\u001B');
	await screen.until(isTable, 'the table');
});

test('a signal while a command has the terminal ends both and restores the terminal', async t => {
	const screen = await openTable(t, [
		['wait', '--key', 'o', '--follow', '--', 'sh', '-c', 'echo waiting; exec sleep 600'],
	]);
	await choose(screen);
	await screen.until(text => text.includes('Run wait for hot-1?'), 'the question');
	screen.press('\r');
	await screen.until(text => /^waiting$/m.test(text), 'the command');
	screen.kill('SIGTERM');
	assert.equal((await screen.exited).exitCode, 0);
	assert.ok(!screen.isAlternate());
	assert.ok(!screen.isCursorHidden());
});

test('Enter adds a suggestion, and nothing is active before', async t => {
	const wallet = await startWallet(t);
	const configDir = folderOf(t, [{name: 'hot-1', port: wallet.port}]);
	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir]});
	await screen.until(text => text.includes(' 1 up'), 'the first cycle');
	screen.press('!');
	await screen.until(text => text.includes("❯ l  logs            journalctl -fu '{unit}'"), 'the suggestions');
	const file = path.join(configDir, 'actions.json');
	screen.press('\r');
	await screen.until(text => text.includes('added the action logs; ! lists it'), 'the outcome');
	assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).actions, [
		{name: 'logs', key: 'l', follow: true, command: ['journalctl', '-fu', '{unit}']},
	]);
	writeFileSync(file, '{');
	screen.press('!');
	await screen.until(text => text.includes('is not valid JSON: unexpected end'), 'what is wrong with the file');
});

test('runs no action for nodes of other hosts', async t => {
	const configDir = folderOf(t, []);
	await cliIn(configDir).run(['actions', 'add', 'x', '--key', 'o', '--', 'true']);
	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir, '--connect', 'http://127.0.0.1:1']});
	await screen.until(text => text.includes('127.0.0.1'), 'the host');
	screen.press('!');
	await screen.until(text => text.includes('read-only with --connect'), 'the refusal');
	screen.press('o');
	await screen.until(text => text.includes('o does nothing here'), 'the refusal of the key');
});
