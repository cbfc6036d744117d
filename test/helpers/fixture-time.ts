/** The time at which the sequences of tests start, in milliseconds since the epoch. */
export const fixtureStartMs = Date.parse('2026-11-23T20:00:00.000Z');

/** The time this many seconds after the start, as ISO-8601. */
export const at = (seconds: number): string => new Date(fixtureStartMs + seconds * 1000).toISOString();
