// Loaded before the program that is soaked: tells, when asked, what it holds after everything unused was let go.
'use strict';

process.on('message', () => {
	globalThis.gc();
	process.send({heapBytes: process.memoryUsage().heapUsed, cpuMs: process.cpuUsage().user / 1000});
});
// It must not keep the program from ending.
process.channel.unref();
