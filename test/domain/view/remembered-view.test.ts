import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as v from 'valibot';
import {
	defaultRememberedView,
	isSameView,
	maxFilterHistory,
	rememberedView,
	withFilter,
} from '../../../source/domain/view/remembered-view.js';

test('absent fields have their defaults', () => {
	assert.deepEqual(v.parse(rememberedView, {}), defaultRememberedView);
	assert.deepEqual(v.parse(rememberedView, {sort: 'lag', columns: {lag: 'hidden'}, interval: '10s', later: 1}), {
		...defaultRememberedView,
		sort: 'lag',
		columns: {lag: 'hidden'},
		interval: '10s',
	});
});

const bad: readonly unknown[] = [
	null,
	[],
	'view',
	{sort: 'color'},
	{inverted: 1},
	{filter: 5},
	{filter: 'x'.repeat(1000)},
	{grouping: true},
	{columns: {lag: 'maybe'}},
	{method: 'ping'},
	{interval: '10ms'},
	{interval: '25h'},
	{interval: '9999999h'},
	{interval: 10},
	{filter_history: 'x'},
	{filter_history: Array(1000).fill('x')},
];

for (const value of bad) {
	test(`refuses ${JSON.stringify(value).slice(0, 60)} as a view`, () => {
		assert.equal(v.safeParse(rememberedView, value).success, false);
	});
}

test('compares views without regard to the order of their fields', () => {
	const one = {...defaultRememberedView, columns: {lag: 'hidden', group: 'shown'}} as const;
	assert.ok(isSameView(one, {...defaultRememberedView, columns: {group: 'shown', lag: 'hidden'}}));
	assert.ok(!isSameView(one, defaultRememberedView));
	assert.ok(!isSameView(one, {...one, method: 'pid'}));
});

test('a filter that is used again moves to the end of the history, without a duplicate', () => {
	assert.deepEqual(withFilter(['a', 'b'], ' a '), ['b', 'a']);
	assert.deepEqual(withFilter(['a'], ' '), ['a']);
	const many = Array.from({length: 80}, (_, index) => `f${index}`).reduce<readonly string[]>(withFilter, []);
	assert.equal(many.length, maxFilterHistory);
	assert.equal(many.at(-1), 'f79');
});

test('every sort key, grouping and method, and the limits of the others', () => {
	const accepted: readonly unknown[] = [
		...['state', 'name', 'group', 'host', 'version', 'latency', 'lag', 'since', 'uptime', 'cpu'].map(sort => ({sort})),
		...['none', 'daemon', 'group', 'host'].map(grouping => ({grouping})),
		...['pid', 'port', 'api', 'full'].map(method => ({method})),
		{filter: 'x'.repeat(200)},
		{filter_history: Array(50).fill('x'.repeat(200))},
		{interval: '1s'},
		{interval: '24h'},
		{inverted: true, problems_only: true, columns: {lag: 'shown'}},
	];
	for (const value of accepted) {
		assert.deepEqual(v.parse(rememberedView, value), {...defaultRememberedView, ...(value as object)});
	}

	const refused: readonly unknown[] = [
		{filter: 'x'.repeat(201)},
		{filter_history: Array(51).fill('x')},
		{filter_history: ['x'.repeat(201)]},
		{interval: '999ms'},
		{interval: '86401s'},
		{interval: 'soon'},
	];
	for (const value of refused) {
		assert.equal(v.safeParse(rememberedView, value).success, false, JSON.stringify(value).slice(0, 60));
	}
});
