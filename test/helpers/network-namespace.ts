/**
 * A network namespace like that of a container, connected to this machine by a veth pair, with real wallets in it. Needs root and `ip`.
 * Everything is removed after the test.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {TestContext} from 'node:test';
import {eventually, isRunning} from './child-processes.js';
import {type RealWallet, startWallet, type WalletOptions} from './real-monero.js';
import {isStopped} from './real-process.js';

export interface NetworkNamespace {
	readonly name: string;
	/** Reachable from this machine. */
	readonly address: string;
	/** This machine's end of the link. */
	readonly hostAddress: string;
	/** The prefix of a command that runs in the namespace. */
	readonly launcher: readonly string[];
}

export interface ContainerOptions extends WalletOptions {
	/** Whether it also has its own pid namespace, as containers do. Default: true. */
	readonly ownPids?: boolean;
}

let made = 0;

/**
 * Makes a network namespace whose loopback and link are up.
 * @returns `undefined`, with the test skipped, if that is not permitted
 */
export function makeNetworkNamespace(t: TestContext): NetworkNamespace | undefined {
	made += 1;
	const id = `${process.pid}-${made}`;
	const [name, outer, inner] = [`xmrtop-${id}`, `xo${id}`, `xi${id}`];
	if (spawnSync('ip', ['netns', 'add', name]).status !== 0) {
		t.skip('network namespaces are not permitted here');
		return undefined;
	}

	t.after(() => {
		for (const pid of outputOf('ip', 'netns', 'pids', name).split('\n').filter(Boolean)) {
			kill(Number(pid), 'SIGKILL');
		}

		spawnSync('ip', ['link', 'del', outer]);
		spawnSync('ip', ['netns', 'del', name]);
	});
	// One of the 16,384 networks of four addresses in 10.210.0.0/16.
	const first = ((process.pid * 8 + made) % 16_384) * 4;
	const [hostAddress, address] = [first + 1, first + 2].map(last => `10.210.${last >> 8}.${last & 255}`) as [
		string,
		string,
	];
	const within = ['netns', 'exec', name, 'ip'];
	outputOf('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
	outputOf('ip', 'addr', 'add', `${hostAddress}/30`, 'dev', outer);
	outputOf('ip', 'link', 'set', outer, 'up');
	outputOf('ip', ...within, 'addr', 'add', `${address}/30`, 'dev', inner);
	outputOf('ip', ...within, 'link', 'set', inner, 'up');
	outputOf('ip', ...within, 'link', 'set', 'lo', 'up');
	return {name, address, hostAddress, launcher: ['ip', 'netns', 'exec', name]};
}

/**
 * Starts a real wallet like in a container: it listens on all addresses of the namespace, and its pid there is 1.
 * @returns the wallet, with its `pid` on this machine; its endpoint is the namespace's address
 */
export async function startContainedWallet(
	t: TestContext,
	{address, launcher}: NetworkNamespace,
	{ownPids = true, extraArgs = [], ...options}: ContainerOptions = {},
): Promise<RealWallet> {
	const wallet = await startWallet({
		...options,
		host: address,
		launcher: [...launcher, ...(ownPids ? ['unshare', '-p', '-f', '--kill-child', '--mount-proc'] : [])],
		extraArgs: ['--rpc-bind-ip=0.0.0.0', '--confirm-external-bind', ...extraArgs],
	});
	const pid = ownPids ? childOf(wallet.pid) : wallet.pid;
	const killAll = async (): Promise<void> => {
		kill(pid, 'SIGKILL');
		await wallet.kill();
		await eventually(
			async () => isRunning(pid),
			isAlive => !isAlive,
		);
	};
	const stop = async (): Promise<void> => {
		await killAll();
		await wallet.removeFolder();
	};
	t.after(stop);
	return {
		...wallet,
		pid,
		freeze: () => {
			kill(pid, 'SIGSTOP');
			while (!isStopped(pid)) {
				// The threads stop one after another; until all have stopped, one may still answer.
			}
		},
		thaw: () => kill(pid, 'SIGCONT'),
		kill: killAll,
		stop,
	};
}

function childOf(pid: number): number {
	return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

function kill(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It has ended.
	}
}

function outputOf(command: string, ...parameters: readonly string[]): string {
	return execFileSync(command, parameters, {encoding: 'utf8'});
}
