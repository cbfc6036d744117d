/** A number of blocks as a server gave it; `undefined` for anything a chain cannot have (negative, 2^64-1, text). */
export function blockCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 1e12 ? value : undefined;
}
