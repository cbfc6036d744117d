import assert from 'node:assert/strict';
import test from 'node:test';
import {findRoute} from '../../../source/adapters/network/local-failure.js';

const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const line = (destination: string, mask: string, flags = '0001') =>
	`eth0\t${destination}\t00000000\t${flags}\t0\t0\t0\t${mask}\t0\t0\t0\n`;
const lan = line('0000A8C0', '00FFFFFF');
const byDefault = line('00000000', '00000000', '0003');
const rejected = line('00004D0A', '0000FFFF', '0200');

const zeros = '0'.repeat(32);
const v6 = (destination: string, length: string, flags: string) =>
	`${destination} ${length} ${zeros} 00 ${zeros} 00000400 00000001 00000000 ${flags}     eth0\n`;
const v6Default = v6(zeros, '00', '00450003');
const v6Reject = v6(zeros, '00', '00200200');
const v6Lan = v6('20010db8000000000000000000000000', '40', '00000001');

test('finds the route of an address in the routing tables', () => {
	const rows: ReadonlyArray<readonly [string, string, string, ReturnType<typeof findRoute>]> = [
		['only the LAN: its own host', header + lan, '192.168.0.7', 'route'],
		['only the LAN: another network', header + lan, '192.168.1.7', 'none'],
		['no route at all', header, '10.0.0.5', 'none'],
		['a default route', header + byDefault + lan, '10.0.0.5', 'route'],
		['a rejected network within the default route', header + byDefault + rejected, '10.77.3.4', 'rejected'],
		['beside it', header + byDefault + rejected, '10.78.0.1', 'route'],
		['IPv6: only the kernel’s own reject route', v6Reject + v6Reject, '2001:db8::1', 'rejected'],
		['IPv6: a default route', v6Default + v6Reject, '2a00::1', 'route'],
		['IPv6: the LAN', v6Lan, '2001:db8::7', 'route'],
		['IPv6: another network', v6Lan, '2001:db9::7', 'none'],
		['IPv6 with a zone', v6(`fe80${'0'.repeat(28)}`, '40', '00000001'), 'fe80::1%eth0', 'route'],
	];
	for (const [what, text, address, expected] of rows) {
		const isV6 = address.includes(':');
		assert.equal(findRoute({ipv4: isV6 ? undefined : text, ipv6: isV6 ? text : undefined}, address), expected, what);
	}
});

test('knows no route without a routing table, or for a name', () => {
	assert.equal(findRoute({ipv4: undefined, ipv6: undefined}, '10.0.0.5'), undefined);
	assert.equal(findRoute({ipv4: header, ipv6: ''}, 'wallet.example'), undefined);
	assert.equal(findRoute({ipv4: header, ipv6: ''}, ''), undefined);
});
