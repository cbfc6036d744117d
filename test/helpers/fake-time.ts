import type {TestContext} from 'node:test';
import {latencyClockMs} from '../../source/adapters/network/deadline.js';
import {flushPromises} from './flush-promises.js';

/** Time that passes only when the test says so: `performance.now`, `setTimeout` and `setInterval`. */
export interface FakeTime {
	/** Lets time pass in small steps, as it does for a process that is free. */
	readonly advance: (ms: number) => Promise<void>;
	/** Lets time pass at once, as it does for a process that gets no processor: no timer runs before the end of it. */
	readonly standStill: (ms: number) => void;
}

/** So short that the clock of free time does not take it for a standstill. */
const stepMs = 5;

/** Replaces the time of this process until the end of the test. What arrives from sockets still arrives. */
export function fakeTime(context: TestContext): FakeTime {
	let nowMs = Math.ceil(performance.now());
	context.mock.timers.enable({apis: ['setTimeout', 'setInterval']});
	context.mock.method(performance, 'now', () => nowMs);
	const advance = async (ms: number): Promise<void> => {
		for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
			const passedMs = Math.min(leftMs, stepMs);
			nowMs += passedMs;
			latencyClockMs();
			context.mock.timers.tick(passedMs);
			await flushPromises();
		}
	};
	// The clock of free time is one for the whole process: its timer must not be left behind.
	context.after(() => advance(50));
	return {
		advance,
		standStill: ms => {
			nowMs += ms;
			context.mock.timers.tick(ms);
		},
	};
}
