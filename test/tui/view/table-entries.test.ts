import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createLister, type Listing} from '../../../source/tui/view/table-entries.js';
import {fleetNowMs, fleetSnapshot, fortyNodes, type NodeSpec} from '../../helpers/fleet-fixture.js';

const at = {nowMs: fleetNowMs};
const ordinary: Listing = {sort: 'state', inverted: false, filter: '', problemsOnly: false, grouping: 'none'};

const few: readonly NodeSpec[] = [
	{name: 'n10', latencyMs: 5, versionText: '1.9', forMs: 500_000},
	{name: 'n2', latencyMs: 900, versionText: '1.29', forMs: 1000, state: 'degraded', reason: 'slow', daemon: 'b:18081'},
	{name: 'a-off', disabled: true, state: 'unknown'},
	{name: 'Cold', state: 'down', reason: 'connection refused', forMs: 60_000, group: 'vault', daemon: 'a:18081'},
	{name: 'b1', state: 'busy', reason: 'working', forMs: 10_000, daemon: 'a:18081'},
	{name: 'q', state: 'unknown', reason: 'PID not set', forMs: 20_000},
];

const namesOf = (specs: readonly NodeSpec[], listing: Partial<Listing>): string =>
	createLister()(fleetSnapshot(specs), {...ordinary, ...listing}, at)
		.entries.map(entry => (entry.kind === 'node' ? entry.row.name : `[${entry.name}]`))
		.join(' ');

const orders: ReadonlyArray<readonly [listing: Partial<Listing>, names: string]> = [
	[{}, 'Cold q b1 n2 n10 a-off'],
	[{inverted: true}, 'n10 n2 b1 q Cold a-off'],
	[{sort: 'name'}, 'b1 Cold n2 n10 q a-off'],
	[{sort: 'name', inverted: true}, 'q n10 n2 Cold b1 a-off'],
	[{sort: 'latency'}, 'n2 n10 b1 Cold q a-off'],
	[{sort: 'latency', inverted: true}, 'n10 n2 b1 Cold q a-off'],
	[{sort: 'version'}, 'n10 n2 b1 Cold q a-off'],
	[{sort: 'since'}, 'n10 Cold q b1 n2 a-off'],
	[{sort: 'since', inverted: true}, 'n2 b1 q Cold n10 a-off'],
	[{sort: 'group'}, 'Cold b1 n2 n10 q a-off'],
	[{sort: 'host'}, 'b1 Cold n2 n10 q a-off'],
	[{filter: 'state:degraded,down'}, 'Cold n2'],
	[{filter: 'for>1m'}, 'n10'],
	[{filter: 'for<5s !up'}, 'n2'],
	[{filter: 'group:vault state:down'}, 'Cold'],
	[{filter: 'state:dwn'}, 'Cold q b1 n2 n10 a-off'],
	[{grouping: 'group'}, '[vault] Cold [undefined] q b1 n2 n10 a-off'],
	[{grouping: 'host'}, '[127.0.0.1] Cold q b1 n2 n10 a-off'],
	[{problemsOnly: true}, 'Cold q b1 n2'],
	[{filter: 'refused'}, 'Cold'],
	[{filter: 'VAULT cold'}, 'Cold'],
	[{filter: '!a:18081'}, 'q n2 n10 a-off'],
	[{filter: 'disabled'}, 'a-off'],
	[{filter: 'degraded'}, 'n2'],
	[{filter: '1.9'}, 'n10'],
	[{filter: '!'}, 'Cold q b1 n2 n10 a-off'],
	[{grouping: 'daemon'}, '[a:18081] Cold b1 [b:18081] n2 [undefined] q n10 a-off'],
];

for (const [listing, names] of orders) {
	test(`${JSON.stringify(listing)} lists ${names}`, () => {
		assert.equal(namesOf(few, listing), names);
	});
}

test('sorts worst first by default: the two that are down come first though their names sort last', () => {
	assert.match(namesOf(fortyNodes, {}), /^zeta zulu scan slow hot-1 hot-2 hot-3 /);
});

test('computes nothing twice for the same snapshot and listing', () => {
	const list = createLister();
	const snapshot = fleetSnapshot(few);
	assert.equal(list(snapshot, ordinary, at), list(snapshot, {...ordinary}, at));
	assert.equal(list(snapshot, ordinary, at).all[0], list({...snapshot}, {...ordinary, sort: 'name'}, at).all[0]);
});
