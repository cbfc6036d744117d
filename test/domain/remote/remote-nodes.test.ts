import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {CheckResult, Details} from '../../../source/domain/check-result.js';
import {InputError} from '../../../source/domain/input-error.js';
import {
	isAskedHost,
	parseSavedHost,
	remoteIndexOf,
	remoteNode,
	remoteNodeAgain,
	remoteNodeId,
	silentHostRow,
	silentHosts,
	silentRemoteNode,
	withSavedHost,
} from '../../../source/domain/remote/remote-nodes.js';
import type {NodeReport} from '../../../source/domain/status-document.js';
import {at, fixtureStartMs} from '../../helpers/fixture-time.js';
import {remotePlace} from '../../helpers/remote-document.js';
import {apiResult, pidResult, portResult} from '../../helpers/store-fixture.js';

const second = {host: {...remotePlace.host, label: 'db2', url: 'ssh://db2'}, index: 1};

/** The report of node 3, checked at this time. */
function report(seconds: number, {status, details}: CheckResult, more: Partial<NodeReport> = {}): NodeReport {
	const {state} = details;
	return {
		id: 3,
		name: 'hot-1',
		state,
		status,
		message: details.message,
		since: at(0),
		details: {...details, last_check: at(seconds)},
		...more,
	} as NodeReport;
}

const up = (seconds: number, facts: object = {}): CheckResult => {
	const {status, details} = apiResult('up', at(seconds));
	return {status, details: {...details, ...facts} as Details};
};
const pid = (seconds: number): CheckResult => pidResult(at(seconds));
const port = (seconds: number): CheckResult => portResult(at(seconds), {host: '10.0.0.5', port: 18_082});
const full = (seconds: number): CheckResult => {
	const checks = {pid: pid(seconds), port: port(seconds), api: up(seconds)};
	return {status: true, details: {...up(seconds).details, method: 'full', checks} as unknown as Details};
};

describe('ids', () => {
	it('are unique across hosts; 0 is the host itself', () => {
		const ids = [0, 1].flatMap(index => [0, 3].map(id => remoteNodeId(index, id)));
		assert.equal(new Set(ids).size, 4);
		assert.deepEqual(ids.map(remoteIndexOf), [0, 0, 1, 1]);
	});
});

describe('a node of a host', () => {
	it('has the name, group, title and address that its host gives it', () => {
		const {node, origin, result, checking, disabled, diagnosis} = remoteNode(
			second,
			report(0, up(0), {group: 'hot', title: 'Shop'}),
			undefined,
		);
		assert.deepEqual(node, {
			id: remoteNodeId(1, 3),
			name: 'db2/hot-1',
			host: '127.0.0.1',
			port: 18_088,
			path: '/json_rpc',
			available: true,
			title: 'Shop',
			group: 'hot',
		});
		assert.deepEqual(origin, {host: 'db2', url: 'ssh://db2', name: 'hot-1'});
		assert.deepEqual([result?.status, checking, disabled, diagnosis], [true, false, false, undefined]);
	});

	for (const [what, result, address] of [
		['the URL', up(0, {url: 'https://wallet.example:443/x'}), ['wallet.example', 443]],
		['a URL with an IPv6 address', up(0, {url: 'http://[::1]:18082'}), ['::1', 18_082]],
		['a URL without a port', up(0, {url: 'http://wallet/x'}), ['db1', 0]],
		['another text in place of a URL', up(0, {url: 'x http://wallet:1/'}), ['db1', 0]],
		['a port check', port(0), ['10.0.0.5', 18_082]],
		['a pid check', pid(0), ['db1', 0]],
	] as const) {
		it(`takes its address from ${what}`, () => {
			const {node} = remoteNode(remotePlace, report(0, result), undefined);
			assert.deepEqual([node.host, node.port], address);
		});
	}

	it('keeps its address while it is not reported, and the same node while nothing changes', () => {
		const before = remoteNode(remotePlace, report(0, port(0)), undefined);
		const {node} = remoteNode(remotePlace, report(5, pid(5)), before);
		assert.equal(node, before.node);
		const moved = remoteNode(remotePlace, report(5, pid(5), {group: 'cold'}), before);
		assert.notEqual(moved.node, before.node);
		assert.deepEqual([moved.node.host, moved.node.group], ['10.0.0.5', 'cold']);
	});

	it('with the daemon that it uses or that causes its problem, as seen from here', () => {
		const daemonOf = (facts: object) => remoteNode(remotePlace, report(0, up(0, facts)), undefined).node.daemon;
		assert.equal(daemonOf({daemon: '10.0.0.9:18081'}), '10.0.0.9:18081');
		assert.equal(daemonOf({daemon: '127.0.0.1:18081'}), 'db1/127.0.0.1:18081');
		assert.equal(daemonOf({caused_by: '10.0.0.9:1'}), '10.0.0.9:1');
		assert.equal(daemonOf({caused_by: '10.0.0.9:1', daemon: '10.0.0.8:1'}), '10.0.0.8:1');
		assert.equal(daemonOf({}), undefined);
	});

	it('has a diagnosis after a full check', () => {
		const {diagnosis, result, node} = remoteNode(remotePlace, report(0, full(0)), undefined);
		assert.equal(diagnosis, result);
		assert.deepEqual([node.host, node.port], ['10.0.0.5', 18_082]);
	});

	it('is in its state since the time that its host gives, for every method', () => {
		const {nodeState} = remoteNode(remotePlace, report(9, up(9)), undefined);
		const record = {state: 'up', since: at(0), last_check: at(9)};
		assert.deepEqual(nodeState.states, {pid: record, port: record, api: record});
		assert.equal(nodeState.watched, undefined, 'its host knows when it was checked');
		const {nodeState: alone} = remoteNode(remotePlace, report(9, up(9), {since: undefined as never}), undefined);
		assert.equal(alone.states?.api?.since, at(9));
	});

	it('the same document again changes nothing; one between two cycles may change the state', () => {
		const before = remoteNode(remotePlace, report(9, up(9)), undefined);
		assert.equal(remoteNode(remotePlace, report(9, up(9)), before).nodeState, before.nodeState);
		const down = report(9, apiResult('down', at(9)), {since: at(8)});
		const after = remoteNode(remotePlace, down, before).nodeState;
		assert.deepEqual(after.states?.api, {state: 'down', since: at(8), last_check: at(9)});
		assert.equal(after.recent_states?.length, 1, 'it is not counted as another check');
	});

	it('another check with the same outcome changes only its times', () => {
		const before = remoteNode(remotePlace, report(0, up(0)), undefined);
		const after = remoteNodeAgain(before, {latency_ms: 7, last_check: at(5)}, at(0));
		assert.deepEqual(after.result?.details, {...before.result?.details, latency_ms: 7, last_check: at(5)});
		assert.deepEqual(after.nodeState.states?.api, {state: 'up', since: at(0), last_check: at(5)});
		const {result: _, ...unchecked} = before;
		assert.equal(remoteNodeAgain(unchecked, {latency_ms: 7, last_check: at(5)}, at(0)), unchecked);
	});
});

describe('a host that does not answer', () => {
	const noResponse = {
		complaint: 'refused',
		sinceMs: fixtureStartMs,
		seenMs: fixtureStartMs + 5000,
		state: 'down',
	} as const;
	const details = (known: CheckResult) =>
		silentRemoteNode(remoteNode(remotePlace, report(0, known), undefined), noResponse, '20:00:00').result?.details;
	const base = {
		message: 'No response from the host',
		reason: 'no response from db1 since 20:00:00: refused',
		state: 'unknown',
		latency_ms: 0,
		last_check: at(5),
	};

	it('leaves of its nodes only their addresses', () => {
		assert.deepEqual(details(up(0, {version: 1})), {
			method: 'api',
			url: 'http://127.0.0.1:18088/json_rpc',
			...base,
		});
		assert.deepEqual(details(pid(0)), {method: 'pid', ...base});
		assert.deepEqual(details(port(0)), {method: 'port', host: '10.0.0.5', port: 18_082, ...base});
		assert.deepEqual(details(full(0)), {method: 'api', url: 'http://127.0.0.1:18088/json_rpc', ...base});
	});

	it('its nodes are unknown since then, without a diagnosis', () => {
		const known = remoteNode(remotePlace, report(0, full(0)), undefined);
		const silent = silentRemoteNode(known, noResponse, '20:00:00', 'prometheus');
		const record = {state: 'unknown', since: at(0), last_check: at(5)};
		assert.deepEqual(silent.nodeState.states, {pid: record, port: record, api: record});
		assert.deepEqual([silent.diagnosis, silent.node], [undefined, known.node]);
		assert.match(silent.result?.details.reason ?? '', /^no response from prometheus since/);
	});

	it('has a row of its own, which is being checked while its first answer is pending', () => {
		const row = silentHostRow(second, noResponse, 'pid');
		assert.deepEqual(row.node, {
			id: remoteNodeId(1, 0),
			name: 'db2',
			host: 'db2',
			port: 0,
			path: '/',
			available: true,
		});
		assert.deepEqual(row.result?.details, {...base, method: 'pid', reason: 'refused', state: 'down'});
		assert.deepEqual([row.checking, row.disabled, row.origin], [false, false, {host: 'db2', url: 'ssh://db2'}]);
		const pending = silentHostRow(second, {...noResponse, state: 'unknown'}, 'full');
		assert.deepEqual([pending.checking, pending.result?.details.method], [true, 'api']);
		assert.equal(pending.result?.details && 'url' in pending.result.details && pending.result.details.url, 'ssh://db2');
	});

	it('is listed with the number of its nodes, except while its first answer is pending', () => {
		const nodes = [
			silentHostRow(remotePlace, noResponse, 'api'),
			silentHostRow(second, {...noResponse, state: 'unknown'}, 'api'),
			remoteNode(remotePlace, report(0, up(0)), undefined),
			remoteNode(second, report(0, up(0)), undefined),
		];
		assert.deepEqual(silentHosts(nodes), [{host: 'db1', nodes: 1}]);
		assert.deepEqual(silentHosts(nodes.slice(1)), []);
	});
});

describe('saved hosts', () => {
	const parse = (value: unknown) => parseSavedHost(value, 'host "eu"');
	const urls = ['ssh://db1'];

	it('have a name and 1 to 64 URLs', () => {
		assert.deepEqual(parse({name: 'eu', urls}), {name: 'eu', urls});
		assert.equal(parse({name: 'a'.repeat(64), urls: Array(64).fill('x'.repeat(2000))}).urls.length, 64);
	});

	const names =
		/^host "eu": name .* is invalid: expected 1 to 64 of A-Z a-z 0-9 \. _ -, starting with a letter or digit, but not all$/;
	for (const [what, value, message] of [
		['no object', 7, /^host "eu": expected an object with name and urls$/],
		['null', null, /^host "eu": expected an object/],
		['another field', {name: 'eu', urls, user: 'x'}, /^host "eu": "user" is not a field of a host: name, urls$/],
		['no name', {urls}, names],
		['the name all', {name: 'all', urls}, names],
		['a name that begins with a dash', {name: '-a', urls}, names],
		['a name that is too long', {name: 'a'.repeat(65), urls}, names],
		['no URLs', {name: 'eu'}, /^host "eu": expected 1 to 64 URLs$/],
		['an empty list', {name: 'eu', urls: []}, /expected 1 to 64 URLs$/],
		['65 URLs', {name: 'eu', urls: Array(65).fill('ssh://a')}, /expected 1 to 64 URLs$/],
		['an empty URL', {name: 'eu', urls: ['ssh://a', '']}, /expected 1 to 64 URLs$/],
		['a URL that is too long', {name: 'eu', urls: ['x'.repeat(2001)]}, /expected 1 to 64 URLs$/],
		['a URL with a control character', {name: 'eu', urls: ['ssh://a\n']}, /expected 1 to 64 URLs$/],
		['a number as a URL', {name: 'eu', urls: [7]}, /expected 1 to 64 URLs$/],
	] as const) {
		it(`${what} is refused`, () => {
			assert.throws(
				() => parse(value),
				error => error instanceof InputError && error.code === 'invalid_host' && message.test(error.message),
			);
		});
	}

	it('are added last, each name once', () => {
		const hosts = [{name: 'eu', urls}];
		assert.deepEqual(withSavedHost(hosts, {name: 'us', urls}, 'FILE'), [...hosts, {name: 'us', urls}]);
		assert.throws(() => withSavedHost(hosts, {name: 'eu', urls}, 'FILE'), {
			message: 'FILE: the name eu is already used',
		});
	});

	it('of HTTP and Prometheus are polled', () => {
		const kinds = (['ssh', 'http', 'prometheus', 'local'] as const).map(kind => isAskedHost({kind} as never));
		assert.deepEqual(kinds, [false, true, true, false]);
	});
});
