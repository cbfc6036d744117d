import {alertsDocument, parseAlertsFile} from '../../source/adapters/alerts/alert-store.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {Alert} from '../../source/domain/alerts/alert.js';
import {noAlertState} from '../../source/domain/alerts/alert.js';
import {
	type AlertChannel,
	type AlertStore,
	type Delivery,
	delivered,
	type Outbox,
} from '../../source/domain/alerts/outbox.js';
import type {Silence} from '../../source/domain/alerts/silences.js';
import {InputError} from '../../source/domain/input-error.js';
import type {Node} from '../../source/domain/node/node.js';
import type {Observation} from '../../source/domain/past/node-state.js';
import {
	applyTransitions,
	clampNodeStates,
	type NodeStates,
	recordObservations,
	type Transition,
} from '../../source/domain/past/transition.js';
import type {LiveProcess, Ports, RpcOutcome} from '../../source/domain/ports.js';
import type {ResultStore} from '../../source/domain/store.js';
import {recordedResult} from '../helpers/scripted-server.js';
import type {Scenario, WorldEvent} from './scenario.js';
import {VirtualTime} from './virtual-time.js';

const startMs = Date.parse('2026-11-20T10:00:00.000Z');
const timeoutMs = 3000;
const hosts = ['127.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
const daemons = ['127.0.0.1:18081', '127.0.0.1:18082'];
const tip = 3_400_000;

interface Wallet {
	state: 'up' | 'dead' | 'hangs';
	pid: number;
	startedMs: number;
}

/** An alert that reached the receiver. */
export interface Received {
	readonly alert: Alert;
	/** Elapsed milliseconds. */
	readonly atMs: number;
}

/** The simulated environment of xmrtop: wallets, daemons, networks, disks, receivers. */
export class World {
	readonly time = new VirtualTime(startMs);
	readonly nodes: readonly Node[];
	readonly received: Received[] = [];
	readonly log: Transition[] = [];
	/** Every alert that was ever in a saved outbox. */
	readonly promised = new Map<string, Alert>();
	/** Ids of alerts that may be delivered twice. */
	readonly mayRepeat = new Set<string>();
	readonly off = new Set<number>();
	silences: readonly Silence[] = [];
	/** The text of alerts.json. */
	alertsText: string | undefined;
	isDiskFull = false;
	/** Whether a write ever failed. */
	hadFullDisk = false;
	/** Number of the running process; 0 while none runs. */
	process = 0;
	/** Called when the process dies at a write. */
	onDeath: () => void = () => undefined;
	#nodeStates: NodeStates = new Map();
	#nextPid = 100;
	#receiver: Extract<WorldEvent, {kind: 'receiver'}>['to'] = 'takes';
	#killAtWrite: Extract<WorldEvent, {kind: 'kill_at_write'}> | undefined;
	#receiverGoneMs: number | undefined;
	readonly #takenMs = new Map<string, number>();
	#isCutOff = false;
	readonly #goneHosts = new Set<string>();
	readonly #daemons = new Map<string, 'up' | 'dead' | 'behind'>(daemons.map(address => [address, 'up']));
	readonly #wallets = new Map<number, Wallet>();
	#processes = 0;

	constructor({nodes}: Pick<Scenario, 'nodes'>) {
		this.nodes = nodes.map(({host, daemon}, index) => ({
			id: index + 1,
			name: `n${index + 1}`,
			host: hosts[host % hosts.length] ?? '',
			port: 18_101 + index,
			path: '/json_rpc',
			daemon: daemon === undefined ? 'none' : (daemons[daemon % daemons.length] ?? ''),
			available: true,
		}));
		for (const {id} of this.nodes) {
			this.#wallets.set(id, {state: 'up', pid: this.#newPid(), startedMs: startMs - 86_400_000});
		}
	}

	/** Ends a cycle. Repairs a receiver that has failed for 12 h, because alerts are given up after a day. */
	endCycle(): void {
		const isGood = this.#receiver === 'takes';
		this.#receiverGoneMs = isGood ? undefined : (this.#receiverGoneMs ?? this.time.elapsedMs);
		if (this.#receiverGoneMs !== undefined && this.time.elapsedMs - this.#receiverGoneMs > 12 * 3_600_000) {
			this.#receiver = 'takes';
		}
	}

	/** Whether a node works and can be reached. */
	works({id, host}: Node): boolean {
		return this.#wallets.get(id)?.state === 'up' && this.#isReachable(host);
	}

	apply(event: WorldEvent): void {
		const node = 'node' in event ? this.nodes[event.node % this.nodes.length] : undefined;
		switch (event.kind) {
			case 'wallet':
				this.#setWallet(node?.id ?? 0, event.to);
				break;
			case 'host': {
				// Host 0, this machine, cannot disappear.
				const host = hosts[1 + (event.host % (hosts.length - 1))] ?? '';
				this.#goneHosts[event.isGone ? 'add' : 'delete'](host);
				break;
			}

			case 'monitor':
				this.#isCutOff = event.isCutOff;
				break;
			case 'daemon':
				this.#daemons.set(daemons[event.daemon % daemons.length] ?? '', event.to);
				break;
			case 'clock':
				this.time.offsetMs =
					Math.max(Date.parse('2025-06-01T00:00:00Z'), this.time.nowMs() + event.byMs) - this.time.elapsedMs;
				break;
			case 'kill_at_write':
				this.#killAtWrite = event;
				break;
			case 'disk':
				this.isDiskFull = event.isFull;
				break;
			case 'receiver':
				this.#receiver = event.to;
				break;
			case 'available':
				this.off[event.isOff ? 'add' : 'delete'](node?.id ?? 0);
				break;
			default:
		}
	}

	silence(node: number, forMs: number): void {
		const {id = 0, name = ''} = this.nodes[node % this.nodes.length] ?? {};
		const [at, until] = [this.time.nowMs(), this.time.nowMs() + forMs].map(ms => new Date(ms).toISOString()) as [
			string,
			string,
		];
		this.silences = [...this.silences, {id: this.silences.length + 1, nodes: [{id, name}], by: 'x@y', at, until}];
	}

	/** Repairs everything. */
	heal(): void {
		this.#isCutOff = false;
		this.#goneHosts.clear();
		this.#receiver = 'takes';
		this.#killAtWrite = undefined;
		this.isDiskFull = false;
		this.off.clear();
		for (const address of daemons) {
			this.#daemons.set(address, 'up');
		}

		for (const {id} of this.nodes) {
			this.#setWallet(id, 'up');
		}
	}

	#setWallet(id: number, to: Extract<WorldEvent, {kind: 'wallet'}>['to']): void {
		const wallet = this.#wallets.get(id);
		if (!wallet) {
			return;
		}

		const isNew = to === 'restarted' || (to !== 'dead' && wallet.state === 'dead');
		wallet.state = to === 'restarted' ? 'up' : to;
		if (isNew) {
			wallet.pid = this.#newPid();
			wallet.startedMs = this.time.nowMs();
		}
	}

	#newPid(): number {
		this.#nextPid += 1;
		return this.#nextPid;
	}

	#isReachable(host: string): boolean {
		return host === hosts[0] || (!this.#isCutOff && !this.#goneHosts.has(host));
	}

	/** Starts a process. @returns its number */
	beginProcess(): number {
		this.#processes += 1;
		this.process = this.#processes;
		this.time.owner = this.process;
		return this.process;
	}

	/** Kills the process, with its timers. */
	kill(): void {
		this.time.kill(this.process);
		this.process = 0;
		this.#killAtWrite = undefined;
		for (const {alert} of this.savedAlerts().outbox) {
			const takenMs = this.#takenMs.get(alert.id);
			// Deliveries older than a second are already saved, so they are not repeated.
			if (takenMs === undefined || this.time.elapsedMs - takenMs < 1000) {
				this.mayRepeat.add(alert.id);
			}
		}
	}

	/** The alerts saved on the disk. */
	savedAlerts() {
		const reading = this.alertsText === undefined ? undefined : parseAlertsFile(this.alertsText);
		return reading?.kind === 'read' ? reading.file : {state: noAlertState, outbox: []};
	}

	/** Writes to the disk; the process may be killed before or after the write. */
	async #write<T>(process: number, store: 'alerts' | 'results', change: () => T): Promise<T> {
		if (process !== this.process) {
			return never();
		}

		if (this.isDiskFull) {
			this.hadFullDisk = true;
			throw new InputError('save_failed', 'no space left on device');
		}

		const deadly = this.#killAtWrite?.store === store ? this.#killAtWrite : undefined;
		const result = deadly?.isBefore ? undefined : change();
		if (deadly) {
			this.kill();
			this.onDeath();
			return never();
		}

		return result as T;
	}

	/** The store of results of a process. */
	resultStore(process: number): ResultStore {
		const merged = new WeakSet<Observation>();
		const nowMs = this.time.nowMs;
		const states = (): NodeStates => this.#nodeStates;
		return {
			path: 'results.json',
			transitionsPath: 'transitions.ndjson',
			read: () => clampNodeStates(this.#nodeStates, nowMs()),
			save: observations =>
				this.#write(process, 'results', () => {
					const fresh = observations.filter(each => !merged.has(each));
					const {nodeStates, transitions} = recordObservations(states(), fresh, nowMs());
					this.#nodeStates = nodeStates;
					this.log.push(...transitions);
					fresh.forEach(each => void merged.add(each));
					return transitions;
				}),
			saveTransitions: observations =>
				this.#write(process, 'results', () => {
					const {transitions} = recordObservations(states(), observations, nowMs());
					this.#nodeStates = applyTransitions(states(), transitions, nowMs());
					this.log.push(...transitions);
					return transitions;
				}),
			readTransitions: async () => this.log,
			takeNote: () => undefined,
		};
	}

	/** The store of alerts of a process. */
	alertStore(process: number): AlertStore {
		return {
			initial: this.savedAlerts(),
			save: file =>
				this.#write(process, 'alerts', () => {
					this.alertsText = JSON.stringify(alertsDocument(file));
					for (const {alert} of file.outbox) {
						this.promised.set(alert.id, alert);
					}
				}),
			saveDeliveries: (_, deliveries) =>
				this.#write(process, 'alerts', () => {
					// Writes only the deliveries: other changes must have been saved separately.
					const saved = this.savedAlerts();
					const outbox = deliveries.reduce<Outbox>((left, {id, channel}) => delivered(left, id, channel), saved.outbox);
					this.alertsText = JSON.stringify(alertsDocument({...saved, outbox}));
				}),
			close: async () => undefined,
		};
	}

	/** The receiver of alerts. */
	channel(process: number): AlertChannel {
		const outcome = async (alert: Alert): Promise<Delivery> => {
			const receiver = this.#receiver;
			if (receiver === 'takes' || receiver === 'lies') {
				this.received.push({alert, atMs: this.time.elapsedMs});
			}

			if (receiver === 'takes') {
				this.#takenMs.set(alert.id, this.#takenMs.get(alert.id) ?? this.time.elapsedMs);
			}

			if (receiver === 'hangs') {
				await new Promise<void>(resolve => void this.time.after(10_000, resolve));
			}

			if (receiver === 'lies') {
				this.mayRepeat.add(alert.id);
			}

			return receiver === 'takes'
				? {kind: 'delivered'}
				: {kind: 'failed', reason: 'no', ...(receiver === 'asks_for_time' ? {retryAfterMs: 30_000} : {})};
		};
		return {
			name: 'webhook',
			deliver: alert => (process === this.process ? outcome(alert) : never()),
		};
	}

	/** The ports of a process's checks. */
	ports(process: number): Ports {
		const alive = async <T>(value: () => T): Promise<T> => (process === this.process ? value() : never<T>());
		const nodeAt = (host: string, port: number): Node | undefined =>
			this.nodes.find(node => node.host === host && node.port === port);
		const live = (node: Node | undefined): LiveProcess | undefined => {
			const wallet = node && this.#wallets.get(node.id);
			return wallet && node.host === hosts[0] && wallet.state !== 'dead'
				? {
						pid: wallet.pid,
						started_at: new Date(wallet.startedMs).toISOString(),
						start_ticks: wallet.pid * 1000,
						argv: ['monero-wallet-rpc', `--rpc-bind-port=${node.port}`],
						stopped: false,
					}
				: undefined;
		};
		const byPid = (pid: number): LiveProcess | undefined => this.nodes.map(live).find(process => process?.pid === pid);
		const unused = (): never => {
			throw new Error('a simulation has none');
		};
		return {
			callRpc: (endpoint, method) =>
				alive(() => {
					const node = nodeAt(endpoint.host, endpoint.port);
					return node ? this.#askWallet(node, method) : this.#askDaemon(`${endpoint.host}:${endpoint.port}`, method);
				}),
			connectTcp: ({host, port}) =>
				alive(() => {
					const node = nodeAt(host, port);
					const isOpen = node && this.#isReachable(host) && this.#wallets.get(node.id)?.state !== 'dead';
					const cause = node && this.#isReachable(host) ? ('refused' as const) : ('timeout' as const);
					return isOpen ? {open: true, latencyMs: 1} : {open: false, latencyMs: 1, cause, error: cause};
				}),
			openProcessTable: () => ({
				inspect: pid =>
					alive(() => {
						const process = byPid(pid);
						return process ? {kind: 'alive', process} : {kind: 'gone'};
					}),
				findByRpcPort: (host, port) =>
					alive(() => {
						const process = live(nodeAt(host, port));
						return process ? {pid: process.pid, evidence: 'socket' as const} : {reason: 'none runs'};
					}),
				servesRpcPort: (pid, host, port) => alive(() => live(nodeAt(host, port))?.pid === pid),
				mayServe: (process, host, port) => alive(() => live(nodeAt(host, port))?.pid === process.pid),
				listenerOf: () => alive(() => undefined),
				seesSockets: () => alive(() => true),
				isContainerHost: () => alive(() => false),
				innerPids: () => alive(() => []),
			}),
			readPidFile: unused,
			readWalletSetup: () => alive(() => ({})),
			findLoginFile: unused,
			ownPlace: () => ({hasSystemd: false}),
			renderRemedy,
			hasOwnNetworkNamespace: () => false,
			walletLogFile: () => undefined,
			readFileExposure: () => undefined,
			isLocalHost: host => host === hosts[0],
			readProcessWork: pid =>
				byPid(pid) && {counters: {cpu_ms: 1000, context_switches: 10}, runnable: false, waitsForDisk: false},
			readUnreadRequests: () => 'unread',
			readStopCause: () => undefined,
			readProcessConnections: () => undefined,
			holdsSocket: () => false,
			readSocketTraffic: async () => undefined,
			readProcessUsage: () => ({}),
			after: this.time.after,
			wait: (ms, signal) =>
				new Promise(resolve => {
					const end = (): void => {
						cancel();
						signal?.removeEventListener('abort', end);
						resolve();
					};
					const cancel = this.time.after(ms, end);
					signal?.addEventListener('abort', end, {once: true});
				}),
			nowMs: this.time.nowMs,
			monotonicMs: () => this.time.elapsedMs,
		};
	}

	#askWallet(node: Node, method: string): RpcOutcome {
		const state = this.#wallets.get(node.id)?.state;
		if (!this.#isReachable(node.host) || state === 'hangs') {
			return {kind: 'no_answer', cause: 'timeout', error: 'timeout', latencyMs: timeoutMs};
		}

		if (state === 'dead') {
			return {kind: 'no_answer', cause: 'refused', error: 'connect ECONNREFUSED', latencyMs: 1};
		}

		const result = method === 'get_height' ? {height: tip} : {version: 65_565, release: true};
		return {kind: 'result', result, latencyMs: 2};
	}

	#askDaemon(address: string, method: string): RpcOutcome {
		const state = this.#daemons.get(address);
		if (state === 'dead') {
			return {kind: 'no_answer', cause: 'refused', error: 'connect ECONNREFUSED', latencyMs: 1};
		}

		const isBehind = state === 'behind';
		const more = {
			height: tip,
			top_block_hash: 'a'.repeat(64),
			nettype: 'fakechain',
			synchronized: !isBehind,
			busy_syncing: false,
		};
		const info = recordedInfo(more);
		return method === 'get_version'
			? {kind: 'result', result: {version: 196_622, release: true, status: 'OK'}, latencyMs: 1}
			: {kind: 'result', result: info, latencyMs: 1};
	}
}

const infos = new Map<string, unknown>();

function recordedInfo(more: Readonly<Record<string, unknown>>): unknown {
	const key = JSON.stringify(more);
	if (!infos.has(key)) {
		infos.set(key, recordedResult('monerod_get_info.http', more));
	}

	return infos.get(key);
}

/** A promise that never settles, for calls of a killed process. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
