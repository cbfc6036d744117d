import assert from 'node:assert/strict';
import {test} from 'node:test';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {runCli} from '../helpers/run-cli.js';
import {startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** Sequences that move the cursor up, erase, or clear the screen: a screen reader would start again. */
const redraws = ['\u001B[1A', '\u001B[2K', '\u001B[2J', '\u001B[J', '\u001B[H', '\u001B[?1049h'];

for (const [how, flags, env] of [
	['--screen-reader', ['--screen-reader'], {}],
	['INK_SCREEN_READER=true', [], {INK_SCREEN_READER: 'true'}],
] as const) {
	test(`${how}: describes the fleet in sentences, and redraws nothing`, async t => {
		const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}, {name: 'dead-1'}]);
		const screen = openPtyScreen(t, {
			rows: 40,
			arguments: ['--config-dir', configDir, '--interval', '1s', ...flags],
			env,
		});
		await screen.until(text => /^2 nodes: 1 down, 1 up\.$/m.test(text), 'the summary');
		await screen.until(text => /^dead-1 is down for .*: connection refused\.$/m.test(text), 'the node that is down');
		await screen.until(text => /^hot-1 is up for .*: API is responding\.$/m.test(text), 'the node that is up');
		await screen.until(text => /^Keys: Enter, .*; q, quit\.$/m.test(text), 'the keys');
		screen.press('r');
		await screen.until(text => text.includes('Checking all nodes.'), 'the answer to a key');
		screen.press('\r');
		await screen.until(text => text.split('2 nodes: 1 down, 1 up.').length === 3, 'the fleet again');
		for (const redraw of redraws) {
			assert.ok(!screen.written().includes(redraw), JSON.stringify(redraw));
		}

		screen.press('!');
		await screen.until(
			text => /^No actions yet\. .*: xmrtop actions suggest$/m.test(text),
			'that there are no actions',
		);
		const add = ['actions', 'add', 'fix', '--restarts', '--config-dir', configDir, '--', 'fix', '{name}'];
		assert.equal((await runCli(add)).code, 0);
		screen.press('!');
		await screen.until(text => /^fix, restarts the node: fix '\{name\}'$/m.test(text), 'the action');
		await screen.until(text => /, with: xmrtop run ACTION NODE$/m.test(text), 'the command that runs it');
		screen.press('q');
		assert.equal((await screen.exited).exitCode, 0);
	});
}

test('announces a change, and does not repeat the rest', async t => {
	const wallet = await startWallet(t);
	const configDir = temporaryFolder(t);
	await runCli(['nodes', 'add', 'hot-1', '--port', String(wallet.port), '--config-dir', configDir]);
	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir, '--interval', '1s', '--screen-reader']});
	await screen.until(text => /^1 node: 1 up\.$/m.test(text), 'the summary');
	await wallet.switchOff();
	await screen.until(text => /^hot-1 is now down, was up: connection refused\.$/m.test(text), 'the announcement');
	await wallet.switchOn();
	await screen.until(text => /^hot-1 is now up, was down: API is responding\.$/m.test(text), 'the recovery');
	assert.equal(screen.text().match(/^hot-1 is /gm)?.length, 3);
});

test('describes the simulated fleet in sentences too', async t => {
	const screen = openPtyScreen(t, {arguments: ['demo', '--screen-reader'], rows: 60});
	await screen.until(text => /^12 nodes: .*\.$/m.test(text), 'the summary');
	await screen.until(text => /^hot-eu-1 is up for .*: API is responding\.$/m.test(text), 'a node');
	screen.press('q');
	assert.equal((await screen.exited).exitCode, 0);
});
