import {serveMetrics, simulatedMetrics} from '../../test/helpers/metrics-instances.js';

// Serves the metrics of argv[2] instances with argv[3] nodes each, and prints their ports as one line of JSON. The checks take a
// different time at every scrape; states do not change. Ends when stdin closes.

const [count = 1, nodes = 1] = process.argv.slice(2).map(Number);
const text = await simulatedMetrics(nodes);
const duration = /^(monero_wallet_rpc_check_duration_seconds\{[^}]*\}) .*$/gm;
const ports: number[] = [];
for (let instance = 0; instance < count; instance += 1) {
	let scrapes = 0;
	const {port} = await serveMetrics(() => {
		scrapes += 1;
		let node = 0;
		return text.replace(duration, (_, series: string) => {
			node += 1;
			return `${series} ${(3 + ((node * 7 + scrapes * 13) % 50)) / 1000}`;
		});
	});
	ports.push(port);
}

console.log(JSON.stringify(ports));
process.stdin.resume().on('end', () => process.exit());
