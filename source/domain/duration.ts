const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000} as const;

/** How durations are written, for messages about bad ones. */
export const durationForm = 'a duration such as 500ms, 5s, 2m or 6h';

/**
 * Reads a duration as a person writes it (`500ms`, `5s`, `1.5m`, `6h`).
 * @returns whole milliseconds above zero, or `undefined` when the text is not a duration
 */
export function parseDurationMs(text: string): number | undefined {
	const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
	if (!match) {
		return undefined;
	}

	const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
	return ms > 0 ? ms : undefined;
}

/** Writes milliseconds as the shortest exact duration text: `90000` is `90s`, `120000` is `2m`. */
export function durationText(ms: number): string {
	for (const unit of ['h', 'm', 's'] as const) {
		if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) {
			return `${ms / unitMs[unit]}${unit}`;
		}
	}

	return `${ms}ms`;
}
