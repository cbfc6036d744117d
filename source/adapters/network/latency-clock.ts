/** How often the clock looks, in milliseconds, while something is measured. */
const tickMs = 5;
/** Two looks further apart than this tell that this process stood still in between. */
const maxGapMs = 2 * tickMs;

let holders = 0;
let timer: NodeJS.Timeout | undefined;
let lastLookMs = 0;
/** All the time this process stood still while something was measured. */
let stoodStillMs = 0;

/**
 * Milliseconds of a clock that only runs while this process could have read its sockets, for measuring others: a neighbour's
 * answer being parsed, a collection of garbage or a machine without a free processor is not a server's latency. Every reading
 * looks at the time, so that what follows in the same turn of the event loop is not counted either.
 */
export function latencyClockMs(): number {
	const nowMs = performance.now();
	if (timer && nowMs - lastLookMs > maxGapMs) {
		stoodStillMs += nowMs - lastLookMs - tickMs;
	}

	lastLookMs = nowMs;
	return nowMs - stoodStillMs;
}

/** Keeps the clock looking while something is measured. Each call is followed by one of {@link stopLatencyClock}. */
export function startLatencyClock(): void {
	holders += 1;
	if (!timer) {
		lastLookMs = performance.now();
		timer = setInterval(look, tickMs).unref();
	}
}

/** Ends what {@link startLatencyClock} began. */
export function stopLatencyClock(): void {
	holders -= 1;
}

function look(): void {
	latencyClockMs();
	if (holders === 0) {
		clearInterval(timer);
		timer = undefined;
	}
}
