// Benchmarks of the built program: `npm run bench` runs all, `npm run bench -- NAME ...` some.
// Every figure is a ratio to a reference measured alternately in the same run, so the machine's speed does not matter.
import {fleetOnce} from './fleet-once.js';
import {fleetWarm} from './fleet-warm.js';
import {http} from './http.js';
import {hungNodes} from './hung-nodes.js';
import {prometheusFleet} from './prometheus-fleet.js';
import {screenBytes} from './screen-bytes.js';
import {screenSpeed} from './screen-speed.js';
import {startUp} from './start-up.js';

/** All benchmarks; each returns lines of {name, measured, unit, aim, limit}, or {note}. */
const benches = {
	'start-up': startUp,
	'fleet-once': fleetOnce,
	'fleet-warm': fleetWarm,
	'hung-nodes': hungNodes,
	http,
	'prometheus-fleet': prometheusFleet,
	'screen-bytes': screenBytes,
	'screen-speed': screenSpeed,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
	console.error(`bench: ${unknown.join(', ')}: there is ${Object.keys(benches).join(', ')}`);
	process.exitCode = 2;
} else {
	console.log(`Node.js ${process.versions.node}, ${process.platform} ${process.arch}\n`);
	for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
		for (const line of await benches[name]()) {
			print(name, line);
		}
	}
}

function print(bench, {name, measured, unit = '', aim, limit, note}) {
	const about = `${bench.padEnd(16)} ${name.padEnd(58)}`;
	if (limit === undefined) {
		console.log(`${about} ${note}`);
		return;
	}

	const verdict = measured > limit ? 'LIMIT BROKEN' : measured > aim ? 'within the limit' : 'as aimed';
	const shown = `${Number(measured.toFixed(2))}${unit}`;
	console.log(
		`${about} ${shown.padStart(7)}  aim ${aim}${unit}, at most ${limit}${unit}: ${verdict}${note ? ` (${note})` : ''}`,
	);
	if (measured > limit) {
		process.exitCode = 1;
	}
}
