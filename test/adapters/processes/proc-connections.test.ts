import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import {
	holdsSocket,
	parseOutgoingConnections,
	parseSocketTraffic,
	readProcessConnections,
	readSocketTraffic,
} from '../../../source/adapters/processes/process-connections.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string, inode: number) =>
	`   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;

test('lists the connections that a process opened, by state, without incoming ones and those of other processes', () => {
	const text = [
		head,
		line('0100007F:46A2', '00000000:0000', '0A', 1),
		line('0100007F:46A2', '0100007F:C000', '01', 2),
		line('0500000A:C001', '0600000A:46A1', '01', 3),
		line('0500000A:C002', '0700000A:46A1', '02', 4),
		line('0500000A:C003', '0800000A:46A1', '08', 5),
		line('0500000A:C004', '0900000A:46A1', '06', 6),
		line('0500000A:C005', '0A00000A:46A1', '01', 99),
		line('0000000000000000FFFF00000100007F:C006', '0000000000000000FFFF00000B00000A:46A1', '01', 7),
		line('B80D0120000000000000000001000000:C007', 'B80D0120000000000000000002000000:46A1', '01', 8),
		'',
	].join('\n');
	const inodes = new Set(['1', '2', '3', '4', '5', '6', '7', '8']);
	const port = 18_081;
	assert.deepEqual(parseOutgoingConnections(text, inodes, true), [
		{address: '10.0.0.6', port, state: 'established', inode: '3'},
		{address: '10.0.0.7', port, state: 'connecting', inode: '4'},
		{address: '10.0.0.8', port, state: 'closed_by_peer', inode: '5'},
		{address: '10.0.0.11', port, state: 'established', inode: '7'},
		{address: '2001:db8::2', port, state: 'established', inode: '8'},
	]);
	const bigEndian = parseOutgoingConnections(line('0A000005:C001', '0A000006:46A1', '01', 3), inodes, false);
	assert.deepEqual(bigEndian, [{address: '10.0.0.6', port, state: 'established', inode: '3'}]);
	assert.deepEqual(parseOutgoingConnections('nonsense\n\n: : :', inodes, true), []);
});

test('counts how often data on a connection was sent again', () => {
	const text = [
		'   4: 02094D0A:DF8E 01094D0A:7199 01 000000F3:00000000 01:00000A3C 00000005     0        0 31 2 0000000000000000 1632 4 1 1 7',
		'   5: 02094D0A:DF8F 01094D0A:7199 01 00000000:00000000 02:00000A3C 00000003     0        0 32 2 0000000000000000 20 4 1 10 -1',
		'   6: 02094D0A:DF90 01094D0A:7199 02 00000001:00000000 01:000001F2 00000002     0        0 33 2 0000000000000000 400 0 0 1 7',
		'   7: 02094D0A:DF91 01094D0A:7199 01 00000005:00000000 04:000000EA 00000000     0       12 34 2 0000000000000000 20 0 0 11 -1',
		'   8: 02094D0A:DF92 01094D0A:7199 01 00000005:00000000 04:000000EA 00000000     0        0 35 2 0000000000000000 20 0 0 11 -1',
	].join('\n');
	const place = {address: '10.77.9.1', port: 29_081};
	assert.deepEqual(parseOutgoingConnections(text, new Set(['31', '32', '33', '34', '35']), true), [
		{...place, state: 'established', inode: '31', resends: 5},
		{...place, state: 'established', inode: '32'},
		{...place, state: 'connecting', inode: '33', resends: 2},
		// A firewall of its own host dropped it: the system probes instead of sending it again.
		{...place, state: 'established', inode: '34', resends: 12},
		{...place, state: 'established', inode: '35'},
	]);
});

test('reads the traffic of a connection from a line of ss', () => {
	const text = [
		'ESTAB 0 0 10.77.9.1:48604 10.77.9.1:29081 ino:952728 sk:46a cgroup:/ <-> ts sack bytes_sent:1 bytes_received:2 lastsnd:1 lastrcv:1',
		'ESTAB 0 0 10.77.9.2:59788 10.77.9.1:29081 users:(("monero-wallet-r",pid=9,fd=19)) ino:9527280 sk:46e cgroup:/ <-> ts sack cubic wscale:10,10 rto:204 rtt:0.086/0.064 bytes_sent:756 bytes_acked:757 bytes_received:2436 segs_out:9 lastsnd:25000 lastrcv:5092 lastack:5092 minrtt:0.051',
		'SYN-SENT 0 1 10.77.9.2:1 10.77.9.1:29081 ino:77 sk:46f <-> lastsnd:200 lastrcv:9000 lastack:9000',
	].join('\n');
	assert.deepEqual(parseSocketTraffic(text, '9527280'), {
		receivedBytes: 2436,
		sentBytes: 756,
		receivedMsAgo: 5092,
		sentMsAgo: 25_000,
	});
	assert.deepEqual(parseSocketTraffic(text, '77'), {
		receivedBytes: 0,
		sentBytes: 0,
		receivedMsAgo: 9000,
		sentMsAgo: 200,
	});
	assert.equal(parseSocketTraffic(text, '952'), undefined);
	assert.equal(parseSocketTraffic('', '1'), undefined);
});

test('finds an own connection in the own network namespace, and none of a process that has ended', {
	skip: process.platform !== 'linux' && 'there is no /proc',
}, async t => {
	const server = await listenOnLoopback(net.createServer());
	t.after(server.close);
	const socket = net.connect(server.port, '127.0.0.1');
	t.after(() => socket.destroy());
	await new Promise(resolve => socket.once('connect', resolve));
	const seen = readProcessConnections(process.pid);
	assert.equal(seen?.isOwnNetwork, true);
	const mine = seen?.outgoing.find(({port}) => port === server.port);
	const inode = mine?.inode ?? '';
	assert.deepEqual(mine, {address: '127.0.0.1', port: server.port, state: 'established', inode});
	const fd = seen?.descriptors?.get(inode) ?? -1;
	assert.equal(holdsSocket(process.pid, {inode, fd}), true);
	assert.equal(holdsSocket(process.pid, {inode: '1', fd}), false);
	assert.equal(readProcessConnections(2 ** 22 + 1), undefined);
	assert.equal(await readSocketTraffic(2 ** 22 + 1, inode), undefined);
	socket.destroy();
	await new Promise(resolve => socket.once('close', resolve));
	assert.equal(holdsSocket(process.pid, {inode, fd}), false);
});
