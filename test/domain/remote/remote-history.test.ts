import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseRemoteHistory} from '../../../source/domain/remote/parse-documents.js';

const at = '2026-11-23T20:00:00.000Z';
const seconds = {up: 1, degraded: 2, busy: 3, unknown: 4, down: 5};
const uptime = {'1h': {seconds}, '24h': {ratio: 0.5, seconds}, '7d': {seconds}};
const outage = {
	from: at,
	to: at,
	duration_ms: 5,
	unwatched_ms: 2,
	state: 'down',
	message: 'API check failed',
	reason: 'r',
};
const transition = {at, node_id: 3, node: 'a', method: 'api', from: 'up', to: 'down', message: 'API check failed'};
const node = {
	id: 3,
	name: 'a',
	state: 'down',
	since: at,
	last_check: at,
	uptime,
	outages: [outage],
	transitions: [transition],
};
// biome-ignore lint/suspicious/noExplicitAny: the tests break documents in every way.
type Json = any;
const documentWith = (changes: object = {}): Json => ({
	schema_version: 1,
	method: 'api',
	nodes: [{...structuredClone(node), ...changes}],
});

describe('the history document of a host', () => {
	it('is read as it was written', () => {
		assert.deepEqual(parseRemoteHistory(documentWith()), {
			document: {
				method: 'api',
				nodes: [
					{
						id: 3,
						name: 'a',
						record: {state: 'down', since: at, last_check: at},
						history: {uptime, outages: [outage]},
						transitions: [transition],
					},
				],
			},
		});
	});

	it('may lack a state, the end of an outage and every reason', () => {
		const {to: _, unwatched_ms: __, reason: ___, ...open} = outage;
		const {state: ____, since: _____, last_check: ______, ...unchecked} = node;
		const read = parseRemoteHistory({schema_version: 1, method: 'pid', nodes: [{...unchecked, outages: [open]}]});
		assert.ok('document' in read);
		const [first] = read.document.nodes;
		assert.deepEqual([first?.record, first?.history.outages], [undefined, [open]]);
	});

	it('keeps the last 100,000 entries of a list', () => {
		const transitions = Array.from({length: 100_001}, (_, index) => ({...transition, reason: String(index)}));
		const read = parseRemoteHistory(documentWith({transitions}));
		assert.ok('document' in read);
		const kept = read.document.nodes[0]?.transitions ?? [];
		assert.deepEqual([kept.length, kept[0]?.reason], [100_000, '1']);
	});

	const old = (what: string) =>
		`an older or newer xmrtop runs there (${what} is not supported here): use the same version on both`;
	for (const [what, value, problem] of [
		['no document', 7, 'the program there is not xmrtop'],
		['an error', {schema_version: 1, error: {message: 'x\ny'}}, 'xmrtop there reports: x y'],
		['an error without a text', {schema_version: 1, error: {}}, 'xmrtop there reports: an error'],
		['a method that has no history', {...documentWith(), method: 'full'}, old('method "full"')],
		['no nodes', {schema_version: 1, method: 'api'}, old('its list of nodes')],
		['an id that is none', documentWith({id: 0}), old('node id 0')],
		['no name', documentWith({name: ''}), old('node name ""')],
		['no uptime', documentWith({uptime: undefined}), old('uptime')],
		['a ratio above 1', documentWith({uptime: {...uptime, '24h': {ratio: 1.1, seconds}}}), old('uptime')],
		['negative seconds', documentWith({uptime: {...uptime, '24h': {seconds: {...seconds, up: -1}}}}), old('a number')],
		['no outages', documentWith({outages: 7}), old('outages')],
		['an outage in another state', documentWith({outages: [{...outage, state: 'up'}]}), old('state of an outage')],
		['an outage without a time', documentWith({outages: [{...outage, from: 'x'}]}), old('a time')],
		['an outage without a message', documentWith({outages: [{...outage, message: 7}]}), old('message')],
		['no transitions', documentWith({transitions: undefined}), old('transitions')],
		['a transition from no state', documentWith({transitions: [{...transition, from: 'x'}]}), old('state "x"')],
		[
			'a transition of a node without an id',
			documentWith({transitions: [{...transition, node_id: -1}]}),
			old('node id -1'),
		],
		['a state without its beginning', documentWith({since: undefined}), old('a time')],
	] as const) {
		it(`with ${what}: ${problem}`, () => assert.deepEqual(parseRemoteHistory(value), {problem}));
	}
});
