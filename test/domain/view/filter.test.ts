import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type FilterSubject, filterFieldNames, parseFilter, versionNumber} from '../../../source/domain/view/filter.js';

const ordinary = {
	address: '127.0.0.1:18083',
	host: '127.0.0.1',
	disabled: false,
	message: 'API is responding',
} as const;

const fleet: readonly FilterSubject[] = [
	{
		...ordinary,
		name: 'hot-1',
		group: 'hot',
		state: 'up',
		lagBlocks: 0,
		latencyMs: 2.1,
		version: '1.29',
		forMs: 600_000,
	},
	{
		...ordinary,
		name: 'hot-2',
		group: 'hot',
		state: 'degraded',
		lagBlocks: 41,
		latencyMs: 1200,
		version: '1.9',
		daemon: '10.0.0.5:18081',
		message: 'daemon 10.0.0.5:18081 is 41 blocks behind',
		forMs: 5000,
		uptimePercent: 98.4,
	},
	{
		...ordinary,
		name: 'cold',
		title: 'Old vault',
		group: 'cold storage',
		state: 'down',
		host: 'db1',
		address: '10.1.1.1:18085',
		message: 'connection refused',
		forMs: 90_000_000,
	},
	{...ordinary, name: 'scan', state: 'busy', lagBlocks: 9214, message: '120 % CPU, ETA 12 m', cpuPercent: 120},
	{...ordinary, name: 'off', state: 'unknown', disabled: true, message: 'disabled'},
];

const all = 'hot-1 hot-2 cold scan off';

/** Listed names; the third entry is the beginning of the problem. */
const filters: ReadonlyArray<readonly [filter: string, names: string, problem?: string]> = [
	['', all],
	['  ', all],
	['!', all],
	['hot', 'hot-1 hot-2'],
	['HOT', 'hot-1 hot-2'],
	['refused', 'cold'],
	['vault', 'cold'],
	['hot 41', 'hot-2'],
	['!hot', 'cold scan off'],
	['hot !41', 'hot-1'],
	['!hot !cold', 'scan off'],
	['disabled', 'off'],
	['18085', 'cold'],
	['10.0.0.5:18081', 'hot-2'],
	['!10.0.0.5:18081', 'hot-1 cold scan off'],
	['localhost:18081', ''],
	['http://x', ''],
	['RPC_LOGIN=', ''],
	['state:down', 'cold'],
	['state:d', 'hot-2 cold off'],
	['state:DOWN', 'cold'],
	['state:down,busy', 'cold scan'],
	['!state:down,busy', 'hot-1 hot-2 off'],
	['state:unknown', ''],
	['state:disabled', 'off'],
	['state=up', 'hot-1'],
	['group:hot', 'hot-1 hot-2'],
	['group:cold', 'cold'],
	['group:"cold storage"', 'cold'],
	['group="cold storage"', 'cold'],
	['group=cold', ''],
	['group:hot,cold', 'hot-1 hot-2 cold'],
	['!group:hot', 'cold scan off'],
	['"cold storage"', 'cold'],
	['"state:down"', ''],
	['name:hot-1', 'hot-1'],
	['title:old', 'cold'],
	['host:db1', 'cold'],
	['address:10.1', 'cold'],
	['daemon:10.0', 'hot-2'],
	['message:refused', 'cold'],
	['version:1.2', 'hot-1'],
	['version>1.9', 'hot-1'],
	['version<=1.9', 'hot-2'],
	['lag>5', 'hot-2 scan'],
	['lag>=41', 'hot-2 scan'],
	['lag>41', 'scan'],
	['lag<41', 'hot-1'],
	['lag<=0', 'hot-1'],
	['lag:41', 'hot-2'],
	['lag=9,214', 'scan'],
	['!lag>5', 'hot-1 cold off'],
	['latency>500ms', 'hot-2'],
	['latency>1s', 'hot-2'],
	['latency<10', 'hot-1'],
	['for>5m', 'hot-1 cold'],
	['for>1d', 'cold'],
	['for<10s', 'hot-2'],
	['cpu>100', 'scan'],
	['cpu>100%', 'scan'],
	['uptime<99.5', 'hot-2'],
	['state:down group:hot lag>5 text', ''],
	['state:deg group:hot lag>5 behind', 'hot-2'],
	['LAG>5 State:busy', 'scan'],
	['state:dwn', all, 'state:dwn is invalid: expected one of up, degraded, busy, unknown, down, disabled'],
	['!state:dwn', all, 'state:dwn is invalid'],
	['state:', all, 'state: needs a value: expected one of up'],
	['state>up', all, 'state>up is invalid'],
	['group:', all, 'group: needs a value: expected text after :'],
	['group>hot', all, 'group>hot is invalid'],
	['lag>', all, 'lag> needs a value: expected a number of blocks'],
	['lag>many', all, 'lag>many is invalid: expected a number of blocks'],
	['latency>fast', all, 'latency>fast is invalid: expected a duration such as 500ms or 2s'],
	['for>5', all, 'for>5 is invalid: expected a duration'],
	['version>new', all, 'version>new is invalid: expected a version such as 1.29'],
	['color:red', all, `"color" is not a field of a filter: expected ${filterFieldNames.join(', ')}`],
	['height>5', all, '"height" is not a field of a filter'],
	['constructor:x', all, '"constructor" is not a field'],
	['hot lag>x', 'hot-1 hot-2', 'lag>x is invalid'],
	['lag>x state:y', all, 'lag>x is invalid'],
];

for (const [text, names, problem] of filters) {
	test(`${JSON.stringify(text)} lists ${JSON.stringify(names)}${problem ? ` and says: ${problem}` : ''}`, () => {
		const filter = parseFilter(text);
		assert.equal(
			fleet
				.filter(filter.matches)
				.map(({name}) => name)
				.join(' '),
			names,
		);
		assert.ok(problem ? filter.problem?.startsWith(problem) : filter.problem === undefined, filter.problem);
	});
}

test('tells whether the result of a filter changes with time alone', () => {
	assert.equal(parseFilter('for>5m').usesTime, true);
	assert.equal(parseFilter('hot lag>5').usesTime, false);
});

test('orders versions by their numbers', () => {
	const texts = ['1.9', '1.10', '1.29', '2.0', '12'];
	assert.deepEqual(
		texts.toSorted((a, b) => (versionNumber(b) ?? 0) - (versionNumber(a) ?? 0)),
		texts.toReversed(),
	);
	assert.equal(versionNumber('unknown'), undefined);
	assert.equal(versionNumber(undefined), undefined);
});

test('no text makes a filter throw, and problems are one line', () => {
	const signs = [...'abstate:lag><=!" ,.5%'];
	let seed = 3;
	for (let round = 0; round < 2000; round++) {
		const text = Array.from({length: 12}, () => {
			seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
			return signs[seed % signs.length];
		}).join('');
		const {matches, problem} = parseFilter(text);
		for (const subject of fleet) {
			assert.equal(typeof matches(subject), 'boolean');
		}

		assert.ok(problem === undefined || !problem.includes('\n'));
	}
});
