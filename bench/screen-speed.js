import {withProgram} from './parts/screen-process.js';

const turns = 3;

/** The live table beside the smallest Ink app that draws a table of the same size, in turns. */
export async function screenSpeed() {
	return withProgram('bench/parts/screen-program.tsx', async run => {
		const keys = await inTurns(run, 'keys', '1000');
		const cpu = await inTurns(run, 'cpu', '50');
		const memory = await inTurns(run, 'memory', '1000');
		return [
			ratio('key to frame, 1,000 nodes polled every second, median', keys, 'median', {aim: 1, limit: 1.5, unit: 'ms'}),
			ratio('key to frame, 1,000 nodes polled every second, p99', keys, 'p99', {aim: 1.5, limit: 3, unit: 'ms'}),
			ratio('CPU of 12 s, 50 nodes every 2 s', cpu, 'cpuMs', {aim: 1.2, limit: 2, unit: 'ms'}),
			ratio('resident memory, 1,000 nodes', memory, 'rssMb', {aim: 1.2, limit: 1.4, unit: 'MiB'}),
		];
	});
}

async function inTurns(run, measure, nodes) {
	const found = {ours: [], ink: []};
	for (let turn = 0; turn < turns; turn += 1) {
		for (const program of ['ours', 'ink']) {
			found[program].push(await run(program, measure, nodes));
		}
	}

	return found;
}

function ratio(name, {ours, ink}, field, {aim, limit, unit}) {
	const middle = all => all.map(found => found[field]).sort((a, b) => a - b)[Math.floor(turns / 2)];
	const [mine, theirs] = [middle(ours), middle(ink)];
	return {name, measured: mine / theirs, aim, limit, note: `${mine.toFixed(1)} ${unit} against ${theirs.toFixed(1)}`};
}
