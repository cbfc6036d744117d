import {type CheckMethod, parseCheckMethod} from '../check-method.js';
import {uptimeWindows} from '../past/uptime.js';
import {isObject} from '../schemas.js';
import {parseState, type State, states} from '../state.js';
import {cleanText} from '../text.js';
import type {PrometheusHost} from './remote-nodes.js';

/** Nodes whose series stopped longer ago than this are no longer listed; milliseconds. */
export const keptMs = 3_600_000;
const kept = '1h';
const node = (name: string): string => `monero_wallet_rpc_${name}`;
const named = (names: string): string => `{__name__=~"${names}",M}`;
/** Drops the labels that are not read: half the bytes, and less work for Prometheus than writing them out. */
const brief = (series: string, labels = ''): string => `max by (instance, node${labels}) (${series})`;

/**
 * The queries for the table. `M` is a placeholder for the label matchers. Every query names its metrics, so that answers
 * contain only what is shown.
 */
const queries = {
	since: brief(`${node('state_since_timestamp_seconds')}{M}`),
	duration: brief(`${node('check_duration_seconds')}{M}`),
	reasons: brief(named(node('(reason|lag_blocks)')), ', reason'),
	others: named(
		'monero_(up|info_height|info_synchronized|daemon_lag_blocks)|xmrtop_(nodes|interval_seconds|method_info)',
	),
	targets: `up and on (instance, job) last_over_time(xmrtop_build_info{M}[${kept}])`,
	lastCycles: `last_over_time(xmrtop_last_cycle_timestamp_seconds{M}[${kept}])`,
} as const;

/** The slow queries. `state` reads five series of each node; the others are shown on the page of a node. */
const slowQueries = {
	state: brief(`${node('state')}{M} == 1`, ', group, state'),
	info: brief(`${node('info')}{M}`, ', version, daemon'),
	facts: `max by (__name__, instance, node) (${named(node('(height|wallet_open)'))})`,
} as const;

/** The queries that are sent once: the nodes that stopped before this run, by the time of their last check. */
const firstQueries = {
	gone: `last_over_time(${node('last_check_timestamp_seconds')}{M}[${kept}]) unless ${node('last_check_timestamp_seconds')}{M}`,
	goneStates: `last_over_time(${node('state')}{state="up",M}[${kept}]) unless ${node('state')}{state="up",M}`,
} as const;

/** The query for the last sample of stopped nodes that have no time of a last check. It costs as much as all others. */
const goneTimes = `max_over_time(timestamp(${node('state')}{state="up",M})[${kept}:15s]) unless ${node('state')}{state="up",M}`;

type QueryName = keyof typeof queries | keyof typeof slowQueries | keyof typeof firstQueries | 'goneTimes';
type Queries = ReadonlyArray<readonly [QueryName, string]>;

/** The queries of every round, of the less frequent rounds, and of the first round. */
const tables = {every: queries, slow: slowQueries, first: firstQueries} as const;

/** The queries of one round. */
export function prometheusQueries({matchers}: PrometheusHost, which: ReadonlyArray<keyof typeof tables>): Queries {
	const all = which.flatMap(name => Object.entries(tables[name])) as Array<[QueryName, string]>;
	return all.map(([name, query]) => [name, withMatchers(query, matchers)]);
}

/** The additional queries after the first round. */
export function followUpQueries({matchers}: PrometheusHost, {gone, goneStates}: PrometheusAnswers['results']): Queries {
	const isTimeMissing = (goneStates?.length ?? 0) > (gone?.length ?? 0);
	return isTimeMissing ? [['goneTimes', withMatchers(goneTimes, matchers)]] : [];
}

/** Replaces `M` by the label matchers, or by nothing. */
export function withMatchers(query: string, matchers: string): string {
	return query.replaceAll(/,?M\}/g, place =>
		matchers === '' ? '}' : `${place.startsWith(',') ? ',' : ''}${matchers}}`,
	);
}

/** The answers of one round of queries. */
export interface PrometheusAnswers {
	/** The time of the samples, in milliseconds since the epoch. */
	readonly atMs: number;
	/** The `result` of every query, not yet validated. */
	readonly results: Readonly<Partial<Record<QueryName, readonly unknown[]>>>;
}

/** If more nodes changed, or their names are longer than this in a URL, all nodes are queried: nginx refuses URLs of 8 kB. */
const maxNames = 100;
const maxCharacters = 2000;

/** A query for states. Without `names` it is for all nodes. */
export interface StatesWanted {
	readonly query: string;
	readonly names?: ReadonlySet<string>;
}

/**
 * Remembers the states of nodes. A state cannot change without the time since when the node is in it, and that is one series of
 * each node instead of five. As a check, the number of nodes in each state is compared with `xmrtop_nodes`.
 */
export interface StateMemory {
	/** The query for the states that are not known; `undefined` if all are known. */
	readonly missing: (results: PrometheusAnswers['results']) => StatesWanted | undefined;
	/** The query for the states of all nodes. */
	readonly all: StatesWanted;
	/** Stores the result of a query. @returns whether there are new nodes in it */
	readonly learn: (results: PrometheusAnswers['results'], series: readonly unknown[], wanted: StatesWanted) => boolean;
	/** The series of all states. The array is the same object until something is stored. */
	readonly states: () => readonly unknown[];
}

interface KnownState {
	readonly entry: unknown;
	readonly state: unknown;
	/** The value as it was received; `undefined` if there was none. */
	since?: unknown;
}

export function createStateMemory({matchers}: PrometheusHost): StateMemory {
	let known = new Map<unknown, Map<unknown, KnownState>>();
	let entries: readonly unknown[] = [];
	const all: StatesWanted = {query: withMatchers(slowQueries.state, matchers)};

	const only = (names: ReadonlySet<string>): StatesWanted => {
		const pattern = JSON.stringify([...names].join('|').replaceAll('.', String.raw`\.`));
		const query = withMatchers(slowQueries.state.replace('{M', `{node=~${pattern},M`), matchers);
		return encodeURIComponent(pattern).length > maxCharacters ? all : {query, names};
	};

	/** Whether the number of known nodes in each state is what each instance reports. */
	const isCounted = (others: readonly unknown[] | undefined): boolean => {
		const counts = new Map<unknown, number>();
		for (const {labels, value} of samplesIn(others)) {
			if (labels.__name__ === 'xmrtop_nodes') {
				counts.set(`${labels.instance}\n${labels.state}`, value);
			}
		}

		for (const [instance, nodes] of known) {
			for (const state of states) {
				const key = `${instance}\n${state}`;
				const count = [...nodes.values()].filter(node => node.state === state).length;
				counts.set(key, (counts.get(key) ?? 0) - count);
			}
		}

		return [...counts.values()].every(count => count === 0);
	};

	const missing: StateMemory['missing'] = ({since, others}) => {
		const names = new Set<string>();
		let found = 0;
		for (const {labels, text} of samplesIn(since)) {
			const before = known.get(labels.instance)?.get(labels.node);
			found += Number(before?.since !== undefined);
			if (labels.node !== undefined && before?.since !== text) {
				names.add(String(labels.node));
			}
		}

		const nodes = [...known.values()].flatMap(ofInstance => [...ofInstance.values()]);
		const dated = nodes.filter(node => node.since !== undefined).length;
		const isPlain = [...names].every(name => /^[\w.-]+$/.test(name));
		if (found < dated || names.size > maxNames || !isPlain) {
			return all;
		}

		return names.size > 0 ? only(names) : isCounted(others) ? undefined : all;
	};

	return {
		missing,
		all,
		learn: ({since}, series, {names}) => {
			const before = known;
			known = names ? known : new Map();
			const learned = new Set<KnownState | undefined>();
			let isAnyNew = false;
			for (const {labels, entry} of samplesIn(series)) {
				const {instance, node: own, state} = labels;
				const ofInstance = known.get(instance) ?? new Map<unknown, KnownState>();
				// If two Prometheus servers scrape the same instance, the first one is used.
				if (own !== undefined && !learned.has(ofInstance.get(own))) {
					isAnyNew ||= !before.get(instance)?.has(own);
					const fresh = {entry, state};
					known.set(instance, ofInstance.set(own, fresh));
					learned.add(fresh);
				}
			}

			for (const {labels, text} of samplesIn(since)) {
				const row = known.get(labels.instance)?.get(labels.node);
				if (row && learned.has(row)) {
					row.since = text;
				}
			}

			entries = [...known.values()].flatMap(nodes => [...nodes.values()].map(({entry}) => entry));
			return isAnyNew;
		},
		states: () => entries,
	};
}

const historyQueryTable = {
	states: 'monero_wallet_rpc_state{M} == 1',
	reasons: 'monero_wallet_rpc_reason{M}',
	since: 'monero_wallet_rpc_state_since_timestamp_seconds{M}',
} as const;

/** The smallest step of a range query, in seconds. */
const minStepS = 60;

/**
 * The queries for the history of nodes. For few nodes they include states that lasted for less than a step; for many nodes
 * that would make Prometheus read every sample of a week.
 */
export function historyQueries(
	{matchers}: PrometheusHost,
	stepS: number,
): ReadonlyArray<readonly [keyof typeof historyQueryTable, string]> {
	const lasting = `last_over_time(monero_wallet_rpc_state{M}[${stepS}s]) == 1`;
	const table = stepS > minStepS ? historyQueryTable : {...historyQueryTable, states: lasting};
	const entries = Object.entries(table) as Array<[keyof typeof historyQueryTable, string]>;
	return entries.map(([name, query]) => [name, withMatchers(query, matchers)]);
}

/** The maximum number of points that are requested for all nodes together; each takes about 25 bytes. */
const maxPoints = 600_000;
/** The maximum number of points that are requested per series. */
const maxPointsPerSeries = 10_080;

/** The range and step of the history queries: a step of one minute, or more minutes for many nodes. */
export function historyStepS(endMs: number, nodes: number): {readonly startMs: number; readonly stepS: number} {
	const windowS = uptimeWindows['7d'] / 1000;
	const points = Math.min(maxPointsPerSeries, maxPoints / Math.max(1, nodes || 1));
	const stepS = Math.max(minStepS, Math.ceil(windowS / points / 60) * 60);
	return {startMs: endMs - Math.floor(windowS / stepS) * stepS * 1000, stepS};
}

/** The results of the history queries, not yet validated. */
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
	/** The value as it was received. */
	readonly text: unknown;
	readonly entry: unknown;
}

/** The values from a node's series. */
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

/** The values of a daemon, as one instance sees it. */
export type DaemonDraft = Readonly<Record<'up' | 'height' | 'synchronized' | 'lag', number | undefined>>;

/** The values of a scraped xmrtop. */
export interface InstanceDraft {
	/** Whether the last scrape succeeded; absent if this Prometheus has no `up` series for it. */
	up?: boolean;
	lastCycleS?: number;
	intervalS?: number;
	method?: CheckMethod;
	liveNodes: number;
}

export function identityIn(labels: Sample['labels']): Omit<DraftIdentity, 'state'> | undefined {
	const name = label(labels.node);
	const instance = label(labels.instance) || 'no instance';
	return name === '' ? undefined : {key: `${instance}\n${name}`, instance, name, group: label(labels.group, 100)};
}

/** Matches labels that need no cleaning, which are nearly all. */
const plain = /^[!-~]{1,64}$/;

export function label(value: unknown, length = 64): string {
	return typeof value !== 'string' ? '' : plain.test(value) ? value : cleanText(value, length);
}

export function* samplesIn(result: readonly unknown[] | undefined): Generator<Sample> {
	for (const entry of result ?? []) {
		const {metric, value} = entry as {readonly metric?: unknown; readonly value?: unknown};
		const text: unknown = Array.isArray(value) ? value[1] : undefined;
		const number = text === undefined ? Number.NaN : Number(text);
		if (isObject(metric) && Number.isFinite(number)) {
			yield {labels: metric, value: number, text, entry};
		}
	}
}

/** All fields are set, one by one: all drafts then have the same hidden class in V8, and 10,000 of them are created quickly. */
const newDraft = ({key, instance, name, group, state}: DraftIdentity): NodeDraft => ({
	key,
	instance,
	name,
	group,
	state,
	reason: undefined,
	durationS: undefined,
	sinceS: undefined,
	checkedS: undefined,
	version: undefined,
	daemon: undefined,
	lag: undefined,
	height: undefined,
	walletOpen: undefined,
});

type DraftIdentity = Pick<NodeDraft, 'key' | 'instance' | 'name' | 'group' | 'state'>;

/** Creates the drafts for the results of a refresh. Their order is the same while `results.state` is the same array. */
export type MakeDrafts = (results: PrometheusAnswers['results']) => readonly NodeDraft[];

export function createDrafts(): MakeDrafts {
	let states: readonly unknown[] | undefined;
	let identities: readonly DraftIdentity[] = [];
	/** The position of a node in `identities`, by its labels as received (a quick look-up). If cleaned labels are equal, the first. */
	const places = new Map<unknown, Map<unknown, number>>();

	const identify = (): void => {
		const found = new Map<string, DraftIdentity>();
		places.clear();
		for (const {labels} of samplesIn(states)) {
			const identity = identityIn(labels);
			const state = parseState(String(labels.state));
			if (identity && state && !found.has(identity.key)) {
				const ofInstance = places.get(labels.instance) ?? new Map<unknown, number>();
				places.set(labels.instance, ofInstance.set(labels.node, found.size));
				found.set(identity.key, {...identity, state});
			}
		}

		identities = [...found.values()];
	};

	return results => {
		if (results.state !== states) {
			states = results.state;
			identify();
		}

		const drafts = identities.map(newDraft);
		const each = (name: QueryName, take: (draft: NodeDraft, sample: Sample) => void): void => {
			for (const sample of samplesIn(results[name])) {
				const place = places.get(sample.labels.instance)?.get(sample.labels.node);
				const draft = place === undefined ? undefined : drafts[place];
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
	};
}

export function instanceDrafts(
	results: PrometheusAnswers['results'],
	drafts: readonly NodeDraft[],
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

	for (const {instance} of drafts) {
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
			const nothing = {up: undefined, height: undefined, synchronized: undefined, lag: undefined};
			daemons.set(key, {...(daemons.get(key) ?? nothing), [field]: value});
		}
	}

	return daemons;
}
