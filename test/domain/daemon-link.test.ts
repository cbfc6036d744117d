import assert from 'node:assert/strict';
import test from 'node:test';
import {daemonLinkText, parseDaemonAddress} from '../../source/domain/daemon-address.js';
import type {OutgoingConnection} from '../../source/domain/ports.js';

const isLocalHost = (host: string) => ['127.0.0.1', '10.0.0.4', 'localhost', '::1'].includes(host);

interface Situation {
	readonly daemon?: string;
	readonly hasProxy?: boolean;
	readonly isOwnNetwork?: boolean;
}

function said(
	outgoing: ReadonlyArray<readonly [string, number, OutgoingConnection['state']?]>,
	situation: Situation = {},
) {
	const {daemon = '10.0.0.5:18081', hasProxy = false, isOwnNetwork = true} = situation;
	const address = parseDaemonAddress(daemon);
	assert.ok(address);
	const connections = outgoing.map(([host, port, state = 'established']) => ({address: host, port, state}));
	return daemonLinkText({connections: {outgoing: connections, isOwnNetwork}, daemon: address, hasProxy, isLocalHost});
}

const refreshOff = 'the wallet is connected to its daemon, so its automatic refresh is probably off';

test('connected to its daemon: it does not refresh', () => {
	assert.equal(said([['10.0.0.5', 18_081]]), refreshOff);
	assert.equal(
		said([
			['10.0.0.9', 443],
			['10.0.0.5', 18_081],
		]),
		refreshOff,
	);
	assert.equal(said([['2001:db8::5', 18_081]], {daemon: '[2001:db8::5]:18081'}), refreshOff);
	assert.equal(
		said([['127.0.0.1', 18_081]], {daemon: '10.0.0.4:18081'}),
		refreshOff,
		'one address of this machine for another',
	);
	assert.match(
		said([['10.0.0.5', 18_081, 'closed_by_peer']]),
		/^its daemon closed the connection.*refresh is probably off$/,
	);
});

test('connected to another one: both are named', () => {
	assert.equal(said([['10.0.0.6', 18_081]]), 'the wallet is connected to 10.0.0.6:18081, not to 10.0.0.5:18081');
	assert.equal(said([['10.0.0.5', 18_089]]), 'the wallet is connected to 10.0.0.5:18089, not to 10.0.0.5:18081');
	assert.equal(
		said([['127.0.0.1', 28_081]], {daemon: 'localhost:18081'}),
		'the wallet is connected to 127.0.0.1:28081, not to 127.0.0.1:18081',
	);
	assert.equal(
		said([['10.0.0.6', 18_089]], {daemon: 'https://node.example:18081'}),
		'the wallet is connected to 10.0.0.6:18089, not to https://node.example:18081',
	);
});

test('connected to none, or to one that does not answer', () => {
	assert.equal(said([]), 'the wallet is not connected to a daemon');
	assert.equal(
		said([['10.0.0.6', 18_081, 'connecting']]),
		'the wallet tries to connect to 10.0.0.6:18081, which does not answer',
	);
});

test('says no more than is seen if addresses do not identify the daemon', () => {
	assert.equal(
		said([['10.0.0.6', 18_081]], {daemon: 'node.example:18081'}),
		'the wallet is connected to 10.0.0.6:18081: its automatic refresh is probably off, or that is not node.example',
	);
	assert.equal(
		said([['127.0.0.1', 9050]], {hasProxy: true}),
		'the wallet is connected to 127.0.0.1:9050, through a proxy',
	);
	assert.equal(said([['172.17.0.1', 18_081]], {isOwnNetwork: false}), 'the wallet is connected to 172.17.0.1:18081');
});
