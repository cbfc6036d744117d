import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import pty from '@lydell/node-pty';
import {fileOf, plainEnvironment} from './measure.js';

/** A refresh has been drawn when nothing was written to the terminal for this long after its first write. */
const quietMs = 100;

/**
 * Runs the built live table in a terminal of 120x40 that reads a Prometheus every 5 s.
 * @param work gets a function that waits until this many refreshes have been drawn, and resolves with all of them
 */
export async function withLiveTable({port, folder}, work) {
	const probe = path.join(folder, 'probe');
	writeFileSync(probe, '');
	const env = {
		...plainEnvironment(),
		LANG: 'C.UTF-8',
		LC_ALL: 'C.UTF-8',
		BENCH_PROBE: probe,
		...Object.fromEntries(
			['CONFIG', 'STATE', 'CACHE'].map(name => [`XDG_${name}_HOME`, path.join(folder, name.toLowerCase())]),
		),
	};
	const args = ['-r', fileOf('bench/parts/refresh-probe.cjs'), fileOf('dist/cli.js')];
	const live = pty.spawn(
		process.execPath,
		[...args, '--connect', `prometheus+http://127.0.0.1:${port}`, '--interval', '5s'],
		{name: 'xterm-256color', cols: 120, rows: 40, env},
	);
	let isOver = false;
	let screen = '';
	live.onData(text => {
		screen = (screen + text).slice(-2000);
	});
	const ended = new Promise(resolve => live.onExit(resolve)).then(() => {
		isOver = true;
	});
	try {
		return await work(async count => {
			for (;;) {
				const refreshes = refreshesIn(eventsIn(probe));
				if (refreshes.length >= count) {
					return refreshes;
				}

				if (isOver) {
					throw new Error(`the live table ended: ${screen}`);
				}

				await sleep(quietMs);
			}
		});
	} finally {
		if (!isOver) {
			live.write('q');
			const timer = setTimeout(() => live.kill('SIGKILL'), 10_000);
			await ended;
			clearTimeout(timer);
		}
	}
}

function eventsIn(file) {
	const text = readFileSync(file, 'utf8');
	return text
		.slice(0, text.lastIndexOf('\n') + 1)
		.split('\n')
		.filter(Boolean)
		.map(line => JSON.parse(line));
}

const queryOf = ({path: asked}) => new URL(asked, 'http://localhost').searchParams.get('query');

/** Divides events into refreshes, each from the query for the time to the next one. A refresh that is not yet drawn is left out. */
function refreshesIn(events) {
	const starts = events.flatMap((event, index) =>
		event.kind === 'request' && queryOf(event) === 'time()' ? [index] : [],
	);
	return starts
		.map((start, index) => refreshOf(events.slice(start, starts[index + 1]), index === 0))
		.filter(refresh => refresh !== undefined);
}

/**
 * A refresh waits for the time and for the queries sent together after it; queries that start later are repeated every 30 s in the
 * background. The first refresh waits for all queries.
 */
function refreshOf(events, isFirst) {
	const answers = events.filter(({kind}) => kind === 'answer');
	const second = isFirst ? undefined : answers[1];
	const until = second ? events.indexOf(second) : events.length;
	const paths = events.slice(0, until).flatMap(({kind, path: asked}) => (kind === 'request' ? [asked] : []));
	const awaited = answers.filter(({path: asked}) => paths.includes(asked));
	const [start] = events;
	const answered = awaited.at(-1);
	if (awaited.length < paths.length || paths.length < 2) {
		return undefined;
	}

	const after = events.slice(events.indexOf(answered));
	const writes = after.filter(({kind}) => kind === 'write');
	const isLast = (write, index) => (writes[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) - write.atMs > quietMs;
	const drawn = writes.find(isLast);
	if (!drawn || events.at(-1).atMs - drawn.atMs <= quietMs) {
		return undefined;
	}

	return {
		paths,
		queries: paths.length,
		startMs: start.atMs,
		startCpuMs: start.cpuMs,
		answeredMs: answered.atMs - start.atMs,
		wallMs: drawn.atMs - start.atMs,
		sinceStartMs: drawn.atMs,
		cpuMs: drawn.cpuMs - start.cpuMs,
		sinceStartCpuMs: drawn.cpuMs,
		bytes: awaited.reduce((sum, {bytes}) => sum + bytes, 0),
		queriesOfAll: answers.length,
		bytesOfAll: answers.reduce((sum, {bytes}) => sum + bytes, 0),
		writtenBytes: events.reduce((sum, {kind, bytes}) => sum + (kind === 'write' ? bytes : 0), 0),
		rssBytes: drawn.rssBytes,
	};
}
