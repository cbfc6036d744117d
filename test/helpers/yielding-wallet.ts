import type {TestContext} from 'node:test';
import {firstLine, startChild, type TestChild} from './child-processes.js';

/**
 * Starts a process named monero-wallet-rpc that scans like a wallet of 0.18.4.1 or later: its only thread reads blocks with a full
 * core, and answers requests for `momentMs` between stretches of `stretchMs`.
 */
export async function startYielding(
	test: TestContext,
	{stretchMs, momentMs, blocksPerS}: {stretchMs: number; momentMs: number; blocksPerS: number},
): Promise<TestChild & {readonly port: number}> {
	const script = `
		const begunMs = Date.now();
		const results = {
			get_version: () => ({version: 65565, release: true}),
			get_height: () => ({height: 1000 + Math.floor((Date.now() - begunMs) / 1000 * ${blocksPerS})}),
		};
		const server = require("http").createServer((request, response) => {
			let body = "";
			request.on("data", chunk => { body += chunk; }).on("end", () => {
				const result = results[JSON.parse(body).method]();
				response.end(JSON.stringify({id: "0", jsonrpc: "2.0", result}));
			});
		});
		const scan = () => {
			const untilMs = Date.now() + ${stretchMs};
			while (Date.now() < untilMs) {}
			setTimeout(scan, ${momentMs});
		};
		server.listen(0, "127.0.0.1", function () { console.log(this.address().port); scan(); });`;
	const started = startChild(test, process.execPath, ['-e', script], {argv0: 'monero-wallet-rpc'});
	return {...started, port: Number(await firstLine(started.child))};
}
