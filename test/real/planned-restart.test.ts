import assert from 'node:assert/strict';
import {existsSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {recordingHook, setSettings, startAlertingWatch} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {realTest, started, startWallet} from '../helpers/real-monero.js';
import {cliIn} from '../helpers/run-cli.js';
import {folderOf} from '../helpers/switchable-wallet.js';

realTest('during: restarting a real wallet alerts nobody, one that stays dead alerts once', async t => {
	let wallet = await started(t, startWallet());
	const {port} = wallet;
	const configDir = folderOf(t, [{name: 'a', port, daemon: 'none'}]);
	setSettings(configDir, {fail_after: '1', recover_after: '1', interval: '1s'});
	const {run} = cliIn(configDir);
	const hook = recordingHook(t);
	const watch = await startAlertingWatch(t, ['--on-change', hook.program], {configDir});
	const [began, done] = ['began', 'done'].map(name => path.join(configDir, name)) as [string, string];
	const restart = run(['during', 'a', '--', 'sh', '-c', `: > ${began}; while [ ! -e ${done} ]; do sleep 0.05; done`]);
	await eventually(async () => existsSync(began), Boolean);
	await wallet.stop();
	await watch.untilSeen('down', 2);
	wallet = await started(t, startWallet({port}));
	writeFileSync(done, '');
	const good = await restart;
	assert.equal(good.code, 0, good.stderr);
	assert.match(good.stderr, /^xmrtop: a is up after [\d.]+ s\n$/);
	await watch.untilSeen('up', 2);
	assert.deepEqual(hook.alertTexts(), []);
	await run(['silence', 'end', '--all']);
	await wallet.kill();
	const dead = await run(['during', 'a', '--within', '3s', '--', 'true']);
	assert.equal(dead.code, 1, dead.stderr);
	await hook.untilAlerts(1);
	await watch.untilSeen('down', 3);
	assert.equal(hook.alertTexts().length, 1, hook.alertTexts().join('\n'));
});

realTest('a real wallet that is killed repeatedly alerts once and settles once', async t => {
	let wallet = await started(t, startWallet());
	const {port} = wallet;
	const configDir = folderOf(t, [{name: 'a', port, daemon: 'none'}]);
	setSettings(configDir, {fail_after: '2', recover_after: '2', interval: '1s', crash_loop_within: '40s'});
	const hook = recordingHook(t);
	const watch = await startAlertingWatch(t, ['--on-change', hook.program], {configDir});
	await watch.untilSeen('up', 2);
	for (let round = 0; round < 4; round += 1) {
		await wallet.kill();
		wallet = await started(t, startWallet({port}));
		await watch.untilSeen(round === 0 ? 'up' : 'down', 1);
	}

	await hook.untilAlerts(1);
	assert.match(hook.alertTexts()[0] ?? '', /^alert a is down: (crash loop: |connection refused)/);
	await eventually(
		async () => hook.alertTexts().length,
		length => length > 1,
		90_000,
	);
	assert.match(
		hook.alertTexts()[1] ?? '',
		/^recovery a (has settled after .* \(crash loop\): it is up|is up again after .*)$/,
	);
	await watch.untilSeen('up', 3);
	assert.equal(hook.alertTexts().length, 2, hook.alertTexts().join('\n'));
});
