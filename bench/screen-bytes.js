import {spawnSync} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import pty from '@lydell/node-pty';
import {withProgram} from './parts/screen-process.js';

/** Bytes that the live table writes to the terminal for one refresh at 120 columns with 38 rows of nodes. */
export async function screenBytes() {
	const bytes = await withProgram('bench/parts/screen-bytes-program.tsx', run => run());
	return [
		{name: 'nothing changed', measured: bytes.nothing, unit: ' B', aim: 0, limit: 0},
		{name: 'a second passed', measured: bytes.age, unit: ' B', aim: 16, limit: 40},
		{name: 'a minute passed: 38 times in state ticked', measured: bytes.minutes, unit: ' B', aim: 400, limit: 600},
		{name: '3 latencies changed', measured: bytes.latencies, unit: ' B', aim: 66, limit: 120},
		{name: '3 nodes went down in place', measured: bytes.down, unit: ' B', aim: 332, limit: 400},
		{name: '3 nodes went down and moved to the top', note: `${bytes.moved} B`},
		{name: 'the first frame', note: `${bytes.first} B`},
		{
			name: 'Ink alone, incremental: a second, 3 latencies, 3 down',
			note: `${bytes.inkAge} B, ${bytes.inkLatencies} B, ${bytes.inkDown} B`,
		},
		{name: 'htop, one refresh at the same size', note: await htopBytes()},
	];
}

/** Bytes that htop writes per refresh with an interval of 5 s. */
async function htopBytes() {
	if (spawnSync('htop', ['--version']).status !== 0) {
		return 'htop is not installed';
	}

	const htop = pty.spawn('htop', ['-d', '50'], {name: 'xterm-256color', cols: 120, rows: 40});
	await sleep(2000);
	let bytes = 0;
	htop.onData(data => {
		bytes += Buffer.byteLength(data);
	});
	await sleep(15_000);
	htop.kill();
	return `${Math.round(bytes / 3)} B`;
}
