import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileOf, plainEnvironment} from './measure.js';

/** Whether a Prometheus is installed. */
export const isPrometheusHere = () => spawnSync('prometheus', ['--version']).status === 0;

/**
 * Runs `work` while a real Prometheus scrapes simulated instances of xmrtop every 15 s, after it has scraped every node once.
 * @param work gets the port of the Prometheus and a temporary folder
 */
export async function withPrometheus({instances, nodes}, work) {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-bench-'));
	const started = [];
	const start = (file, args, stdio) => {
		const child = spawn(file, args, {cwd: fileOf('.'), env: plainEnvironment(), stdio});
		started.push({child, ended: once(child, 'exit')});
		return started.at(-1);
	};

	try {
		const program = fileOf('bench/parts/metrics-instances.ts');
		const args = ['--import', 'tsx', program, String(instances), String(nodes)];
		const {child, ended} = start(process.execPath, args, ['pipe', 'pipe', 'inherit']);
		const [line] = await Promise.race([once(createInterface({input: child.stdout}), 'line'), ended]);
		const targets = JSON.parse(line).map(port => `'127.0.0.1:${port}'`);
		const config = path.join(folder, 'prometheus.yml');
		await writeFile(
			config,
			`global: {scrape_interval: 15s, scrape_timeout: 10s}\nscrape_configs: [{job_name: xmrtop, static_configs: [{targets: [${targets.join(', ')}]}]}]\n`,
		);
		const port = await freePort();
		const flags = [
			`--config.file=${config}`,
			`--storage.tsdb.path=${path.join(folder, 'data')}`,
			`--web.listen-address=127.0.0.1:${port}`,
		];
		const prometheus = start('prometheus', flags, 'ignore');
		let isOver = false;
		prometheus.ended.then(() => {
			isOver = true;
		});
		while ((await nodesIn(port)) < instances * nodes) {
			if (isOver) {
				throw new Error('prometheus ended');
			}

			await sleep(500);
		}

		return await work({port, folder});
	} finally {
		for (const {child} of started) {
			child.kill('SIGTERM');
		}

		await Promise.all(started.map(({ended}) => ended));
		await rm(folder, {recursive: true, force: true});
	}
}

/** The number of nodes that the Prometheus knows; 0 while it does not answer. */
async function nodesIn(port) {
	const query = encodeURIComponent('count(monero_wallet_rpc_up)');
	try {
		const {data} = await (await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`)).json();
		return Number(data.result[0]?.value[1] ?? 0);
	} catch {
		return 0;
	}
}

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address();
	server.close();
	await once(server, 'close');
	return port;
}
