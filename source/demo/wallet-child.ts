import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {demoElapsedMs} from './context.js';
import {openDemoEndpoint} from './endpoint.js';
import {scriptedWalletMoment} from './scenarios.js';
import type {SimulatedNode} from './simulated-node.js';
import type {SimulatedWallet} from './wallet.js';
import {simulatedWalletArguments} from './wallet-process.js';

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
export async function createSimulatedWallet(wallet: SimulatedWallet, program: Program): Promise<SimulatedNode> {
	const reserved = await openDemoEndpoint({onConnection: socket => socket.destroy()});
	await reserved.close();
	const {port} = reserved;
	let child: ChildProcess | undefined;
	let startedAtMs = Number.NEGATIVE_INFINITY;

	const start = async (): Promise<void> => {
		startedAtMs = performance.now();
		const started = spawn(
			program.nodeBinary,
			[...program.nodeArguments, program.entry, ...simulatedWalletArguments(wallet, port)],
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
			const {scriptedNode, context} = wallet;
			const {phase} = scriptedWalletMoment(scriptedNode, demoElapsedMs(context), context.seed);
			if (phase === 'absent') {
				await endDemoChild(child);
			} else if (!isAlive() && performance.now() - startedAtMs > restartAfterMs) {
				await start();
			}
		},
		leave: async () => endDemoChild(child),
	};
}

/** Ends a process by its id, kindly first. */
export async function endDemoChild(child: ChildProcess | undefined): Promise<void> {
	if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
		return;
	}

	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
	await ended;
	clearTimeout(timer);
}
