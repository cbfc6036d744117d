import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {eventually, isRunning} from '../helpers/child-processes.js';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {openPtyScreen, type PtyScreen} from '../helpers/pty-screen.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Runs xmrtop inside a shell in a terminal, to inspect the terminal afterwards.
 * The shell keeps the output of `stty -a` before and after.
 * @param afterProgram what the shell does before it prints again
 */
async function openInShell(
	t: TestContext,
	afterProgram = ':',
): Promise<PtyScreen & {readonly configDir: string; readonly childPid: () => number}> {
	const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}, {name: 'dead-1'}]);
	const script = [
		'stty -a > "$D/before"',
		'echo primary screen',
		`"$NODE" "$CLI" --config-dir "$D" --interval 1s & echo $! > "$D/pid"; fg >/dev/null 2>&1; CODE=$?`,
		afterProgram,
		'echo "exit $CODE"',
		'stty -a > "$D/after"',
		'echo back at the shell',
		'read -r line',
	].join('\n');
	const screen = openPtyScreen(t, {
		command: ['/bin/bash', '--norc', '-mc', script],
		env: {D: configDir, NODE: process.execPath, CLI: cli},
	});
	await screen.until(text => /1 down.* 1 up/.test(text), 'the table');
	return Object.assign(screen, {
		configDir,
		childPid: () => Number(readFileSync(path.join(configDir, 'pid'), 'utf8')),
	});
}

async function assertRestored(screen: PtyScreen & {readonly configDir: string}, exitCode: number): Promise<void> {
	await screen.until(text => text.includes('back at the shell'), 'the shell');
	const read = (name: string): string => readFileSync(path.join(screen.configDir, name), 'utf8');
	assert.equal(read('after'), read('before'));
	assert.ok(!screen.isAlternate());
	assert.ok(!screen.isCursorHidden());
	assert.match(screen.text(), /primary screen/);
	assert.match(screen.text(), new RegExp(`exit ${exitCode}$`, 'm'));
	assert.ok(existsSync(path.join(screen.configDir, 'results.json')), 'results are saved');
}

const ways: ReadonlyArray<readonly [name: string, leave: (screen: Awaited<ReturnType<typeof openInShell>>) => void]> = [
	['q', screen => screen.press('q')],
	['Ctrl-C', screen => screen.press('\u0003')],
	['Ctrl-C in a form', screen => screen.press('ax\u0003')],
	['SIGTERM', screen => process.kill(screen.childPid(), 'SIGTERM')],
	['SIGINT', screen => process.kill(screen.childPid(), 'SIGINT')],
	['SIGHUP', screen => process.kill(screen.childPid(), 'SIGHUP')],
	['SIGQUIT', screen => process.kill(screen.childPid(), 'SIGQUIT')],
];

for (const [name, leave] of ways) {
	test(`${name} restores the terminal and exits with 0`, async t => {
		const screen = await openInShell(t);
		assert.ok(screen.isAlternate());
		leave(screen);
		await assertRestored(screen, 0);
	});
}

/** The process beside the screen that restores the terminal. */
async function guardOf(pid: number): Promise<number> {
	const isGuard = (child: number): boolean => {
		try {
			return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('stty sane');
		} catch {
			return false;
		}
	};
	const guards = (): readonly number[] =>
		readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number).filter(isGuard);
	const [guard] = await eventually(
		async () => guards(),
		found => found.length > 0,
		30_000,
	);
	assert.ok(guard, 'there is no guard');
	return guard;
}

test('SIGKILL, as the kernel sends when memory runs out, leaves the terminal restored too', async t => {
	// Output of the shell before the guard ends would still go to the alternate screen.
	const screen = await openInShell(t, 'until [ -e "$D/guard-ended" ]; do sleep 0.05; done');
	const guard = await guardOf(screen.childPid());
	process.kill(screen.childPid(), 'SIGKILL');
	await eventually(
		async () => isRunning(guard),
		running => !running,
		30_000,
	);
	writeFileSync(path.join(screen.configDir, 'guard-ended'), '');
	await screen.until(text => text.includes('back at the shell') && !screen.isAlternate(), 'the shell', 30_000);
	assert.ok(!screen.isCursorHidden());
	const modes = readFileSync(path.join(screen.configDir, 'after'), 'utf8');
	assert.match(modes, /[^-]icanon/);
	assert.match(modes, /[^-]echo /);
});

test('a screen that ended normally leaves no guard process', async t => {
	const screen = await openInShell(t);
	const pid = screen.childPid();
	const children = (): readonly number[] =>
		readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
	const [guard = 0] = await eventually(
		async () => children(),
		found => found.length > 0,
	);
	screen.press('q');
	await assertRestored(screen, 0);
	await eventually(
		async () => isRunning(guard),
		running => !running,
	);
});

test('Ctrl-Z releases the terminal, fg takes it again', async t => {
	const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}, {name: 'dead-1'}]);
	const screen = openPtyScreen(t, {
		command: ['/bin/bash', '--norc', '-i'],
		env: {D: configDir, NODE: process.execPath, CLI: cli, PS1: 'prompt> '},
	});
	await screen.until(text => text.includes('prompt>'), 'the prompt');
	screen.press('stty -a > "$D/before"; "$NODE" "$CLI" --config-dir "$D" --interval 1s\r');
	await screen.until(text => /1 down.* 1 up/.test(text), 'the table');
	screen.press('\u001A');
	await screen.until(text => /Stopped/.test(text), 'the shell');
	assert.ok(!screen.isAlternate());
	assert.ok(!screen.isCursorHidden());
	screen.press('stty -a > "$D/during"; fg\r');
	await screen.until(text => /1 down.* 1 up/.test(text) && screen.isAlternate(), 'the table again');
	assert.ok(screen.isCursorHidden());
	screen.press('j');
	await screen.until(text => /❯ ● up/.test(text), 'keys again');
	screen.press('q');
	await screen.until(text => !screen.isAlternate() && text.trimEnd().endsWith('prompt>'), 'the prompt again');
	screen.press('stty -a > "$D/after"; echo done\r');
	await screen.until(text => /^done/m.test(text), 'the end');
	const read = (name: string): string => readFileSync(path.join(configDir, name), 'utf8');
	assert.equal(read('after'), read('before'));
});

test('a terminal that closes ends the program with results saved', async t => {
	const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}]);
	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir, '--interval', '1s']});
	await screen.until(text => /1 up/.test(text), 'the table');
	screen.hangUp();
	await screen.exited;
	assert.ok(existsSync(path.join(configDir, 'results.json')));
});

for (const [columns, rows] of [
	[40, 12],
	[80, 24],
	[120, 40],
	[200, 60],
] as const) {
	test(`${columns}x${rows}: nothing wraps or scrolls, and resizing away and back shows the same`, async t => {
		const nodes = [
			...Array.from({length: 50}, (_, index) => ({name: `hot-${index + 1}`, title: '日本語 🙂', group: '財布'})),
			{name: 'dead-1'},
		];
		const {configDir} = await startFakeWalletFleet(t, nodes);
		const screen = openPtyScreen(t, {columns, rows, arguments: ['--config-dir', configDir, '--interval', '1m']});
		await screen.until(text => /1 down|✖ 1/.test(text) && /50 up|● 50/.test(text), 'the table');
		// Times must not make two looks differ.
		const still = (): string =>
			screen
				.text()
				.replaceAll(/\d+ ?s/g, 'Ns')
				.replaceAll(/ +Ns/g, ' Ns');
		// The selected node is checked in full, and its past is read; after that, nothing more changes. The strip begins with the
		// command of the advice where the sentence before it does not fit.
		const hasAdvice = (text: string): boolean => /Nothing listens|Start its monero-wallet-rpc/.test(text);
		await screen.until(text => hasAdvice(text), 'the advice');
		if (columns >= 160) {
			// Its page beside the table shows its past, which is read from the log.
			await screen.until(text => text.includes('1 outage') && text.includes('unknown → ✖ down'), 'its past');
		}

		screen.press('p');
		await screen.until(text => text.includes('paused') && hasAdvice(text), 'the pause');
		const before = still();
		assert.equal(screen.lines().at(-1), '');
		assert.equal(screen.scrolledLines(), 0);
		screen.resize(30, 8);
		await screen.until(text => text.split('\n').length === 8 && text.includes('dead-1'), 'the small table');
		screen.resize(20, 5);
		await screen.until(text => text.includes('terminal is'), 'the message');
		screen.resize(columns, rows);
		await screen.until(text => text.split('\n').length === rows && /[● ]hot-1 |up/.test(text), 'the table');
		await screen.until(() => still() === before, `the table as it was:\n${before}\n`);
		assert.equal(screen.scrolledLines(), 0);
	});
}

testWith(['tmux'], 'inside tmux with its TERM, draws the table, and q restores the terminal', async t => {
	const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}, {name: 'dead-1'}]);
	const socket = path.join(configDir, 'tmux.sock');
	const tmux = (...args: string[]): string =>
		spawnSync('tmux', ['-S', socket, ...args], {
			encoding: 'utf8',
			env: {...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8'},
		}).stdout;
	tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', 'bash --norc');
	// By pid: its socket is in the folder, which is removed first.
	const serverPid = Number(tmux('display-message', '-p', '#{pid}'));
	t.after(() => process.kill(serverPid));
	tmux('send-keys', `'${process.execPath}' '${cli}' --config-dir '${configDir}' --interval 1s`, 'Enter');
	const seen = async (pattern: RegExp): Promise<string> => {
		for (let turn = 0; turn < 300; turn++) {
			const text = tmux('capture-pane', '-p');
			if (pattern.test(text)) {
				return text;
			}

			await new Promise(resolve => {
				setTimeout(resolve, 50);
			});
		}

		throw new Error(`${pattern} was not seen in tmux:\n${tmux('capture-pane', '-p')}`);
	};

	assert.match(await seen(/1 down {2}● 1 up/), /❯ ✖ down {6}dead-1/);
	tmux('send-keys', 'Enter');
	await seen(/‹ dead-1/);
	tmux('send-keys', 'Escape');
	await seen(/❯ ✖ down/);
	tmux('send-keys', 'Down');
	await seen(/❯ ● up/);
	tmux('send-keys', 'q');
	await seen(/[$#] *\n*$/);
});

test('TERM=linux and a locale without UTF-8 get ASCII', async t => {
	const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}, {name: 'dead-1'}]);
	for (const env of [{TERM: 'linux'}, {LANG: 'C', LC_ALL: 'C'}]) {
		const screen = openPtyScreen(t, {env, arguments: ['--config-dir', configDir, '--interval', '1s']});
		await screen.until(text => /1 down.* 1 up/.test(text), 'the table');
		assert.match(screen.text(), /^ > x down {6}dead-1/m);
		assert.match(screen.text(), /^[\n\u0020-\u007E]*$/);
		screen.press('q');
		await screen.exited;
	}
});

const crashing = fileURLToPath(new URL('../helpers/crashing-screen.ts', import.meta.url));
const loader = fileURLToPath(new URL('../../scripts/ink-table-loader.js', import.meta.url));

for (const [how, said] of [
	['component', 'crashed: broken on purpose'],
	['rejection', 'crashed: broken on purpose'],
	['exception', 'crashed: broken on purpose'],
	['EPIPE', 'ended well'],
] as const) {
	test(`${how}: restores the terminal first, then reports the error`, async t => {
		const screen = openPtyScreen(t, {
			command: [
				'/bin/bash',
				'--norc',
				'-c',
				'stty -a > "$D.before"; "$NODE" --import tsx --import "$LOADER" "$CRASHING" "$HOW"; stty -a | diff "$D.before" - && echo unchanged; rm "$D.before"',
			],
			env: {
				NODE: process.execPath,
				CRASHING: crashing,
				LOADER: loader,
				HOW: how,
				D: path.join(temporaryFolder(t), 'stty'),
			},
		});
		await screen.until(() => screen.isAlternate(), 'the screen');
		await screen.exited;
		await screen.until(text => text.includes(said) && text.includes('unchanged'), 'the error, and the same stty');
		assert.ok(!screen.isAlternate());
		assert.ok(!screen.isCursorHidden());
	});
}
