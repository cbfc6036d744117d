const unknownText = '–';

/** A latency as text: `0.4 ms`, `3.4 ms`, `42 ms`, `1.2 s`, `3 s`. @returns `–` if it is unknown */
export function formatLatency(ms: number | undefined): string {
	if (ms === undefined) {
		return unknownText;
	}

	if (ms < 9.95) {
		return `${ms.toFixed(1).replace(/\.0$/, '')} ms`;
	}

	return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}

const spans = [
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1000],
] as const;

/** A duration in its largest unit: `12s`, `4m`, `6d`. @returns `–` if it is unknown; negative durations count as 0 */
export function ageText(ms: number | undefined): string {
	if (ms === undefined || Number.isNaN(ms)) {
		return unknownText;
	}

	for (const [unit, unitMs] of spans) {
		if (ms >= unitMs) {
			return `${Math.floor(ms / unitMs)}${unit}`;
		}
	}

	return '0s';
}

/** A duration in its two largest units: `4 m 12 s`, `6 d 3 h`. */
export function spanText(ms: number): string {
	const first = spans.findIndex(([, unitMs]) => ms >= unitMs);
	if (first === -1) {
		return '0 s';
	}

	const [unit, unitMs] = spans[first] ?? spans[3];
	const next = spans[first + 1];
	const rest = next ? Math.floor((ms % unitMs) / next[1]) : 0;
	return `${Math.floor(ms / unitMs)} ${unit}${next && rest > 0 ? ` ${rest} ${next[0]}` : ''}`;
}

/** A whole number with thousands separators: `3,412,009`. @returns `–` if it is unknown */
export function countText(count: number | undefined): string {
	return count === undefined ? unknownText : String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A number and its noun: `1 block`, `41 blocks`. */
export function countWithNoun(count: number, noun: string): string {
	return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Blocks per second: `61 blocks/s`, `2.4 blocks/s`, `0.05 blocks/s`. */
export function speedText(perS: number): string {
	return `${perS >= 10 ? countText(Math.round(perS)) : Number(perS.toPrecision(2))} blocks/s`;
}

const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000} as const;

/** The form of durations, for error messages. */
export const durationForm = 'a duration such as 500ms, 5s, 2m or 6h';

/**
 * Parses a duration such as `500ms`, `5s`, `1.5m` or `6h`.
 * @returns whole milliseconds above zero, or `undefined` if the text is not a duration
 */
export function parseDurationMs(text: string): number | undefined {
	const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
	if (!match) {
		return undefined;
	}

	const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
	return ms > 0 ? ms : undefined;
}

/** The shortest exact text of a duration: `90000` is `90s`, `120000` is `2m`. */
export function durationText(ms: number): string {
	for (const unit of ['h', 'm', 's'] as const) {
		if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) {
			return `${ms / unitMs[unit]}${unit}`;
		}
	}

	return `${ms}ms`;
}

/** Milliseconds rounded to one decimal, as in JSON documents. */
export function roundedMs(ms: number): number {
	return Math.round(ms * 10) / 10;
}

/**
 * The last text, because many checks of a large fleet end in the same millisecond, and their stored results can share one
 * string.
 */
let lastIso = {ms: 0, text: new Date(0).toISOString()};

/** Milliseconds since the epoch as ISO-8601 UTC. */
export function isoTimeText(ms: number): string {
	if (ms !== lastIso.ms) {
		lastIso = {ms, text: new Date(ms).toISOString()};
	}

	return lastIso.text;
}

/** CPU usage as top shows it: 100 % is one core. */
export function cpuText(cores: number): string {
	const percent = cores * 100;
	return `${percent >= 9.5 ? Math.round(percent) : Number(percent.toFixed(1))} % CPU`;
}

const byteUnits = ['B', 'K', 'M', 'G', 'T'] as const;

/** Bytes as top shows them, in units of 1,024: `512B`, `33M`, `1.2G`. */
export function bytesText(bytes: number): string {
	let [amount, unit] = [bytes, 0];
	while (amount >= 999.5 && unit < byteUnits.length - 1) {
		amount /= 1024;
		unit += 1;
	}

	return `${amount >= 9.95 || unit === 0 ? Math.round(amount) : amount.toFixed(1)}${byteUnits[unit]}`;
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A sparkline, scaled from the lowest to the highest value; nearly equal values are drawn low. */
export function sparkline(values: readonly number[]): string {
	if (values.length === 0) {
		return '';
	}

	const lowest = Math.min(...values);
	const highest = Math.max(...values);
	const span = Math.max(highest - lowest, highest / 2, 1e-9);
	return values
		.map(value => bars[Math.min(bars.length - 1, Math.floor(((value - lowest) / span) * bars.length))])
		.join('');
}

/** The local date and time of day: `2026-11-20 14:02:00`. */
export function localTimeText(ms: number): string {
	const at = new Date(ms);
	const two = (part: number): string => String(part).padStart(2, '0');
	const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
	return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** The form of times in the past, for error messages. */
export const momentForm = "a time in the past such as 14:02, '2h ago' or 2026-11-20T14:02:00Z";

const agoMs = {second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000} as const;
const agoUnits: Readonly<Record<string, keyof typeof agoMs>> = {
	s: 'second',
	sec: 'second',
	m: 'minute',
	min: 'minute',
	h: 'hour',
	d: 'day',
	w: 'week',
};

/**
 * Parses a time in the past: a time of day (the most recent one, in local time), a duration followed by `ago`, or ISO-8601,
 * in local time if it has no zone.
 * @returns milliseconds since the epoch; `undefined` if the text is anything else, or in the future
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
	const clean = text.trim();
	const ms = timeOfDay(clean, nowMs) ?? timeAgo(clean, nowMs) ?? isoMoment(clean);
	return ms !== undefined && ms > 0 && ms <= nowMs ? ms : undefined;
}

function timeOfDay(text: string, nowMs: number): number | undefined {
	const [, hours, minutes, seconds = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
	if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
		return undefined;
	}

	const at = new Date(nowMs);
	at.setHours(Number(hours), Number(minutes), Number(seconds), 0);
	if (at.getTime() > nowMs) {
		at.setDate(at.getDate() - 1);
	}

	return at.getTime();
}

function timeAgo(text: string, nowMs: number): number | undefined {
	const [, count, word = ''] = /^(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)\s+ago$/i.exec(text) ?? [];
	const lower = word.toLowerCase();
	const unit = Object.hasOwn(agoUnits, lower) ? agoUnits[lower] : lower.replace(/s$/, '');
	return count !== undefined && unit !== undefined && Object.hasOwn(agoMs, unit)
		? nowMs - Math.round(Number(count) * agoMs[unit as keyof typeof agoMs])
		: undefined;
}

function isoMoment(text: string): number | undefined {
	const form = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;
	if (!form.test(text)) {
		return undefined;
	}

	// A date without a time is midnight in local time, just as a time without a zone is local.
	const ms = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
	const day = Number(text.slice(8, 10));
	// Rejects a day that the month does not have, such as the 31st of June.
	const isDay = day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
	return Number.isNaN(ms) || !isDay ? undefined : ms;
}
