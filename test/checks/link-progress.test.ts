import assert from 'node:assert/strict';
import test from 'node:test';
import {type Moment, type SimulatedLink, simulateWallet} from '../helpers/simulated-wallet.js';

const silent = {since: -500, port: 'silent'} as const;
const answersUntilS = 10;

/** A wallet that answers for ten seconds and then reads blocks; `at` says what of it is seen. */
function readingWallet(at: (s: number) => Partial<Moment>) {
	return simulateWallet(s => (s < answersUntilS ? {since: -500, port: 'answers', height: 300} : {...silent, ...at(s)}));
}

/** The changes of state until a time, each with its second and reason: `12 busy: ...`. */
async function saidOf(simulation: ReturnType<typeof readingWallet>, untilS: number): Promise<readonly string[]> {
	const said: string[] = [];
	while (simulation.nowS() < untilS) {
		const beganS = simulation.nowS();
		const {details} = await simulation.check();
		if (said.at(-1)?.split(' ')[1] !== `${details.state}:`) {
			said.push(`${Math.round(simulation.nowS())} ${details.state}: ${details.reason ?? ''}`);
		}

		simulation.sleepUntil(Math.max(beganS + 5, simulation.nowS()));
	}

	return said;
}

const secondsOf = (line = ''): number => Number.parseInt(line, 10);
const statesOf = (said: readonly string[]): string => said.map(line => line.split(' ')[1]?.replace(':', '')).join();

const stoppedS = 100;
const retryS = stoppedS + 210;

/** Twelve wakeups a second for what arrives, until nothing does; then what a new attempt takes: some pages of its program too. */
function stoppedRelay(s: number): Partial<Moment> {
	const bytes = Math.round(Math.min(s, stoppedS) * 500);
	const readingS = Math.min(s, stoppedS) - answersUntilS;
	const isRetried = s >= retryS;
	const attempt = isRetried ? Math.min(1, (s - retryS) / 2) : 0;
	const link: SimulatedLink = isRetried
		? {inode: '6', openedS: retryS}
		: {inode: '5', openedS: 0, sentS: answersUntilS, received: {bytes, atS: Math.min(s, stoppedS)}};
	return {wakes: readingS * 12 + attempt * 30, cpuS: attempt * 0.07, readBytes: attempt * 33_000, links: [link]};
}

test('a relay that stops: busy while bytes arrive, down a minute after the last, and no new attempt changes that', async () => {
	const said = await saidOf(readingWallet(stoppedRelay), 600);
	assert.equal(statesOf(said), 'degraded,busy,down', said.join('\n'));
	const downS = secondsOf(said.at(-1));
	assert.ok(downS >= stoppedS + 60 && downS <= stoppedS + 70, said.join('\n'));
	assert.match(said[1] ?? '', /\(receiving data, \d+ wakeups\/s\)/);
	assert.match(said[2] ?? '', /no data from 127\.0\.0\.1:18081 for 1 m/);
});

test('the time without data is counted from the last byte, not from the last attempt', async () => {
	const simulation = readingWallet(stoppedRelay);
	await simulation.watchUntil(retryS + 20, 5);
	const {details} = await simulation.check();
	assert.match(details.reason ?? '', /waiting for 127\.0\.0\.1:18081, which has sent nothing for 3 m 5\d s$/);
});

test('a wallet that cannot connect to its daemon is down, however often it wakes up to try', async () => {
	const said = await saidOf(
		readingWallet(s => {
			const link: SimulatedLink =
				s < retryS
					? {inode: '5', openedS: 0, sentS: 9, received: {bytes: 9, atS: 8}}
					: {inode: '6', openedS: retryS, state: 'connecting'};
			return {wakes: s < retryS ? 0 : (s - retryS) * 2, links: [link]};
		}),
		retryS + 60,
	);
	assert.equal(statesOf(said), 'degraded,down', said.join('\n'));
});

test('blocks that arrive one by one, with pauses, are work, whatever else of the process is seen', async () => {
	for (const everyS of [10, 20, 50]) {
		const said = await saidOf(
			readingWallet(s => {
				const bursts = Math.floor((s - answersUntilS) / everyS);
				const received = {bytes: 4000 + bursts * 400, atS: answersUntilS + 1 + bursts * everyS};
				return {links: [{inode: '5', openedS: 0, sentS: answersUntilS, received}]};
			}),
			500,
		);
		assert.equal(statesOf(said), 'degraded,busy', `every ${everyS} s:\n${said.join('\n')}`);
	}
});

test('the first check of a wallet between two blocks: it is busy for a minute, then down', async () => {
	const links = [{inode: '5', openedS: -60, sentS: -50, received: {bytes: 4000, atS: -5}}];
	const said = await saidOf(
		simulateWallet(() => ({...silent, links})),
		100,
	);
	assert.equal(statesOf(said), 'busy,down', said.join('\n'));
	assert.ok(secondsOf(said.at(-1)) <= 70 - 5, said.join('\n'));
});

test('the first check of a wallet that has received nothing for long: it is down', async () => {
	const links = [{inode: '5', openedS: -200, sentS: -90, received: {bytes: 4000, atS: -100}}];
	const {details} = await simulateWallet(() => ({...silent, links})).check();
	assert.equal(details.state, 'down', details.reason);
	assert.match(details.reason ?? '', /waiting for 127\.0\.0\.1:18081, which has sent nothing for 1 m 4\d s$/);
});

test('a wallet that scans data received long ago is busy for as long as the scan takes', async () => {
	const received = {bytes: 9_000_000, atS: 12};
	const links = [{inode: '5', openedS: 0, sentS: 11, received}];
	const endS = 300;
	const said = await saidOf(
		readingWallet(s => ({cpuS: Math.min(s, endS), links})),
		500,
	);
	assert.equal(statesOf(said), 'degraded,busy,down', said.join('\n'));
	const downS = secondsOf(said.at(-1));
	assert.ok(downS >= endS + 60 && downS <= endS + 70, said.join('\n'));
});

test('of several connections, the one that receives data counts', async () => {
	const said = await saidOf(
		readingWallet(s => ({
			links: [
				{inode: '4', openedS: 0, received: {bytes: 300, atS: 1}},
				{inode: '5', openedS: 0, sentS: answersUntilS, received: {bytes: Math.round(s * 100), atS: s}},
			],
		})),
		300,
	);
	assert.equal(statesOf(said), 'degraded,busy', said.join('\n'));
});

test('a wallet that loads through a relay that stops: starting while bytes arrive, down a minute after the last', async () => {
	const simulation = simulateWallet(s => ({...stoppedRelay(s + answersUntilS), since: 0, port: 'closed'}));
	const said = await saidOf(simulation, 400);
	assert.equal(statesOf(said), 'busy,down', said.join('\n'));
});
