// Preloaded into the program of the soak test: on request, reports its heap after a garbage collection, and its CPU time.
'use strict';

process.on('message', () => {
	globalThis.gc();
	process.send({heapBytes: process.memoryUsage().heapUsed, cpuMs: process.cpuUsage().user / 1000});
});
// The channel must not keep the program running.
process.channel.unref();
