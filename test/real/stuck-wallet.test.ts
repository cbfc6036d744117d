/** A wallet that answers but reads no blocks, and the cause, from the connections of its process. */
import assert from 'node:assert/strict';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {copyBlocks, realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {nodeOf, openWatch} from '../helpers/real-watch.js';

realTest('names why a wallet is stalled: auto_refresh off, set_daemon to a dead daemon and to another one', async t => {
	const [daemon, other] = await Promise.all([started(t, startMonerod()), started(t, startMonerod())]);
	const wallet = await started(t, startWallet({daemon}));
	const node = nodeOf(wallet, {of: daemon});
	const watch = openWatch(t);
	await wallet.createWallet();
	await daemon.mineBlocks(5);
	await wallet.call('refresh');
	assert.equal(await copyBlocks(daemon, other), 6);
	assert.equal((await watch.check(node, 'api')).details.state, 'up');

	await wallet.call('auto_refresh', {enable: false});
	await daemon.mineBlocks(1);
	assert.equal((await watch.check(node, 'api')).details.state, 'up', 'one block behind, for a moment');
	const reasonAfter = async (seconds: number) => {
		const at = new Date(Date.now() - seconds * 1000).toISOString();
		watch.setMemory(node, {...watch.memoryOf(node), wallet_heights: [{at, height: 6}]});
		return (await watch.check(node, 'api')).details.reason;
	};
	assert.equal(await reasonAfter(60), undefined);
	assert.match(
		(await reasonAfter(91)) ?? '',
		/^wallet is 1 block behind its daemon, stalled for 1 m 3\d s: the wallet is connected to its daemon, so its automatic refresh is probably off$/,
	);
	const full = await watch.check(node, 'full');
	assert.match(full.details.checks.wallet.details.reason ?? '', /automatic refresh is probably off$/);
	assert.match(full.details.hint ?? '', /does not scan blocks/);

	await wallet.call('set_daemon', {address: `127.0.0.1:${await deadPort(t)}`});
	await wallet.call('auto_refresh', {enable: true});
	const toNobody = await eventually(
		() => reasonAfter(91),
		reason => reason?.includes('no daemon') === true,
	);
	assert.match(toNobody ?? '', /: the wallet is not connected to a daemon$/);

	await wallet.call('set_daemon', {address: other.address});
	await wallet.call('refresh');
	assert.match(
		(await reasonAfter(91)) ?? '',
		new RegExp(`: the wallet is connected to ${other.address}, not to ${daemon.address}$`),
	);

	await wallet.call('set_daemon', {address: daemon.address});
	await wallet.call('refresh');
	assert.equal((await watch.check(node, 'api')).details.state, 'up');
});
