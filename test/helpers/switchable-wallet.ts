import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {temporaryFolder} from './temporary-folder.js';

/** A wallet that can be switched off and on again on the same port. */
export interface SwitchableWallet {
	readonly port: number;
	readonly switchOn: () => Promise<void>;
	readonly switchOff: () => Promise<void>;
	/** If silent, it accepts connections but does not answer. */
	readonly setSilent: (isSilent: boolean) => void;
}

/** Starts a wallet of version 1.25; it is stopped after the test. */
export async function startWallet(context: TestContext): Promise<SwitchableWallet> {
	let server: Server | undefined;
	let port = 0;
	let isSilent = false;
	const switchOn = async (): Promise<void> => {
		server = createServer((request, response) => {
			let body = '';
			request.setEncoding('utf8').on('data', chunk => {
				body += chunk;
			});
			request.on('end', () => {
				const {id, method} = JSON.parse(body);
				const result = method === 'get_version' ? {version: 65_561, release: true} : {height: 3_400_000};
				if (!isSilent) {
					response.end(JSON.stringify({id, jsonrpc: '2.0', result}));
				}
			});
		});
		server.listen(port, '127.0.0.1');
		await once(server, 'listening');
		port = (server.address() as AddressInfo).port;
	};
	const switchOff = async (): Promise<void> => {
		const ending = server;
		server = undefined;
		if (ending) {
			const closed = once(ending, 'close');
			ending.close();
			ending.closeAllConnections();
			await closed;
		}
	};
	context.after(switchOff);
	await switchOn();
	return {
		port,
		switchOn,
		switchOff,
		setSilent: next => {
			isSilent = next;
		},
	};
}

/** A node in nodes.json; on loopback by default. */
export interface NodeInFile {
	readonly name: string;
	readonly port: number;
	readonly host?: string;
	readonly group?: string;
	readonly daemon?: string;
}

/** Makes a configuration folder with these nodes. */
export function folderOf(context: TestContext, nodes: readonly NodeInFile[]): string {
	const configDir = temporaryFolder(context);
	writeNodes(configDir, nodes);
	return configDir;
}

/** Writes nodes.json with these nodes, numbered from 1. */
export function writeNodes(configDir: string, nodes: readonly NodeInFile[]): void {
	const defaults = {host: '127.0.0.1', path: '/json_rpc', available: true};
	const file = {
		schema_version: 1,
		next_id: nodes.length + 1,
		nodes: nodes.map((node, index) => ({id: index + 1, ...defaults, ...node})),
		settings: {},
	};
	writeFileSync(path.join(configDir, 'nodes.json'), JSON.stringify(file), {mode: 0o600});
}
