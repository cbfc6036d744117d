import type {CheckMethod} from '../check-method.js';
import type {ApiDetails, Details} from '../check-result.js';
import {compact} from '../compact.js';
import {compareNames, type FleetNode} from '../fleet.js';
import type {NodeState, StateRecord} from '../past/node-state.js';
import type {Transition} from '../past/transition.js';
import {computeHistory, type NodeHistory} from '../past/uptime.js';
import {reasonCodeText} from '../reason-codes.js';
import {isObject} from '../schemas.js';
import {parseState, type State, stateWords} from '../state.js';
import type {NodeReport} from '../status-document.js';
import {cleanText} from '../text.js';
import {maxNodeId, type RemoteReading} from './parse-documents.js';
import {
	createDrafts,
	type DaemonDraft,
	daemonDrafts,
	type InstanceDraft,
	identityIn,
	instanceDrafts,
	keptMs,
	label,
	type NodeDraft,
	type PrometheusAnswers,
	type PrometheusPast,
	samplesIn,
} from './prometheus-series.js';
import {
	type HostNoResponse,
	type RemoteHostPlace,
	remoteNode,
	remoteNodeAgain,
	remoteNodeId,
	silentHostRow,
	silentRemoteNode,
} from './remote-nodes.js';

/** The maximum number of nodes that are read from one Prometheus. */
const maxNodes = 50_000;

interface Known {
	/** The node according to its last samples. */
	node?: FleetNode | undefined;
	/** When it last had samples, in milliseconds since the epoch. */
	seenMs: number;
	/** What the node was created from. */
	draft?: NodeDraft | undefined;
	daemon?: DaemonDraft | undefined;
}

/** Reads the nodes from the answers of one round of queries; called for each round. */
export type ReadAnswers = (
	value: unknown,
) => RemoteReading<{readonly method: CheckMethod; readonly nodes: readonly FleetNode[]}>;

/** Creates a reader that turns validated series into nodes, each instance a host. It keeps nodes whose series have stopped. */
export function createPrometheusReader(remote: RemoteHostPlace): ReadAnswers {
	const ids = new Map<string, number>();
	const places = new Map<string, RemoteHostPlace>();
	const known = new Map<string, Known>();
	const makeDrafts = createDrafts();
	let states: readonly unknown[] | undefined;
	/** What is known of the node of each draft, in the order of the drafts. */
	let seen: readonly Known[] = [];
	const placeOf = (instance: string): RemoteHostPlace => {
		const place = places.get(instance) ?? {...remote, host: {...remote.host, label: instance}};
		places.set(instance, place);
		return place;
	};

	const idOf = (key: string): number => {
		const id = ids.get(key) ?? ids.size + 1;
		ids.set(key, id);
		return id;
	};

	const createNode = (
		draft: NodeDraft,
		daemon: DaemonDraft | undefined,
		atMs: number,
		before: FleetNode | undefined,
	): FleetNode => {
		const report = {...reportOf(draft, daemon, atMs), id: idOf(draft.key)};
		return sinceKnown(remoteNode(placeOf(draft.instance), report, before), report.since);
	};

	/** Adds nodes whose series stopped before the first refresh. */
	const rememberGone = ({atMs, results}: PrometheusAnswers): void => {
		const gone = [...samplesIn(results.gone), ...samplesIn(results.goneTimes)]
			.flatMap(({labels, value}) => {
				const identity = identityIn(labels);
				return identity ? [{...identity, seenMs: Math.min(atMs, value * 1000)}] : [];
			})
			.sort(compareIdentities);
		for (const {seenMs, ...identity} of gone) {
			if (!known.has(identity.key) && known.size < maxNodes) {
				const draft: NodeDraft = {...identity, state: 'unknown', checkedS: seenMs / 1000};
				known.set(identity.key, {node: createNode(draft, undefined, atMs, undefined), seenMs});
			}
		}
	};

	return value => {
		const {atMs, results} = value as PrometheusAnswers;
		const drafts = makeDrafts(results);
		if (drafts.length > maxNodes || ids.size + drafts.length > maxNodeId) {
			return {problem: `it knows more than ${maxNodes} nodes: narrow them by a selector`};
		}

		const instances = instanceDrafts(results, drafts);
		const daemons = daemonDrafts(results);
		if (results.state !== states) {
			const isNew = drafts.filter(({key}) => !ids.has(key));
			for (const {key} of isNew.sort(compareIdentities)) {
				idOf(key);
			}

			states = results.state;
			seen = drafts.map(({key}) => {
				const entry = known.get(key) ?? {seenMs: atMs};
				known.set(key, entry);
				return entry;
			});
		}

		const nodes: FleetNode[] = [];
		for (const [index, draft] of drafts.entries()) {
			const entry = seen[index] as Known;
			const place = instances.get(draft.instance);
			// The end of the last cycle is accurate enough, and is one series instead of thousands.
			draft.checkedS = place?.lastCycleS;
			const daemon = daemons.get(`${draft.instance}\n${draft.daemon}`);
			const live = sameNode(entry, draft, daemon) ?? createNode(draft, daemon, atMs, entry.node);
			Object.assign(entry, {node: live, seenMs: atMs, draft, daemon});
			const stoppedS = stoppedSince(place, atMs);
			nodes.push(
				stoppedS === undefined
					? live
					: silentRemoteNode(live, quiet(checksStopped, stoppedS * 1000, atMs), clockText(stoppedS * 1000)),
			);
		}

		rememberGone({atMs, results});
		const isHere = new Set(seen);
		for (const [key, entry] of known) {
			const {node: last, seenMs} = entry;
			if (isHere.has(entry)) {
				continue;
			}

			if (!last || atMs - seenMs > keptMs || known.size > 2 * maxNodes) {
				known.delete(key);
				continue;
			}

			const host = last.origin?.host ?? '';
			const instance = instances.get(host) ?? {liveNodes: 0};
			const lastS = Math.max(instance.lastCycleS ?? 0, seenMs / 1000);
			instances.set(host, instance.liveNodes > 0 ? instance : {...instance, lastCycleS: lastS});
			const gone = silentRemoteNode(last, quiet(goneText(instance), seenMs, atMs), clockText(seenMs));
			nodes.push(instance.up !== false && instance.liveNodes > 0 ? withReason(gone, seenMs) : gone);
		}

		const method = [...instances.values()].map(instance => instance.method).find(each => each !== undefined) ?? 'api';
		for (const [instance, draft] of instances) {
			const row = hostRow(placeOf(instance), draft, atMs, method === 'pid' ? 'pid' : 'api');
			if (row) {
				const id = remoteNodeId(remote.index, idOf(`host\n${instance}`));
				nodes.push({...row, node: {...row.node, id}});
			}
		}

		return {document: {method: method === 'pid' ? 'pid' : 'api', nodes: nodes.sort((a, b) => a.node.id - b.node.id)}};
	};
}

/** The fields that differ from check to check although nothing happened. */
const passing: ReadonlySet<string> = new Set<keyof NodeDraft>(['durationS', 'checkedS']);

/** The node of a draft that differs from the previous one in nothing else than its times; `undefined` if it does. */
function sameNode(known: Known, draft: NodeDraft, daemon: DaemonDraft | undefined): FleetNode | undefined {
	const {node, draft: before} = known;
	if (!node || draft.checkedS === undefined || !isEqual(before, draft, passing) || !isEqual(known.daemon, daemon)) {
		return undefined;
	}

	if (isEqual(before, draft)) {
		return node;
	}

	const since = isoText(draft.sinceS);
	const times = {latency_ms: latencyMs(draft), last_check: isoText(draft.checkedS) ?? ''};
	return sinceKnown(remoteNodeAgain(node, times, since), since);
}

/** Whether two objects with the same fields have equal values, apart from the fields in `but`. */
function isEqual<T extends object>(a: T | undefined, b: T | undefined, but?: ReadonlySet<string>): boolean {
	for (const name in a) {
		if (a[name] !== b?.[name] && !but?.has(name)) {
			return false;
		}
	}

	return (a === undefined) === (b === undefined);
}

/** Removes the estimated start of the state if the series do not contain it. */
function sinceKnown(live: FleetNode, since: string | undefined): FleetNode {
	return since === undefined ? {...live, nodeState: {...live.nodeState, states: {}}} : live;
}

const quiet = (complaint: string, sinceMs: number, atMs: number): HostNoResponse => ({
	complaint,
	sinceMs: Math.min(sinceMs, atMs),
	seenMs: atMs,
	state: 'down',
});

const cannotScrape = 'Prometheus cannot scrape it';
/** The time of its last cycle is old, by the clock of that host. */
const checksStopped = 'its checks have stopped, or its clock is behind';

function goneText(instance: InstanceDraft): string {
	return instance.up === false ? cannotScrape : 'no data in Prometheus';
}

/** A node that its host no longer reports, although it reports others. */
function withReason(gone: FleetNode, seenMs: number): FleetNode {
	const {result, origin} = gone;
	const reason = `no longer reported by ${origin?.host} since ${clockText(seenMs)}: removed, renamed or disabled there`;
	return result
		? {...gone, result: {...result, details: {...result.details, reason: cleanText(reason)} as Details}}
		: gone;
}

/** The local time of day. */
const clockText = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

/** When the checks of an xmrtop stopped, in seconds since the epoch; `undefined` while they continue. */
function stoppedSince(instance: InstanceDraft | undefined, atMs: number): number | undefined {
	const {lastCycleS, intervalS = 60} = instance ?? {};
	return lastCycleS !== undefined && atMs / 1000 - lastCycleS > 60 + 3 * intervalS ? lastCycleS : undefined;
}

/** The row of an instance without data; `undefined` if it has data. */
function hostRow(
	place: RemoteHostPlace,
	instance: InstanceDraft,
	atMs: number,
	method: 'pid' | 'api',
): FleetNode | undefined {
	const stoppedS = stoppedSince(instance, atMs);
	const isSilent = instance.up === false || (instance.up === undefined && instance.liveNodes === 0);
	if (!isSilent && (stoppedS === undefined || instance.liveNodes === 0)) {
		return undefined;
	}

	const complaint = isSilent ? goneText(instance) : checksStopped;
	return silentHostRow(place, quiet(complaint, (instance.lastCycleS ?? atMs / 1000) * 1000, atMs), method);
}

/** The order in which ids are assigned, so that two runs that query the same time assign the same ids. */
function compareIdentities(a: Pick<NodeDraft, 'instance' | 'name'>, b: Pick<NodeDraft, 'instance' | 'name'>): number {
	return compareNames(a.instance, b.instance) || compareNames(a.name, b.name);
}

const isoText = (seconds: number | undefined): string | undefined => {
	const ms = seconds === undefined ? Number.NaN : seconds * 1000;
	return Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : undefined;
};
const wholeNumber = (value: number | undefined): number | undefined =>
	value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

function reportOf(draft: NodeDraft, daemon: DaemonDraft | undefined, atMs: number): NodeReport {
	const {name, group, state} = draft;
	const details = detailsOf(draft, daemon, atMs);
	return compact({
		id: 0,
		name,
		group: group === '' ? undefined : group,
		status: stateWords[state].works,
		state,
		message: details.message,
		since: isoText(draft.sinceS),
		details,
	});
}

const latencyMs = ({durationS = 0}: NodeDraft): number => Math.max(0, Math.round(durationS * 10_000) / 10);

function detailsOf(draft: NodeDraft, daemon: DaemonDraft | undefined, atMs: number): ApiDetails {
	const {state, reason, version = '', lag, height} = draft;
	const [, major = '', minor = ''] = /^(\d{1,5})\.(\d{1,5})$/.exec(version) ?? [];
	const daemonLag = wholeNumber(daemon?.lag);
	const tipLag = wholeNumber(lag);
	const address = draft.daemon === '' ? undefined : draft.daemon;
	return compact({
		method: 'api',
		message: stateWords[state].works ? 'API is responding' : 'API check failed',
		reason: state === 'up' ? undefined : reasonText(reason, draft),
		state,
		latency_ms: latencyMs(draft),
		last_check: isoText(draft.checkedS) ?? new Date(atMs).toISOString(),
		url: '',
		version: major === '' ? undefined : Number(major) * 65_536 + Number(minor),
		version_text: major === '' ? undefined : version,
		daemon: address,
		daemon_reachable: daemon?.up === undefined ? undefined : daemon.up === 1,
		daemon_synchronized: daemon?.synchronized === undefined ? undefined : daemon.synchronized === 1,
		daemon_height: wholeNumber(daemon?.height),
		daemon_lag: daemonLag,
		wallet_open: draft.walletOpen,
		wallet_height: wholeNumber(height),
		wallet_lag: tipLag === undefined || height === undefined ? undefined : tipLag - (daemonLag ?? 0),
		caused_by: reason?.startsWith('daemon') ? address : undefined,
	});
}

/** The text of a reason. The metrics contain only its code; the number of blocks is in another metric. */
function reasonText(code: string | undefined, {daemon = '', lag}: NodeDraft): string {
	if (code === undefined) {
		return 'the reason is not in the metrics';
	}

	const text = reasonCodeText(code).replace(/^the daemon\b/, daemon === '' ? 'the daemon' : `daemon ${daemon}`);
	return /behind/.test(text) && lag !== undefined && lag > 0 ? `${text}: ${lag} blocks from the tip` : text;
}

/** The history of a node according to its series. */
export interface SeriesPast {
	readonly host: string;
	readonly name: string;
	readonly record?: StateRecord;
	readonly history: NodeHistory;
	/** Oldest first. */
	readonly transitions: readonly Transition[];
}

/** A point's time as ISO-8601 UTC. @param seconds since the epoch */
const pointTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

interface Point {
	readonly atS: number;
	readonly state: State;
}

interface PastDraft {
	readonly host: string;
	readonly name: string;
	readonly points: Point[];
	/** The reason code, by the time of the point in seconds. */
	readonly reasons: Map<number, string>;
	/** When the state began, by the time of the point; both in seconds. */
	readonly since: Map<number, number>;
}

/** Computes transitions, outages and uptime from points. The time of a transition is that of the metrics, else of the point. */
export function prometheusPasts({endMs, stepS, results}: PrometheusPast): readonly SeriesPast[] {
	const drafts = new Map<string, PastDraft>();
	const each = (
		name: keyof PrometheusPast['results'],
		take: (draft: PastDraft, labels: Readonly<Record<string, unknown>>, atS: number, value: number) => void,
	): void => {
		for (const entry of results[name] ?? []) {
			const {metric, values} = entry as {readonly metric?: unknown; readonly values?: unknown};
			if (!isObject(metric) || !Array.isArray(values)) {
				continue;
			}

			const [host, own] = [label(metric.instance) || 'no instance', label(metric.node)];
			const key = `${host}\n${own}`;
			const draft = drafts.get(key) ?? {host, name: own, points: [], reasons: new Map(), since: new Map()};
			if (own !== '') {
				drafts.set(key, draft);
				for (const point of values) {
					const [atS, value] = Array.isArray(point) ? [Number(point[0]), Number(point[1])] : [Number.NaN, Number.NaN];
					if (Number.isFinite(atS) && Number.isFinite(value)) {
						take(draft, metric, atS, value);
					}
				}
			}
		}
	};

	each('states', ({points}, labels, atS) => {
		const state = parseState(String(labels.state));
		if (state) {
			points.push({atS, state});
		}
	});
	each('reasons', ({reasons}, labels, atS) => {
		reasons.set(atS, label(labels.reason, 40));
	});
	each('since', ({since}, _, atS, value) => {
		since.set(atS, value);
	});
	return [...drafts.values()].filter(({points}) => points.length > 0).map(draft => pastOf(draft, endMs, stepS));
}

function pastOf({host, name, points, reasons, since}: PastDraft, endMs: number, stepS: number): SeriesPast {
	points.sort((a, b) => a.atS - b.atS);
	const transitions: Transition[] = [];
	const watched: Array<[string, string]> = [];
	let last: Point | undefined;
	for (const point of points) {
		const {atS, state} = point;
		const isGap = last === undefined || atS - last.atS > 2 * stepS;
		const span = watched.at(-1);
		if (span && !isGap) {
			span[1] = pointTime(atS);
		} else {
			watched.push([pointTime(atS), pointTime(atS)]);
		}

		if (last && last.state !== state) {
			const code = reasons.get(atS);
			// The time in the metrics is used if it is between the two points.
			const sinceS = since.get(atS) ?? Number.NaN;
			const isBetween = sinceS > last.atS && sinceS <= atS;
			transitions.push({
				at: pointTime(isBetween ? sinceS : atS),
				node_id: 1,
				node: name,
				method: 'api',
				from: last.state,
				to: state,
				message: stateWords[state].works ? 'API is responding' : 'API check failed',
				...(code === undefined ? {} : {reason: reasonCodeText(code)}),
			});
		}

		last = point;
	}

	const newest = last && {
		state: last.state,
		since: pointTime(
			Math.min(last.atS, since.get(last.atS) ?? Date.parse(transitions.at(-1)?.at ?? watched[0]?.[0] ?? '') / 1000),
		),
		last_check: pointTime(last.atS),
	};
	const nodeState: NodeState = {watched: {api: watched}, ...(newest ? {states: {api: newest}} : {})};
	return {
		host,
		name,
		...(newest ? {record: newest} : {}),
		history: computeHistory({transitions, nodeState, method: 'api', nowMs: endMs}),
		transitions,
	};
}
