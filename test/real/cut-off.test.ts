import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {TestContext} from 'node:test';
import {recordingHook, setSettings} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {makeNetworkNamespace} from '../helpers/network-namespace.js';
import {cliEnvironment, cliPath} from '../helpers/run-cli.js';
import {folderOf} from '../helpers/switchable-wallet.js';
import {testWith} from '../helpers/test-with.js';

/** Answers as a wallet, on an address of this machine. */
async function serveWallet(context: TestContext, host: string): Promise<number> {
	const server = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {id, method} = JSON.parse(body);
			const result = method === 'get_version' ? {version: 65_565, release: true} : {height: 3_400_000};
			response.end(JSON.stringify({id, jsonrpc: '2.0', result}));
		});
	});
	server.listen(0, host);
	await once(server, 'listening');
	context.after(() => {
		server.close();
		server.closeAllConnections();
	});
	const address = server.address();
	return typeof address === 'object' && address ? address.port : 0;
}

const ip = (...args: readonly string[]): string => execFileSync('ip', args, {encoding: 'utf8'});

testWith(
	['ip'],
	'forty nodes on five hosts: a lost host is one alert; so is a monitor without network, and no node is down',
	async context => {
		const namespace = makeNetworkNamespace(context);
		if (!namespace) {
			return;
		}

		const {name, hostAddress, address} = namespace;
		const deviceOf = (at: string, ...within: readonly string[]): string =>
			(/^\d+: (\S+?)(?:@\S+)? /.exec(ip(...within, '-o', 'addr', 'show', 'to', at)) ?? [])[1] ?? '';
		const [outer, inner] = [deviceOf(hostAddress), deviceOf(address, '-n', name)];
		const net = `10.211.${process.pid % 250}`;
		ip('-n', name, 'addr', 'add', `${net}.100/24`, 'dev', inner);
		const hosts = [1, 2, 3, 4, 5].map(last => `${net}.${last}`);
		hosts.forEach(host => void ip('addr', 'add', `${host}/24`, 'dev', outer));
		const ports = await Promise.all(hosts.map(host => serveWallet(context, host)));
		const nodes = Array.from({length: 40}, (_, index) => ({
			name: `n${index + 1}`,
			host: hosts[index % 5] ?? '',
			port: ports[index % 5] ?? 0,
		}));
		const configDir = folderOf(context, nodes);
		setSettings(configDir, {fail_after: '2', recover_after: '1', timeout: '1s', port_timeout: '500ms'});
		const hook = recordingHook(context);
		const args = ['netns', 'exec', name, process.execPath, cliPath];
		const watch = spawn('ip', [...args, 'watch', '--ndjson', '-i', '1s', '--on-change', hook.program], {
			env: cliEnvironment({configDir}),
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		context.after(() => watch.kill('SIGKILL'));
		let text = '';
		watch.stdout.setEncoding('utf8').on('data', more => {
			text += more;
		});
		const documents = () =>
			text
				.split('\n')
				.slice(0, -1)
				.map(
					line =>
						JSON.parse(line) as {readonly nodes: ReadonlyArray<{readonly state: string; readonly reason?: string}>},
				);
		const count = (state: string): number =>
			documents()
				.at(-1)
				?.nodes.filter(node => node.state === state).length ?? 0;
		const until = async (state: string, wanted: number): Promise<void> => {
			const found = await eventually(
				async () => count(state),
				each => each === wanted,
				60_000,
			);
			assert.equal(found, wanted, state);
		};

		await until('up', 40);
		ip('addr', 'del', `${hosts[4]}/24`, 'dev', outer);
		await until('down', 8);
		const [lost] = await hook.untilAlerts(1);
		assert.match(
			lost ?? '',
			new RegExp(`^alert host ${hosts[4]} down: 8 nodes: n5, n10, n15, n20, n25, n30, n35, n40$`),
		);
		ip('addr', 'add', `${hosts[4]}/24`, 'dev', outer);
		await until('up', 40);
		await hook.untilAlerts(2);
		const before = documents().length;
		ip('-n', name, 'link', 'set', inner, 'down');
		await until('unknown', 40);
		await hook.untilAlerts(3);
		assert.match(hook.alertTexts()[2] ?? '', /^alert this monitor seems cut off: 40 nodes: /);
		const reasons = new Set(
			documents()
				.at(-1)
				?.nodes.map(({reason}) => reason),
		);
		assert.deepEqual(reasons, new Set(['this monitor seems cut off']));
		ip('-n', name, 'link', 'set', inner, 'up');
		await until('up', 40);
		await hook.untilAlerts(4);
		const down = documents()
			.slice(before)
			.flatMap(document => document.nodes.filter(({state}) => state === 'down'));
		assert.equal(down.length, 0, 'no node was down while the monitor was cut off');
		assert.match(hook.alertTexts()[3] ?? '', /^recovery this monitor: 40 nodes work again after /);
		assert.equal(hook.alertTexts().length, 4, hook.alertTexts().join('\n'));
	},
);
