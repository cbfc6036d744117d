import assert from 'node:assert/strict';
import {hostname, networkInterfaces} from 'node:os';
import {describe, it} from 'node:test';
import {isLocalHost, localAddressesOf} from '../../../source/adapters/processes/local-host.js';

describe('isLocalHost', () => {
	const own = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({address}) => address));
	const local = [
		...[
			'127.0.0.1',
			'127.0.0.2',
			'127.255.0.1',
			'::1',
			'[::1]',
			'0:0:0:0:0:0:0:1',
			'::ffff:127.0.0.1',
			'0.0.0.0',
			'::',
		],
		...['localhost', 'LOCALHOST', 'localhost.', 'wallets.localhost', 'ip6-localhost', 'localhost.localdomain'],
		...[hostname(), hostname().toUpperCase(), ...own],
	];
	for (const host of local) {
		it(`${host} is this machine`, () => assert.equal(isLocalHost(host), true));
	}

	const remote = [
		'192.0.2.1',
		'128.0.0.1',
		'2001:db8::1',
		'::ffff:192.0.2.1',
		'wallet.example',
		'notlocalhost',
		'127.0.0.1.example',
	];
	for (const host of remote) {
		it(`${host} is another machine`, () => assert.equal(isLocalHost(host), false));
	}
});

describe('addressesOf', () => {
	it('gives the address itself, the loopback addresses of the name, or undefined for any address', () => {
		assert.deepEqual(localAddressesOf('127.0.0.2'), ['127.0.0.2']);
		assert.deepEqual(localAddressesOf('[FD00:0::2%eth0]'), ['fd00::2']);
		assert.deepEqual(localAddressesOf('::ffff:10.0.0.1'), ['10.0.0.1']);
		assert.deepEqual(localAddressesOf('0.0.0.0'), ['127.0.0.1']);
		assert.deepEqual(localAddressesOf('::'), ['::1']);
		assert.deepEqual(localAddressesOf('LocalHost'), ['127.0.0.1', '::1']);
		assert.equal(localAddressesOf(hostname()), undefined);
	});
});
