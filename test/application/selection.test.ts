import assert from 'node:assert/strict';
import {test} from 'node:test';
import {requireNode, selectNodes} from '../../source/application/selection.js';
import {InputError} from '../../source/domain/input-error.js';
import {nodeFixture} from '../helpers/store-fixture.js';

const nowMs = Date.parse('2026-11-23T20:00:00.000Z');
const nodes = [
	nodeFixture('zebra', 3, {group: 'g'}),
	nodeFixture('main', 1),
	nodeFixture('off', 2, {available: false, group: 'g'}),
	nodeFixture('back', 5, {available: false, disabled_until: '2026-11-23T19:59:59.000Z'}),
	nodeFixture('resting', 6, {available: false, disabled_until: '2026-11-23T20:00:01.000Z'}),
];
const place = {where: 'nodes.json', nowMs};
const select = (names: readonly string[], group?: string): string =>
	selectNodes(nodes, {names, ...(group === undefined ? {} : {group})}, place)
		.map(({name}) => name)
		.join(' ');

test('without names: all enabled nodes in order of ids, including those whose disabled time is over', () => {
	assert.equal(select([]), 'main zebra back');
	assert.equal(select([], 'g'), 'zebra');
	assert.equal(select([], 'nowhere'), '');
});

test('selects nodes by id or name, each once, disabled ones too', () => {
	assert.equal(select(['zebra', '1', 'main', '3']), 'main zebra');
	assert.equal(select(['off']), 'off');
	assert.equal(select(['off', 'main'], 'g'), 'off');
});

test('refuses a node that does not exist, and lists the known ones', () => {
	const many = Array.from({length: 11}, (_, index) => nodeFixture(`n${index}`, index + 1));
	const rows = [
		[nodes, 'nope', 'node "nope" is not in nodes.json; known nodes: zebra, main, off, back, resting'],
		[nodes, '4', 'node "4" is not in nodes.json; known nodes: zebra, main, off, back, resting'],
		[[], 'x', 'node "x" is not in nodes.json; there are no nodes yet'],
		[many, 'x', 'node "x" is not in nodes.json; known nodes: n0, n1, n2, n3, n4, n5, n6, n7, and 3 more'],
	] as const;
	for (const [fleet, name, message] of rows) {
		assert.throws(() => requireNode(fleet, name, 'nodes.json'), new InputError('node_not_found', message));
	}
});
