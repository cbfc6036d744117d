// Checks that the live table does not leak memory over 200,000 frames with changing texts.
// `npm run soak:screen`, or `npm run soak:screen -- FRAMES`.
import {withProgram} from './parts/screen-process.js';

const frames = process.argv[2] ?? '200000';
const measured = await withProgram('bench/parts/screen-soak-program.tsx', run => run(frames));

// The first sample is ignored: it includes code that is loaded and compiled on first use.
const half = Math.ceil(measured.length / 2);
for (const [what, limit] of [
	['heapBytes', 1.15],
	['rssBytes', 1.15],
]) {
	const ratio = mean(measured.slice(half), what) / mean(measured.slice(1, half), what);
	console.log(`${what.padEnd(10)} second half / first half ${ratio.toFixed(3)}, at most ${limit}`);
	if (ratio > limit) {
		process.exitCode = 1;
	}
}

function mean(samples, what) {
	return samples.reduce((sum, sample) => sum + sample[what], 0) / samples.length;
}
