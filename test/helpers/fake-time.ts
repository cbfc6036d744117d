import type {TestContext} from 'node:test';
import {latencyClockMs} from '../../source/adapters/network/deadline.js';
import {flushPromises} from './flush-promises.js';

/** Time controlled by the test: `performance.now`, `setTimeout` and `setInterval`. */
export interface FakeTime {
	/** Advances time in small steps, as for a process that is not blocked. */
	readonly advance: (ms: number) => Promise<void>;
	/** Advances time in one step, as for a process that gets no CPU: no timer runs before the end. */
	readonly standStill: (ms: number) => void;
}

/** Short enough that the latency clock does not count a step as time in which the process was blocked. */
const stepMs = 5;

/** Replaces the timers and clock of this process until the end of the test. Sockets still work in real time. */
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
	// The latency clock is shared by the whole process, so its timer must run out before the fake time ends.
	context.after(() => advance(50));
	return {
		advance,
		standStill: ms => {
			nowMs += ms;
			context.mock.timers.tick(ms);
		},
	};
}
