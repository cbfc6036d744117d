import {type CallRpc, type RpcEndpoint, type RpcMethod, rpcMethods} from '../../domain/ports.js';
import {PeerKnowledge} from './connect.js';
import type {ConnectionSlots} from './connection-slots.js';
import type {SecureSocket} from './http-exchange.js';
import {RpcConnection} from './rpc-connection.js';
import type {TlsTrust} from './tls-socket.js';

/** Calls the RPC of wallets and daemons. */
export interface RpcClient {
	/**
	 * Calls one method; see {@link CallRpc}.
	 * @throws TypeError for a method that may not be sent
	 */
	readonly callRpc: CallRpc;
	/** Aborts the calls in progress and closes every kept-alive connection. */
	readonly close: () => void;
}

/** A connection unused for this long belongs to an endpoint that is no longer watched. */
const maxIdleMs = 5 * 60_000;

const allowedMethods: Readonly<Record<'wallet' | 'daemon' | 'any', ReadonlySet<string>>> = {
	wallet: new Set(rpcMethods.wallet),
	daemon: new Set(rpcMethods.daemon),
	any: new Set([...rpcMethods.wallet, ...rpcMethods.daemon]),
};

/**
 * The longest answer to read of each method: a hundred times what any version of monero sends. A node that sends more must
 * not slow the others down.
 */
const maxAnswerBytes: Readonly<Record<RpcMethod, number>> = {
	get_version: 64 * 1024,
	get_height: 64 * 1024,
	get_info: 128 * 1024,
	get_last_block_header: 128 * 1024,
	get_block_header_by_height: 128 * 1024,
};

/**
 * Creates a client with its own connections: one for each endpoint, kept alive between calls.
 * @param slots limits how many are open at once; default: no limit
 */
export function createRpcClient(slots?: ConnectionSlots): RpcClient {
	const connections = new Map<string, RpcConnection>();
	const peers = new Map<string, PeerKnowledge>();
	const secureFor = createTlsOpener();
	let isClosed = false;
	let sweptMs = performance.now();

	const connectionTo = (endpoint: RpcEndpoint): RpcConnection => {
		const key = keyOf(endpoint);
		let connection = connections.get(key);
		if (!connection) {
			const peer = peers.get(addressOf(endpoint)) ?? new PeerKnowledge();
			peers.set(addressOf(endpoint), peer);
			connection = new RpcConnection(endpoint, endpoint.tls && secureFor(endpoint), slots, peer);
			connections.set(key, connection);
		}

		return connection;
	};

	const closeUnused = (nowMs: number): void => {
		sweptMs = nowMs;
		for (const [key, connection] of connections) {
			if (connection.isIdle && nowMs - connection.lastUsedMs > maxIdleMs) {
				connection.close();
				connections.delete(key);
			}
		}
	};

	return {
		// Not `async`, to save one promise for every call of a fleet.
		callRpc(endpoint, method, options, params) {
			if (!allowedMethods[endpoint.program ?? 'any'].has(method)) {
				const words = `${JSON.stringify(method)} is not one of the RPC methods that may be sent`;
				return Promise.reject(new TypeError(words));
			}

			if (isClosed) {
				return Promise.resolve({kind: 'no_answer', cause: 'aborted', error: 'the client is closed', latencyMs: 0});
			}

			const nowMs = performance.now();
			if (nowMs - sweptMs > maxIdleMs) {
				closeUnused(nowMs);
			}

			return connectionTo(endpoint).call(bodyOf(method, params), options, maxAnswerBytes[method]);
		},
		close() {
			isClosed = true;
			for (const connection of connections.values()) {
				connection.close();
			}

			connections.clear();
		},
	};
}

const addressOf = ({host, port, proxy}: RpcEndpoint): string =>
	proxy ? `${host} ${port} through ${proxy.host} ${proxy.port}` : `${host} ${port}`;

const keys = new WeakMap<RpcEndpoint, string>();

/** Endpoints with equal settings share a connection. */
function keyOf(endpoint: RpcEndpoint): string {
	let key = keys.get(endpoint);
	if (key === undefined) {
		key = writtenKey(endpoint);
		keys.set(endpoint, key);
	}

	return key;
}

function writtenKey({host, port, path, tls, login, proxy}: RpcEndpoint): string {
	if (!tls && !login && !proxy) {
		return `${host} ${port} ${path}`;
	}

	return JSON.stringify([
		host,
		port,
		path,
		tls && [tls.ca_file, tls.fingerprint, tls.insecure],
		login && [
			login.username,
			login.password,
			login.password_file,
			login.password_env,
			login.login_file,
			login.login_config,
		],
		proxy && [proxy.host, proxy.port],
	]);
}

const plainBodies = new Map<RpcMethod, string>();

function bodyOf(method: RpcMethod, params: object | undefined): string {
	if (params !== undefined) {
		return writtenBody(method, params);
	}

	const body = plainBodies.get(method) ?? writtenBody(method, params);
	plainBodies.set(method, body);
	return body;
}

/** ASCII, so that its length is also its length in bytes, and it can be written as latin1. */
function writtenBody(method: RpcMethod, params: object | undefined): string {
	const body = JSON.stringify({jsonrpc: '2.0', id: '0', method, params});
	return body.replace(/[\u0080-\uFFFF]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Loads TLS with the first endpoint that needs it. */
function createTlsOpener(): (endpoint: RpcEndpoint) => SecureSocket {
	let trust: TlsTrust | undefined;
	return ({host, tls = {}}) =>
		async (plain, stop) => {
			const {openTlsSocket, TlsTrust} = await import('./tls-socket.js');
			trust ??= new TlsTrust();
			return openTlsSocket({plain, host, tls}, trust, stop);
		};
}
