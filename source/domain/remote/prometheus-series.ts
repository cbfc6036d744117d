import {type CheckMethod, parseCheckMethod} from '../check-method.js';
import {uptimeWindows} from '../past/uptime.js';
import {isObject} from '../schemas.js';
import {parseState, type State} from '../state.js';
import {cleanText} from '../text.js';
import type {PrometheusHost} from './remote-nodes.js';

/** Series that stopped longer ago than this are not listed any more. */
export const keptMs = 3_600_000;
const kept = '1h';
const node = (name: string): string => `monero_wallet_rpc_${name}`;
const named = (names: string): string => `{__name__=~"${names}",M}`;

/**
 * What is asked for a table of any number of nodes. `M` stands for the label matchers. Every query names its metrics, so that
 * no answer is larger than what is shown of it.
 */
const queries = {
	state: `${node('state')}{M} == 1`,
	duration: `${node('check_duration_seconds')}{M}`,
	since: `${node('state_since_timestamp_seconds')}{M}`,
	reasons: named(node('(reason|lag_blocks)')),
	others: named(
		'monero_(up|info_height|info_synchronized|daemon_lag_blocks)|xmrtop_(last_cycle_timestamp_seconds|interval_seconds|method_info)',
	),
	targets: `up and on (instance, job) last_over_time(xmrtop_build_info{M}[${kept}])`,
	lastCycles: `last_over_time(xmrtop_last_cycle_timestamp_seconds{M}[${kept}])`,
} as const;

/** What is asked now and then: it makes a third of all series, and is shown on the page of a node. */
const slowQueries = {
	info: `${node('info')}{M}`,
	facts: named(node('(height|wallet_open)')),
} as const;

/** What is asked once: which nodes stopped before this run looked, by the time of their last check. */
const firstQueries = {
	gone: `last_over_time(${node('last_check_timestamp_seconds')}{M}[${kept}]) unless ${node('last_check_timestamp_seconds')}{M}`,
	goneStates: `last_over_time(${node('state')}{state="up",M}[${kept}]) unless ${node('state')}{state="up",M}`,
} as const;

/** What is asked where a node stopped that tells of no last check: when its last sample was. It costs as much as all others. */
const goneTimes = `max_over_time(timestamp(${node('state')}{state="up",M})[${kept}:15s]) unless ${node('state')}{state="up",M}`;

type QueryName = keyof typeof queries | keyof typeof slowQueries | keyof typeof firstQueries | 'goneTimes';
type Queries = ReadonlyArray<readonly [QueryName, string]>;

/** The tables of queries: of every look, of a look now and then, and of the first. */
const tables = {every: queries, slow: slowQueries, first: firstQueries} as const;

/** The queries of one look at a Prometheus. */
export function prometheusQueries({matchers}: PrometheusHost, which: ReadonlyArray<keyof typeof tables>): Queries {
	const all = which.flatMap(name => Object.entries(tables[name])) as Array<[QueryName, string]>;
	return all.map(([name, query]) => [name, withMatchers(query, matchers)]);
}

/** What is to be asked after a first look. */
export function followUpQueries({matchers}: PrometheusHost, {gone, goneStates}: PrometheusAnswers['results']): Queries {
	const isTimeMissing = (goneStates?.length ?? 0) > (gone?.length ?? 0);
	return isTimeMissing ? [['goneTimes', withMatchers(goneTimes, matchers)]] : [];
}

/** Puts label matchers in the place of `M`, or nothing. */
export function withMatchers(query: string, matchers: string): string {
	return query.replaceAll(/,?M\}/g, place =>
		matchers === '' ? '}' : `${place.startsWith(',') ? ',' : ''}${matchers}}`,
	);
}

/** The results of one look. */
export interface PrometheusAnswers {
	/** The moment they are of, in milliseconds since the epoch. */
	readonly atMs: number;
	/** The `result` of every query, not yet looked at. */
	readonly results: Readonly<Partial<Record<QueryName, readonly unknown[]>>>;
}

const historyQueryTable = {
	states: 'monero_wallet_rpc_state{M} == 1',
	reasons: 'monero_wallet_rpc_reason{M}',
	since: 'monero_wallet_rpc_state_since_timestamp_seconds{M}',
} as const;

/** The shortest time between two moments that are looked at, in seconds. */
const leastStepS = 60;

/**
 * What is asked for the past of nodes. Of few nodes whatever was seen within a step counts, also where it lasted for less; of
 * many that would mean to read every sample of a week.
 */
export function historyQueries(
	{matchers}: PrometheusHost,
	stepS: number,
): ReadonlyArray<readonly [keyof typeof historyQueryTable, string]> {
	const lasting = `last_over_time(monero_wallet_rpc_state{M}[${stepS}s]) == 1`;
	const table = stepS > leastStepS ? historyQueryTable : {...historyQueryTable, states: lasting};
	const entries = Object.entries(table) as Array<[keyof typeof historyQueryTable, string]>;
	return entries.map(([name, query]) => [name, withMatchers(query, matchers)]);
}

/** Points of all nodes together that are asked for; each costs about 25 bytes. */
const mostPoints = 600_000;
/** What Prometheus gives of one series. */
const mostPointsOfOne = 10_080;

/** How far apart the moments are that are looked at: a minute, or as many as the number of nodes needs. */
export function historyStepS(endMs: number, nodes: number): {readonly startMs: number; readonly stepS: number} {
	const windowS = uptimeWindows['7d'] / 1000;
	const points = Math.min(mostPointsOfOne, mostPoints / Math.max(1, nodes || 1));
	const stepS = Math.max(leastStepS, Math.ceil(windowS / points / 60) * 60);
	return {startMs: endMs - Math.floor(windowS / stepS) * stepS * 1000, stepS};
}

/** The results of the queries, not yet looked at. */
export interface PrometheusPast {
	readonly endMs: number;
	/** Seconds between two points. */
	readonly stepS: number;
	readonly results: Readonly<Partial<Record<keyof typeof historyQueryTable, readonly unknown[]>>>;
}

/** One series of an instant vector. */
export interface Sample {
	readonly labels: Readonly<Record<string, unknown>>;
	readonly value: number;
}

/** What of a node's series is understood. */
export interface NodeDraft {
	readonly key: string;
	readonly instance: string;
	readonly name: string;
	group: string;
	state: State;
	reason?: string | undefined;
	durationS?: number | undefined;
	sinceS?: number | undefined;
	checkedS?: number | undefined;
	version?: string | undefined;
	daemon?: string | undefined;
	lag?: number | undefined;
	height?: number | undefined;
	walletOpen?: boolean | undefined;
}

/** What is known of a daemon as one instance sees it. */
export interface DaemonDraft {
	up?: number;
	height?: number;
	synchronized?: number;
	lag?: number;
}

/** What is known of an xmrtop that is scraped. */
export interface InstanceDraft {
	/** Whether the last scrape worked; absent where the scraping is not in this Prometheus. */
	up?: boolean;
	lastCycleS?: number;
	intervalS?: number;
	method?: CheckMethod;
	liveNodes: number;
}

export function identityIn(
	labels: Sample['labels'],
): Pick<NodeDraft, 'key' | 'instance' | 'name' | 'group'> | undefined {
	const name = label(labels.node);
	const instance = label(labels.instance) || 'no instance';
	return name === '' ? undefined : {key: `${instance}\n${name}`, instance, name, group: label(labels.group, 100)};
}

/** What nearly every label is: nothing is to be cleaned in it. */
const plain = /^[!-~]{1,64}$/;

export function label(value: unknown, length = 64): string {
	return typeof value !== 'string' ? '' : plain.test(value) ? value : cleanText(value, length);
}

export function* samplesIn(result: readonly unknown[] | undefined): Generator<Sample> {
	for (const entry of result ?? []) {
		const {metric, value} = entry as {readonly metric?: unknown; readonly value?: unknown};
		const number = Array.isArray(value) ? Number(value[1]) : Number.NaN;
		if (isObject(metric) && Number.isFinite(number)) {
			yield {labels: metric, value: number};
		}
	}
}

/** Every field from the beginning, so that all drafts have one shape. */
const emptyDraft = {
	reason: undefined,
	durationS: undefined,
	sinceS: undefined,
	checkedS: undefined,
	version: undefined,
	daemon: undefined,
	lag: undefined,
	height: undefined,
	walletOpen: undefined,
} as const;

export function nodeDrafts(results: PrometheusAnswers['results']): Map<string, NodeDraft> {
	const drafts = new Map<string, NodeDraft>();
	// By the labels as they come: a large fleet's every series is looked up here.
	const found = new Map<unknown, Map<unknown, NodeDraft>>();
	for (const {labels} of samplesIn(results.state)) {
		const identity = identityIn(labels);
		const state = parseState(String(labels.state));
		// Of two Prometheus that scrape the same, one is enough.
		if (identity && state && !drafts.has(identity.key)) {
			const draft = {...emptyDraft, ...identity, state};
			const ofInstance = found.get(labels.instance) ?? new Map<unknown, NodeDraft>();
			found.set(labels.instance, ofInstance.set(labels.node, draft));
			drafts.set(identity.key, draft);
		}
	}

	const each = (name: QueryName, take: (draft: NodeDraft, sample: Sample) => void): void => {
		for (const sample of samplesIn(results[name])) {
			const draft = found.get(sample.labels.instance)?.get(sample.labels.node);
			if (draft) {
				take(draft, sample);
			}
		}
	};

	each('duration', (draft, {value}) => {
		draft.durationS = value;
	});
	each('since', (draft, {value}) => {
		draft.sinceS = value;
	});
	each('info', (draft, {labels}) => {
		draft.version = label(labels.version);
		draft.daemon = label(labels.daemon, 200);
	});
	each('reasons', (draft, {labels, value}) => {
		if (labels.reason === undefined) {
			draft.lag = value;
		} else {
			draft.reason = label(labels.reason, 40);
		}
	});
	each('facts', (draft, {labels, value}) => {
		if (labels.__name__ === 'monero_wallet_rpc_height') {
			draft.height = value;
		} else {
			draft.walletOpen = value === 1;
		}
	});
	return drafts;
}

export function instanceDrafts(
	results: PrometheusAnswers['results'],
	drafts: ReadonlyMap<string, NodeDraft>,
): Map<string, InstanceDraft> {
	const instances = new Map<string, InstanceDraft>();
	const draftOf = (labels: Sample['labels']): InstanceDraft => {
		const instance = label(labels.instance) || 'no instance';
		const draft = instances.get(instance) ?? {liveNodes: 0};
		instances.set(instance, draft);
		return draft;
	};

	for (const {labels, value} of samplesIn(results.targets)) {
		draftOf(labels).up = value === 1;
	}

	for (const {labels, value} of samplesIn(results.lastCycles)) {
		draftOf(labels).lastCycleS = value;
	}

	for (const {labels, value} of samplesIn(results.others)) {
		if (labels.__name__ === 'xmrtop_interval_seconds') {
			draftOf(labels).intervalS = value;
		} else if (labels.__name__ === 'xmrtop_method_info') {
			const method = parseCheckMethod(String(labels.method));
			Object.assign(draftOf(labels), method && {method});
		}
	}

	for (const {instance} of drafts.values()) {
		draftOf({instance}).liveNodes += 1;
	}

	return instances;
}

export function daemonDrafts(results: PrometheusAnswers['results']): ReadonlyMap<string, DaemonDraft> {
	const fields: Readonly<Record<string, keyof DaemonDraft>> = {
		monero_up: 'up',
		monero_info_height: 'height',
		monero_info_synchronized: 'synchronized',
		monero_daemon_lag_blocks: 'lag',
	};
	const daemons = new Map<string, DaemonDraft>();
	for (const {labels, value} of samplesIn(results.others)) {
		const field = fields[String(labels.__name__)];
		if (field !== undefined) {
			const key = `${label(labels.instance) || 'no instance'}\n${label(labels.daemon, 200)}`;
			daemons.set(key, {...daemons.get(key), [field]: value});
		}
	}

	return daemons;
}
