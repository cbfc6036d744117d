import assert from 'node:assert/strict';
import {test} from 'node:test';
import {rootCauses} from '../../../source/domain/fleet.js';
import {parseRemoteStatus} from '../../../source/domain/remote/parse-documents.js';
import {silentHostRow, silentRemoteNode} from '../../../source/domain/remote/remote-nodes.js';
import {fleetNowMs} from '../../helpers/fleet-fixture.js';
import {documentOf, type Json, nodesOf, remotePlace} from '../../helpers/remote-document.js';

const problemOf = (value: unknown): string => {
	const read = parseRemoteStatus(value);
	return 'problem' in read ? read.problem : '';
};

test('reads a document as it was written', () => {
	const read = parseRemoteStatus(documentOf());
	assert.ok('document' in read);
	assert.deepEqual(
		read.document.nodes.map(({id, name, state}) => [id, name, state]),
		[
			[1, 'hot-1', 'up'],
			[2, 'cold-1', 'down'],
			[3, 'far-1', 'degraded'],
		],
	);
});

/** The document after a change in one of its parts. */
function set(document: Json, inside: Json, change: object): Json {
	Object.assign(inside, change);
	return document;
}

/** A value that a parser accepts and a writer never writes. */
const nest = (): unknown => JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));

const broken: ReadonlyArray<readonly [what: string, change: (document: Json) => unknown, expected: RegExp]> = [
	['no object', () => 7, /^the program there is not xmrtop$/],
	['an object without a version', () => ({hello: 1}), /is not xmrtop/],
	['a newer version', ({...d}) => ({...d, schema_version: 2}), /^a newer xmrtop runs there .*: update xmrtop here$/],
	['an older version', ({...d}) => ({...d, schema_version: 0}), /^an older xmrtop runs there .*: update xmrtop there$/],
	[
		'an error',
		() => ({schema_version: 1, error: {code: 'x', message: 'no\u001B[2J nodes'}}),
		/^xmrtop there reports: no nodes$/,
	],
	['an endlessly nested version', d => ({...d, schema_version: nest()}), /^an older xmrtop runs there/],
	['an endlessly nested method', d => ({...d, method: nest()}), /an older or newer xmrtop .*method \[…\]/],
	['an unknown method', d => ({...d, method: 'psychic'}), /an older or newer xmrtop .*method "psychic"/],
	['an unknown state', d => set(d, d.nodes[0], {state: 'zombie'}), /state "zombie"/],
	['two verdicts', d => set(d, d.nodes[0], {state: 'down'}), /not that of its details/],
	[
		'a status that contradicts the state',
		d => set(d, d.nodes[0], {status: false}),
		/a status that is not that of its state/,
	],
	['invalid nodes', d => ({...d, nodes: [1, null]}), /its list of nodes/],
	['a huge number of nodes', d => ({...d, nodes: Array.from({length: 10_001}, () => d.nodes[0])}), /its list of nodes/],
	['an id twice', d => ({...d, nodes: [d.nodes[0], d.nodes[0]]}), /node id given twice/],
	['an invalid id', d => set(d, d.nodes[0], {id: 1e15}), /node id/],
	['an invalid time', d => set(d, d.nodes[0], {since: 'yesterday'}), /since/],
	[
		'a field of another type',
		d => set(d, d.nodes[0].details, {version_text: {}}),
		/version_text in the details of hot-1/,
	],
	['details that lack something', d => set(d, d.nodes[0].details, {url: undefined}), /url in the details/],
	['a full result without checks', d => set(d, d.nodes[0].details, {method: 'full'}), /checks in the details/],
];

for (const [what, change, expected] of broken) {
	test(`${what}: refuses the document and says why`, () => {
		assert.match(problemOf(change(documentOf())), expected);
	});
}

test('removes all control characters, at any position', () => {
	const document = documentOf();
	document.nodes[0].name = 'a\u001B]0;evil\u0007b';
	document.nodes[1].details.reason = '\u001B[2J\u202Eboo';
	document.nodes[1].details['\u001Bkey'] = 1;
	const read = parseRemoteStatus(document);
	assert.ok('document' in read);
	assert.doesNotMatch(JSON.stringify(read.document), /\\u001b|\u202E|evil/i);
});

test('leaves out fields that would hide the properties of every object', () => {
	const document = documentOf();
	document.nodes[0].details = JSON.parse(
		`{"constructor": 1, "__proto__": {"hint": "evil"}, ${JSON.stringify(document.nodes[0].details).slice(1)}`,
	);
	const read = parseRemoteStatus(document);
	assert.ok('document' in read);
	const {details} = read.document.nodes[0] ?? assert.fail('no node');
	assert.equal(details.constructor, Object);
	assert.equal(Object.getPrototypeOf(details), Object.prototype);
	assert.equal(details.method, 'api');
});

test('a loopback daemon is a different one on each host', () => {
	assert.deepEqual(
		rootCauses(nodesOf(documentOf())).map(({daemon}) => daemon),
		['db1/127.0.0.1:18081'],
	);
});

test('while a host is silent, its nodes are unknown, with the reason and since when', () => {
	const noResponse = {complaint: 'refused', sinceMs: fleetNowMs, seenMs: fleetNowMs, state: 'down'} as const;
	const [known] = nodesOf(documentOf());
	assert.ok(known);
	const {result, nodeState} = silentRemoteNode(known, noResponse, '20:00:00');
	assert.deepEqual(
		[result?.status, result?.details.state, result?.details.reason, nodeState.states?.api?.since],
		[false, 'unknown', 'no response from db1 since 20:00:00: refused', '2026-11-23T20:00:00.000Z'],
	);
	const row = silentHostRow(remotePlace, noResponse, 'api');
	assert.deepEqual([row.node.name, row.result?.details.state, row.result?.details.reason], ['db1', 'down', 'refused']);
});
