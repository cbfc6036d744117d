// Checks that memory, open files and sockets do not grow over an hour's worth of cycles at the shortest interval, over a fleet in which
// wallets stop and start, with clients of the HTTP routes. `npm run soak`, or `npm run soak -- CYCLES`; 720 cycles of 1 s equal an hour at 5 s.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir, readlink} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {withFleet} from './parts/fleet.js';
import {fileOf, plainEnvironment} from './parts/measure.js';

const nodes = 200;
const samples = 24;
const cycles = Number(process.argv[2] ?? 720);

const measured = await withFleet(['--nodes', String(nodes)], soak, {isCalm: false});

// Wallets stop and start, so averages of the two halves are compared. The first sample is ignored: it includes code loaded on first use.
const half = Math.ceil(measured.length / 2);
console.log();
for (const [what, limit] of [
	['heapBytes', 1.15],
	['files', 1.1],
	['sockets', 1.1],
]) {
	const first = mean(measured.slice(1, half).map(sample => sample[what]));
	const second = mean(measured.slice(half).map(sample => sample[what]));
	const ratio = second / first;
	console.log(`${what.padEnd(10)} second half / first half ${ratio.toFixed(3)}, at most ${limit}`);
	if (ratio > limit) {
		process.exitCode = 1;
	}
}

async function soak(folder) {
	const program = await startServe(folder);
	const taken = [];
	try {
		console.log(`${nodes} nodes, ${cycles} cycles of 1 s\n`);
		console.log('   cycle   heap MB   open files   sockets');
		for (let sample = 1; sample <= samples; sample += 1) {
			await sleep((cycles / samples) * 1000);
			await readRoutes(program.url);
			const now = {cycle: Math.round((cycles / samples) * sample), ...(await program.look())};
			taken.push(now);
			console.log(
				[now.cycle, (now.heapBytes / 1e6).toFixed(1), now.files, now.sockets]
					.map((cell, index) => String(cell).padStart([8, 10, 13, 10][index]))
					.join(''),
			);
		}
	} finally {
		await program.end();
	}

	return taken;
}

function mean(values) {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function startServe(folder) {
	const child = spawn(
		process.execPath,
		[
			'--expose-gc',
			'--require',
			fileOf('bench/parts/soak-probe.cjs'),
			fileOf('dist/cli.js'),
			...['serve', '--interval', '1s', '--config-dir', folder, '--listen', '127.0.0.1:0', '--on-change', '/bin/true'],
		],
		{env: plainEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc']},
	);
	const ended = once(child, 'exit');
	const url = await new Promise((resolve, reject) => {
		createInterface({input: child.stderr}).on('line', line => {
			const [, found] = /listening on (http:\S+)/.exec(line) ?? [];
			if (found) {
				resolve(found);
			}
		});
		ended.then(() => reject(new Error('serve ended')));
	});
	return {
		url,
		look: async () => {
			child.send('look');
			const [{heapBytes}] = await once(child, 'message');
			return {heapBytes, ...(await openFiles(child.pid))};
		},
		end: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}

async function openFiles(pid) {
	const links = await readdir(`/proc/${pid}/fd`);
	const targets = await Promise.all(links.map(link => readlink(`/proc/${pid}/fd/${link}`).catch(() => '')));
	return {
		files: targets.filter(Boolean).length,
		sockets: targets.filter(target => target.startsWith('socket:')).length,
	};
}

async function readRoutes(url) {
	for (const route of [
		'/nodes/status',
		'/nodes/history',
		'/health',
		'/metrics',
		'/nodes/status?fresh=1',
		'/nodes/nobody/status',
	]) {
		const answer = await fetch(url + route);
		await answer.arrayBuffer();
	}
}
