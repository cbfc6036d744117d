import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {runScenario} from './run-scenario.js';
import {type Scenario, scenarios} from './scenario.js';
import {simulateDays} from './simulate-days.js';

const hour = 3_600_000;

test('a thousand days of random failures violate no invariant of alerts', {timeout: 300_000}, async () => {
	const fresh = Date.now() % 1_000_000;
	for (const [days, seed] of [
		[700, 20_261_126],
		[300, fresh],
	] as const) {
		const {violations, smallest} = await simulateDays(days, seed);
		assert.deepEqual(violations, [], `npm run simulate -- --seed ${seed}\n${JSON.stringify(smallest)}`);
	}
});

test('running the same scenario again gives the same bytes', async () => {
	for (const scenario of fc.sample(scenarios, {numRuns: 5, seed: 7})) {
		const [one, two] = [await runScenario(scenario), await runScenario(scenario)];
		assert.equal(one.digest, two.digest);
	}
});

/** Scenarios that once violated an invariant. */
const found: Readonly<Record<string, Scenario>> = {
	'an alert that waits while the clock is set nine years ahead, and its process is killed': {
		intervalMs: hour / 2,
		cycles: 20,
		nodes: [{host: 0, daemon: undefined}],
		rules: {fail_after: 1, recover_after: 1, alert_on: 'down', alert_daemons: false},
		events: [
			{cycle: 0, event: {kind: 'wallet', node: 0, to: 'dead'}},
			{cycle: 1, event: {kind: 'clock', byMs: 9 * 365 * 24 * hour}},
			{cycle: 0, event: {kind: 'receiver', to: 'fails'}},
			{cycle: 1, event: {kind: 'kill', away: 0}},
		],
	},
	'a node that joins the incident of its host when its silence ends': {
		intervalMs: hour / 2,
		cycles: 22,
		nodes: [
			{host: 3, daemon: undefined},
			{host: 3, daemon: undefined},
		],
		rules: {fail_after: 1, recover_after: 1, alert_on: 'down', alert_daemons: false},
		events: [
			{cycle: 0, event: {kind: 'monitor', isCutOff: true}},
			{cycle: 0, event: {kind: 'silence', node: 0, cycles: 1}},
		],
	},
};

for (const [name, scenario] of Object.entries(found)) {
	test(name, async () => {
		assert.deepEqual((await runScenario(scenario)).violations, []);
	});
}
