import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {availableParallelism, loadavg} from 'node:os';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {withLiveTable} from './parts/live-refreshes.js';
import {fileOf, median, plainEnvironment} from './parts/measure.js';
import {isPrometheusHere, withPrometheus} from './parts/prometheus.js';

const instances = 10;
const nodes = 1000;
/** First looks, each of a new process; the first one also compiles the code that the others find in the cache. */
const looks = 3;
/** Refreshes of the last of these processes, after its first look. */
const refreshes = 12;
/**
 * Runs on two idle processors found 3.7 (0.41 s against 0.11 s), and 1.7 to 2 with a load of 3 to 8: our own 0.22 s of CPU, most of it
 * after the last answer, are a larger part the faster Prometheus answers. A limit of 5 is broken when this part grows by half.
 */
const refreshAim = {aim: 4, limit: 5};
/** The same runs found 0.9 to 2.4: there are few first looks, and Prometheus needs longer for the answers than everything else takes. */
const lookAim = {aim: 2, limit: 3};

/**
 * The live table of 10,000 nodes from a real Prometheus, compared with a bare client that sends the same queries in parallel and only
 * parses the answers. Both are measured alternately: the bare client between two refreshes.
 */
export async function prometheusFleet() {
	if (!isPrometheusHere()) {
		return [{name: '10,000 nodes of 10 instances', note: 'prometheus is not installed'}];
	}

	return withPrometheus({instances, nodes}, async ({port, folder}) => {
		const loadBefore = loadavg()[0];
		const first = {ours: [], bare: []};
		for (let look = 1; look < looks; look += 1) {
			const [ours] = await withLiveTable({port, folder}, drawn => drawn(1));
			first.ours.push(ours);
			first.bare.push(await withBareClient(port, ask => ask(ours.paths)));
		}

		const {all, bare} = await withLiveTable({port, folder}, drawn => refreshAlternately(port, drawn));
		first.ours.push(all[0]);
		first.bare.push(await withBareClient(port, ask => ask(all[0].paths)));
		return [...linesOf({first, ours: all.slice(1), bare}), loadLine(loadBefore)];
	});
}

async function refreshAlternately(port, drawn) {
	return withBareClient(port, async ask => {
		await drawn(1);
		const bare = [];
		for (let count = 2; count <= refreshes + 1; count += 1) {
			const {paths} = (await drawn(count)).at(-1);
			// The queries in the background follow a refresh.
			await sleep(1000);
			bare.push(await ask(paths));
		}

		// The last refresh ends with the start of another.
		return {all: await drawn(refreshes + 2), bare};
	});
}

/** @param work gets a function that sends these queries, with the present time */
async function withBareClient(port, work) {
	const child = spawn(process.execPath, [fileOf('bench/parts/bare-queries.js'), String(port)], {
		env: plainEnvironment(),
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const ended = once(child, 'exit');
	const lines = createInterface({input: child.stdout});
	try {
		return await work(async paths => {
			const now = String(Date.now() / 1000);
			child.stdin.write(`${JSON.stringify(paths.map(asked => asked.replace(/(?<=[?&]time=)[\d.]+/, now)))}\n`);
			const [line] = await Promise.race([once(lines, 'line'), ended]);
			if (typeof line !== 'string') {
				throw new Error('bare-queries.js ended');
			}

			return JSON.parse(line);
		});
	} finally {
		child.stdin.end();
		await ended;
	}
}

function linesOf({first, ours: oursAndNext, bare}) {
	const ours = oursAndNext.slice(0, -1);
	const [start, next] = [ours[0], oursAndNext.at(-1)];
	const periodMs = next.startMs - start.startMs;
	const total = field => ours.reduce((sum, refresh) => sum + refresh[field], 0);
	return [
		{
			name: '10,000 nodes: a refresh / the same queries, bare',
			measured: middle(ours, 'wallMs') / middle(bare, 'wallMs'),
			...refreshAim,
			note: `medians: ${seconds(middle(ours, 'wallMs'))} against ${seconds(middle(bare, 'wallMs'))}`,
		},
		{
			name: '10,000 nodes: a first look / the same queries, bare',
			measured: middle(first.ours, 'sinceStartMs') / middle(first.bare, 'sinceStartMs'),
			...lookAim,
			note: `from the start of the process: ${seconds(middle(first.ours, 'sinceStartMs'))} against ${seconds(middle(first.bare, 'sinceStartMs'))}`,
		},
		{
			name: `${ours.length} refreshes, from the first request to the last write`,
			note: `median ${seconds(middle(ours, 'wallMs'))} (the last answer after ${seconds(middle(ours, 'answeredMs'))}), longest ${seconds(longest(ours, 'wallMs'))}`,
		},
		{
			name: 'the same queries, bare',
			note: `median ${seconds(middle(bare, 'wallMs'))}, longest ${seconds(longest(bare, 'wallMs'))}, ${cpu(middle(bare, 'cpuMs'))}`,
		},
		{
			name: 'a refresh waits for',
			note: `${middle(ours, 'queries')} queries with ${megabytes(middle(ours, 'bytes'))}, ${cpu(middle(ours, 'cpuMs'))}`,
		},
		{
			name: 'all in 5 s, with queries in the background and the clock',
			note: `${(total('queriesOfAll') / ours.length).toFixed(1)} queries with ${megabytes(total('bytesOfAll') / ours.length)}, ${cpu((next.startCpuMs - start.startCpuMs) / ours.length)}`,
		},
		{
			name: `first look, ${looks} processes, from their start`,
			note: `median ${seconds(middle(first.ours, 'sinceStartMs'))}, longest ${seconds(longest(first.ours, 'sinceStartMs'))}, ${cpu(middle(first.ours, 'sinceStartCpuMs'))}`,
		},
		{
			name: 'first look, from the first request',
			note: `median ${seconds(middle(first.ours, 'wallMs'))} (the last answer after ${seconds(middle(first.ours, 'answeredMs'))}), ${first.ours[0].queries} queries with ${megabytes(middle(first.ours, 'bytes'))}`,
		},
		{
			name: 'the queries of the first look, bare',
			note: `median ${seconds(middle(first.bare, 'wallMs'))}, ${cpu(middle(first.bare, 'cpuMs'))}`,
		},
		{
			name: 'resident memory after a refresh',
			note: `median ${megabytes(middle(ours, 'rssBytes'))}, most ${megabytes(longest(ours, 'rssBytes'))}`,
		},
		{
			name: 'written to a terminal of 120x40',
			note: `${((total('writtenBytes') / periodMs) * 1000).toFixed(0)} B/s, ${first.ours[0].writtenBytes} B until the first look was drawn`,
		},
	];
}

function loadLine(before) {
	const [now] = loadavg();
	return {
		name: 'load of the machine',
		note: `${before.toFixed(1)} before and ${now.toFixed(1)} after, of ${availableParallelism()} processors`,
	};
}

const middle = (all, field) => median(all.map(each => each[field]));
const longest = (all, field) => Math.max(...all.map(each => each[field]));
const seconds = ms => `${(ms / 1000).toFixed(2)} s`;
const cpu = ms => `${(ms / 1000).toFixed(2)} s of CPU`;
const megabytes = bytes => `${(bytes / 1e6).toFixed(1)} MB`;
