import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, type TestContext} from 'node:test';
import {type AlertReceiver, startAlertReceiver} from '../helpers/alert-receiver.js';
import {type AlertingWatch, setSettings, startAlertingWatch} from '../helpers/alerting-watch.js';
import {realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {cliIn} from '../helpers/run-cli.js';
import {folderOf, type NodeInFile} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const rules = {fail_after: '2', recover_after: '2', interval: '1s', timeout: '500ms'};

interface Watched {
	readonly watch: AlertingWatch;
	readonly receiver: AlertReceiver;
	readonly configDir: string;
	/** The alerts received, in order, as `kind text`. */
	readonly alertTexts: () => readonly string[];
	/** Waits until this many have arrived. */
	readonly untilAlerts: (count: number) => Promise<void>;
}

/** Watches real wallets, with a real receiver of alerts. */
async function watchNodes(
	t: TestContext,
	nodes: readonly NodeInFile[],
	{
		settings = {},
		env = {},
	}: {readonly settings?: Readonly<Record<string, string>>; readonly env?: NodeJS.ProcessEnv} = {},
): Promise<Watched> {
	const receiver = await startAlertReceiver(t);
	const configDir = folderOf(t, nodes);
	setSettings(configDir, {...rules, ...settings});
	const watch = await startAlertingWatch(t, [], {configDir, env: {XMRTOP_WEBHOOK: receiver.url, ...env}});
	const alertTexts = (): readonly string[] => receiver.posts().map(({alert}) => `${alert.kind} ${alert.text}`);
	t.after(() => t.diagnostic(`received:\n${alertTexts().join('\n')}`));
	return {
		watch,
		receiver,
		configDir,
		alertTexts,
		untilAlerts: count => watch.until(() => alertTexts().length >= count, `${count} alerts`, 90_000),
	};
}

describe('alerts that a receiver gets, compared with what happened', {concurrency: 3}, () => {
	realTest('a killed daemon makes one alert that names its wallets, and one recovery', async t => {
		let daemon = await started(t, startMonerod());
		const {address, port} = daemon;
		const wallets = await Promise.all([1, 2, 3].map(() => started(t, startWallet({daemon: address}))));
		const nodes = wallets.map((wallet, index) => ({name: 'abc'[index] ?? '', port: wallet.port, daemon: address}));
		const {watch, alertTexts, untilAlerts} = await watchNodes(t, nodes);
		await watch.untilSeen('up', 2);
		await daemon.kill();
		await untilAlerts(1);
		await watch.untilSeen('degraded', 2);
		assert.deepEqual(alertTexts(), [`alert monerod ${address} down: 3 nodes: a, b, c`]);
		daemon = await started(t, startMonerod({port}));
		await untilAlerts(2);
		await watch.untilSeen('up', 3);
		assert.match(
			alertTexts()[1] ?? '',
			new RegExp(`^recovery monerod ${address.replaceAll('.', '\\.')}: 3 nodes work again after \\d+ s: a, b, c$`),
		);
		assert.equal(alertTexts().length, 2, alertTexts().join('\n'));
	});

	realTest('a wallet that is stopped and continued repeatedly alerts once and settles once', async t => {
		const wallet = await started(t, startWallet());
		const settings = {fail_after: '9', flap_start: '60', flap_stop: '50'};
		const {watch, alertTexts, untilAlerts} = await watchNodes(t, [{name: 'a', port: wallet.port, daemon: 'none'}], {
			settings,
		});
		await watch.untilSeen('up', 2);
		while (alertTexts().length === 0) {
			wallet.freeze();
			await watch.untilSeen('down', 1);
			wallet.thaw();
			await watch.untilSeen('up', 1);
		}

		await untilAlerts(2);
		await watch.untilSeen('up', 3);
		assert.match(alertTexts()[0] ?? '', /^alert a is flapping \(\d+ changes in 21 checks\): /);
		assert.match(alertTexts()[1] ?? '', /^recovery a has settled after .* \(flapping\): it is up$/);
		assert.equal(alertTexts().length, 2, alertTexts().join('\n'));
	});

	testWith(
		['monerod', 'monero-wallet-rpc', 'faketime'],
		'a clock that is set back or years ahead loses, doubles and delays no alert',
		async t => {
			const library = /^LD_PRELOAD=(.+)$/m.exec(
				execFileSync('faketime', ['-m', '-f', '+0', 'env'], {encoding: 'utf8'}),
			);
			const clock = path.join(temporaryFolder(t), 'clock');
			const setClock = (offset: string): void => writeFileSync(clock, offset);
			setClock('+0');
			const env = {
				LD_PRELOAD: library?.[1] ?? '',
				FAKETIME_TIMESTAMP_FILE: clock,
				FAKETIME_NO_CACHE: '1',
				FAKETIME_DONT_FAKE_MONOTONIC: '1',
			};
			let wallet = await started(t, startWallet());
			const {port} = wallet;
			const {watch, receiver, configDir, alertTexts, untilAlerts} = await watchNodes(
				t,
				[{name: 'a', port, daemon: 'none'}],
				{
					env,
					// Otherwise three starts within a few seconds are a crash loop.
					settings: {crash_loop: '20'},
				},
			);
			await watch.untilSeen('up', 2);
			for (const [index, [before, after]] of [
				['-2h', '+1h'],
				['+3285d', '+0'],
			].entries()) {
				setClock(before ?? '');
				await wallet.kill();
				await untilAlerts(index * 2 + 1);
				setClock(after ?? '');
				wallet = await started(t, startWallet({port}));
				await untilAlerts(index * 2 + 2);
				await watch.untilSeen('up', 2);
			}

			const kinds = receiver.posts().map(({alert}) => [alert.kind, alert.state]);
			const [down, up] = [
				['alert', 'down'],
				['recovery', 'up'],
			];
			assert.deepEqual(kinds, [down, up, down, up], alertTexts().join('\n'));
			assert.equal(new Set(receiver.posts().map(({alert}) => alert.id)).size, 4);
			await watch.end('SIGTERM');
			const log = readFileSync(path.join(configDir, 'transitions.ndjson'), 'utf8').trim().split('\n');
			const states = log.map(line => JSON.parse(line).to);
			// A starting wallet is busy for a moment.
			const lasting = states.filter(state => state !== 'busy');
			assert.deepEqual(lasting, ['up', 'down', 'up', 'down', 'up'], log.join('\n'));
			assert.match((await cliIn(configDir).run(['history', 'a'])).stdout, /down/);
		},
	);
});
