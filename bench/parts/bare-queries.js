// The minimum cost of a refresh: for every line on stdin, a JSON array of paths, requests them in parallel from the port in argv[2] by
// node:http on kept-alive connections, and parses the answers. Prints the duration, CPU time and bytes as one line of JSON.
import {Agent, get} from 'node:http';
import {createInterface} from 'node:readline';

const port = Number(process.argv[2]);
const agent = new Agent({keepAlive: true});

function ask(path) {
	return new Promise((resolve, reject) => {
		get({host: '127.0.0.1', port, path, agent}, response => {
			const chunks = [];
			response
				.on('data', chunk => chunks.push(chunk))
				.on('end', () => {
					const body = Buffer.concat(chunks);
					const {status} = JSON.parse(body.toString());
					if (status === 'success') {
						resolve(body.length);
					} else {
						reject(new Error(`${path}: ${status}`));
					}
				})
				.on('error', reject);
		}).on('error', reject);
	});
}

for await (const line of createInterface({input: process.stdin})) {
	const startedMs = performance.now();
	const before = process.cpuUsage();
	const lengths = await Promise.all(JSON.parse(line).map(ask));
	const {user, system} = process.cpuUsage(before);
	const bytes = lengths.reduce((sum, length) => sum + length, 0);
	const endedMs = performance.now();
	const found = {wallMs: endedMs - startedMs, sinceStartMs: endedMs, cpuMs: (user + system) / 1000, bytes};
	process.stdout.write(`${JSON.stringify(found)}\n`);
}

agent.destroy();
