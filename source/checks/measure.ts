/** Milliseconds with one decimal, as documents show them. */
export function roundedMs(ms: number): number {
	return Math.round(ms * 10) / 10;
}

/** ISO-8601 UTC of milliseconds since the epoch. */
export function isoTime(ms: number): string {
	return new Date(ms).toISOString();
}
