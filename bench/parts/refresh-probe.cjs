// Loaded before the live table with `node -r`: writes one line of JSON to $BENCH_PROBE for every request, answer and write to the
// terminal. `bench/parts/live-refreshes.js` makes refreshes of them.
'use strict';

const {appendFileSync} = require('node:fs');
const http = require('node:http');

const file = process.env.BENCH_PROBE;

function record(event) {
	const {user, system} = process.cpuUsage();
	appendFileSync(file, `${JSON.stringify({...event, atMs: performance.now(), cpuMs: (user + system) / 1000})}\n`);
}

/** The bytes that were counted of each connection. */
const counted = new WeakMap();
const {request} = http;
http.request = (...args) => {
	const made = request(...args);
	record({kind: 'request', path: made.path});
	return made.once('response', response => {
		const {socket} = response;
		response.once('end', () => {
			record({kind: 'answer', path: made.path, bytes: socket.bytesRead - (counted.get(socket) ?? 0)});
			counted.set(socket, socket.bytesRead);
		});
	});
};

const {write} = process.stdout;
process.stdout.write = function (chunk, ...more) {
	const written = write.call(this, chunk, ...more);
	record({kind: 'write', bytes: Buffer.byteLength(chunk), rssBytes: process.memoryUsage.rss()});
	return written;
};
