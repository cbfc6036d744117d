import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {startNamed} from '../helpers/child-processes.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {freePort} from '../helpers/real-process.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const skip = process.platform !== 'linux' && 'the process table of Linux is needed';

test('the table of an empty fleet offers the running wallets; R searches again', {skip}, async t => {
	const configDir = path.join(temporaryFolder(t), 'config');
	const flagsFor = (port: number) => ['--rpc-bind-port', String(port), '--disable-rpc-login', '--offline'];
	const [one, other] = [await freePort(), await freePort()];
	const first = startNamed(t, 'monero-wallet-rpc', flagsFor(one));
	// Room for other wallets that may run on the machine.
	const screen = openPtyScreen(t, {columns: 120, rows: 60, arguments: ['--config-dir', configDir]});
	const shows = (port: number, pid: number) => (text: string) =>
		new RegExp(`port-${port} +127\\.0\\.0\\.1:${port} +pid ${pid}\\b`).test(text);
	await screen.until(shows(one, first.pid), 'the wallet');
	assert.match(screen.text(), /No nodes yet/);
	assert.match(screen.text(), /xmrtop discover --add/);

	const second = startNamed(t, 'monero-wallet-rpc', flagsFor(other));
	await first.end();
	screen.press('R');
	await screen.until(shows(other, second.pid), 'the wallet that was started later');
	assert.ok(!shows(one, first.pid)(screen.text()), screen.text());
	screen.press('q');
	assert.equal((await screen.exited).exitCode, 0);
	assert.equal(existsSync(path.join(configDir, 'nodes.json')), false);
});
