const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Numbers as bars, the lowest and the highest of them setting the scale; nearly equal ones stay low. */
export function sparkline(values: readonly number[]): string {
	const least = Math.min(...values);
	const most = Math.max(...values);
	const span = Math.max(most - least, most / 2, 1e-9);
	return values
		.map(value => bars[Math.min(bars.length - 1, Math.floor(((value - least) / span) * bars.length))])
		.join('');
}
