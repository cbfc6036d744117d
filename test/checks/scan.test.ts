import assert from 'node:assert/strict';
import test from 'node:test';
import type {ApiDetails} from '../../source/domain/check-result.js';
import {computeHistory} from '../../source/domain/past/uptime.js';
import {type Moment, type Simulation, simulateWallet} from '../helpers/simulated-wallet.js';

/** A wallet that reads 20 blocks/s up to 10,000 and answers for a moment after every 20 s. */
function scanning(fromS: number, {yields = true, untilS = Number.POSITIVE_INFINITY} = {}): (s: number) => Moment {
	const endS = fromS + 400;
	return s => {
		const spent = Math.min(untilS, Math.max(fromS, Math.min(s, endS)));
		const height = 2000 + Math.floor(20 * (spent - fromS));
		const isScanning = s >= fromS && s < endS;
		const isYield = yields && s < untilS && (s - fromS) % 21 >= 20;
		return {since: -1000, port: isScanning && !isYield ? 'silent' : 'answers', height, cpuS: spent * 0.9, wakes: spent};
	};
}

const hasLag = ({wallet_lag: lag, eta_s: eta}: ApiDetails): boolean => lag !== undefined && eta !== undefined;

function outagesOf(simulation: Simulation) {
	const nowMs = Date.parse('2026-11-20T10:00:00.000Z') + simulation.nowS() * 1000;
	const {transitions} = simulation;
	return computeHistory({transitions, nodeState: simulation.nodeState(), method: 'api', nowMs}).outages;
}

test('first seen silent: one state until synced, with lag, speed and ETA once known', async () => {
	for (const everyS of [1, 5, 6, 20]) {
		// The answer at the end of the scan has waited for it.
		const simulation = simulateWallet(scanning(-3), {settings: {slow: '10s'}});
		const results = await simulation.watchUntil(395, everyS);
		assert.deepEqual(simulation.changes(), ['unknown>busy'], `every ${everyS} s`);
		const answered = results.filter(({details}) => details.last_answer_at === details.last_check);
		assert.ok(answered.length > 1, `every ${everyS} s`);
		assert.ok(results.every(({status, details}) => !status && details.message === 'API check failed'));
		const later = results.slice(results.indexOf(answered[1] as (typeof results)[0])).map(({details}) => details);
		assert.ok(later.every(hasLag), `every ${everyS} s`);
		const old = later.filter(details => details.last_answer_at !== details.last_check);
		assert.ok(old.every(details => details.facts_at === details.last_answer_at && details.scanning));
		assert.match(
			old.at(-1)?.reason ?? '',
			/^scanning: wallet is [\d,]+ blocks behind its daemon, \d+ blocks\/s, about .* left, as of [\d ms]+ ago \(\d+ % CPU\), no response for /,
		);
		assert.ok(answered.slice(1).every(({details}) => details.facts_at === undefined && details.scanning));
		assert.match(answered.at(-1)?.details.reason ?? '', /^scanning: wallet is .* behind.*; responds intermittently$/);
		await simulation.watchUntil(430, everyS);
		assert.deepEqual(simulation.changes(), ['unknown>busy', 'busy>up'], `every ${everyS} s`);
		assert.equal(outagesOf(simulation).length, 1);
	}
});

test('first seen answering while behind: changes once, when it no longer answers every check', async () => {
	const scan = scanning(30);
	const simulation = simulateWallet(s => ({...scan(s), height: scan(s).height ?? 0}));
	await simulation.watchUntil(440, 5);
	assert.deepEqual(simulation.changes(), ['unknown>degraded', 'degraded>busy', 'busy>up']);
	assert.equal(outagesOf(simulation).length, 1);
});

test('up until a rescan with a wallet that never answers in between: busy until it is done', async () => {
	const scan = scanning(30, {yields: false});
	const simulation = simulateWallet(s => (s < 30 ? {...scan(s), height: 10_000} : scan(s)));
	await simulation.watchUntil(440, 5);
	assert.deepEqual(simulation.changes(), ['unknown>up', 'up>busy', 'busy>up']);
});

test('degraded soon, not busy, once it answers every check again while still behind', async () => {
	const simulation = simulateWallet(s => {
		const moment = scanning(-3)(s);
		return s > 100 ? {...moment, port: 'answers'} : moment;
	});
	await simulation.watchUntil(140, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy']);
	await simulation.watchUntil(170, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy', 'busy>degraded']);
	const {status, details} = await simulation.check();
	assert.deepEqual([status, details.scanning, details.facts_at], [true, undefined, undefined]);
});

test('a wallet that hangs during a scan is down within 90 s, without old facts', async () => {
	const simulation = simulateWallet(scanning(-3, {untilS: 150}));
	await simulation.watchUntil(150, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy']);
	await simulation.watchUntil(235, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy', 'busy>down']);
	const {details} = await simulation.check();
	assert.match(details.reason ?? '', /; process idle \([\d.]+ % CPU\), probably hung$/);
	assert.deepEqual([details.wallet_lag, details.facts_at, details.scanning], [undefined, undefined, undefined]);
});

test('a scan is one state without a visible process too', async () => {
	const simulation = simulateWallet(scanning(-3), {seen: false});
	const results = await simulation.watchUntil(430, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy', 'busy>up']);
	assert.match(
		results.findLast(({details}) => details.facts_at !== undefined)?.details.reason ?? '',
		/^scanning: wallet is .* behind its daemon, .*; no response within 3 s; process not visible/,
	);
});

test('a full check and an api check agree about a scan', async () => {
	const simulation = simulateWallet(scanning(-3));
	await simulation.watchUntil(100, 5);
	for (const _ of Array.from({length: 12})) {
		const api = await simulation.check();
		const {status, details} = await simulation.check('full');
		assert.deepEqual([api.status, api.details.state, status, details.state], [false, 'busy', false, 'busy']);
		assert.ok(details.wallet_lag !== undefined && details.eta_s !== undefined);
	}

	assert.deepEqual(simulation.changes(), ['unknown>busy']);
});

test('does not report the scan of a previous process', async () => {
	const simulation = simulateWallet(s =>
		s < 100 ? scanning(-3)(s) : {since: 100, port: 'silent', cpuS: s - 100, height: 9999},
	);
	await simulation.watchUntil(140, 5);
	const {details} = await simulation.check();
	assert.deepEqual([details.state, details.wallet_lag], ['busy', undefined]);
	assert.match(details.reason ?? '', /^working \(/);
});

test('a wallet that answers only the first request keeps its state, and the facts known before', async () => {
	const wallet = scanning(-3);
	let asked = 0;
	const simulation = simulateWallet(s => {
		const moment = wallet(s);
		asked += moment.port === 'answers' ? 1 : 0;
		// From here on the moment ends after one answer.
		return s > 60 && asked % 4 === 3 ? {...moment, port: 'silent'} : moment;
	});
	await simulation.watchUntil(390, 5);
	assert.deepEqual(simulation.changes(), ['unknown>busy']);
});
