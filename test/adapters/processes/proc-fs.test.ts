import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	parseBootTimeMs,
	parseCmdline,
	parseInnerPids,
	parseListeningPorts,
	parseListeningSockets,
	parseLocalAddresses,
	parseStat,
} from '../../../source/adapters/processes/proc-fs.js';

/** /proc/PID/stat of a real wallet, with name and state replaced. */
function statText(comm: string, state = 'S', flags = 4_194_304): string {
	return `4711 (${comm}) ${state} 1 4711 4711 0 -1 ${flags} 7014 0 12 0 250 31 0 0 20 0 9 0 8723114 1127432192 9120 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n`;
}

describe('parseStat', () => {
	for (const comm of ['monero-wallet-r', 'a b', ')', 'x) S 1 2 (y', '', '\n']) {
		it(`reads the fields after the name ${JSON.stringify(comm)}`, () => {
			const stat = parseStat(statText(comm, 'T'));
			assert.deepEqual(stat, {comm, state: 'T', exiting: false, cpuMs: 2810, startTicks: 8_723_114});
		});
	}

	it('recognizes a process that is ending', () => {
		assert.equal(parseStat(statText('w', 'D', 4_194_304 + 4))?.exiting, true);
	});

	it('refuses text of another form', () => {
		for (const text of ['', '4711', '4711 (a', '4711 (a) S 1 2', ') ( S']) {
			assert.equal(parseStat(text), undefined, text);
		}
	});
});

describe('parseCmdline', () => {
	it('splits at zero bytes only', () => {
		assert.deepEqual(parseCmdline('w\0--a b\0\0--c=\nd\0'), ['w', '--a b', '', '--c=\nd']);
		assert.deepEqual(parseCmdline('nginx: worker\0\0\0\0'), ['nginx: worker']);
		assert.deepEqual(parseCmdline(''), []);
	});
});

describe('parseBootTimeMs', () => {
	it('reads btime', () => {
		assert.equal(parseBootTimeMs('cpu  1 2\nctxt 5\nbtime 1700000000\nprocesses 3\n'), 1_700_000_000_000);
		assert.equal(parseBootTimeMs('cpu 1'), undefined);
	});
});

describe('parseListeningPorts', () => {
	it('reads listening sockets of both families', () => {
		const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
		const tcp = `${head}   0: 0100007F:46A3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 1 0 100 0 0 10 0
   1: 0100007F:46A3 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 31338 1 0 20 4 30 10 -1
   2: 0200007F:46A3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31339 1 0 100 0 0 10 0\n`;
		const tcp6 = `${head}   0: 00000000000000000000000001000000:46A3 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31340 1 0 100 0 0 10 0\n`;
		assert.deepEqual(parseListeningPorts(tcp), new Set([18_083]));
		assert.deepEqual(parseListeningPorts(tcp6), new Set([18_083]));
		assert.deepEqual(parseListeningPorts(''), new Set());
	});
});

describe('parseListeningSockets', () => {
	const line = (local: string, state = '0A', uid = 1000) =>
		`   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 31337 1 0 100 0 0 10 0\n`;
	const head = '  sl  local_address ...\n';
	const addresses = (text: string, isLittleEndian = true) =>
		parseListeningSockets(head + text, isLittleEndian).map(({address, port}) => `${address} ${port}`);

	it('reads address, port, user and inode', () => {
		assert.deepEqual(parseListeningSockets(head + line('0200007F:46A3') + line('0100007F:0001', '01'), true), [
			{address: '127.0.0.2', port: 18_083, uid: 1000, inode: '31337'},
		]);
		assert.deepEqual(addresses(''), []);
	});

	it('reads every form of IPv4 and IPv6 address', () => {
		assert.deepEqual(addresses(line('00000000:46A3')), ['0.0.0.0 18083']);
		assert.deepEqual(addresses(line('00000000000000000000000000000000:46A3')), [':: 18083']);
		assert.deepEqual(addresses(line('00000000000000000000000001000000:46A3')), ['::1 18083']);
		assert.deepEqual(addresses(line('0000000000000000FFFF00000100007F:46A3')), ['127.0.0.1 18083']);
		assert.deepEqual(addresses(line('000000FD000000000000000002000000:46A3')), ['fd00::2 18083']);
	});

	it('reads the byte order of big-endian machines', () => {
		assert.deepEqual(addresses(line('7F000001:46A3'), false), ['127.0.0.1 18083']);
		assert.deepEqual(addresses(line('00000000000000000000000000000001:46A3'), false), ['::1 18083']);
	});
});

describe('parseLocalAddresses', () => {
	it('reads the addresses of a namespace, not its networks', () => {
		const fib = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 172.17.0.0/16 2 0 2
        +-- 172.17.0.0/30 2 0 2
           |-- 172.17.0.0
              /16 link UNICAST
           |-- 172.17.0.2
              /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
`;
		const inet6 = `fd000000000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;
		assert.deepEqual([...parseLocalAddresses(fib, inet6)], ['172.17.0.2', '127.0.0.1', 'fd00::2', '::1']);
		assert.deepEqual([...parseLocalAddresses('', '')], []);
	});
});

describe('parseInnerPids', () => {
	it('reads the pids in inner namespaces, the outermost first', () => {
		assert.deepEqual(parseInnerPids('Name:\tw\nNSpid:\t14528\t12\t4\nNSpgid:\t1\n'), [12, 4]);
		assert.deepEqual(parseInnerPids('Name:\tw\nNSpid:\t14528\n'), []);
		assert.deepEqual(parseInnerPids(''), []);
	});
});
