import {type Alert, type AlertState, noAlertState} from '../../source/domain/alerts/alert.js';
import {type AlertRules, IncidentTracker} from '../../source/domain/alerts/incidents.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {compact} from '../../source/domain/compact.js';
import {cutOffReason, type FleetNode} from '../../source/domain/fleet.js';
import {type State, stateWords} from '../../source/domain/state.js';
import {at} from './fixture-time.js';
import {nodeFixture} from './store-fixture.js';

/**
 * The result of a node in one cycle: a state, optionally `@` and the daemon that causes it (down, or with `@~` not synchronized);
 * `off`: disabled, also with an old state; `-`: not checked; `late`: its check is still in progress; `cut`: the monitor itself seems to be offline;
 * `crash`: in a crash loop.
 */
export type NodeOutcome = State | `${State}@${string}` | 'off' | `off ${State}` | '-' | 'late' | 'cut' | 'crash';

export const rulesFixture: AlertRules = {
	fail_after: 3,
	recover_after: 2,
	alert_on: 'down',
	alert_daemons: false,
	flap_start: 20,
	flap_stop: 5,
	remind: 0,
	coverMs: 90_000,
};

/** A fleet whose results are passed to the incident tracker, in cycles ten seconds apart. */
export interface AlertFleetFixture {
	/** Runs one cycle; nodes that are not listed are not watched. @returns the alerts, as `kind text` */
	readonly cycle: (outcomes: Readonly<Record<string, NodeOutcome>>) => readonly string[];
	/** Runs several cycles of a single node `a`. @returns the alerts of each cycle */
	readonly cycles: (outcomes: string) => ReadonlyArray<readonly string[]>;
	readonly alerts: () => readonly Alert[];
	readonly isChanged: () => boolean;
	readonly state: () => AlertState;
	/** Lets time pass without a cycle. */
	readonly pass: (seconds: number) => void;
	/** Silences these nodes and daemons. */
	readonly silence: (...namesOrDaemons: readonly string[]) => void;
	/** Ends all silences, as a user does. */
	readonly endSilences: () => void;
	readonly remove: (name: string) => void;
	/** Renames a node; the test still refers to it by its first name. */
	readonly rename: (name: string, to: string) => void;
	readonly setMethod: (method: CheckMethod) => void;
	readonly setWaiting: (incidentId: string | undefined) => void;
	/** Continues with the saved state, as the program does after a restart. */
	readonly restart: (state?: AlertState) => void;
}

/**
 * @param names the configured nodes, numbered from 1
 * @param groups the groups of nodes, by name
 * @param hosts the hosts of nodes, by name; default: this machine
 */
export function alertFleetFixture(
	names: readonly string[],
	rules: Partial<AlertRules> = {},
	groups: Readonly<Record<string, string>> = {},
	hosts: Readonly<Record<string, string>> = {},
): AlertFleetFixture {
	let tracker = new IncidentTracker(noAlertState, {...rulesFixture, ...rules});
	let state = noAlertState;
	let seconds = 0;
	let method: CheckMethod = 'api';
	let isChanged = false;
	let waiting: string | undefined;
	let silenced: readonly string[] = [];
	let isEnded = false;
	const alerts: Alert[] = [];
	const newNames = new Map<string, string>();
	const known = new Set(names.map((_, index) => index + 1));
	const results = new Map<string, CheckResult>();
	const cycle: AlertFleetFixture['cycle'] = outcomes => {
		const nodes = Object.entries(outcomes).map(([name, outcome]): FleetNode => {
			if (outcome !== '-' && outcome !== 'off' && outcome !== 'late') {
				results.set(name, resultOf(outcome.replace('off ', ''), at(seconds)));
			}

			const result = results.get(name);
			return {
				node: nodeFixture(
					newNames.get(name) ?? name,
					names.indexOf(name) + 1,
					compact({group: groups[name], host: hosts[name] ?? '127.0.0.1'}),
				),
				nodeState: {},
				...(result ? {result} : {}),
				checking: outcome === 'late',
				disabled: outcome.startsWith('off'),
			};
		});
		const outcome = tracker.take({
			at: at(seconds),
			method,
			nodes,
			exists: id => known.has(id),
			isWaiting: id => id === waiting,
			isSilenced: ({name}, daemon = '') => silenced.includes(name) || silenced.includes(daemon),
			hasExpired: () => !isEnded,
		});
		({state, isChanged} = outcome);
		alerts.push(...outcome.alerts);
		seconds += 10;
		return outcome.alerts.map(({kind, text}) => `${kind} ${text}`);
	};
	return {
		cycle,
		cycles: text => text.split(' ').map(outcome => cycle({a: outcome as NodeOutcome})),
		alerts: () => alerts,
		isChanged: () => isChanged,
		state: () => state,
		pass: more => {
			seconds += more;
		},
		silence: (...namesOrDaemons) => {
			silenced = namesOrDaemons;
		},
		endSilences: () => {
			silenced = [];
			isEnded = true;
		},
		remove: name => void known.delete(names.indexOf(name) + 1),
		rename: (name, to) => void newNames.set(name, to),
		setMethod: next => {
			method = next;
		},
		setWaiting: next => {
			waiting = next;
		},
		restart: (from = state) => {
			tracker = new IncidentTracker(from, {...rulesFixture, ...rules});
		},
	};
}

function resultOf(outcome: string, lastCheck: string): CheckResult {
	if (outcome === 'cut') {
		const {status, details} = resultOf('unknown', lastCheck);
		return {status, details: {...details, reason: `${cutOffReason}: no route`} as typeof details};
	}

	if (outcome === 'crash') {
		const {status, details} = resultOf('down', lastCheck);
		const loop = {reason: 'crash loop: 4 starts in 3 m', crash_loop_starts: 4, crash_loop_ms: 180_000};
		return {status, details: {...details, ...loop} as typeof details};
	}

	const [word = '', blamed] = outcome.split('@');
	const daemon = blamed?.replace('~', '');
	const fault = blamed === daemon ? {daemon_reachable: false} : {daemon_reachable: true, daemon_synchronized: false};
	const state = word as State;
	const {works} = stateWords[state];
	return {
		status: works,
		details: {
			method: 'api',
			message: works ? 'API is responding' : 'API check failed',
			...(state === 'up' ? {} : {reason: daemon === undefined ? 'connection refused' : `daemon ${daemon} is gone`}),
			state,
			latency_ms: 1,
			last_check: lastCheck,
			url: 'http://127.0.0.1:18088/json_rpc',
			...(daemon === undefined ? {} : {daemon, ...fault, caused_by: daemon}),
		},
	};
}
