/**
 * `conf` without its signal handlers: a dependency of it (when-exit) listens for every signal and, on the first SIGINT or
 * SIGTERM, sends that signal to the process again, even to a program that wants to end cleanly. Imported modules are
 * evaluated in order without a pause in between, so the listeners that are new here are conf's.
 *
 * conf writes the stores but does not read them: loading it to read takes 9 ms of CPU at every start, it creates the folder
 * of a missing file, and it waits on a pipe and reads a device.
 */
import {currentSignalListeners, listenersAtLoad} from '../own-process/signal-listeners.js';
// Must stay below the import above.

import Conf from 'conf';

const known = new Set<unknown>(listenersAtLoad.map(([, listener]) => listener));
for (const [signal, listener] of currentSignalListeners()) {
	if (!known.has(listener)) {
		process.removeListener(signal, listener);
	}
}

export {Conf};
