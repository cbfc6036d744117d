/** Facts about daemons compared with each other: forks and clocks. */
import assert from 'node:assert/strict';
import {openPorts} from '../../source/adapters/open-ports.js';
import {createChecker} from '../../source/application/checker.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {resolveSettings} from '../../source/domain/settings.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {copyBlocks, realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {nodeOf, openWatch} from '../helpers/real-watch.js';

realTest(
	'a fork of two daemons: names both and its first block with few calls; ends when one follows the other',
	async t => {
		const [a, b] = await Promise.all([started(t, startMonerod()), started(t, startMonerod())]);
		const [walletOfA, walletOfB] = await Promise.all([
			started(t, startWallet({daemon: a})),
			started(t, startWallet({daemon: b})),
		]);
		const proxy = await startCountingProxy(b.port);
		t.after(proxy.close);
		const toB = `127.0.0.1:${proxy.port}`;
		const nodes = [nodeOf(walletOfA, {of: a}), nodeOf(walletOfB, {daemon: toB})];
		const watch = openWatch(t);
		const check = async () => (await watch.cycle(nodes, 'api')).map(({details}) => details);
		const headerCalls = () => proxy.methods().filter(method => method === 'get_block_header_by_height').length;
		await a.mineBlocks(20);
		assert.equal(await copyBlocks(a, b), 21);
		assert.deepEqual(
			(await check()).map(({state}) => state),
			['up', 'up'],
		);
		assert.equal(headerCalls(), 0);

		await a.mineBlocks(5);
		await b.mineBlocks(8);
		const forked = await openWatch(t).cycle(nodes, 'api');
		assert.deepEqual(
			forked.map(({details: {state, reason, caused_by}}) => [state, reason, caused_by]),
			[
				[
					'degraded',
					`daemon ${a.address} has different blocks from daemon ${toB} since block 21: suspected fork, with less cumulative difficulty`,
					a.address,
				],
				[
					'degraded',
					`daemon ${toB} has different blocks from daemon ${a.address} since block 21: suspected fork, with more cumulative difficulty`,
					toB,
				],
			],
		);
		assert.ok(headerCalls() > 0 && headerCalls() <= 12, String(headerCalls()));
		assert.equal(await copyBlocks(b, a), 29);
		assert.deepEqual(
			(await openWatch(t).cycle(nodes, 'api')).map(({details}) => details.state),
			['up', 'up'],
		);
	},
);

realTest("reads the daemon's clock from its answers; adjusted_time does not advance between blocks", async t => {
	const daemon = await started(t, startMonerod());
	const wallet = await started(t, startWallet({daemon}));
	const node = nodeOf(wallet, {of: daemon});
	const ports = openPorts({renderRemedy});
	t.after(ports.close);
	const reasonAt = async (aheadMs: number) => {
		const shifted = {...ports, nowMs: () => Date.now() + aheadMs};
		const settings = resolveSettings({texts: {}, where: 'test'});
		const checker = createChecker({ports: shifted, settings, recall: () => ({})});
		return (await checker.check(node, 'api', checker.openCycle([node]))).details.reason;
	};
	const hours = (count: number) => count * 3_600_000;
	// Enough blocks for adjusted_time to follow the chain.
	for (let batch = 1; batch <= 4; batch += 1) {
		await daemon.mineBlocks(16);
	}

	assert.equal(await reasonAt(0), undefined);
	const differ = `the clocks of this machine and of daemon ${daemon.address} differ by 3 h`;
	assert.deepEqual([await reasonAt(hours(3)), await reasonAt(hours(-3))], [differ, differ]);
	const {adjusted_time: chainTimeS} = (await daemon.call('get_info')) as {adjusted_time: number};
	assert.ok(chainTimeS - Date.now() / 1000 > 60, 'many blocks at once put it ahead of every clock');
});
