// Checks that the live table does not leak memory over 200,000 frames with changing texts.
// `npm run soak:screen`, or `npm run soak:screen -- FRAMES`.
import {withProgram} from './parts/screen-process.js';

const frames = process.argv[2] ?? '200000';
const limit = 1.15;
const measured = await withProgram('bench/parts/screen-soak-program.tsx', run => run(frames));

// The first samples are ignored: they include code that is loaded and compiled on first use.
const half = Math.ceil(measured.length / 2);
const halves = [measured.slice(measured.length / 20, half), measured.slice(half)];
for (const [what, name, estimate] of [
	// The caches of Ink fill up and are emptied again, which moves the heap by 30 MB: its mean tells whether it grows.
	['heapBytes', 'mean heap', mean],
	// The resident size depends on when memory is returned to the system: its highest value tells.
	['rssBytes', 'highest resident size', highest],
]) {
	const [first, second] = halves.map(samples => estimate(samples.map(sample => sample[what])));
	const ratio = second / first;
	console.log(
		`${name.padEnd(22)} ${megabytes(first)} MB, then ${megabytes(second)} MB: ratio ${ratio.toFixed(3)}, at most ${limit}`,
	);
	if (ratio > limit) {
		process.exitCode = 1;
	}
}

function mean(values) {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function highest(values) {
	return Math.max(...values);
}

function megabytes(bytes) {
	return (bytes / 1e6).toFixed(1);
}
