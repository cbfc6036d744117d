import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {withFleet} from './parts/fleet.js';
import {fileOf, medians, plainEnvironment} from './parts/measure.js';

const intervalMs = 5000;
/** Duration of each turn, in seconds. */
const turnSeconds = 5;

/** Requests per second of `serve`, compared with a bare fastify route that returns the same bytes, and whether its cycles stay on time. */
export async function http() {
	if (spawnSync('wrk', ['--version']).error) {
		return [{name: 'GET /nodes/status, 1,000 nodes', note: 'left out: wrk is not installed'}];
	}

	return withFleet(['--nodes', '1000'], async folder => {
		const args = ['serve', '--config-dir', folder, '--listen', '127.0.0.1:0', '--interval', `${intervalMs}ms`];
		const serve = start('dist/cli.js', args, /listening on (\S+)\n/);
		const origin = await serve.line;
		const url = `${origin}/nodes/status`;
		const body = Buffer.from(await (await fetch(url)).arrayBuffer());
		const file = path.join(folder, 'body');
		await writeFile(file, body);
		const bare = start('bench/parts/bare-server.js', [file], /^(\S+)\n/);
		try {
			const bareUrl = `${await bare.line}/`;
			const loop = watchCycles(url);
			const rates = await medians({serve: () => rate(url), bare: () => rate(bareUrl)}, {turns: 3, warmUps: 1});
			const longestMs = await loop.end();
			return [
				{
					name: 'GET /nodes/status, 1,000 nodes: bare fastify route / serve',
					measured: rates.bare / rates.serve,
					aim: 1.15,
					limit: 1.42,
					note: `${rates.serve.toFixed(0)} a second against ${rates.bare.toFixed(0)}, ${(rates.serve / rates.bare).toFixed(2)} of it, ${body.length} bytes each`,
				},
				{
					name: 'longest time between two cycles meanwhile / interval',
					measured: longestMs / intervalMs,
					aim: 1.02,
					limit: 1.1,
					note: `${longestMs} ms`,
				},
			];
		} finally {
			await Promise.all([serve.end('SIGTERM'), bare.end()]);
		}
	});
}

/** Starts a program that prints its listening address. */
function start(file, args, where) {
	const child = spawn(process.execPath, [fileOf(file), ...args], {env: plainEnvironment(), stdio: 'pipe'});
	const ended = once(child, 'exit');
	const line = new Promise((resolve, reject) => {
		let all = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', chunk => {
				all += chunk;
				const found = where.exec(all);
				if (found) {
					resolve(found[1]);
				}
			});
		}

		child.once('exit', () => reject(new Error(`${file} ended: ${all}`)));
	});
	return {
		line,
		end: async signal => {
			child.stdin.end();
			if (signal) {
				child.kill(signal);
			}

			await ended;
		},
	};
}

/** Requests per second, measured with wrk. */
async function rate(url) {
	const wrk = spawn('wrk', ['-t1', '-c32', `-d${turnSeconds}s`, url], {stdio: ['ignore', 'pipe', 'inherit']});
	const output = await text(wrk.stdout);
	if (/Non-2xx|Socket errors/.test(output)) {
		throw new Error(`not everything was answered: ${output}`);
	}

	return Number(/Requests\/sec:\s*([\d.]+)/.exec(output)?.[1]);
}

/** Records when the cycles of a loop start. */
function watchCycles(url) {
	const begun = new Set();
	const timer = setInterval(async () => {
		const {checked_at: checkedAt} = await (await fetch(url)).json();
		begun.add(Date.parse(checkedAt));
	}, 500);
	return {
		/** @returns the longest time between the starts of two cycles, in milliseconds */
		end: async () => {
			clearInterval(timer);
			const times = [...begun].sort((a, b) => a - b);
			return Math.max(...times.slice(1).map((time, index) => time - times[index]));
		},
	};
}
