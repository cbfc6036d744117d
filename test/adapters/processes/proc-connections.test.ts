import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import {parseOutgoingConnections, readProcessConnections} from '../../../source/adapters/processes/network-view.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string, inode: number) =>
	`   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;

test('the connections a process opened: by state, without those that came in and those of others', () => {
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
		{address: '10.0.0.6', port, state: 'established'},
		{address: '10.0.0.7', port, state: 'connecting'},
		{address: '10.0.0.8', port, state: 'closed_by_peer'},
		{address: '10.0.0.11', port, state: 'established'},
		{address: '2001:db8::2', port, state: 'established'},
	]);
	const bigEndian = parseOutgoingConnections(line('0A000005:C001', '0A000006:46A1', '01', 3), inodes, false);
	assert.deepEqual(bigEndian, [{address: '10.0.0.6', port, state: 'established'}]);
	assert.deepEqual(parseOutgoingConnections('nonsense\n\n: : :', inodes, true), []);
});

test('of this process: a connection it opened, in its own network; nothing of one that is gone', {
	skip: process.platform !== 'linux' && 'there is no /proc',
}, async t => {
	const server = await listenOnLoopback(net.createServer());
	t.after(server.close);
	const socket = net.connect(server.port, '127.0.0.1');
	t.after(() => socket.destroy());
	await new Promise(resolve => socket.once('connect', resolve));
	const seen = readProcessConnections(process.pid);
	assert.equal(seen?.isOwnNetwork, true);
	const mine = seen?.outgoing.filter(({port}) => port === server.port);
	assert.deepEqual(mine, [{address: '127.0.0.1', port: server.port, state: 'established'}]);
	assert.equal(readProcessConnections(2 ** 22 + 1), undefined);
});
