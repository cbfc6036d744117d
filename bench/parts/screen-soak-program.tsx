// Draws argv[2] frames, each with different texts, and prints the used memory at regular intervals.
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {drawFleet} from '../../test/helpers/drawn-app.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../../test/helpers/fleet-fixture.js';

const frames = Number(process.argv[2]);
const samples = 200;
const size = {columns: 120, rows: 40};
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A fleet whose name, reasons and latencies differ in every frame. */
function fleetAt(frame: number) {
	const nodes = Array.from({length: 36}, (_, index) =>
		fleetNode(
			(frame + index) % 3 === 0
				? {name: `node-${index}`, state: 'down', reason: `connection ${frame * 36 + index} was refused, 钱包 ${frame}`}
				: {name: index === 7 ? `renamed-${frame}` : `node-${index}`, latencyMs: (frame * 36 + index) / 7},
			index,
		),
	);
	return fleetSnapshot([], {nodes, notes: [`note ${frame}`]});
}

let snapshot = fleetAt(0);
let nowMs = fleetNowMs;
const {terminal, settled} = drawFleet(
	size,
	() => snapshot,
	() => nowMs,
);
const found: object[] = [];
for (let frame = 1; frame <= frames; frame += 1) {
	snapshot = fleetAt(frame);
	nowMs += 1000;
	await settled();
	terminal.takeBytes();
	if (frame % Math.ceil(frames / samples) === 0) {
		collectGarbage();
		const {heapUsed: heapBytes, rss: rssBytes} = process.memoryUsage();
		found.push({frame, heapBytes, rssBytes});
		if (found.length % 10 === 0) {
			process.stderr.write(
				`${String(frame).padStart(8)} frames  heap ${(heapBytes / 1e6).toFixed(1)} MB  resident ${(rssBytes / 1e6).toFixed(1)} MB\n`,
			);
		}
	}
}

process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit());
