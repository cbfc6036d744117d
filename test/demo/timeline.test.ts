import assert from 'node:assert/strict';
import {test} from 'node:test';
import {expectedDemoState, scenarios, scriptedWalletMoment} from '../../source/demo/scenarios.js';
import {type Script, timelineMoment} from '../../source/demo/timeline.js';
import {generateScriptedNodes} from '../../source/demo/wallet.js';
import {type State, states} from '../../source/domain/state.js';

const seeds = [1, 2, 3, 42];
const statesAt = (seconds: number, seed: number): State[] =>
	scenarios.map(scriptedNode => expectedDemoState(scriptedNode, seconds * 1000, seed));

test('every promised state is there at the start', () => {
	for (const seed of seeds) {
		const phases = scenarios
			.filter(({disabled}) => !disabled)
			.map(scriptedNode => [scriptedNode.name, scriptedWalletMoment(scriptedNode, 0, seed).phase]);
		assert.deepEqual(Object.fromEntries(phases), {
			'hot-eu-1': 'healthy',
			'hot-eu-2': 'healthy',
			'hot-us-1': 'healthy',
			'hot-us-2': 'healthy',
			'cold-scan': 'busy',
			'cold-vault': 'wrong_login',
			refunds: 'absent',
			payouts: 'hung',
			'view-only': 'slow',
			shop: 'foreign',
			donations: 'monerod',
		});
	}
});

const atTheBeginning: Readonly<Record<string, State>> = {
	'hot-eu-1': 'up',
	'hot-eu-2': 'up',
	'hot-us-1': 'degraded',
	'hot-us-2': 'degraded',
	'view-only': 'degraded',
	'cold-scan': 'busy',
	archive: 'unknown',
	refunds: 'down',
	payouts: 'down',
	'cold-vault': 'down',
	shop: 'down',
	donations: 'down',
};

test('the states of the first 8 seconds', () => {
	for (const seed of seeds) {
		for (let second = 0; second <= 8; second += 1) {
			const found = Object.fromEntries(scenarios.map(({name}, index) => [name, statesAt(second, seed)[index]]));
			assert.deepEqual(found, atTheBeginning);
		}
	}
});

test('all five states are present at most times', () => {
	for (const seed of seeds) {
		const seconds = Array.from({length: 3600}, (_, second) => second);
		const complete = seconds.filter(second => new Set(statesAt(second, seed)).size === states.length);
		assert.ok(complete.length / seconds.length > 0.75, `seed ${seed}: ${complete.length} of ${seconds.length} s`);
	}
});

test('the twelve nodes change every 4 to 10 seconds on average', () => {
	for (const seed of seeds) {
		let changes = 0;
		for (let second = 1; second < 3600; second += 1) {
			const before = statesAt(second - 1, seed);
			changes += statesAt(second, seed).filter((state, index) => state !== before[index]).length;
		}

		const everySeconds = 3600 / changes;
		assert.ok(everySeconds >= 4 && everySeconds <= 10, `seed ${seed}: every ${everySeconds.toFixed(1)} s`);
	}
});

test('the same seed gives the same timeline, another seed another one', () => {
	const life = (seed: number): string =>
		Array.from({length: 600}, (_, second) => statesAt(second, seed).join()).join('\n');
	assert.equal(life(1), life(1));
	assert.notEqual(life(1), life(2));
});

test('phases follow each other, vary by a fifth at most, and repeat', () => {
	const script: Script<'a' | 'b'> = [
		['a', 10],
		['b', 20],
	];
	const at = (ms: number) => timelineMoment(script, ms, {name: 'x', seed: 7});
	assert.deepEqual(at(0), {phase: 'a', sinceMs: 0});
	assert.equal(at(7999).phase, 'a');
	assert.equal(at(12_001).phase, 'b');
	const startOfB = Array.from({length: 12_001}, (_, ms) => ms).find(ms => at(ms).phase === 'b') ?? 0;
	assert.ok(startOfB >= 8000 && startOfB <= 12_000);
	const round = Array.from({length: 36_001}, (_, ms) => ms).find(ms => ms > startOfB && at(ms).phase === 'a') ?? 0;
	assert.ok(round >= 24_000 && round <= 36_000);
	assert.equal(at(round + startOfB + 2).phase, 'b');
	assert.equal(at(round + startOfB - 2).phase, 'a');
});

test('a clock that was set back counts as the start', () => {
	assert.equal(timelineMoment([['a', 10]], -5000, {name: 'x', seed: 1}).sinceMs, 0);
});

test('generates the requested number of hung nodes and logins, evenly spread', () => {
	const generated = generateScriptedNodes({from: 13, count: 1000, hung: 100, login: 'half'});
	assert.equal(generated[0]?.name, 'node-0013');
	assert.equal(generated.at(-1)?.name, 'node-1012');
	assert.equal(generated.filter(({login}) => login).length, 500);
	const hung = generated.flatMap((scriptedNode, index) =>
		expectedDemoState(scriptedNode, 0, 1) === 'down' ? [index] : [],
	);
	assert.equal(hung.length, 100);
	assert.ok(hung.every((place, index) => index === 0 || place - (hung[index - 1] ?? 0) === 10));
	for (const [login, count] of [
		['none', 0],
		['digest', 9],
	] as const) {
		const logins = generateScriptedNodes({from: 1, count: 9, hung: 0, login}).filter(
			scriptedNode => scriptedNode.login,
		);
		assert.equal(logins.length, count);
	}
});
