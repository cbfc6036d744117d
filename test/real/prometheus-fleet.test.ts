import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import type {NodeReport, StatusDocument} from '../../source/domain/status-document.js';
import {eventually} from '../helpers/child-processes.js';
import {type RealWallet, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {findProgram} from '../helpers/real-process.js';
import {scrapeConfig, startPrometheus} from '../helpers/real-prometheus.js';
import {cliIn} from '../helpers/run-cli.js';
import {type RunningServer, startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

/** Starts an xmrtop that serves one wallet. */
async function serveWallet(t: TestContext, name: string, wallet: RealWallet, daemon: string): Promise<RunningServer> {
	const configDir = temporaryFolder(t);
	const args = ['nodes', 'add', name, '--port', `${wallet.port}`, '--daemon', daemon, '--group', 'eu'];
	const {code, stderr} = await cliIn(configDir).run(args);
	assert.equal(code, 0, stderr);
	return startServe(t, ['-i', '1s', '--timeout', '1s'], {configDir});
}

testWith(
	['monerod', 'monero-wallet-rpc', 'prometheus'],
	'shows two hosts from a real Prometheus, and distinguishes the end of a wallet, a daemon and a host',
	async t => {
		const daemon = await started(t, startMonerod());
		const starting = ['one', 'two'].map(() => started(t, startWallet({daemon})));
		const [one, two] = (await Promise.all(starting)) as [RealWallet, RealWallet];
		const a = await serveWallet(t, 'one', one, daemon.address);
		const b = await serveWallet(t, 'two', two, daemon.address);
		const prometheus = await startPrometheus(t, scrapeConfig([a.port, b.port]));
		const [hostA, hostB] = [`127.0.0.1:${a.port}`, `127.0.0.1:${b.port}`];
		const cli = cliIn(temporaryFolder(t));
		const look = async (): Promise<StatusDocument> =>
			cli.json(['status', '--json', '--connect', `${prometheus.url}?match={job="xmrtop"}`]);
		const nodesNow = async (): Promise<ReadonlyMap<string, NodeReport>> =>
			new Map((await look()).nodes.map(node => [node.name, node]));
		/** The nodes once this is so. The scrape that made it so may have been stored between two queries of the same look. */
		const nodesWhen = async (isSo: (nodes: ReadonlyMap<string, NodeReport>) => boolean) => {
			await eventually(nodesNow, isSo, 20_000);
			return nodesNow();
		};
		const stateOf = (nodes: ReadonlyMap<string, NodeReport>, name: string) => nodes.get(name)?.state;
		const [nodeA, nodeB] = [`${hostA}/one`, `${hostB}/two`];

		const atFirst = await nodesWhen(nodes => nodes.has(nodeA) && nodes.has(nodeB));
		const own = (await a.get('/nodes/status')).json().nodes[0];
		const {host, group, state, version_text: version, details, since} = atFirst.get(nodeA) ?? assert.fail();
		assert.deepEqual([host, group, state, version, since], [hostA, 'eu', own.state, own.version_text, own.since]);
		for (const fact of ['daemon', 'daemon_reachable', 'daemon_height', 'wallet_open', 'wallet_height', 'wallet_lag']) {
			assert.equal(details[fact as keyof typeof details], own.details[fact], fact);
		}

		await one.kill();
		const withoutWallet = await nodesWhen(nodes => stateOf(nodes, nodeA) === 'down');
		assert.equal(withoutWallet.get(nodeA)?.reason, 'connection refused');
		assert.equal(stateOf(withoutWallet, nodeB), 'up');

		await daemon.kill();
		const withoutDaemon = await nodesWhen(nodes => stateOf(nodes, nodeB) === 'degraded');
		const blamed = withoutDaemon.get(nodeB);
		assert.deepEqual([blamed?.reason, blamed?.caused_by], [`daemon ${daemon.address} does not answer`, daemon.address]);

		await b.serve.end('SIGTERM');
		const withoutHost = await nodesWhen(nodes => stateOf(nodes, nodeB) === 'unknown');
		assert.match(
			withoutHost.get(nodeB)?.reason ?? '',
			/^no response from \S+ since [\d:]+: Prometheus cannot scrape it$/,
		);
		const row = withoutHost.get(hostB);
		assert.deepEqual([row?.host, row?.state, row?.reason], [hostB, 'down', 'Prometheus cannot scrape it']);
		assert.equal(stateOf(withoutHost, nodeA), 'down');

		const history = await cli.json(['history', '--json', '--connect', prometheus.url]);
		assert.deepEqual(history.nodes.map((node: NodeReport) => node.name).toSorted(), [nodeA, nodeB].toSorted());
		assert.equal(history.nodes.find((node: NodeReport) => node.name === nodeA)?.host, hostA);
		await a.serve.end('SIGTERM');
	},
);

const states = ['up', 'degraded', 'busy', 'unknown', 'down'] as const;
const stepS = 15;

testWith(['prometheus', 'promtool'], '--at shows the states of a backfilled week', async t => {
	const endS = Math.floor(Date.now() / 1000 / stepS) * stepS - 7 * 86_400;
	const startS = endS - 2 * 3600;
	/** A scripted state for every few minutes of each node. */
	const scripted = (node: number, atS: number): (typeof states)[number] =>
		states[(Math.floor((atS - startS) / (180 + 60 * node)) * (node + 1) + node) % states.length] ?? 'up';
	const nodes = [0, 1, 2].map(node => ({
		node,
		labels: `instance="host-${node % 2}:8780",job="xmrtop",group="",node="n${node}"`,
	}));
	const times = Array.from({length: (endS - startS) / stepS + 1}, (_, index) => startS + index * stepS);
	const lines = nodes.flatMap(({node, labels}) =>
		states.flatMap(state =>
			times.map(atS => {
				const value = Number(scripted(node, atS) === state);
				return `monero_wallet_rpc_state{${labels},state="${state}"} ${value} ${atS}`;
			}),
		),
	);
	const folder = temporaryFolder(t);
	const file = path.join(folder, 'week.om');
	writeFileSync(file, `# TYPE monero_wallet_rpc_state gauge\n${lines.join('\n')}\n# EOF\n`);
	const dataFolder = path.join(folder, 'data');
	const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, dataFolder];
	const {status, stderr} = spawnSync(findProgram('promtool') ?? '', args, {encoding: 'utf8'});
	assert.equal(status, 0, stderr);
	const retention = ['--storage.tsdb.retention.time=60d'];
	const prometheus = await startPrometheus(t, 'scrape_configs: []\n', {dataFolder, args: retention});
	const cli = cliIn(temporaryFolder(t));
	for (let moment = 0; moment < 20; moment += 1) {
		const atS = startS + 37 + moment * 353;
		const at = new Date(atS * 1000).toISOString();
		const document: StatusDocument = await cli.json(['status', '--json', '--connect', prometheus.url, '--at', at]);
		assert.deepEqual([document.at, document.checked_at], [at, at]);
		const sampleS = atS - ((atS - startS) % stepS);
		assert.deepEqual(
			Object.fromEntries(document.nodes.map(({name, state}) => [name, state])),
			Object.fromEntries(nodes.map(({node}) => [`host-${node % 2}:8780/n${node}`, scripted(node, sampleS)])),
			at,
		);
	}

	const late = new Date((endS + 900) * 1000).toISOString();
	const gone: StatusDocument = await cli.json(['status', '--json', '--connect', prometheus.url, '--at', late]);
	assert.ok(gone.nodes.length > 3);
	for (const {name, state, since} of gone.nodes) {
		const lastS = Date.parse(since ?? '') / 1000;
		assert.deepEqual([state, Math.abs(lastS - endS) <= stepS], [name.includes('/') ? 'unknown' : 'down', true], name);
	}

	const table = await cli.run(['status', '--connect', prometheus.url, '--at', late]);
	const past = await cli.run(['history', '--connect', prometheus.url, '--at', late]);
	assert.match(past.stdout, /^PAST: as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(6 d 23 h ago\)\n/);
	assert.match(table.stdout, /^PAST: as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(6 d 23 h ago\)\n/);
});
