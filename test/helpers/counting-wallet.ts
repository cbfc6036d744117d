import {EventEmitter, once} from 'node:events';
import {createServer} from 'node:http';
import type {TestContext} from 'node:test';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';

/** A wallet of version 1.25 that counts requests and can delay its answers. */
export interface CountingWallet extends LoopbackServer {
	/** How often `get_version` was called. */
	readonly asked: () => number;
	/** Waits until it was called `count` times. */
	readonly untilAsked: (count: number) => Promise<void>;
	/** Delays all answers until `letGo`. */
	readonly hold: () => void;
	readonly letGo: () => void;
}

/** Starts the wallet; it is stopped after the test. */
export async function startCountingWallet(context: TestContext): Promise<CountingWallet> {
	let asked = 0;
	const events = new EventEmitter();
	let held: Array<() => void> | undefined;
	const server = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {id, method} = JSON.parse(body);
			asked += method === 'get_version' ? 1 : 0;
			const result = method === 'get_version' ? {version: 65_561, release: true} : {height: 3_400_000};
			const answer = (): void => void response.end(JSON.stringify({id, jsonrpc: '2.0', result}));
			if (held) {
				held.push(answer);
			} else {
				answer();
			}

			events.emit('asked');
		});
	});
	const listening = await listenOnLoopback(server);
	context.after(() => listening.close());
	return {
		...listening,
		asked: () => asked,
		untilAsked: async count => {
			while (asked < count) {
				await once(events, 'asked');
			}
		},
		hold: () => {
			held ??= [];
		},
		letGo: () => {
			const waiting = held ?? [];
			held = undefined;
			for (const answer of waiting) {
				answer();
			}
		},
	};
}
