import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {readExample} from '../helpers/example-files.js';
import {type RealWallet, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {startAlertmanager, startPrometheus} from '../helpers/real-prometheus.js';
import {cliIn} from '../helpers/run-cli.js';
import {startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const programs = ['monerod', 'monero-wallet-rpc', 'prometheus', 'prometheus-alertmanager', 'promtool'];

/**
 * One series in an answer of Prometheus: pairs of Unix time in seconds and text, one for now or several for a range.
 */
interface PrometheusSeries {
	readonly value?: readonly [number, string];
	readonly values?: ReadonlyArray<readonly [number, string]>;
}

/** An alert as Alertmanager returns it. */
interface Alert {
	readonly labels: Readonly<Record<string, string>>;
}

testWith(
	programs,
	'a real Prometheus sees a killed wallet within two scrapes, and its alert reaches Alertmanager',
	async t => {
		const daemon = await started(t, startMonerod());
		const starting = ['one', 'two'].map(() => started(t, startWallet({daemon})));
		const [one, two] = (await Promise.all(starting)) as [RealWallet, RealWallet];
		const configDir = temporaryFolder(t);
		for (const [name, {port}] of Object.entries({one, two})) {
			const args = ['nodes', 'add', name, '--port', `${port}`, '--daemon', daemon.address, '--group', 'eu'];
			const {code, stderr} = await cliIn(configDir).run(args);
			assert.equal(code, 0, stderr);
		}

		const {port, get, serve} = await startServe(t, ['-i', '1s'], {configDir});
		const alertmanagerPort = await startAlertmanager(t);
		const prometheusPort = await startExample(t, {servePort: port, alertmanagerPort});
		const askPrometheus = async (query: string): Promise<readonly PrometheusSeries[]> =>
			(await getJson(prometheusPort, `/api/v1/query?query=${encodeURIComponent(query)}`)).data.result;
		const resultOf = async (query: string): Promise<string | undefined> => (await askPrometheus(query))[0]?.value?.[1];
		const upOf = (name: string): Promise<string | undefined> => resultOf(`monero_wallet_rpc_up{node="${name}"}`);
		const reached = async (): Promise<readonly string[]> =>
			(await getJson(alertmanagerPort, '/api/v2/alerts?active=true'))
				.filter(({labels}: Alert) => labels.alertname === 'MoneroWalletDown')
				.map(({labels}: Alert) => labels.node);

		assert.equal(
			await eventually(
				() => upOf('one'),
				value => value === '1',
				20_000,
			),
			'1',
			serve.stderr(),
		);
		assert.equal(await upOf('two'), '1');
		assert.equal(await resultOf(`monero_up{daemon="${daemon.address}"}`), '1');
		assert.equal(await resultOf('count(monero_info_height)'), '1', 'two wallets share the daemon');
		const joined = 'monero_wallet_rpc_info{node="one"} * on (daemon) group_left () monero_up';
		assert.equal(await resultOf(joined), '1', 'wallets and daemons can be joined');
		// Only OpenMetrics declares a counter with this name.
		const {data: announced} = await getJson(prometheusPort, '/api/v1/metadata?metric=monero_wallet_rpc_checks');
		assert.equal(announced.monero_wallet_rpc_checks?.[0].type, 'counter');
		const quantile = 'histogram_quantile(0.9, xmrtop_check_duration_seconds_bucket{method="api"})';
		assert.ok(Number(await resultOf(quantile)) > 0);
		assert.deepEqual(await reached(), []);

		await one.kill();
		// Measured from when serve reports it; serve checks every second.
		const metrics = async (): Promise<string> => (await get('/metrics')).text;
		const isDown = /monero_wallet_rpc_up\{node="one",group="eu"\} 0\n/;
		assert.match(await eventually(metrics, text => isDown.test(text)), isDown);
		const toldAtS = Date.now() / 1000;
		assert.equal(
			await eventually(
				() => upOf('one'),
				value => value === '0',
			),
			'0',
		);
		const [scraped] = await askPrometheus('monero_wallet_rpc_up{node="one"}[1m]');
		const since = (scraped?.values ?? []).filter(([atS]) => atS > toldAtS).map(([, value]) => value);
		// A scrape may have come before this test read the metrics of serve.
		assert.ok(since.filter(value => value === '1').length < 2, `scraped since: ${since}`);
		assert.equal(await upOf('two'), '1');
		assert.deepEqual(await eventually(reached, nodes => nodes.length > 0, 20_000), ['one']);
		const firing = await resultOf('ALERTS{alertname="MoneroWalletDown",alertstate="firing",node="one"}');
		assert.equal(firing, '1');

		await started(t, startWallet({daemon, port: one.port}));
		assert.equal(
			await eventually(
				() => upOf('one'),
				value => value === '1',
				20_000,
			),
			'1',
		);
		assert.deepEqual(await eventually(reached, nodes => nodes.length === 0, 20_000), []);
		const changes = await resultOf('monero_wallet_rpc_state_changes_total{node="one"}');
		assert.ok(Number(changes) >= 3, `${changes} changes`);
		await serve.end('SIGTERM');
	},
);

/** The examples, with the ports of this test and shorter intervals. */
async function startExample(
	t: TestContext,
	{servePort, alertmanagerPort}: {readonly servePort: number; readonly alertmanagerPort: number},
): Promise<number> {
	const quicker = (file: string): string =>
		readExample(`prometheus/${file}`)
			.replaceAll(/_interval: 15s/g, '_interval: 1s')
			.replaceAll(/for: \d+m/g, 'for: 1s')
			.replace('127.0.0.1:8780', `127.0.0.1:${servePort}`)
			.replace('127.0.0.1:9093', `127.0.0.1:${alertmanagerPort}`);
	const files = {'xmrtop.rules.yml': quicker('xmrtop.rules.yml')};
	return (await startPrometheus(t, quicker('prometheus.yml'), {files})).port;
}

// biome-ignore lint/suspicious/noExplicitAny: documents of two other programs.
async function getJson(port: number, route: string): Promise<any> {
	return (await fetch(`http://127.0.0.1:${port}${route}`)).json();
}
