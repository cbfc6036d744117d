import {writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {deadPort} from './dead-port.js';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';
import {temporaryFolder} from './temporary-folder.js';

/** A fleet of loopback servers that answer like wallets, and a folder with its nodes.json. */
export interface FakeWalletFleet {
	readonly configDir: string;
	/** Makes a wallet stop listening. */
	readonly stop: (name: string) => Promise<void>;
}

/** Answers `get_version` and `get_height` as monero-wallet-rpc 0.18.4 does. */
function walletServer(): Server {
	const answers: Readonly<Record<string, object>> = {
		get_version: {release: true, version: 65_565},
		get_height: {height: 3_400_000},
	};
	return createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {id, method} = JSON.parse(body);
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({id, jsonrpc: '2.0', result: answers[method] ?? {}}));
		});
	});
}

/** Starts a fleet; nothing listens for nodes whose name begins with `dead`. */
export async function startFakeWalletFleet(
	t: TestContext,
	nodes: ReadonlyArray<{
		readonly name: string;
		readonly title?: string;
		readonly daemon?: string;
		readonly group?: string;
	}>,
): Promise<FakeWalletFleet> {
	const configDir = temporaryFolder(t);
	const ports = new Map<string, number>();
	const servers = new Map<string, LoopbackServer>();
	for (const {name} of nodes) {
		if (name.startsWith('dead')) {
			ports.set(name, await deadPort(t));
			continue;
		}

		const server = await listenOnLoopback(walletServer());
		ports.set(name, server.port);
		servers.set(name, server);
		t.after(() => server.close().catch(() => {}));
	}

	const definitions = nodes.map((node, index) => ({
		id: index + 1,
		host: '127.0.0.1',
		path: '/json_rpc',
		available: true,
		port: ports.get(node.name),
		...node,
	}));
	const file = {schema_version: 1, next_id: nodes.length + 1, nodes: definitions, settings: {}};
	writeFileSync(path.join(configDir, 'nodes.json'), JSON.stringify(file), {mode: 0o600});
	return {configDir, stop: async name => servers.get(name)?.close()};
}
