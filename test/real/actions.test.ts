/**
 * Actions for a real wallet: its log in a real terminal, and a restart that is refused during a scan and run when it
 * hangs.
 */
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {setSettings} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {cliIn} from '../helpers/run-cli.js';
import {startSlowRelay} from '../helpers/slow-relay.js';
import {folderOf} from '../helpers/switchable-wallet.js';

realTest('follows a log; refuses a restart while the wallet scans, and restarts it when it hangs', async t => {
	const daemon = await started(t, startMonerod());
	const relay = await startSlowRelay(daemon.port, 500);
	t.after(relay.close);
	const wallet = await started(t, startWallet({daemon: relay.address}));
	await wallet.createWallet();
	await wallet.call('auto_refresh', {enable: false});
	for (let mined = 0; mined < 60; mined += 20) {
		await daemon.mineBlocks(20);
	}

	const {port} = wallet;
	const configDir = folderOf(t, [{name: 'hot-1', port, daemon: daemon.address}]);
	setSettings(configDir, {interval: '1s'});
	const {run} = cliIn(configDir);
	const killed = path.join(configDir, 'killed');
	// As a service manager does: it kills the process, and something starts it again.
	const restart = 'kill -KILL "$1" && echo "killed it" && : >"$2"';
	for (const action of [
		['logs', '--key', 'o', '--follow', '--', 'tail', '-n', '5', '-f', path.join(wallet.folder, 'wallet.log')],
		['restart', '--key', 'K', '--restarts', '--', 'sh', '-c', restart, 'sh', '{pid}', killed],
	]) {
		assert.equal((await run(['actions', 'add', ...action])).code, 0);
	}

	const screen = openPtyScreen(t, {arguments: ['--config-dir', configDir], columns: 100, rows: 30});
	await screen.until(text => /▲ degraded +hot-1 .*60 blocks behind/.test(text), 'a wallet that is behind');
	screen.press('!');
	await screen.until(text => text.includes('Actions for hot-1'), 'the list');
	screen.press('o');
	await screen.until(text => text.includes('Run logs for hot-1?'), 'the question');
	screen.press('\r');
	await screen.until(text => text.includes('+ tail -n 5 -f') && text.includes(' INFO '), 'the log', 20_000);
	screen.press('\u0003');
	await screen.until(text => text.includes('STATE ↓') && text.includes('logs of hot-1 ended: Ctrl-C'), 'the table');

	void wallet.call('refresh', {}, 300_000).catch(() => undefined);
	await screen.until(text => /◐ busy +hot-1 /.test(text), 'a wallet that scans', 60_000);
	const refused = await run(['run', 'restart', 'hot-1']);
	assert.equal(refused.code, 2, refused.stderr);
	// The check just before the action may find it answering between two blocks, or working.
	const loss =
		/restart refused: hot-1 is (?:scanning at 1, 60 blocks behind|busy \(working .*\)); a kill loses what is not saved; --force runs/;
	assert.match(refused.stderr, loss);
	screen.press('K');
	await screen.until(text => /Refused: hot-1 is (?:scanning at|busy \(working)/.test(text), 'the refusal', 20_000);
	screen.press('hot-2\r');
	await screen.until(text => text.includes('nothing was run: hot-1 was not typed'), 'the refusal of another name');
	assert.equal(existsSync(killed), false);

	// A wallet that is stopped during its scan no longer advances.
	wallet.freeze();
	await screen.until(
		text => text.includes('hot-1: no response within 3 s: the process is stopped by a signal'),
		'a wallet that hangs',
		60_000,
	);
	screen.press('!');
	await screen.until(text => text.includes('Actions for hot-1'), 'the list');
	screen.press('K');
	await screen.until(text => text.includes('Its alerts are silenced until it is up'), 'the question', 20_000);
	assert.match(screen.text(), new RegExp(`sh ${wallet.pid}\\s+${configDir}`));
	screen.press('\r');
	await screen.until(text => text.includes('killed it') && text.includes('silenced until hot-1 is up'), 'the restart');
	await eventually(async () => existsSync(killed), Boolean);
	assert.equal(JSON.parse((await run(['silence', 'list', '--json'])).stdout).silences[0].nodes[0].name, 'hot-1');
	const again = await started(t, startWallet({port, daemon, walletDir: path.join(wallet.folder, 'wallets')}));
	await again.call('open_wallet', {filename: 'wallet', password: ''});
	await screen.until(text => /hot-1 is up after [\d.]+ s/.test(text), 'the node that is up again', 60_000);
	screen.press('q');
	await screen.until(text => /● up +hot-1/.test(text), 'the table', 20_000);
});
