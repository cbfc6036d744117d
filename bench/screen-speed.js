import {withProgram} from './parts/screen-process.js';

const turns = 3;

/** Compares the live table with a plain Ink app that shows the same table, and with an empty one, measured alternately. */
export async function screenSpeed() {
	const file = 'bench/parts/screen-program.tsx';
	return withProgram(file, ours => withProgram(file, plain => measureAll({ours, plain}), {hasPlainInk: true}));
}

async function measureAll({ours, plain}) {
	const run = (program, ...args) => (program === 'ours' ? ours : plain)(program, ...args);
	const keys = await inTurns(run, 'keys', '1000', ['ours', 'empty']);
	const cpu = await inTurns(run, 'cpu', '50', ['ours', 'ink']);
	const memory = await inTurns(run, 'memory', '1000', ['ours', 'ink']);
	return [
		more('key to frame, 1,000 nodes polled every second, median', keys, 'median', {aim: 5, limit: 10}),
		more('key to frame, 1,000 nodes polled every second, p99', keys, 'p99', {aim: 20, limit: 30}),
		ratio('CPU of 12 s, 50 nodes every 2 s', cpu, 'cpuMs', {aim: 1, limit: 1.1, unit: 'ms'}),
		ratio('resident memory, 1,000 nodes', memory, 'rssMb', {aim: 1.2, limit: 1.4, unit: 'MiB'}),
	];
}

async function inTurns(run, measure, nodes, programs) {
	const found = Object.fromEntries(programs.map(program => [program, []]));
	for (let turn = 0; turn < turns; turn += 1) {
		for (const program of programs) {
			found[program].push(await run(program, measure, nodes));
		}
	}

	return found;
}

const middle = (all, field) => all.map(found => found[field]).sort((a, b) => a - b)[Math.floor(turns / 2)];

/** The additional time compared with an empty app. */
function more(name, {ours, empty}, field, {aim, limit}) {
	const [mine, theirs] = [middle(ours, field), middle(empty, field)];
	return {
		name,
		measured: mine - theirs,
		unit: ' ms',
		aim,
		limit,
		note: `${mine.toFixed(1)} ms against ${theirs.toFixed(1)} of an empty Ink app`,
	};
}

function ratio(name, {ours, ink}, field, {aim, limit, unit}) {
	const [mine, theirs] = [middle(ours, field), middle(ink, field)];
	return {name, measured: mine / theirs, aim, limit, note: `${mine.toFixed(1)} ${unit} against ${theirs.toFixed(1)}`};
}
