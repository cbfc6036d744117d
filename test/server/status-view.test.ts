import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FleetSnapshot} from '../../source/domain/fleet.js';
import {statusDocument} from '../../source/domain/status-document.js';
import {createHttpStatusViews} from '../../source/server/status-view.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';

function viewsOf(first: FleetSnapshot) {
	let snapshot = first;
	let listener = (): void => {};
	const poller = {
		getSnapshot: () => snapshot,
		subscribe: (onChange: () => void) => {
			listener = onChange;
			return () => {};
		},
	};
	return {
		views: createHttpStatusViews(poller, () => fleetNowMs),
		set: (next: FleetSnapshot) => {
			snapshot = next;
		},
		tell: () => listener(),
	};
}

const bodyText = (snapshot: FleetSnapshot): string => {
	const {method, nodes, lastCycle} = snapshot;
	const checkedAtMs = lastCycle?.startedAtMs ?? fleetNowMs;
	return `${JSON.stringify(statusDocument({method, nodes, checkedAtMs, durationMs: lastCycle?.durationMs ?? 0}))}\n`;
};

test('the body is the document, byte for byte, for any fleet', () => {
	const fleets = [
		[],
		[{name: 'a'}],
		[
			{name: 'ünï', title: '"quoted" \u2028', group: 'g'},
			{name: 'b', state: 'down', reason: 'r'},
			{name: 'off', disabled: true},
		],
		[
			{name: 'off', disabled: true},
			{name: 'c', state: 'busy'},
		],
	] as const;
	for (const fleet of fleets) {
		const snapshot = fleetSnapshot(fleet);
		const {views} = viewsOf(snapshot);
		assert.equal(views.now().body().toString(), bodyText(snapshot));
		assert.equal(`${JSON.stringify(views.now().document())}\n`, bodyText(snapshot));
	}
});

test('keeps the body until the poller announces a change, then renders only what changed', () => {
	const before = fleetSnapshot([{name: 'a'}, {name: 'b'}]);
	const {views, set, tell} = viewsOf(before);
	const body = views.now().body();
	assert.equal(views.now().body(), body);
	const [a] = before.nodes;
	const down = fleetNode({name: 'b', state: 'down', reason: 'connection refused'}, 1);
	const after = {...before, nodes: a ? [a, down] : []};
	set(after);
	assert.equal(views.now().body(), body, 'not with every result');
	tell();
	assert.equal(views.now().body().toString(), bodyText(after));
	const renamed = {
		...after,
		nodes: after.nodes.map(each => ({...each, node: {...each.node, name: `${each.node.name}2`}})),
	};
	set(renamed);
	tell();
	assert.equal(views.now().body().toString(), bodyText(renamed), 'a definition that changed, with the same result');
});

test('shows a fresh check at once, with its own time until a later cycle', () => {
	const before = fleetSnapshot([{name: 'a'}]);
	const {views, set, tell} = viewsOf(before);
	views.now().body();
	const after = fleetSnapshot([{name: 'a', state: 'down'}]);
	set(after);
	const times = {startedAtMs: fleetNowMs, endedAtMs: fleetNowMs + 12};
	views.checkedAgain(times);
	assert.equal(views.now().times, times);
	const {checked_at: at, duration_ms: took, working} = views.now().document();
	assert.deepEqual([at, took, working], ['2026-11-23T20:00:00.000Z', 12, 0]);
	views.checkedAgain();
	assert.equal(views.now().times, times, 'a check of one node does not change the time of the fleet');
	const cycle = {startedAtMs: fleetNowMs + 500, endedAtMs: fleetNowMs + 600, durationMs: 100};
	set({...after, lastCycle: cycle});
	tell();
	assert.equal(views.now().times, cycle);
});

test('the time of a fresh check made before the clock was set back does not stay', () => {
	const {views, set, tell} = viewsOf(fleetSnapshot([{name: 'a'}]));
	const aheadMs = fleetNowMs + 7_200_000;
	views.checkedAgain({startedAtMs: aheadMs, endedAtMs: aheadMs + 12});
	const cycle = {startedAtMs: fleetNowMs - 1000, endedAtMs: fleetNowMs - 900, durationMs: 100};
	set({...fleetSnapshot([{name: 'a'}]), lastCycle: cycle});
	tell();
	assert.equal(views.now().times, cycle);
});
