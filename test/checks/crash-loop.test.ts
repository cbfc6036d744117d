import assert from 'node:assert/strict';
import test from 'node:test';
import {type Moment, simulateWallet} from '../helpers/simulated-wallet.js';

/** A supervisor that restarts a wallet a second after it ended. */
interface Supervised {
	/** Seconds each start takes until the port opens. */
	readonly loadS: number;
	/** Seconds from start to end. */
	readonly livesS: number;
	/** From this start on it no longer ends. Default: none. */
	readonly goodFrom?: number;
}

/** A wallet that keeps ending. */
function looping({loadS, livesS, goodFrom = Number.POSITIVE_INFINITY}: Supervised): (s: number) => Moment {
	const periodS = livesS + 1;
	return s => {
		const start = Math.min(Math.floor(s / periodS), goodFrom);
		const since = start * periodS;
		const age = s - since;
		return start < goodFrom && age >= livesS
			? {port: 'closed'}
			: {since, port: age < loadS ? 'closed' : 'answers', cpuS: Math.min(age, loadS)};
	};
}

test('a wallet that keeps ending while it loads is in a crash loop, with count and time span', async () => {
	const simulation = simulateWallet(looping({loadS: 99, livesS: 20}));
	const results = await simulation.watchUntil(300, 5);
	const [first] = simulation.transitions;
	assert.deepEqual([first?.to, simulation.transitions[1]?.to], ['busy', 'down']);
	const late = results.filter((_, index) => index * 5 > 63);
	assert.ok(late.length > 40);
	for (const {details} of late) {
		assert.equal(details.state, 'down', details.reason);
		assert.match(details.reason ?? '', /^crash loop: \d+ starts in [1-4] m( \d+ s)?; no response yet$/);
	}

	const {details} = late.at(-1) ?? {};
	assert.ok((details?.crash_loop_starts ?? 0) >= 12, details?.reason);
	assert.ok((details?.crash_loop_ms ?? 0) > 240_000);
});

test('a wallet that lives six seconds at a time does not alternate between up and down', async () => {
	const simulation = simulateWallet(looping({loadS: 2, livesS: 8}));
	const results = await simulation.watchUntil(600, 2);
	assert.ok(simulation.transitions.length <= 8, simulation.changes().join(' '));
	const late = results.filter((_, index) => index * 2 > 60);
	assert.ok(late.every(({status, details}) => !status && details.state === 'down'));
	assert.ok(late.some(({details}) => details.last_answer_at === details.last_check));
	assert.match(late.at(-1)?.details.reason ?? '', /^crash loop: 20 starts in \d m.*; last response 10:\d\d UTC$/);
});

test('runs minutes apart see the same crash loop as a watch', async () => {
	const simulation = simulateWallet(looping({loadS: 2, livesS: 80}));
	const results = await simulation.watchUntil(1800, 110);
	assert.equal(results.at(-1)?.details.state, 'down');
	assert.match(results.at(-1)?.details.reason ?? '', /^crash loop: [3-6] starts in \d m/);
});

test('a crash loop ends once the process has worked long enough, and a full check agrees', async () => {
	const simulation = simulateWallet(looping({loadS: 2, livesS: 8, goodFrom: 10}));
	await simulation.watchUntil(90, 2);
	assert.equal((await simulation.check('full')).details.state, 'down');
	await simulation.watchUntil(140, 2);
	const full = await simulation.check('full');
	assert.deepEqual([full.status, full.details.state], [false, 'down']);
	assert.match(full.details.reason ?? '', /^crash loop: \d+ starts/);
	assert.equal(full.details.last_answer_at, full.details.last_check);
	await simulation.watchUntil(160, 2);
	const after = await simulation.check();
	assert.deepEqual([after.status, after.details.state], [true, 'up']);
	assert.equal(simulation.changes().at(-1), 'down>up');
});

test('a process stopped after a crash loop is down for its own reason after the window has passed', async () => {
	const dead = looping({loadS: 99, livesS: 20});
	const simulation = simulateWallet(s => (s < 100 ? dead(s) : {port: 'closed'}));
	await simulation.watchUntil(200, 5);
	assert.match((await simulation.check()).details.reason ?? '', /^crash loop/);
	simulation.sleepUntil(800);
	assert.match((await simulation.check()).details.reason ?? '', /^connection refused/);
});

/** Restarts at these times, each with the port closed for three seconds; it answers otherwise. */
const restartsAt =
	(times: readonly number[]) =>
	(s: number): Moment => {
		const since = times.findLast(time => time <= s) ?? -86_400;
		return {since, port: s - since < 3 ? 'closed' : 'answers', cpuS: s - since};
	};

test('planned restarts are not a crash loop', async () => {
	for (const times of [[100], [100, 3700], [100, 400], [100, 800, 1500, 2200]]) {
		const simulation = simulateWallet(restartsAt(times));
		const results = await simulation.watchUntil((times.at(-1) ?? 0) + 300, 5);
		assert.ok(
			results.every(({details}) => details.crash_loop_starts === undefined),
			times.join(),
		);
		assert.equal(results.at(-1)?.details.state, 'up');
	}
});

test('three starts in ten minutes are a crash loop until the wallet worked twice as long as before', async () => {
	const simulation = simulateWallet(restartsAt([100, 145, 190]));
	await simulation.watchUntil(230, 5);
	assert.equal(simulation.changes().at(-1)?.split('>')[1], 'down');
	await simulation.watchUntil(300, 5);
	assert.equal((await simulation.check()).details.state, 'up');
});

test('settings decide how many starts in which time', async () => {
	const wallet = looping({loadS: 2, livesS: 29});
	const state = async (settings: Record<string, string>) => {
		const simulation = simulateWallet(wallet, {settings});
		const results = await simulation.watchUntil(238, 5);
		return results.some(({details}) => details.crash_loop_starts !== undefined);
	};
	assert.deepEqual(
		await Promise.all([
			state({}),
			state({crash_loop: '9'}),
			state({crash_loop_within: '50s'}),
			state({crash_loop: '5'}),
		]),
		[true, false, false, true],
	);
});

test('a restart does not renew startup_max: a wallet that dies every 15 minutes has six hours in all', async () => {
	const simulation = simulateWallet(looping({loadS: 9999, livesS: 900}));
	const results = await simulation.watchUntil(7 * 3600, 60);
	const hours = (from: number, to: number) => results.slice(from * 60, to * 60).map(({details}) => details.state);
	assert.ok(hours(0.1, 5.9).filter(state => state === 'busy').length > 330);
	assert.ok(hours(6.1, 7).every(state => state === 'down'));
	assert.match(results.at(-1)?.details.reason ?? '', /for more than 6 h/);
});

test('a wallet that was stopped for a day and started again has six hours of its own', async () => {
	const simulation = simulateWallet(s =>
		s < 3600
			? {since: 0, port: 'closed', cpuS: s}
			: s < 90_000
				? {port: 'closed'}
				: {since: 90_000, port: 'closed', cpuS: s - 90_000},
	);
	await simulation.watchUntil(3500, 60);
	await simulation.watchUntil(4000, 60);
	simulation.sleepUntil(91_000);
	assert.equal((await simulation.check()).details.state, 'busy');
});
