import {createHash} from 'node:crypto';
import {startAlerter} from '../../source/application/alerts/alerter.js';
import {collectNodeHistories, historyDocument} from '../../source/application/history-document.js';
import type {NotedPoller} from '../../source/application/poller.js';
import {openCheckSession, type Session} from '../../source/application/session.js';
import type {Incident} from '../../source/domain/alerts/alert.js';
import {isActiveSilence, silenceOf} from '../../source/domain/alerts/silences.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {currentVerdict} from '../../source/domain/fleet.js';
import type {Node} from '../../source/domain/node/node.js';
import {coverageGapMs} from '../../source/domain/past/coverage.js';
import {resolveSettings, type Settings} from '../../source/domain/settings.js';
import {stateWords} from '../../source/domain/state.js';
import {statusDocument} from '../../source/domain/status-document.js';
import {createFleetMetrics} from '../../source/server/metrics/fleet-metrics.js';
import type {Scenario} from './scenario.js';
import {World} from './world.js';

/** The outcome of a scenario. */
export interface Outcome {
	/** Violated invariants, one sentence each. */
	readonly violations: readonly string[];
	/** Hash of everything visible from outside: alerts, transitions, files and nodes. */
	readonly digest: string;
	readonly days: number;
	readonly checks: number;
	readonly alerts: number;
	readonly kills: number;
}

/** Cycles at the end in which everything works: by then every alert is delivered and every incident closed. */
const quietCycles = 34;

/** Runs a scenario with the real checker, poller, recorder, incidents and dispatcher. */
export async function runScenario(scenario: Scenario): Promise<Outcome> {
	const world = new World(scenario);
	const simulation = new Simulation(scenario, world);
	world.time.install();
	try {
		return await simulation.run();
	} finally {
		world.time.uninstall();
	}
}

/** The expected alerts of a node, computed independently to verify the incidents. */
interface Expectation {
	/** Bad results in a row since the process started. */
	bad: number;
	/** Good results in a row. */
	good: number;
	/** Bad results in a row with a different cause than the node's incident. */
	unexplained: number;
	/** Bad results in a row while it was silenced. */
	quiet: number;
	/** Whether a silence suppressed an alert, which must be sent when the silence ends. */
	isOwed: boolean;
	lastCheck: string;
	/** Cycles in a row in which the wallet worked, or failed. */
	worksFor: number;
	failsFor: number;
	/** Number of cycles at the end of which it worked. */
	worked: number;
	isCrashLoop: boolean;
	lastResult: CheckResult | undefined;
}

class Simulation {
	readonly #scenario: Scenario;
	readonly #world: World;
	readonly #settings: Settings;
	readonly #coverMs: number;
	readonly #violations = new Set<string>();
	readonly #expected = new Map<number, Expectation>();
	readonly #open = new Map<string, string>();
	#poller: NotedPoller | undefined;
	#session: Session | undefined;
	#endAlerter: (() => Promise<void>) | undefined;
	#backAt = 0;
	#cycle = 0;
	#checks = 0;
	#kills = 0;
	#seen = 0;
	#sinceSaved = 0;
	#hasClockJump = false;

	constructor(scenario: Scenario, world: World) {
		this.#scenario = scenario;
		this.#world = world;
		const {rules, intervalMs} = scenario;
		this.#settings = {...resolveSettings(), ...rules, interval: intervalMs, timeout: 3000};
		this.#coverMs = coverageGapMs(intervalMs, true);
		world.onDeath = () => this.#died(1);
	}

	async run(): Promise<Outcome> {
		const {cycles, intervalMs, events} = this.#scenario;
		this.#begin();
		for (; this.#cycle < cycles + quietCycles; this.#cycle += 1) {
			await this.#world.time.advance(this.#cycle === 0 ? intervalMs * 0.9 : intervalMs * 0.95);
			this.#look();
			this.#world.endCycle();
			if (this.#cycle < cycles) {
				for (const {event} of events.filter(each => each.cycle === this.#cycle)) {
					this.#apply(event);
				}
			} else if (this.#cycle === cycles) {
				this.#world.heal();
			}

			await this.#world.time.advance(this.#cycle === 0 ? intervalMs * 0.1 : intervalMs * 0.05);
			if (this.#world.process === 0 && this.#cycle >= this.#backAt) {
				this.#begin();
			}
		}

		this.#world.time.uninstall();
		await this.#verifyMetrics();
		this.#world.time.install();
		await this.#end();
		return this.#outcome();
	}

	#apply(event: Scenario['events'][number]['event']): void {
		if (event.kind === 'kill') {
			this.#world.kill();
			this.#died(event.away);
		} else if (event.kind === 'silence') {
			this.#world.silence(event.node, event.cycles * this.#scenario.intervalMs);
		} else {
			this.#hasClockJump ||= event.kind === 'clock';
			this.#world.apply(event);
		}
	}

	#died(away: number): void {
		this.#poller = undefined;
		this.#session = undefined;
		this.#endAlerter = undefined;
		this.#kills += 1;
		this.#backAt = this.#cycle + away;
		for (const expected of this.#expected.values()) {
			expected.bad = 0;
			expected.unexplained = 0;
			expected.good = 0;
			expected.quiet = 0;
			expected.isOwed = false;
			expected.lastResult = undefined;
		}
	}

	#begin(): void {
		const world = this.#world;
		const process = world.beginProcess();
		const store = world.resultStore(process);
		const session = openCheckSession({
			ports: {...world.ports(process), close: () => undefined},
			resultStore: store,
			settings: this.#settings,
			saving: 'later',
			onSaveProblem: () => undefined,
			onResult: () => {
				this.#checks += 1;
			},
		});
		const active = () => world.silences.filter(silence => isActiveSilence(silence, world.time.nowMs()));
		const poller = session.poll(() => {
			const off = new Set(world.off);
			return {fleet: world.nodes, isShown: () => true, isChecked: ({id}) => !off.has(id)};
		}, active);
		this.#endAlerter = startAlerter({
			poller,
			store: world.alertStore(process),
			channels: [world.channel(process)],
			rules: {...this.#settings, coverMs: this.#coverMs},
			silences: () => world.silences,
			nodeIds: () => world.nodes.map(({id}) => id),
			nowMs: world.time.nowMs,
			monotonicMs: () => world.time.elapsedMs,
			say: () => undefined,
			retryTimes: {firstMs: 1000, maxMs: this.#scenario.intervalMs / 3},
		});
		this.#poller = poller;
		this.#session = session;
		poller.start();
	}

	async #end(): Promise<void> {
		const ending = Promise.all([this.#endAlerter?.(), this.#poller?.stop()]);
		await this.#world.time.advance(1000);
		await ending;
	}

	/** Checks the invariants at the end of a cycle. */
	#look(): void {
		for (const node of this.#world.nodes) {
			this.#countTruth(node);
		}

		const poller = this.#poller;
		if (!poller || !this.#session) {
			return;
		}

		const snapshot = poller.getSnapshot();
		const document = statusDocument({method: snapshot.method, checkedAtMs: 0, durationMs: 0, nodes: snapshot.nodes});
		const reports = new Map(document.nodes.map(report => [report.id, report]));
		const {incidents, streaks} = this.#world.savedAlerts().state;
		this.#sinceSaved = this.#world.isDiskFull ? 0 : this.#sinceSaved + 1;
		for (const shown of snapshot.nodes) {
			const {node, result} = shown;
			if (shown.disabled || !result) {
				continue;
			}

			const {state} = currentVerdict(shown, snapshot.method);
			const recalled = this.#session.recorder.recall(node.id).states?.api?.state;
			const logged = this.#world.log.findLast(({node_id: id}) => id === node.id)?.to;
			const isLogged = this.#sinceSaved > 2 && !this.#hasClockJump;
			const others = [reports.get(node.id)?.state, recalled, ...(isLogged ? [logged] : [])];
			if (others.some(other => other !== state)) {
				this.#fail(4, `${node.name} is ${state} on screen, and ${others.join(', ')} in JSON, memory and history`);
			}

			this.#verifyState(node, result);
			this.#expectedOf(node).isOwed ||= streaks.get(node.id)?.silenced !== undefined;
			this.#count(node, result, incidents);
		}

		this.#lookAtRecoveries();
		this.#readReceived();
	}

	#expectedOf(node: Node): Expectation {
		const known = this.#expected.get(node.id) ?? {
			bad: 0,
			good: 0,
			unexplained: 0,
			quiet: 0,
			isOwed: false,
			lastCheck: '',
			worksFor: 0,
			failsFor: 0,
			worked: 0,
			isCrashLoop: false,
			lastResult: undefined,
		};
		this.#expected.set(node.id, known);
		return known;
	}

	#countTruth(node: Node): void {
		const expected = this.#expectedOf(node);
		const works = this.#world.works(node);
		expected.worksFor = works ? expected.worksFor + 1 : 0;
		expected.failsFor = works ? 0 : expected.failsFor + 1;
		expected.worked += works ? 1 : 0;
	}

	/** Invariant 5: after two cycles no failing node is shown as up, and no working node as down. */
	#verifyState(node: Node, {details}: CheckResult): void {
		const {worksFor, failsFor} = this.#expectedOf(node);
		const isCrashLoop = 'crash_loop_starts' in details;
		this.#expectedOf(node).isCrashLoop ||= isCrashLoop;
		if (failsFor > 2 && (details.state === 'up' || details.state === 'degraded')) {
			this.#fail(5, `${node.name} is ${details.state}, and has not worked for ${failsFor} cycles`);
		}

		if (worksFor > 2 && details.state === 'down' && !isCrashLoop) {
			this.#fail(5, `${node.name} is down (${details.reason}), and has worked for ${worksFor} cycles`);
		}
	}

	/** Invariant 3: a failing node has no alert of its own only if its daemon, its host, the monitor or a silence explains it. */
	#count(node: Node, result: CheckResult, incidents: readonly Incident[]): void {
		const expected = this.#expectedOf(node);
		const at = result.details.last_check;
		if (expected.lastResult === result) {
			return;
		}

		const isInRow = expected.lastCheck !== '' && Date.parse(at) - Date.parse(expected.lastCheck) <= this.#coverMs;
		expected.lastResult = result;
		const kind = this.#judge(result);
		const incident = incidents.find(({members}) => members.has(node.id));
		if (kind === 'unknown') {
			expected.lastCheck = at;
			return;
		}

		expected.bad = kind === 'bad' ? (isInRow ? expected.bad : 0) + 1 : kind === 'good' ? 0 : expected.bad;
		expected.good = kind === 'good' ? (isInRow ? expected.good : 0) + 1 : kind === 'bad' ? 0 : expected.good;
		const cause = 'caused_by' in result.details ? result.details.caused_by : undefined;
		const isStranger = incident?.daemon !== undefined && incident.daemon !== cause;
		expected.unexplained = kind === 'bad' && isStranger ? (isInRow ? expected.unexplained : 0) + 1 : 0;
		expected.lastCheck = at;
		const nowMs = this.#world.time.nowMs();
		const silences = this.#world.silences.filter(each => isActiveSilence(each, nowMs));
		const failAfter = this.#settings.fail_after;
		const isSilenced = silenceOf(silences, node, cause) !== undefined;
		expected.quiet = isSilenced && kind === 'bad' && !incident ? (isInRow ? expected.quiet : 0) + 1 : 0;
		expected.isOwed = kind !== 'good' && (expected.isOwed || expected.quiet >= failAfter);
		if (this.#sinceSaved <= 2 || isSilenced) {
			expected.bad = 0;
			return;
		}

		const isNamed = [...this.#world.promised.values()].some(
			({id, nodes}) => incident && id.startsWith(incident.id) && nodes.some(each => each.id === node.id),
		);
		if (expected.bad > failAfter && incident && expected.isOwed && !isNamed) {
			this.#fail(3, `${node.name} is in ${incident.id} since its silence has ended, and no alert says so`);
		}

		if (expected.bad > failAfter && !incident) {
			this.#fail(3, `${node.name} is ${result.details.state} for ${expected.bad} results, and no alert says so`);
		}

		if (expected.unexplained > failAfter) {
			this.#fail(3, `${node.name} (because of ${cause ?? 'itself'}) is in the incident ${incident?.id}`);
		}
	}

	#judge({status, details}: CheckResult): 'bad' | 'good' | 'neither' | 'unknown' {
		const {alert_on: alertOn, alert_daemons: alertDaemons} = this.#settings;
		const {state} = details;
		if (state === 'unknown') {
			return 'unknown';
		}

		const facts = details as {daemon_reachable?: boolean; daemon_synchronized?: boolean; caused_by?: string};
		const hasDeadDaemon =
			alertDaemons &&
			status &&
			facts.caused_by !== undefined &&
			(facts.daemon_reachable === false || facts.daemon_synchronized === false);
		const isBad =
			alertOn === 'down' ? state === 'down' : alertOn === 'failed' ? !stateWords[state].works : state !== 'up';
		return isBad || hasDeadDaemon ? 'bad' : status ? 'good' : 'neither';
	}

	/** Verifies the order and number of the delivered alerts. */
	#readReceived(): void {
		const {received, mayRepeat, hadFullDisk} = this.#world;
		const before = new Set(received.slice(0, this.#seen).map(({alert}) => alert.id));
		for (const {alert} of received.slice(this.#seen)) {
			const {id, kind} = alert;
			if (before.has(id)) {
				if (!mayRepeat.has(id) && !hadFullDisk) {
					this.#fail(1, `${id} came twice`);
				}

				continue;
			}

			before.add(id);
			const subject = id.replace(/-(?:alert|recovery|reminder-\d+)$/, '');
			if (hadFullDisk) {
				continue;
			}

			if (kind === 'alert') {
				this.#open.set(subject, id);
			} else if (!this.#open.has(subject)) {
				this.#fail(2, `${id} came before its alert`);
			}
		}

		this.#seen = received.length;
	}

	/** Invariant 2: verifies recoveries in the cycle in which they are sent. */
	#lookAtRecoveries(): void {
		const good = this.#settings.recover_after;
		for (const [id, alert] of this.#world.promised) {
			if (this.#checked.has(id)) {
				continue;
			}

			this.#checked.add(id);
			const expected = alert.node_id === undefined ? undefined : this.#expected.get(alert.node_id);
			const isOwn = alert.kind === 'recovery' && alert.closed === undefined && alert.pattern === undefined;
			if (isOwn && expected && expected.good < good && this.#kills === 0) {
				this.#fail(2, `${id} after ${expected.good} good results`);
			}
		}
	}

	readonly #checked = new Set<string>();

	#fail(invariant: number, sentence: string): void {
		this.#violations.add(`invariant ${invariant}: ${sentence} (cycle ${this.#cycle})`);
	}

	/** Invariant 4: the metrics show the same states as the screen. */
	async #verifyMetrics(): Promise<void> {
		const snapshot = this.#poller?.getSnapshot();
		if (!snapshot) {
			return;
		}

		const text = await createFleetMetrics().text(snapshot);
		for (const shown of snapshot.nodes) {
			const {state} = currentVerdict(shown, snapshot.method);
			const line = `monero_wallet_rpc_state{state="${state}",node="${shown.node.name}",group=""} 1`;
			const isTold = text.split('\n').some(each => isSameSeries(each, line));
			if (!isTold && !shown.disabled) {
				this.#fail(4, `${shown.node.name} is ${state} on screen, and not in the metrics`);
			}
		}
	}

	#outcome(): Outcome {
		this.#lookAtRecoveries();
		this.#readReceived();
		const {received, promised, log, nodes, alertsText = ''} = this.#world;
		const ids = new Set(received.map(({alert}) => alert.id));
		for (const id of promised.keys()) {
			if (!ids.has(id)) {
				this.#fail(1, `${id} was never delivered`);
			}
		}

		const saved = this.#world.savedAlerts();
		for (const {id} of saved.state.incidents) {
			this.#fail(2, `${id} is still open after ${quietCycles} good cycles`);
		}

		this.#verifyTransitions();
		const digest = createHash('sha256')
			.update(JSON.stringify([received, log, alertsText, nodes]))
			.digest('hex');
		const {cycles, intervalMs} = this.#scenario;
		return {
			violations: [...this.#violations],
			digest,
			days: ((cycles + quietCycles) * intervalMs) / 86_400_000,
			checks: this.#checks,
			alerts: received.length,
			kills: this.#kills,
		};
	}

	/** Invariant 6: the recorded uptime differs from the true one by at most one interval per state change. */
	#verifyUptime(name: string, {up, degraded}: {readonly up: number; readonly degraded: number}): void {
		const {nodes, log} = this.#world;
		const {intervalMs, cycles, events} = this.#scenario;
		const node = nodes.find(each => each.name === name);
		const isPlain = events.every(({event}) => ['wallet', 'host', 'daemon', 'receiver', 'silence'].includes(event.kind));
		const expected = node && this.#expected.get(node.id);
		if (!expected || expected.isCrashLoop || !isPlain || (cycles + quietCycles) * intervalMs > 6 * 86_400_000) {
			return;
		}

		const changes = log.filter(({node_id: id}) => id === node.id).length;
		const offMs = Math.abs((up + degraded) * 1000 - expected.worked * intervalMs);
		if (offMs > (changes + 2) * intervalMs) {
			this.#fail(6, `${name} was seen to work ${offMs / 60_000} min more or less than it did`);
		}
	}

	/** Invariant 6: no transition is lost or duplicated, and the times of all states add up. */
	#verifyTransitions(): void {
		const {log, nodes, time} = this.#world;
		for (const node of nodes) {
			const own = log.filter(({node_id: id}) => id === node.id);
			own.forEach(({from, to}, index) => {
				const before = own[index - 1]?.to ?? 'unknown';
				if (from !== before || from === to) {
					this.#fail(6, `${node.name} went from ${from} to ${to} after it was ${before}`);
				}
			});
		}

		const nodeStates = nodes.map(node => ({node, nodeState: this.#session?.recorder.recall(node.id) ?? {}}));
		const nowMs = time.nowMs();
		const pasts = collectNodeHistories(nodeStates, log, {method: 'api', nowMs});
		for (const {name, uptime} of historyDocument({method: 'api', pasts, asOfMs: nowMs}, 0).nodes) {
			const seconds = Object.values(uptime['24h'].seconds).reduce((sum, each) => sum + each, 0);
			if (Math.abs(seconds - 86_400) > 2) {
				this.#fail(6, `the times of ${name} add up to ${seconds} s of 24 h`);
			}

			this.#verifyUptime(name, uptime['7d'].seconds);
		}
	}
}

/** Whether two series are the same, regardless of the order of their labels. */
function isSameSeries(a: string, b: string): boolean {
	const parts = (line: string): string => line.split(/[{},]/).sort().join();
	return parts(a) === parts(b);
}
