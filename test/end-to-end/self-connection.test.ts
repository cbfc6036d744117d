import assert from 'node:assert/strict';
import {test} from 'node:test';
import {makeNetworkNamespace} from '../helpers/network-namespace.js';
import {runCli} from '../helpers/run-cli.js';
import {folderOf} from '../helpers/switchable-wallet.js';

test('a port without a listener is not in use, even when a connection to it gets itself as its peer', async t => {
	const namespace = makeNetworkNamespace(t);
	if (!namespace) {
		return;
	}

	for (const [index, method] of ['port', 'api', 'full'].entries()) {
		// With two local ports to choose from, Linux takes the even one.
		const port = 40_000 + 2 * index;
		const range = `echo ${port} ${port + 1} > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"`;
		const configDir = folderOf(t, [{name: 'dead', port}]);
		const {stdout, stderr} = await runCli(['status', '--json', '-m', method], {
			configDir,
			launcher: [...namespace.launcher, 'sh', '-c', range, 'sh'],
		});
		assert.equal(stderr, '');
		const [node] = JSON.parse(stdout).nodes;
		assert.deepEqual([node.state, node.reason], ['down', 'connection refused']);
	}
});
