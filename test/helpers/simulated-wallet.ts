import {createChecker} from '../../source/application/checker.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {ResultOf} from '../../source/domain/check-result.js';
import {compact} from '../../source/domain/compact.js';
import type {OutgoingConnection} from '../../source/domain/daemon-link.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {findTransition, type Transition} from '../../source/domain/past/transition.js';
import type {LiveProcess, Ports, ProcessWork, RpcOutcome} from '../../source/domain/ports.js';
import {resolveSettings, type SettingTexts} from '../../source/domain/settings.js';
import {recordedResult} from './scripted-server.js';

/** The situation of a simulated wallet at one time. Times are in seconds since the start of the simulation. */
export interface Moment {
	/** When its process started; absent: it does not run. */
	readonly since?: number;
	/** `silent`: accepts connections but does not answer. `closed`: nothing listens. `closes`: accepts and closes connections. */
	readonly port: 'answers' | 'silent' | 'closed' | 'closes';
	/** CPU seconds and wake-ups of its process so far. */
	readonly cpuS?: number;
	readonly wakes?: number;
	/** Bytes that its process has read from disk. */
	readonly readBytes?: number;
	/** The wallet's height. */
	readonly height?: number;
	/** Its connections to its daemon. */
	readonly links?: readonly SimulatedLink[];
	/** A proxy in front: the HTTP status it answers, and after how many seconds. */
	readonly proxy?: {readonly status: number; readonly afterS: number};
}

/** A connection of a simulated wallet. Times are in seconds since the simulation began. */
export interface SimulatedLink {
	readonly inode: string;
	readonly openedS: number;
	/** When the wallet last sent something; default: when it was opened. */
	readonly sentS?: number;
	/** Absent: nothing was received. */
	readonly received?: {readonly bytes: number; readonly atS: number};
	/** Default `established`. */
	readonly state?: OutgoingConnection['state'];
}

/** A wallet and its daemon in simulated time, and a checker that watches the wallet. */
export interface Simulation {
	/** Checks once and remembers the result, as if saved to a file. */
	readonly check: <M extends CheckMethod = 'api'>(method?: M) => Promise<ResultOf<M>>;
	/** Checks every `everyS` seconds until `endS`. @returns all results */
	readonly watchUntil: (endS: number, everyS: number) => Promise<ReadonlyArray<ResultOf<'api'>>>;
	/** Seconds since the start. */
	readonly nowS: () => number;
	readonly sleepUntil: (s: number) => void;
	readonly nodeState: () => NodeState;
	/** Every state change so far, as `from>to`. */
	readonly changes: () => readonly string[];
	readonly transitions: readonly Transition[];
}

export interface SimulationOptions {
	readonly settings?: SettingTexts;
	/** Whether its process is visible. Default true. */
	readonly seen?: boolean;
	/** Height of the daemon. Default 10,000. */
	readonly tip?: number;
}

const startMs = Date.parse('2026-11-20T10:00:00.000Z');
const timeoutMs = 3000;

/** Simulates a wallet by a script. Nothing waits in real time: only requests advance the time. */
export function simulateWallet(
	at: (s: number) => Moment,
	{settings = {}, seen = true, tip = 10_000}: SimulationOptions = {},
): Simulation {
	let nowMs = startMs;
	let nodeState: NodeState = {};
	const transitions: Transition[] = [];
	const timers = new Set<{readonly atMs: number; readonly run: () => void}>();
	const node = {id: 1, ...parseNodeDefinition({name: 'main', port: 18_083, daemon: '127.0.0.1:18081'}, 'test')};
	const nowS = () => (nowMs - startMs) / 1000;
	const advance = (toMs: number): void => {
		for (const timer of [...timers].filter(({atMs}) => atMs <= toMs)) {
			nowMs = Math.max(nowMs, timer.atMs);
			timers.delete(timer);
			timer.run();
		}

		nowMs = Math.max(nowMs, toMs);
	};

	const processNow = (): LiveProcess | undefined => {
		const {since} = at(nowS());
		return since === undefined || !seen
			? undefined
			: {
					pid: 4711,
					started_at: new Date(startMs + since * 1000).toISOString(),
					start_ticks: 1_000_000 + Math.round(since * 100),
					argv: ['monero-wallet-rpc', '--rpc-bind-port=18083'],
					stopped: false,
				};
	};

	const callWallet = async (method: string): Promise<RpcOutcome> => {
		const beganMs = nowMs;
		const {port, proxy} = at(nowS());
		const latencyMs = 2;
		if (proxy) {
			advance(nowMs + proxy.afterS * 1000);
			return {kind: 'http_error', statusCode: proxy.status, statusText: 'Bad', latencyMs: proxy.afterS * 1000};
		}

		if (port === 'closed' || port === 'closes') {
			const cause = port === 'closed' ? 'refused' : 'closed';
			return {kind: 'no_answer', cause, error: cause, latencyMs};
		}

		// A waiting request is answered as soon as the wallet answers again.
		for (; nowMs - beganMs < timeoutMs; advance(nowMs + 250)) {
			if (at(nowS()).port === 'answers') {
				const {height = tip} = at(nowS());
				const result = method === 'get_height' ? {height} : {version: 65_565, release: true};
				return {kind: 'result', result, latencyMs: nowMs - beganMs + latencyMs};
			}
		}

		return {kind: 'no_answer', cause: 'timeout', error: 'timeout', latencyMs: timeoutMs};
	};

	const info = () => recordedResult('monerod_get_info.http', {height: tip, top_block_hash: 'a'.repeat(64)});
	const unused = () => {
		throw new Error('a simulation has none');
	};
	const ports: Ports = {
		callRpc: async (endpoint, method) =>
			endpoint.port === node.port ? callWallet(method) : {kind: 'result', result: info(), latencyMs: 1},
		connectTcp: async () => {
			const {port, proxy} = at(nowS());
			return port === 'closed' && !proxy
				? {open: false, cause: 'refused', error: 'connect ECONNREFUSED', latencyMs: 1}
				: {open: true, latencyMs: 1};
		},
		openProcessTable: () => ({
			inspect: async () => {
				const process = processNow();
				return process ? {kind: 'alive', process} : {kind: 'gone'};
			},
			findByRpcPort: async () => {
				const process = processNow();
				return process ? {pid: process.pid, evidence: 'socket'} : {reason: 'none runs'};
			},
			servesRpcPort: async () => processNow() !== undefined,
			mayServe: async () => true,
			listenerOf: async () => undefined,
			seesSockets: async () => true,
			isContainerHost: async () => false,
			innerPids: async () => [],
		}),
		readPidFile: unused,
		readWalletSetup: async () => ({}),
		findLoginFile: unused,
		ownPlace: () => ({hasSystemd: false}),
		renderRemedy,
		hasOwnNetworkNamespace: () => false,
		walletLogFile: () => undefined,
		readFileExposure: () => undefined,
		isLocalHost: () => true,
		readProcessWork: (): ProcessWork | undefined => {
			const {since, cpuS = 0, wakes = 0, readBytes} = at(nowS());
			const counters = compact({
				cpu_ms: Math.floor(cpuS * 100) * 10,
				context_switches: Math.floor(wakes),
				disk_read_bytes: readBytes,
			});
			return since === undefined ? undefined : {counters, runnable: false, waitsForDisk: false};
		},
		readUnreadRequests: () => {
			const {port} = at(nowS());
			return port === 'silent' ? 'unread' : port === 'answers' ? 'all_read' : 'no_listener';
		},
		readStopCause: () => undefined,
		readProcessConnections: () => {
			const {links} = at(nowS());
			const outgoing = links?.map(({inode, state = 'established'}) => ({
				address: '127.0.0.1',
				port: 18_081,
				state,
				inode,
			}));
			return outgoing && {outgoing, isOwnNetwork: true};
		},
		holdsSocket: () => false,
		readSocketTraffic: async (_, inode) => {
			const link = at(nowS()).links?.find(each => each.inode === inode);
			const msSince = (s: number) => Math.round((nowS() - s) * 1000);
			return (
				link && {
					receivedBytes: link.received?.bytes ?? 0,
					sentBytes: 200,
					receivedMsAgo: msSince(link.received?.atS ?? link.openedS),
					sentMsAgo: msSince(link.sentS ?? link.openedS),
				}
			);
		},
		readProcessUsage: () => ({}),
		after: (ms, run) => {
			const timer = {atMs: nowMs + ms, run};
			timers.add(timer);
			return () => void timers.delete(timer);
		},
		wait: async ms => advance(nowMs + ms),
		nowMs: () => nowMs,
		// It starts with the program, as the real one does.
		monotonicMs: () => nowMs - startMs,
	};
	const checker = createChecker({
		ports,
		settings: resolveSettings({texts: settings, where: 'test'}),
		recall: () => nodeState,
	});

	const check = async <M extends CheckMethod = 'api'>(method: M = 'api' as M): Promise<ResultOf<M>> => {
		const result = await checker.check(node, method, checker.openCycle([node]));
		const transition = findTransition(nodeState, {node, result});
		nodeState = JSON.parse(JSON.stringify(recordResult(nodeState, result)));
		if (transition) {
			transitions.push(transition);
		}

		return result;
	};

	return {
		check,
		watchUntil: async (endS, everyS) => {
			const results: Array<ResultOf<'api'>> = [];
			while (nowS() < endS) {
				const nextMs = nowMs + everyS * 1000;
				results.push(await check());
				advance(Math.max(nextMs, nowMs + 1));
			}

			return results;
		},
		nowS,
		sleepUntil: s => advance(startMs + s * 1000),
		nodeState: () => nodeState,
		changes: () => transitions.map(({from, to}) => `${from}>${to}`),
		transitions,
	};
}
