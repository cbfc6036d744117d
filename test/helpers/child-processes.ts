import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import type {TestContext} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';

/** A child process that is killed after the test. */
export interface TestChild {
	readonly pid: number;
	readonly child: ChildProcess;
	/** Kills it and waits until it has been reaped, so that its pid no longer exists. */
	readonly end: () => Promise<void>;
}

interface SpawnOptions {
	readonly argv0?: string;
	readonly cwd?: string;
	readonly uid?: number;
	/** A file descriptor of this process that the child inherits. */
	readonly inherited?: number;
}

/** Starts a program; its command line can be read as soon as this returns. */
export function startChild(
	test: TestContext,
	command: string,
	parameters: readonly string[],
	{inherited, ...options}: SpawnOptions = {},
): TestChild {
	const stdio = [...(['pipe', 'pipe', 'inherit'] as const), ...(inherited === undefined ? [] : [inherited])];
	const child = spawn(command, parameters, {...options, stdio});
	child.on('error', () => undefined);
	child.stdin?.on('error', () => undefined);
	const end = async () => {
		if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
			const exit = once(child, 'exit');
			child.kill('SIGKILL');
			await exit;
		}
	};
	test.after(end);
	return {pid: child.pid ?? 0, child, end};
}

/**
 * Starts a shell under any name and with any arguments; it runs until its stdin closes. If this process listens on the port of
 * `--rpc-bind-port`, the child inherits the socket, so that it owns its port like a real wallet.
 */
export function startNamed(
	test: TestContext,
	argv0: string,
	parameters: readonly string[] = [],
	options: SpawnOptions = {},
): TestChild {
	const port = /--rpc-bind-p\w*[= ](\d+)/.exec(parameters.join(' '))?.[1];
	const inherited = port === undefined ? undefined : listenerOn(Number(port));
	return startChild(test, '/bin/sh', ['-c', 'read line', 'sh', ...parameters], {
		...options,
		argv0,
		...(inherited === undefined ? {} : {inherited}),
	});
}

/** The file descriptor of this process's socket that listens on a port. */
function listenerOn(port: number): number | undefined {
	if (process.platform !== 'linux') {
		return undefined;
	}

	const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	const inodes = readFileSync('/proc/self/net/tcp', 'utf8')
		.split('\n')
		.map(line => line.trim().split(/\s+/))
		.flatMap(([, local = '', , state, , , , , , inode]) => (state === '0A' && local.endsWith(ending) ? [inode] : []));
	const fd = readdirSync('/proc/self/fd').find(name => inodes.includes(inodeOf(`/proc/self/fd/${name}`)));
	return fd === undefined ? undefined : Number(fd);
}

function inodeOf(link: string): string | undefined {
	try {
		return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
	} catch {
		// The descriptor that listed the folder is already closed.
		return undefined;
	}
}

/** Starts a process named monero-wallet-rpc that listens on a free port of loopback. */
export async function startListener(
	test: TestContext,
	parameters: readonly string[] = [],
	host = '127.0.0.1',
): Promise<TestChild & {readonly port: number}> {
	const script = 'require("net").createServer().listen(0,process.argv[1],function(){console.log(this.address().port)})';
	const started = startChild(test, process.execPath, ['-e', script, host, ...parameters], {argv0: 'monero-wallet-rpc'});
	return {...started, port: Number(await firstLine(started.child))};
}

/** The first line a child prints. */
export async function firstLine({stdout}: ChildProcess): Promise<string> {
	let text = '';
	for await (const chunk of stdout?.iterator({destroyOnReturn: false}) ?? []) {
		text += String(chunk);
		if (text.includes('\n')) {
			break;
		}
	}

	return text.split('\n')[0] ?? '';
}

/** Calls `ask` until the answer fulfils the condition, because the system changes a process's state with a delay. */
export async function eventually<T>(
	ask: () => Promise<T>,
	isIt: (answer: T) => boolean,
	withinMs = 10_000,
): Promise<T> {
	const endMs = performance.now() + withinMs;
	for (;;) {
		const answer = await ask();
		if (isIt(answer) || performance.now() > endMs) {
			return answer;
		}

		await delay(5);
	}
}

/** Whether a process runs; a zombie does not count. */
export function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}
