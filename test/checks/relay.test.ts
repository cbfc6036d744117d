import assert from 'node:assert/strict';
import test from 'node:test';
import {type Moment, type SimulationOptions, simulateWallet} from '../helpers/simulated-wallet.js';

const verdicts = async (moment: (s: number) => Moment, options: SimulationOptions = {}) => {
	const simulation = simulateWallet(moment, options);
	const api = await simulation.check();
	const full = await simulation.check('full');
	assert.equal(full.details.state, api.details.state);
	return {api: api.details, full: full.details};
};

test('a relay that accepts and closes counts as a closed port while the process is starting', async () => {
	const starting = (s: number): Moment => ({since: -5, port: 'closes', cpuS: s});
	const {api, full} = await verdicts(starting);
	assert.equal(api.state, 'busy');
	assert.match(api.reason ?? '', /^starting \(\d+ % CPU\)(, no response for .+)?$/);
	assert.match(full.hint ?? '', /still starting.*relay/);
	assert.doesNotMatch(full.hint ?? '', /https|25 connections/);
	const late = await verdicts(starting, {settings: {startup_max: '1s'}});
	assert.equal(late.api.state, 'down');
});

test('with an idle, ended or hidden process it is down, with the reason of the connection', async () => {
	const rows: ReadonlyArray<readonly [(s: number) => Moment, SimulationOptions]> = [
		[() => ({since: -5, port: 'closes'}), {}],
		[() => ({port: 'closes'}), {}],
		[s => ({since: -5, port: 'closes', cpuS: s}), {seen: false}],
	];
	for (const [moment, options] of rows) {
		const {api} = await verdicts(moment, options);
		assert.deepEqual([api.state, api.reason?.split(';')[0]], ['down', 'connection closed without a response']);
	}
});

test('a wallet that listens and closes connections is not starting, however much it works', async () => {
	const simulation = simulateWallet(s => ({since: -500, port: s < 10 ? 'answers' : 'closes', cpuS: s}));
	await simulation.watchUntil(20, 5);
	const {details} = await simulation.check();
	// Its process has answered before, so busy_max applies, not startup_max.
	assert.ok(['busy', 'down'].includes(details.state));
	assert.doesNotMatch(details.reason ?? '', /^starting/);
});

test('a proxy that refuses at once: down for an idle or dead wallet, busy for a working or starting one', async () => {
	const refused = {proxy: {status: 502, afterS: 0.01}, port: 'closed'} as const;
	const dead = await verdicts(() => refused);
	assert.deepEqual([dead.api.state, dead.api.reason], ['down', 'the server answered HTTP 502 Bad']);
	assert.match(dead.full.hint ?? '', /The proxy cannot reach the wallet/);
	assert.equal((await verdicts(() => ({...refused, since: -5}))).api.state, 'down');
	const starting = await verdicts(s => ({...refused, since: -5, cpuS: s}));
	assert.match(starting.api.reason ?? '', /^starting \(/);
	const marked = await verdicts(s => ({since: -500, port: 'silent', proxy: {status: 503, afterS: 0}, cpuS: s}));
	assert.match(marked.api.reason ?? '', /^working \(/);
});

test('treats the answer of a proxy after its timeout as no response', async () => {
	for (const [status, afterS] of [
		[504, 0.01],
		[502, 2],
		[503, 2.9],
	] as const) {
		const unseen = await verdicts(() => ({since: -5, port: 'silent', proxy: {status, afterS}}), {seen: false});
		assert.equal(unseen.api.state, 'busy', `${status} after ${afterS} s`);
		const working = await verdicts(s => ({since: -500, port: 'silent', proxy: {status, afterS}, cpuS: s}));
		assert.match(working.api.reason ?? '', /^working \(/);
	}
});

test('a proxy that retries beyond the timeout in front of an ended wallet: down', async () => {
	const simulation = simulateWallet(s => (s < 10 ? {since: -500, port: 'answers'} : {port: 'silent'}));
	await simulation.watchUntil(6, 2);
	assert.equal(simulation.nodeState().process?.pid, 4711);
	simulation.sleepUntil(40);
	const {details} = await simulation.check();
	assert.equal(details.state, 'down');
	assert.match(
		details.reason ?? '',
		/^no response within 3 s, and its process is gone: the program listening on port 18083 does not answer$/,
	);
});
