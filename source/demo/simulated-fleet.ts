import {type ChildProcess, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {compact} from '../domain/compact.js';
import {type DemoMember, writeDemoConfig} from './config-files.js';
import {type SimulatedDaemon, simulateDaemonAnswers} from './daemon.js';
import {createSimulatedNode, followTimeline, openDemoEndpoint, type SimulatedNode} from './endpoint.js';
import type {DemoOptions} from './options.js';
import {
	type DaemonName,
	type ScriptedNode,
	scenarios,
	scriptedDaemonMoment,
	scriptedWalletMoment,
} from './scenarios.js';
import {makeSelfSignedCertificate, type SelfSignedCertificate} from './self-signed-certificate.js';
import {type BehaviorNow, createSimulatedServer, type SharedServer} from './shared-server.js';
import {type DemoContext, demoElapsedMs} from './timeline.js';
import {generateScriptedNodes, type SimulatedWallet, simulateWalletAnswers} from './wallet.js';
import {simulatedWalletArguments} from './wallet-process.js';

/** How this program was started. */
export interface Program {
	readonly nodeBinary: string;
	readonly nodeArguments: readonly string[];
	/** Path of the entry file. */
	readonly entry: string;
}

const restartAfterMs = 5000;
const patienceMs = 2000;

/** Reserves a port for a wallet that a separate process simulates. The first `follow` starts the process. */
async function createSimulatedWallet(wallet: SimulatedWallet, program: Program): Promise<SimulatedNode> {
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

/** Ends a process by its pid, with SIGKILL only if it does not end by itself. */
async function endDemoChild(child: ChildProcess | undefined): Promise<void> {
	if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
		return;
	}

	const ended = once(child, 'exit');
	// A hung process notices only the end of its standard input.
	child.stdin?.end();
	child.kill('SIGTERM');
	const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
	await ended;
	clearTimeout(timer);
}

const followEveryMs = 250;
/** Only the second daemon requires a login. */
const daemonsWithLogin: readonly DaemonName[] = ['us'];

/** The running fleet. */
export interface SimulatedFleet {
	/** Closes every port and ends every process. */
	readonly stop: () => Promise<void>;
}

/** Starts the servers and then writes their configuration. */
export async function startSimulatedFleet(
	options: DemoOptions & {readonly configDir: string},
	program: Program,
): Promise<SimulatedFleet> {
	const context: DemoContext = {startedAtMs: Date.now(), seed: options.seed, nowMs: Date.now};
	const starting: StartContext = {context, server: createSimulatedServer(), program, started: []};
	const stop = async (): Promise<void> => {
		await Promise.all(starting.started.map(async simulatedNode => simulatedNode.leave()));
	};

	try {
		const scriptedNodes = scriptedNodesOf(options);
		const daemons = await allOf(
			daemonsOf(scriptedNodes, context).map(async daemon => startDaemonNode(daemon, starting)),
		);
		const members = await allOf(scriptedNodes.map(async scriptedNode => startWalletNode(scriptedNode, starting)));
		await writeDemoConfig(options.configDir, {members, daemons, settings: options.calm ? {} : {interval: '2s'}});
		const moving = options.calm
			? []
			: [...daemons, ...members.slice(0, scenarios.length)].map(({simulatedNode}) => simulatedNode);
		await allOf(moving.map(async simulatedNode => simulatedNode.follow()));
		const following = followTimeline(moving, followEveryMs);
		return {
			stop: async () => {
				await following.stop();
				await stop();
			},
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Waits for all of them even when one fails, so that everything opened can be closed. */
async function allOf<T>(promises: ReadonlyArray<Promise<T>>): Promise<T[]> {
	await Promise.allSettled(promises);
	return Promise.all(promises);
}

function scriptedNodesOf({nodes, calm, hung, login, daemon}: DemoOptions): readonly ScriptedNode[] {
	const scenarioNodes = calm ? [] : scenarios.slice(0, nodes);
	const generated = generateScriptedNodes({
		from: scenarioNodes.length + 1,
		count: nodes - scenarioNodes.length,
		hung,
		login,
		...(daemon ? {daemon: 'eu'} : {}),
	});
	return [...scenarioNodes, ...generated];
}

function daemonsOf(scriptedNodes: readonly ScriptedNode[], context: DemoContext): SimulatedDaemon[] {
	const names = new Set(scriptedNodes.map(({daemon}) => daemon).filter(name => name !== undefined));
	return [...names].map(name => ({
		name,
		context,
		...(daemonsWithLogin.includes(name) ? {login: {username: 'monitor', password: newPassword()}} : {}),
	}));
}

/** What starting a node needs, and the nodes started so far. */
interface StartContext {
	readonly context: DemoContext;
	readonly server: SharedServer;
	readonly program: Program;
	readonly started: SimulatedNode[];
}

async function startDaemonNode(
	daemon: SimulatedDaemon,
	starting: StartContext,
): Promise<SimulatedDaemon & {readonly simulatedNode: SimulatedNode}> {
	const {name, context} = daemon;
	const simulatedNode = await startInProcess(starting, {
		behavior: () => simulateDaemonAnswers(daemon),
		isPresent: () => scriptedDaemonMoment(name, demoElapsedMs(context), context.seed).phase !== 'absent',
	});
	return {...daemon, simulatedNode};
}

async function startWalletNode(
	scriptedNode: ScriptedNode,
	starting: StartContext,
): Promise<DemoMember & {readonly simulatedNode: SimulatedNode}> {
	const {context, program} = starting;
	const username = scriptedNode.login === 'login_file' ? 'monero' : 'monitor';
	const login = scriptedNode.login && {username, password: newPassword()};
	const wallet: SimulatedWallet = compact({scriptedNode, context, login});
	if (scriptedNode.ownProcess) {
		const simulatedNode = await createSimulatedWallet(wallet, program);
		starting.started.push(simulatedNode);
		return {...wallet, simulatedNode};
	}

	const tls = scriptedNode.tls ? makeSelfSignedCertificate({commonName: scriptedNode.name}) : undefined;
	const simulatedNode = await startInProcess(
		starting,
		compact({
			behavior: () => simulateWalletAnswers(wallet),
			isPresent: () => scriptedWalletMoment(scriptedNode, demoElapsedMs(context), context.seed).phase !== 'absent',
			tls,
		}),
	);
	return compact({...wallet, simulatedNode, fingerprint: tls?.fingerprint256});
}

interface Part {
	readonly behavior: BehaviorNow;
	readonly isPresent: () => boolean;
	readonly tls?: SelfSignedCertificate;
}

async function startInProcess(
	{server, started}: StartContext,
	{behavior, isPresent, tls}: Part,
): Promise<SimulatedNode> {
	const endpoint = await openDemoEndpoint(
		compact({
			onConnection: (socket: Socket) => {
				server.serve(socket, behavior);
			},
			tls,
		}),
	);
	const simulatedNode = createSimulatedNode(endpoint, isPresent);
	started.push(simulatedNode);
	return simulatedNode;
}

/** A password in the form that monero-wallet-rpc generates when it has none. */
function newPassword(): string {
	return randomBytes(18).toString('base64');
}
