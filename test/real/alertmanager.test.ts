import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {setSettings, startAlertingWatch} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {findProgram, startOnFreePort, startProcess} from '../helpers/real-process.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

/** The notification that Alertmanager posts for a group. */
interface Notification {
	readonly status: 'firing' | 'resolved';
	readonly alerts: ReadonlyArray<{readonly status: string; readonly labels: Readonly<Record<string, string>>}>;
}

testWith(['prometheus-alertmanager'], 'a real Alertmanager accepts, groups and resolves alerts', async context => {
	const receiver = await startReceiver(context);
	const notified = (): readonly Notification[] => receiver.posts.map(({body}) => JSON.parse(body));
	const port = await startAlertmanager(context, receiver.port);
	const wallets = await Promise.all(['a', 'b'].map(() => startWallet(context)));
	const nodes = wallets.map((wallet, index) => ({name: 'ab'[index] ?? '', port: wallet.port, group: 'hot'}));
	const configDir = folderOf(context, nodes);
	setSettings(configDir, {fail_after: '1', recover_after: '1'});
	const env = {XMRTOP_WEBHOOK: `http://127.0.0.1:${port}`, XMRTOP_WEBHOOK_FORMAT: 'alertmanager'};
	const watch = await startAlertingWatch(context, [], {configDir, env});
	await Promise.all(wallets.map(wallet => wallet.switchOff()));
	const firing = await eventually(
		async () => notified().findLast(({status}) => status === 'firing'),
		last => last?.alerts.length === 2,
		20_000,
	);
	assert.deepEqual(firing?.alerts.map(({labels}) => labels.node).sort(), ['a', 'b'], 'one message for the group');
	assert.deepEqual(firing?.alerts[0]?.labels, {
		alertname: 'XmrtopNode',
		group: 'hot',
		node: firing?.alerts[0]?.labels.node,
		severity: 'critical',
	});
	await Promise.all(wallets.map(wallet => wallet.switchOn()));
	const resolved = await eventually(
		async () => notified().findLast(({status}) => status === 'resolved'),
		last => last !== undefined,
		20_000,
	);
	assert.deepEqual(
		resolved?.alerts.map(({status}) => status),
		['resolved', 'resolved'],
	);
	await watch.end('SIGTERM');
});

async function startAlertmanager(context: TestContext, receiverPort: number): Promise<number> {
	const folder = temporaryFolder(context);
	const config = path.join(folder, 'alertmanager.yml');
	const lines = [
		'route: {receiver: test, group_by: [group], group_wait: 2s, group_interval: 2s}',
		`receivers: [{name: test, webhook_configs: [{url: "http://127.0.0.1:${receiverPort}/"}]}]`,
	];
	writeFileSync(config, lines.join('\n'));
	const isReady = (port: number): Promise<boolean> =>
		fetch(`http://127.0.0.1:${port}/-/ready`).then(
			({ok}) => ok,
			() => false,
		);
	const program = findProgram('prometheus-alertmanager') ?? '';
	const {process: server, port} = await startOnFreePort(
		at =>
			startProcess(
				program,
				[
					`--config.file=${config}`,
					`--storage.path=${folder}`,
					`--web.listen-address=127.0.0.1:${at}`,
					'--cluster.listen-address=',
				],
				{cwd: folder, home: folder},
			),
		isReady,
	);
	context.after(() => server.stop());
	return port;
}
