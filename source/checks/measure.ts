/** Milliseconds with one decimal, as documents show them. */
export function roundedMs(ms: number): number {
	return Math.round(ms * 10) / 10;
}

/** ISO-8601 UTC of milliseconds since the epoch. */
export function isoTime(ms: number): string {
	if (ms !== lastIso.ms) {
		lastIso = {ms, text: new Date(ms).toISOString()};
	}

	return lastIso.text;
}

/** Several checks of a big fleet end in one millisecond, and results are kept: they share the text. */
let lastIso = {ms: 0, text: new Date(0).toISOString()};
