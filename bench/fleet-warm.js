import {withCycles} from './parts/cycle-processes.js';
import {withFleet} from './parts/fleet.js';
import {medians} from './parts/measure.js';

/** The cost of a cycle over 1,000 nodes on open connections, compared with a loop that only makes the calls. */
export async function fleetWarm() {
	const cpu = await withFleet(['--nodes', '1000'], async folder =>
		withCycles(folder, async ({watched, bare}) =>
			medians({watched: cpuOf(watched), bare: cpuOf(bare)}, {turns: 25, warmUps: 10}),
		),
	);
	return [
		{
			name: '1,000 nodes, a warm cycle / bare node:http loop',
			measured: cpu.watched / cpu.bare,
			aim: 1.6,
			limit: 2,
			note: `${cpu.watched.toFixed(0)} ms of CPU against ${cpu.bare.toFixed(0)}`,
		},
	];
}

function cpuOf(cycle) {
	return async () => {
		const {cpuMs, failed} = await cycle();
		if (failed > 0) {
			throw new Error(`${failed} healthy nodes were found failing`);
		}

		return cpuMs;
	};
}
