import assert from 'node:assert/strict';
import test from 'node:test';
import {
	canonicalHost,
	daemonAddressSeenFrom,
	daemonText,
	defaultDaemonPorts,
	hostInUrl,
	isLoopback,
	isPrivateAddress,
	overlayNetwork,
	parseDaemonAddress,
	parseHost,
	parsePort,
	parseProxyAddress,
} from '../../source/domain/daemon-address.js';

const short = (text: string): string | undefined => {
	const address = parseDaemonAddress(text);
	return address && daemonText(address);
};

test('all forms of one daemon address are equal', () => {
	const spellings = ['h:18081', 'http://h:18081', 'http://h:18081/', 'HTTP://H:18081/', 'h:18081/', 'h', 'H/'];
	const schemes = [
		'http://h:18081/json_rpc',
		'tcp://h:18081',
		'TCP://H:18081/json_rpc',
		'h:18081/json_rpc/',
		'tcp://h',
	];
	for (const text of [...spellings, ...schemes]) {
		assert.equal(short(text), 'h:18081', text);
	}

	for (const text of ['[::1]:18081', 'http://[::1]:18081/', '[::1]', '[::1]/json_rpc', '[0:0::0:1]', '[0000::0001]']) {
		assert.equal(short(text), '[::1]:18081', text);
	}

	assert.equal(short('https://Node.Example:18089/'), 'https://node.example:18089');
	assert.deepEqual([short('http://h'), short('https://h')], ['h:80', 'https://h:443']);
	for (const text of ['localhost:18081', 'LOCALHOST', 'localhost.', '[::ffff:127.0.0.1]:18081', '[::FFFF:7f00:1]']) {
		assert.equal(short(text), '127.0.0.1:18081', text);
	}

	assert.equal(short('[FD00:0::5]:18089'), '[fd00::5]:18089');
	assert.equal(short('[FE80:0::5%eth0]:18089'), '[fe80::5%eth0]:18089', 'the zone is part of the address');
	assert.deepEqual(parseDaemonAddress('h', defaultDaemonPorts.stagenet), {host: 'h', port: 38_081, https: false});
	assert.equal(parseDaemonAddress('http://h', 'refused'), undefined);
});

test('recognizes Tor, I2P and loopback addresses', () => {
	const onions = ['x.onion:18081', 'X.ONION', 'https://x.onion.:443', 'a.b.onion:1'];
	assert.deepEqual(
		[...onions, 'x.b32.i2p:18081', 'onion:18081', 'x.onion.example:1', 'i2p.example'].map(overlayNetwork),
		['Tor', 'Tor', 'Tor', 'Tor', 'I2P', undefined, undefined, undefined],
	);
	const loopbacks = ['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'a.localhost'];
	const others = ['128.0.0.1', 'localhost.example', '10.0.0.1', '1127.0.0.1', '127.0.0.1.example', 'notlocalhost'];
	assert.deepEqual([...loopbacks, '127.255.255.254', 'localhost.', ...others].map(isLoopback), [
		...loopbacks.map(() => true),
		true,
		true,
		...others.map(() => false),
	]);
});

test('only a loopback address is a different daemon on each host', () => {
	for (const daemon of ['127.0.0.1:18081', 'https://127.1.2.3:443', '[::1]:18081', 'node.localhost:18081']) {
		assert.equal(daemonAddressSeenFrom('eu', daemon), `eu/${daemon}`);
		assert.equal(daemonAddressSeenFrom(undefined, daemon), daemon);
	}

	for (const daemon of ['10.0.0.5:18081', '127.example.com:18081', 'localhost.example:18081', '[fd00::1]:18081']) {
		assert.equal(daemonAddressSeenFrom('eu', daemon), daemon);
	}
});

test('addresses for private use: not loopback, not public ones, and no names', () => {
	const own = [
		...['10.0.0.0', '10.1.2.3', '10.255.255.255', '172.16.0.1', '172.31.255.1', '192.168.0.9', '::ffff:10.0.0.1'],
		...['169.254.1.1', '100.64.0.1', '100.99.0.1', '100.119.0.1', '100.127.255.255'],
		...['fc00::1', 'fd00::2', 'FD00:0:0::2', '[fd00::2]', 'fe80::1', 'fe80::1%eth0', '[fe80::1%eth0]', 'febf::1'],
	];
	const others = [
		...['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::', '8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.0.1'],
		...['100.63.0.1', '100.128.0.1', '169.253.0.1', '2001:db8::1', 'fec0::1', 'fb00::1', '::ffff:8.8.8.8'],
		...['10.example', '10.0.0.1.example', '10.', '10.1', 'fdx.example', '192.168.example', 'fd00', ''],
	];
	assert.deepEqual([own.filter(host => !isPrivateAddress(host)), others.filter(isPrivateAddress)], [[], []]);
});

test('one spelling per host', () => {
	for (const [one, ...spellings] of [
		['10.0.0.5', '10.0.0.5', '::ffff:10.0.0.5', '::FFFF:a00:5', '[::ffff:10.0.0.5]', '0:0:0:0:0:ffff:0a00:0005'],
		['0.0.1.0', '::ffff:0.0.1.0', '::ffff:0:100'],
		['fd00::2', 'FD00:0:0::2', '[fd00:0000::0002]', 'fd00::2%eth0', '[fd00::2%eth0]'],
		['::1', '0:0:0:0:0:0:0:1', '[::1]'],
		['wallet.example', 'Wallet.Example', 'wallet.example.'],
		['not:an:address', 'not:an:address'],
	] as const) {
		assert.deepEqual(
			spellings.map(canonicalHost),
			spellings.map(() => one),
		);
	}
});

test('refuses userinfo and invalid addresses', () => {
	const rows = [
		'',
		'h:',
		'h:0',
		'h:65536',
		'h:x',
		':18081',
		'::1:18081',
		'[nonsense]:1',
		'[abc]:1',
		'[127.0.0.1]:1',
		'user:pass@h:18081',
		'http://user:pass@h:18081',
		'http://user@h:18081',
		'http://h:18081/@x',
		'://h:1',
		'18081',
		'http://h:18081?x',
		'http://h:18081#x',
		'h:18081 ',
		'256.1.1.1:18081',
		'-h:18081',
		'h h:18081',
	];
	for (const text of rows) {
		assert.equal(parseDaemonAddress(text), undefined, JSON.stringify(text));
	}
});

test('the short form parses to the same address', () => {
	for (const text of ['h:18081', '[fe80::1%eth0]:1', 'https://10.0.0.1:443']) {
		assert.equal(short(text), text);
	}
});

test('accepts IPv4, IPv6 and DNS names as host and refuses others', () => {
	assert.deepEqual(
		['127.0.0.1', '[::1]', '::1', 'LocalHost', 'wallet-1.example.', 'a_b', 'fe80::1%eth0', '::ffff:127.0.0.1'].map(
			parseHost,
		),
		['127.0.0.1', '::1', '::1', 'localhost', 'wallet-1.example.', 'a_b', 'fe80::1%eth0', '::ffff:127.0.0.1'],
	);
	const bad = [
		'',
		'.',
		'1.2.3',
		'01.2.3.4',
		'1.2.3.4.5',
		'a..b',
		'-a',
		'a-',
		'a b',
		'a/b',
		':::',
		'g::1',
		'ü.example',
		'[abc]',
		'[1.2.3.4]',
	];
	for (const text of [...bad, 'x'.repeat(64), `${'a.'.repeat(127)}aa`]) {
		assert.equal(parseHost(text), undefined, JSON.stringify(text));
	}

	assert.deepEqual([hostInUrl('::1'), hostInUrl('h')], ['[::1]', 'h']);
});

test('accepts ports from 1 to 65535 and refuses others', () => {
	assert.deepEqual(['1', '65535', '0', '65536', '-1', '1.5', '', ' 1', '1e3', '123456'].map(parsePort), [
		1,
		65_535,
		...Array.from({length: 8}, () => undefined),
	]);
});

test('reads the address of a SOCKS proxy that resolves names itself', () => {
	for (const [text, address] of [
		['socks5h://127.0.0.1:9050', {host: '127.0.0.1', port: 9050}],
		['SOCKS5H://[::1]:1/', {host: '::1', port: 1}],
		['socks5h://tor:65535', {host: 'tor', port: 65_535}],
		['socks5h://tor:65536', undefined],
		['socks5h://tor:0', undefined],
		['socks5h://tor', undefined],
		['socks5h://a b:1', undefined],
		['socks5://127.0.0.1:9050', undefined],
		['socks5h://u:p@tor:1', undefined],
		['', undefined],
		[undefined, undefined],
	] as const) {
		assert.deepEqual(parseProxyAddress(text), address, String(text));
	}
});

test('a name has at most 253 characters in labels of at most 63', () => {
	const label = 'a'.repeat(63);
	const longest = [label, label, label, 'a'.repeat(61)].join('.');
	assert.equal(longest.length, 253);
	assert.deepEqual(
		[longest, `${longest}.`, `${longest}a`, `${label}a`, '', '.'].map(text => parseHost(text) !== undefined),
		[true, true, false, false, false, false],
	);
});

test('a zone is no part of the normalized address', () => {
	assert.equal(canonicalHost('fe80::1%eth0'), 'fe80::1');
	assert.equal(canonicalHost('[FE80::1%eth0.5]'), 'fe80::1');
	assert.equal(parseHost('fe80::1%eth0'), 'fe80::1%eth0');
	assert.equal(parseHost('fe80::1%'), undefined);
});
