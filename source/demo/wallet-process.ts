import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {type Endpoint, openDemoEndpoint} from './endpoint.js';
import {scenarios, scriptedWalletMoment} from './scenarios.js';
import {createSimulatedServer} from './shared-server.js';
import {watchDemoShutdown} from './start.js';
import {demoElapsedMs, timelineRestMs} from './timeline.js';
import {type SimulatedWallet, simulateWalletAnswers} from './wallet.js';

/** The first argument of a process that simulates one wallet. */
export const simulateWalletFlag = '--simulate-wallet';

/** How often a busy wallet works, in milliseconds. */
const workEveryMs = 50;
/** A fifth of a core, in milliseconds per 50 ms: enough to be noticed as work, little enough to be left running. */
const workMs = 10;
const retryMs = 250;

/** Simulates one wallet of the scenarios in this process, which looks like `monero-wallet-rpc` in the process table. */
export async function runSimulatedWallet(argv: readonly string[]): Promise<void> {
	const shutdown = watchDemoShutdown();
	nameProcess();
	const {port, wallet} = parseWalletArguments(argv);
	const endpoint = await openWhenFree(port, wallet);
	const everWorks = wallet.scriptedNode.script.some(([phase]) => phase === 'busy');
	const work = everWorks ? setInterval(() => workIfBusy(wallet), workEveryMs) : undefined;
	process.stdout.write('listening\n');
	const stopHanging = hangInHungPhases(wallet);
	await shutdown.ended;
	stopHanging();
	shutdown.release();
	clearInterval(work);
	await endpoint.close();
}

/** The arguments that {@link runSimulatedWallet} reads: those of the real program if it has them. */
export function simulatedWalletArguments({scriptedNode, context, login}: SimulatedWallet, port: number): string[] {
	return [
		simulateWalletFlag,
		scriptedNode.name,
		'--rpc-bind-port',
		String(port),
		...(login ? ['--rpc-login', `${login.username}:${login.password}`] : ['--disable-rpc-login']),
		'--simulated-since',
		String(context.startedAtMs),
		'--simulated-seed',
		String(context.seed),
	];
}

function parseWalletArguments(argv: readonly string[]): {readonly port: number; readonly wallet: SimulatedWallet} {
	const text = {type: 'string', default: ''} as const;
	const {values} = parseArgs({
		args: [...argv],
		options: {
			'simulate-wallet': text,
			'rpc-bind-port': text,
			'rpc-login': {type: 'string'},
			'disable-rpc-login': {type: 'boolean'},
			'simulated-since': text,
			'simulated-seed': text,
		},
	});
	const scriptedNode = scenarios.find(({name}) => name === values['simulate-wallet']);
	if (!scriptedNode) {
		throw new RangeError(`${simulateWalletFlag} ${values['simulate-wallet']}: unknown simulated wallet`);
	}

	const [username, ...password] = values['rpc-login']?.split(':') ?? [];
	const startedAtMs = Number(values['simulated-since']);
	return {
		port: Number(values['rpc-bind-port']),
		wallet: {
			scriptedNode,
			context: {startedAtMs, seed: Number(values['simulated-seed']), nowMs: Date.now},
			...(username === undefined ? {} : {login: {username, password: password.join(':')}}),
		},
	};
}

/** Without room for the arguments, Linux tools show the name of the executable; the real program's is truncated like this. */
function nameProcess(): void {
	try {
		writeFileSync('/proc/self/comm', 'monero-wallet-r');
	} catch {
		// Other systems have no such file; there the arguments must be enough.
	}
}

async function openWhenFree(port: number, wallet: SimulatedWallet): Promise<Endpoint> {
	const server = createSimulatedServer();
	const onConnection = (socket: Parameters<typeof server.serve>[0]): void => {
		server.serve(socket, () => simulateWalletAnswers(wallet));
	};
	for (;;) {
		try {
			return await openDemoEndpoint({onConnection, port});
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
				throw error;
			}

			await delay(retryMs);
		}
	}
}

function workIfBusy({scriptedNode, context}: SimulatedWallet): void {
	const {phase} = scriptedWalletMoment(scriptedNode, demoElapsedMs(context), context.seed);
	const until = performance.now() + (phase === 'busy' ? workMs : 0);
	while (performance.now() < until) {
		// Does nothing but use processor time.
	}
}

/**
 * A hung wallet neither reads requests nor accepts connections, and never wakes; the kernel queues what arrives. This process
 * does the same, and another one waits for the end of the phase, or of standard input, in its place.
 * @returns a function that ends this
 */
function hangInHungPhases({scriptedNode, context}: SimulatedWallet): () => void {
	const {name, script} = scriptedNode;
	let timer: NodeJS.Timeout | undefined;
	const follow = (): void => {
		const restMs = (): number => Math.ceil(timelineRestMs(script, demoElapsedMs(context), {name, seed: context.seed}));
		if (scriptedWalletMoment(scriptedNode, demoElapsedMs(context), context.seed).phase === 'hung') {
			const waiting = `process.stdin.on('error', () => {}).resume(); setTimeout(process.exit, ${restMs()})`;
			spawnSync(process.execPath, ['--eval', waiting], {stdio: ['inherit', 'ignore', 'ignore']});
		}

		timer = setTimeout(follow, restMs()).unref();
	};
	if (script.some(([phase]) => phase === 'hung')) {
		follow();
	}

	return () => {
		clearTimeout(timer);
	};
}
