import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {elapsedMs} from './context.js';
import {openEndpoint} from './endpoint.js';
import {walletMoment} from './scenarios.js';
import type {Player} from './simulated-node.js';
import type {Wallet} from './wallet.js';
import {walletArguments} from './wallet-process.js';

/** This program, as it was started. */
export interface Program {
	readonly nodeBinary: string;
	readonly nodeArguments: readonly string[];
	/** Path of the entry file. */
	readonly entry: string;
}

const restartAfterMs = 5000;
const patienceMs = 2000;

/** Reserves a port for a wallet that a process of its own is to play. It is started by the first `follow`. */
export async function createWalletChild(wallet: Wallet, program: Program): Promise<Player> {
	const reserved = await openEndpoint({onConnection: socket => socket.destroy()});
	await reserved.close();
	const {port} = reserved;
	let child: ChildProcess | undefined;
	let startedAtMs = Number.NEGATIVE_INFINITY;

	const start = async (): Promise<void> => {
		startedAtMs = performance.now();
		const started = spawn(
			program.nodeBinary,
			[...program.nodeArguments, program.entry, ...walletArguments(wallet, port)],
			{
				argv0: 'monero-wallet-rpc',
				stdio: ['pipe', 'pipe', 'inherit'],
			},
		);
		child = started;
		started.stdin.on('error', () => {});
		await Promise.race([
			once(started.stdout, 'data'),
			once(started, 'exit'),
			delay(patienceMs, undefined, {ref: false}),
		]);
	};

	const isAlive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;

	return {
		port,
		follow: async () => {
			const {character, world} = wallet;
			const {phase} = walletMoment(character, elapsedMs(world), world.seed);
			if (phase === 'absent') {
				await endChild(child);
			} else if (!isAlive() && performance.now() - startedAtMs > restartAfterMs) {
				await start();
			}
		},
		leave: async () => endChild(child),
	};
}

/** Ends a process by its id, kindly first. */
export async function endChild(child: ChildProcess | undefined): Promise<void> {
	if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
		return;
	}

	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
	await ended;
	clearTimeout(timer);
}
