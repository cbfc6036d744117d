import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {createRemoteFleet} from '../../../source/application/remote/remote-fleet.js';
import {parseConnectHosts} from '../../../source/cli/commands/hosts.js';
import type {HostLine, LineListener} from '../../../source/domain/remote/remote-nodes.js';
import {statusDocument} from '../../../source/domain/status-document.js';
import {fleetNode, fleetNowMs, type NodeSpec} from '../../helpers/fleet-fixture.js';

const documentOf = (...specs: readonly NodeSpec[]): unknown =>
	JSON.parse(
		JSON.stringify(
			statusDocument({method: 'api', checkedAtMs: fleetNowMs, durationMs: 1, nodes: specs.map(fleetNode)}),
		),
	);

/** A fleet of hosts; the test sends on their connections and moves the clock. */
function stage(
	t: TestContext,
	urls: readonly string[],
	{answerMs = 15_000, ...line}: Pick<HostLine, 'askNow'> & {readonly answerMs?: number} = {},
) {
	t.mock.timers.enable({apis: ['setTimeout', 'Date'], now: fleetNowMs});
	const lines: Array<{readonly label: string; readonly listener: LineListener; isEnded: boolean}> = [];
	const fleet = createRemoteFleet({
		hosts: parseConnectHosts(urls),
		openLine: ({label}, _, listener) => {
			const opened = {label, listener, isEnded: false};
			lines.push(opened);
			return {
				...line,
				end: async () => {
					opened.isEnded = true;
				},
			};
		},
		isShown: () => true,
		intervalMs: 5000,
		answerMs,
		isFresh: false,
		nowMs: Date.now,
	});
	fleet.start();
	t.after(() => fleet.stop());
	return {
		fleet,
		lines,
		last: () => lines.at(-1) as (typeof lines)[number],
		states: () => fleet.getSnapshot().nodes.map(({node, result}) => `${node.name} ${result?.details.state}`),
	};
}

test('before the first answer a host is unknown, and its reason is "connecting"', t => {
	const {fleet, states} = stage(t, ['ssh://a']);
	assert.deepEqual(states(), ['a unknown']);
	assert.equal(fleet.getSnapshot().nodes[0]?.result?.details.reason, 'connecting');
});

test('reconnects after 1, 2, 4 ... 30 s, and after 1 s once a document arrived', t => {
	const {lines, last, states} = stage(t, ['ssh://a']);
	for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
		const before = lines.length;
		last().listener.onEnd('refused');
		t.mock.timers.tick(seconds * 1000 - 1);
		assert.equal(lines.length, before, `${seconds} s`);
		t.mock.timers.tick(1);
		assert.equal(lines.length, before + 1, `${seconds} s`);
	}

	assert.deepEqual(states(), ['a down']);
	last().listener.onDocument(documentOf({name: 'hot'}));
	assert.deepEqual(states(), ['a/hot up']);
	last().listener.onEnd('closed');
	assert.deepEqual(states(), ['a down', 'a/hot unknown']);
	const before = lines.length;
	t.mock.timers.tick(1000);
	assert.equal(lines.length, before + 1);
	last().listener.onDocument(documentOf({name: 'hot'}));
	assert.deepEqual(states(), ['a/hot up']);
});

test('a host that connects and sends nothing for 15 s is silent, and is reconnected', t => {
	const {lines, states, fleet} = stage(t, ['ssh://a']);
	t.mock.timers.tick(14_999);
	assert.deepEqual(states(), ['a unknown']);
	t.mock.timers.tick(1);
	assert.deepEqual([states(), lines[0]?.isEnded], [['a down'], true]);
	assert.equal(fleet.getSnapshot().nodes[0]?.result?.details.reason, 'no data for 15s');
	t.mock.timers.tick(1000);
	assert.equal(lines.length, 2);
});

test('a host with a longer limit for its first answer is silent later', t => {
	const {last, states} = stage(t, ['ssh://a'], {answerMs: 61_000});
	t.mock.timers.tick(60_000);
	assert.deepEqual(states(), ['a unknown']);
	last().listener.onDocument(documentOf({name: 'hot'}));
	assert.deepEqual(states(), ['a/hot up']);
});

test('derives the allowed silence from the time between documents', t => {
	const {last, states} = stage(t, ['ssh://a']);
	const document = documentOf({name: 'hot'});
	last().listener.onDocument(document);
	t.mock.timers.tick(40_000);
	last().listener.onDocument(document);
	t.mock.timers.tick(119_999);
	assert.deepEqual(states(), ['a/hot up']);
	t.mock.timers.tick(1);
	assert.deepEqual(states(), ['a down', 'a/hot unknown']);
});

test('a host whose interval has become longer does not stay down for ever', t => {
	const {lines, last, states} = stage(t, ['ssh://a']);
	const document = documentOf({name: 'hot'});
	last().listener.onDocument(document);
	t.mock.timers.tick(5000);
	last().listener.onDocument(document);
	last().listener.onEnd('restarted');
	t.mock.timers.tick(1000);
	const say = (): void => last().listener.onDocument(document);
	say();
	t.mock.timers.tick(15_000);
	assert.deepEqual(states(), ['a down', 'a/hot unknown']);
	t.mock.timers.tick(1000);
	const {length} = lines;
	for (let minute = 0; minute < 5; minute += 1) {
		say();
		assert.deepEqual(states(), ['a/hot up'], `minute ${minute}`);
		t.mock.timers.tick(60_000);
	}

	assert.equal(lines.length, length);
});

test('reports the interval it requests, or else that of the slowest host', t => {
	const {fleet, lines} = stage(t, ['ssh://a', 'ssh://b']);
	const say = (index: number): void => lines[index]?.listener.onDocument(documentOf({name: 'hot'}));
	const interval = (): number => fleet.getSnapshot().intervalMs;
	for (let second = 0; second < 4; second += 1) {
		say(0);
		if (second % 2 === 0) {
			say(1);
		}

		t.mock.timers.tick(1000);
	}

	assert.equal(interval(), 2000);
	t.mock.timers.reset();
	const asked = stage(t, ['ssh://a', 'http://b:1'], {askNow: () => {}});
	asked.lines[0]?.listener.onDocument(documentOf({name: 'hot'}));
	t.mock.timers.tick(30_000);
	asked.lines[0]?.listener.onDocument(documentOf({name: 'hot'}));
	assert.equal(asked.fleet.getSnapshot().intervalMs, 5000);
	asked.fleet.setIntervalMs(2000);
	assert.equal(asked.fleet.getSnapshot().intervalMs, 2000);
});

test('gives a host that is slow to send its first document more time at every connection', t => {
	const {lines} = stage(t, ['ssh://a']);
	const endedAfter: number[] = [];
	for (let count = 0; count < 4; count += 1) {
		const line = lines.at(-1);
		let seconds = 0;
		for (; !line?.isEnded; seconds += 1) {
			t.mock.timers.tick(1000);
		}

		endedAfter.push(seconds);
		t.mock.timers.tick(30_000);
	}

	assert.deepEqual(endedAfter, [15, 30, 60, 60]);
});

test('a host that is polled at a long interval is not silent between requests', t => {
	const {last, states} = stage(t, ['http://a:1'], {askNow: () => {}});
	last().listener.onDocument(documentOf({name: 'hot'}));
	t.mock.timers.tick(3_600_000);
	assert.deepEqual(states(), ['a/hot up']);
});

test('after a pause of this process or machine, reads what arrived before it judges silence', t => {
	const {last, states} = stage(t, ['ssh://a']);
	const document = documentOf({name: 'hot'});
	last().listener.onDocument(document);
	t.mock.timers.tick(5000);
	last().listener.onDocument(document);
	t.mock.timers.tick(600_000);
	assert.deepEqual(states(), ['a/hot up']);
	t.mock.timers.tick(15_000);
	assert.deepEqual(states(), ['a down', 'a/hot unknown']);
});

test('ids are unique over all hosts and stay the same; keeps transitions while it runs', t => {
	const {fleet, lines} = stage(t, ['ssh://a', 'ssh://b']);
	const say = (index: number, ...specs: readonly NodeSpec[]): void =>
		lines[index]?.listener.onDocument(documentOf(...specs));
	say(0, {name: 'x'}, {name: 'y'});
	say(1, {name: 'x'});
	const ids = fleet.getSnapshot().nodes.map(({node}) => node.id);
	assert.equal(new Set(ids).size, 3);
	say(1, {name: 'x', state: 'down', reason: 'gone'});
	const {nodes} = fleet.getSnapshot();
	assert.deepEqual(
		nodes.map(({node}) => node.id),
		ids,
	);
	assert.deepEqual(
		fleet.transitionsOf(ids[2] ?? 0).map(({node, from, to, reason}) => [node, from, to, reason]),
		[['b/x', 'up', 'down', 'gone']],
	);
});

test('forgets a removed node', t => {
	const {fleet, last} = stage(t, ['ssh://a']);
	const say = (...specs: readonly NodeSpec[]): void => last().listener.onDocument(documentOf(...specs));
	say({name: 'x'});
	const id = fleet.getSnapshot().nodes[0]?.node.id ?? 0;
	say({name: 'x', state: 'down', reason: 'gone'});
	assert.equal(fleet.transitionsOf(id).length, 1);
	say();
	assert.deepEqual(fleet.transitionsOf(id), []);
});

test('paused: ignores documents and does not judge silence', t => {
	const {fleet, last, states} = stage(t, ['ssh://a']);
	last().listener.onDocument(documentOf({name: 'hot'}));
	fleet.setPaused(true);
	last().listener.onDocument(documentOf({name: 'hot', state: 'down', reason: 'gone'}));
	t.mock.timers.tick(3_600_000);
	assert.deepEqual([states(), fleet.getSnapshot().paused], [['a/hot up'], true]);
	fleet.setPaused(false);
	last().listener.onDocument(documentOf({name: 'hot', state: 'down', reason: 'gone'}));
	assert.deepEqual(states(), ['a/hot down']);
});

test('notes hosts that use different methods or check nothing', t => {
	const {fleet, lines} = stage(t, ['ssh://a', 'ssh://b']);
	lines[0]?.listener.onDocument(documentOf({name: 'x'}));
	lines[1]?.listener.onDocument({...(documentOf() as object), method: 'pid'});
	assert.deepEqual(fleet.getSnapshot().notes, [
		'a, b use different methods: api, pid',
		'b: no nodes are checked there',
	]);
});

test('says that a Prometheus has no metrics of xmrtop', t => {
	const {fleet, last} = stage(t, ['prometheus+http://p:9090']);
	last().listener.onDocument({atMs: fleetNowMs, results: {}});
	assert.deepEqual(fleet.getSnapshot().notes, [
		'p: Prometheus has no metrics of xmrtop: check that it scrapes xmrtop serve, and the labels in ?match=',
	]);
});
