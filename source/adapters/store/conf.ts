/**
 * `conf`, without its hold on signals: a dependency of it (when-exit) listens for every signal and, on the first SIGINT or
 * SIGTERM, sends it to the process a second time, over the head of a program that wants to end cleanly. Modules are evaluated
 * in the order of their imports without a pause between, so what listens now and did not before is conf's.
 *
 * It writes the stores and does not read them: loading it for that takes 9 ms of CPU at every start, it makes the folder of a
 * missing file, and it waits for a pipe and reads a device.
 */
import {currentSignalListeners, listenersAtLoad} from '../own-process/signal-listeners.js';
// Must stay behind the line above.

import Conf from 'conf';

const known = new Set<unknown>(listenersAtLoad.map(([, listener]) => listener));
for (const [signal, listener] of currentSignalListeners()) {
	if (!known.has(listener)) {
		process.removeListener(signal, listener);
	}
}

export {Conf};
