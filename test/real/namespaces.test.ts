import assert from 'node:assert/strict';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {makeNetworkNamespace, startContainedWallet} from '../helpers/network-namespace.js';
import {realTest} from '../helpers/real-monero.js';

realTest('a wallet in a network namespace of its own answers at the address of that namespace', async t => {
	const namespace = makeNetworkNamespace(t);
	if (!namespace) {
		return;
	}

	const wallet = await startContainedWallet(t, namespace);
	const {details} = await checkNode(nodeAt(wallet.port, {host: namespace.address}), 'api');
	assert.equal(details.message, 'API is responding');
});
