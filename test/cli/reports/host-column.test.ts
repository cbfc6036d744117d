import assert from 'node:assert/strict';
import {test} from 'node:test';
import {makeTableRow} from '../../../source/cli/reports/columns.js';
import {textTable} from '../../../source/cli/reports/text-table.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../../helpers/screen-fixture.js';
import {plainLines} from '../../helpers/screen-text.js';

const nodes = ['db1', 'db2'].map((host, index) => ({
	...fleetNode({name: `${host}/hot-eu`}, index),
	origin: {host, url: `ssh://${host}`, name: 'hot-eu'},
}));
const style = {ascii: false, color: false, nowMs: fleetNowMs};

function screenText(columns: number): string {
	return plainLines(screenStoreFixture({...fleetSnapshot([]), nodes}, {columns, rows: 24}))
		.slice(2, -2)
		.join('\n');
}

const tables: ReadonlyArray<readonly [what: string, narrow: number, textAt: (width: number) => string]> = [
	[
		'status',
		36,
		width =>
			textTable(
				nodes.map(node => makeTableRow(node, 'api')),
				{...style, width},
			),
	],
	['the live table', 42, screenText],
];

for (const [what, narrow, textAt] of tables) {
	test(`${what} has a host column; without room for it, the name contains the host`, () => {
		assert.match(textAt(80), /STATE.* HOST +NAME [\s\S]*up +db1 +hot-eu [\s\S]*up +db2 +hot-eu /);
		assert.match(textAt(narrow), /STATE.* {2}NAME [\s\S]*up +db1\/hot-eu [\s\S]*up +db2\/hot-eu /);
		assert.doesNotMatch(textAt(narrow), /HOST/);
	});
}

test('a host with a slower clock or a longer interval is not called stale', () => {
	const store = screenStoreFixture({...fleetSnapshot([]), nodes});
	store.nowMs += 120_000;
	store.invalidate();
	assert.doesNotMatch(plainLines(store).slice(2, -2).join('\n'), / ago: /);
});

test('has no host column without remote hosts', () => {
	const plain = [fleetNode({name: 'hot-eu'})];
	assert.doesNotMatch(
		textTable(
			plain.map(node => makeTableRow(node, 'api')),
			{...style, width: 200},
		),
		/HOST/,
	);
});
