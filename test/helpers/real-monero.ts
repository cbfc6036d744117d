import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {RpcConnection} from '../../source/adapters/network/rpc-connection.js';
import {openTlsSocket, TlsTrust} from '../../source/adapters/network/tls-socket.js';
import type {Login, Tls} from '../../source/domain/node/node.js';
import type {RpcEndpoint, RpcOutcome} from '../../source/domain/ports.js';
import {findProgram, type RealProcess, startOnFreePort, startProcess} from './real-process.js';
import {testWith} from './test-with.js';

/**
 * The real monerod and monero-wallet-rpc, on free ports. All their files are in temporary folders.
 * Each must be ended by its `stop` (or `kill`, then `removeFolder`).
 */

/** A user and password for `--rpc-login`. The password may contain anything except a newline. */
export interface RealLogin {
	readonly username: string;
	readonly password: string;
}

/** A running server of either program. */
export interface RealServer extends RealProcess {
	readonly port: number;
	/** Where it listens and how to log in. */
	readonly endpoint: RpcEndpoint;
	/** Its home; removed by `stop`. */
	readonly folder: string;
	/** Calls any RPC method, including those xmrtop never sends. @throws unless there is a result */
	readonly call: (method: string, params?: object, timeoutMs?: number) => Promise<unknown>;
	readonly removeFolder: () => Promise<void>;
}

export interface RealDaemon extends RealServer {
	/** `127.0.0.1:port`. */
	readonly address: string;
	/** Adds blocks to the chain. @returns the chain's height after that */
	readonly mineBlocks: (count: number) => Promise<number>;
}

export interface RealWallet extends RealServer {
	/** Its working directory, where it writes its `.login` file. */
	readonly cwd: string;
	/** Creates a wallet and leaves it open. */
	readonly createWallet: (name?: string) => Promise<void>;
}

export interface DaemonOptions {
	readonly login?: RealLogin;
	/** Default: a free one. */
	readonly port?: number;
	/** Absent: no ZMQ. */
	readonly zmq?: {readonly rpcPort: number; readonly pubPort: number};
	/** How to connect if `extraArgs` turn on TLS. */
	readonly tls?: Tls;
	/** Default true. */
	readonly isOffline?: boolean;
	readonly extraArgs?: readonly string[];
}

export interface WalletOptions {
	/** Absent: `--disable-rpc-login`. `'file'`: monero's default, a random password in `monero-wallet-rpc.<port>.login`. */
	readonly login?: RealLogin | 'file';
	/** Absent: plain HTTP only. A certificate: HTTPS only. `'autodetect'`: both, with a certificate that the wallet takes seconds to generate. */
	readonly tls?: {readonly key: string; readonly cert: string; readonly fingerprint256: string} | 'autodetect';
	/** `host:port`, or the result of `startMonerod`. Absent: a port without a listener. */
	readonly daemon?: string | RealDaemon;
	/** Folder of the wallet files. Default: a new folder. */
	readonly walletDir?: string;
	/** A wallet file to open at the start, instead of `walletDir`. Its password is empty. */
	readonly walletFile?: string;
	/** Default: a folder of its own. */
	readonly cwd?: string;
	/** Default: a free one. */
	readonly port?: number;
	/** The address to connect to. Default: loopback. The listening address is set by `extraArgs`. */
	readonly host?: string;
	/** A prefix of the command line, such as `ip netns exec NAME`. */
	readonly launcher?: readonly string[];
	readonly extraArgs?: readonly string[];
}

const monerod = findProgram('monerod');
const walletRpc = findProgram('monero-wallet-rpc');

/** A test that needs the real monero. If it is not installed, the test is skipped; with `CI` set it fails. */
export function realTest(name: string, run: (t: TestContext) => Promise<void>): void {
	testWith(['monerod', 'monero-wallet-rpc'], name, run);
}

/** Waits until a server is started; it is stopped after the test. */
export async function started<S extends {readonly stop: () => Promise<void>}>(
	t: TestContext,
	starting: Promise<S>,
): Promise<S> {
	const server = await starting;
	t.after(server.stop);
	return server;
}

/** Starts an offline regtest daemon with its own chain and waits until it answers. */
export async function startMonerod(options: DaemonOptions = {}): Promise<RealDaemon> {
	const {login, port: givenPort, tls, zmq, isOffline = true, extraArgs = []} = options;
	const folder = await makeFolder();
	const endpointAt = (port: number): RpcEndpoint => ({
		host: '127.0.0.1',
		port,
		path: '/json_rpc',
		...(tls && {tls}),
		...(login && {login}),
	});
	const {process: daemon, port} = await startOnFreePort(
		port =>
			startProcess(
				monerod ?? 'monerod',
				[
					'--regtest',
					...(isOffline ? ['--offline'] : []),
					...(zmq ? [`--zmq-rpc-bind-port=${zmq.rpcPort}`, `--zmq-pub=tcp://127.0.0.1:${zmq.pubPort}`] : ['--no-zmq']),
					'--non-interactive',
					'--fixed-difficulty=1',
					...(tls ? [] : ['--rpc-ssl=disabled']),
					'--check-updates=disabled',
					`--data-dir=${folder}`,
					`--log-file=${path.join(folder, 'monerod.log')}`,
					`--rpc-bind-port=${port}`,
					...(login ? [`--rpc-login=${login.username}:${login.password}`] : []),
					...extraArgs,
				],
				{cwd: folder, home: folder},
			),
		port => answers(endpointAt(port)),
		givenPort,
	);
	const server = serverOf(daemon, endpointAt(port), folder);
	return {
		...server,
		address: `127.0.0.1:${port}`,
		async mineBlocks(count) {
			// The address that monero's own tests use; any address works on regtest.
			const address = '42ey1afDFnn4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJJQAWDm';
			const result = await server.call('generateblocks', {amount_of_blocks: count, wallet_address: address});
			return (result as {height: number}).height + 1;
		},
	};
}

/** Submits one daemon's blocks to another, as a peer would. @returns the new height of the other's chain */
export async function copyBlocks(from: RealDaemon, to: RealDaemon): Promise<number> {
	const heightOf = async (daemon: RealDaemon) => ((await daemon.call('get_info')) as {height: number}).height;
	const height = await heightOf(from);
	for (let index = 1; index < height; index += 1) {
		const {blob} = (await from.call('get_block', {height: index})) as {blob: string};
		await to.call('submit_block', [blob]);
	}

	return heightOf(to);
}

/** Starts a monero-wallet-rpc and waits until it answers. No wallet is open unless `walletFile` is given. */
export async function startWallet(options: WalletOptions = {}): Promise<RealWallet> {
	const folder = await makeFolder();
	const {cwd = folder, daemon = '127.0.0.1:1', walletDir = path.join(folder, 'wallets')} = options;
	await mkdir(walletDir, {recursive: true});
	const shared = [
		'--non-interactive',
		...(options.extraArgs?.some(arg => arg.startsWith('--daemon-ssl')) ? [] : ['--daemon-ssl=disabled']),
		'--no-dns',
		`--daemon-address=${typeof daemon === 'string' ? daemon : daemon.address}`,
		`--log-file=${path.join(folder, 'wallet.log')}`,
		...(options.walletFile === undefined
			? [`--wallet-dir=${walletDir}`]
			: [`--wallet-file=${options.walletFile}`, '--password', '']),
		...(await tlsArgs(options.tls, folder)),
		...loginArgs(options.login),
		...(options.extraArgs ?? []),
	];
	const endpointAt = (port: number): RpcEndpoint => ({
		host: options.host ?? '127.0.0.1',
		port,
		path: '/json_rpc',
		...tlsOf(options.tls),
		...loginOf(options.login, cwd, port),
	});
	const [program = '', ...before] = [...(options.launcher ?? []), walletRpc ?? 'monero-wallet-rpc'];
	const {process: wallet, port} = await startOnFreePort(
		port => startProcess(program, [...before, ...shared, `--rpc-bind-port=${port}`], {cwd, home: folder}),
		port => answers(endpointAt(port)),
		options.port,
	);
	const server = serverOf(wallet, endpointAt(port), folder);
	return {
		...server,
		cwd,
		async createWallet(name = 'wallet') {
			await server.call('create_wallet', {filename: name, password: '', language: 'English'});
		},
	};
}

function serverOf(process: RealProcess, endpoint: RpcEndpoint, folder: string): RealServer {
	const removeFolder = (): Promise<void> => rm(folder, {recursive: true, force: true});
	return {
		...process,
		port: endpoint.port,
		endpoint,
		folder,
		removeFolder,
		async stop() {
			await process.stop();
			await removeFolder();
		},
		async call(method, params, timeoutMs = 60_000) {
			const outcome = await callAny(endpoint, method, params, timeoutMs);
			if (outcome.kind !== 'result') {
				throw new Error(`${method}: ${JSON.stringify(outcome)}`);
			}

			return outcome.result;
		},
	};
}

/** Makes one call on a new connection and closes it. */
async function callAny(
	endpoint: RpcEndpoint,
	method: string,
	params: object | undefined,
	timeoutMs: number,
): Promise<RpcOutcome> {
	const {host, tls} = endpoint;
	const trust = new TlsTrust();
	const connection = new RpcConnection(
		endpoint,
		tls && ((plain, stop) => openTlsSocket({plain, host, tls}, trust, stop)),
	);
	try {
		return await connection.call(JSON.stringify({jsonrpc: '2.0', id: '0', method, params}), {timeoutMs});
	} finally {
		connection.close();
	}
}

async function answers(endpoint: RpcEndpoint): Promise<boolean> {
	return (await callAny(endpoint, 'get_version', undefined, 2000)).kind === 'result';
}

function makeFolder(): Promise<string> {
	return mkdtemp(path.join(tmpdir(), 'xmrtop-real-'));
}

async function tlsArgs(tls: WalletOptions['tls'], folder: string): Promise<string[]> {
	if (tls === undefined || tls === 'autodetect') {
		return [`--rpc-ssl=${tls ?? 'disabled'}`];
	}

	const key = path.join(folder, 'tls.key');
	const cert = path.join(folder, 'tls.crt');
	await writeFile(key, tls.key, {mode: 0o600});
	await writeFile(cert, tls.cert);
	return ['--rpc-ssl=enabled', `--rpc-ssl-private-key=${key}`, `--rpc-ssl-certificate=${cert}`];
}

function tlsOf(tls: WalletOptions['tls']): {readonly tls?: Tls} {
	return tls === undefined || tls === 'autodetect' ? {} : {tls: {fingerprint: tls.fingerprint256}};
}

function loginArgs(login: WalletOptions['login']): string[] {
	if (login === 'file') {
		return [];
	}

	return [login ? `--rpc-login=${login.username}:${login.password}` : '--disable-rpc-login'];
}

function loginOf(login: WalletOptions['login'], cwd: string, port: number): {readonly login?: Login} {
	if (login === 'file') {
		return {login: {login_file: path.join(cwd, `monero-wallet-rpc.${port}.login`)}};
	}

	return login ? {login} : {};
}
