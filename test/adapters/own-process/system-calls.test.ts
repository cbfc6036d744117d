import assert from 'node:assert/strict';
import test from 'node:test';
import {
	currentFolder,
	homeFolder,
	hostName,
	machineUptimeS,
	readOwnAddresses,
	type SystemCalls,
	systemCalls,
} from '../../../source/adapters/own-process/system-calls.js';

const refused = (): never => {
	throw new Error('A system error occurred');
};

/** Every call fails; each row allows the one that it tests. */
const none: SystemCalls = {
	homedir: refused,
	userHomedir: refused,
	hostname: refused,
	addresses: refused,
	uptime: refused,
	cwd: refused,
	readText: () => undefined,
};

const trie = `Main:
  +-- 10.0.0.0/24 2 0 2
     +-- 10.0.0.0/29 2 0 2
        |-- 10.0.0.0
           /24 link UNICAST
        |-- 10.0.0.5
           /32 host LOCAL
     |-- 10.0.0.255
        /32 link BROADCAST
Local:
        |-- 10.0.0.5
           /32 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
`;
const v6 =
	'20010db8000000000000000000000001 02 40 00 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n';
const texts =
	(files: Readonly<Record<string, string>>) =>
	(file: string): string | undefined =>
		files[file];

/** Each call that a restricted system may refuse, and its fallback. */
const rows: ReadonlyArray<readonly [string, (calls: SystemCalls) => unknown, Partial<SystemCalls>, unknown]> = [
	['home: $HOME', homeFolder, {homedir: () => '/home/a'}, '/home/a'],
	['home: HOME is empty', homeFolder, {homedir: () => '', userHomedir: () => '/home/b'}, '/home/b'],
	['home: HOME is relative', homeFolder, {homedir: () => 'a'}, undefined],
	['home: no HOME and no passwd entry', homeFolder, {}, undefined],
	['host name', hostName, {hostname: () => 'h'}, 'h'],
	['host name: from /proc', hostName, {readText: texts({'/proc/sys/kernel/hostname': 'h\n'})}, 'h'],
	['host name: nowhere', hostName, {}, ''],
	['addresses', readOwnAddresses, {addresses: () => ['10.0.0.5']}, ['10.0.0.5']],
	[
		'addresses: without AF_NETLINK',
		readOwnAddresses,
		{readText: texts({'/proc/net/fib_trie': trie, '/proc/net/if_inet6': v6})},
		['10.0.0.5', '127.0.0.1', '2001:0db8:0000:0000:0000:0000:0000:0001', '0000:0000:0000:0000:0000:0000:0000:0001'],
	],
	['addresses: and without /proc', readOwnAddresses, {}, []],
	['uptime', machineUptimeS, {uptime: () => 5}, 5],
	['uptime: from /proc', machineUptimeS, {readText: texts({'/proc/uptime': '812.34 1600.1\n'})}, 812.34],
	['uptime: nowhere', machineUptimeS, {}, undefined],
	['current folder', currentFolder, {cwd: () => '/here'}, '/here'],
	['current folder: removed', currentFolder, {}, undefined],
];

for (const [what, ask, works, expected] of rows) {
	test(`falls back when a system call is refused: ${what}`, () => {
		assert.deepEqual(ask({...none, ...works}), expected);
	});
}

test('reads the same addresses from /proc as from the system', {skip: process.platform !== 'linux'}, () => {
	const long = (address: string): string => address.replace(/%.*/, '');
	const real = systemCalls.addresses().map(long);
	const read = readOwnAddresses({...systemCalls, addresses: refused});
	for (const address of real.filter(address => !address.includes(':'))) {
		assert.ok(read.includes(address), address);
	}
});
