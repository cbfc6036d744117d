import {withCycles} from './parts/cycle-processes.js';
import {withFleet} from './parts/fleet.js';

const hungCount = 100;

/**
 * How long a cycle over 1,000 nodes takes when 100 never answer (timeout 3 s), and whether that harms any of the others.
 * The first cycle also opens every connection and warms the code up; a watch runs all the others.
 */
export async function hungNodes() {
	const [first, ...later] = await withFleet(['--nodes', '1000', '--hung', String(hungCount)], async folder =>
		withCycles(folder, async ({watched}) => [await watched(), await watched(), await watched(), await watched()]),
	);
	return [
		{
			name: '1,000 nodes, 100 never answer: the longest of 3 cycles',
			measured: Math.max(...later.map(({wallMs}) => wallMs)) / 1000,
			unit: ' s',
			aim: 3.3,
			limit: 3.5,
			note: `the first, cold one: ${(first.wallMs / 1000).toFixed(2)} s`,
		},
		{
			name: '1,000 nodes, 100 never answer: others called down',
			measured: Math.max(...[first, ...later].map(({failed}) => Math.abs(failed - hungCount))),
			aim: 0,
			limit: 0,
		},
	];
}
