import type {CheckMethod} from '../check-method.js';
import type {CheckResult, Details, ResultOf} from '../check-result.js';
import {compact} from '../compact.js';
import {daemonAddressSeenFrom} from '../daemon-address.js';
import type {FleetNode} from '../fleet.js';
import {InputError} from '../input-error.js';
import type {Node} from '../node/node.js';
import type {NodeState} from '../past/node-state.js';
import {recordResult} from '../past/record-result.js';
import {isObject} from '../schemas.js';
import type {State} from '../state.js';
import type {NodeReport} from '../status-document.js';
import type {ListStore} from '../store.js';
import {cleanText, isCleanText, quoteValue} from '../text.js';
import {maxNodeId} from './parse-documents.js';

/** A remote host and its index among the remote hosts, from 0. */
export interface RemoteHostPlace {
	readonly host: HostSpec;
	readonly index: number;
}

/** Why and since when a host does not answer. */
export interface HostNoResponse {
	/** The error of ssh or the network, or what is wrong with the host's document. */
	readonly complaint: string;
	/** Milliseconds since the epoch. */
	readonly sinceMs: number;
	/** When that was last seen, in milliseconds since the epoch. */
	readonly seenMs: number;
	/** `unknown` while the first answer is pending. */
	readonly state: 'down' | 'unknown';
}

/** The message of a node whose host does not answer, in place of a check's message. */
const silentMessage = 'No response from the host';

/**
 * An id that is unique across hosts, and stable as long as the hosts are given in the same order. Id 0 is the host itself.
 */
export const remoteNodeId = (index: number, id: number): number => (index + 1) * (maxNodeId + 1) + id;

/** The index of the host to which an id belongs. */
export const remoteIndexOf = (nodeId: number): number => Math.floor(nodeId / (maxNodeId + 1)) - 1;

/** A node according to the last document of its host. */
export function remoteNode(
	{host, index}: RemoteHostPlace,
	report: NodeReport,
	before: FleetNode | undefined,
): FleetNode {
	const {status, details} = report;
	const id = remoteNodeId(index, report.id);
	const place = placeOf(details) ?? before?.node;
	const daemon = daemonOf(details);
	const node: Node = compact({
		id,
		name: `${host.label}/${report.name}`,
		host: place?.host ?? host.label,
		port: place?.port ?? 0,
		path: '/json_rpc',
		available: true,
		title: report.title,
		group: report.group,
		...(daemon === undefined ? {} : {daemon: daemonAddressSeenFrom(host.label, daemon)}),
	});
	const result: CheckResult = {status, details};
	return {
		node: before && isSame(before.node, node) ? before.node : node,
		nodeState: nodeStateAfter(before?.nodeState ?? {}, result, report.since),
		result,
		...(details.method === 'full' ? {diagnosis: result as ResultOf<'full'>} : {}),
		checking: false,
		disabled: false,
		origin: {host: host.label, url: host.url, name: report.name},
	};
}

/** The same node after another check with the same outcome. */
export function remoteNodeAgain(
	before: FleetNode,
	times: Pick<Details, 'latency_ms' | 'last_check'>,
	since: string | undefined,
): FleetNode {
	if (!before.result) {
		return before;
	}

	const result = {...before.result, details: {...before.result.details, ...times}} as CheckResult;
	return {...before, result, nodeState: nodeStateAfter(before.nodeState, result, since)};
}

/**
 * A node while its host does not answer.
 * @param host what does not answer; default: the node's host
 */
export function silentRemoteNode(
	known: FleetNode,
	{complaint, sinceMs, seenMs}: HostNoResponse,
	timeText: string,
	host = known.origin?.host ?? '',
): FleetNode {
	const reason = cleanText(`no response from ${host} since ${timeText}: ${complaint}`);
	const result = silentResult(known.result?.details, {state: 'unknown', reason, seenMs});
	const {diagnosis: _, ...kept} = known;
	return {...kept, nodeState: withState(known.nodeState, 'unknown', sinceMs, seenMs), result};
}

/** The row of a host that does not answer. */
export function silentHostRow(
	{host, index}: RemoteHostPlace,
	noResponse: HostNoResponse,
	method: CheckMethod,
): FleetNode {
	const {complaint: reason, sinceMs, seenMs, state} = noResponse;
	const details: Pick<Details, 'method'> = {method: method === 'pid' ? 'pid' : 'api'};
	const result = silentResult({...details, url: host.url} as Details, {state, reason, seenMs});
	return {
		node: {
			id: remoteNodeId(index, 0),
			name: host.label,
			host: host.label,
			port: 0,
			path: '/',
			available: true,
		},
		nodeState: withState({}, state, sinceMs, seenMs),
		result,
		checking: state === 'unknown',
		disabled: false,
		origin: {host: host.label, url: host.url},
	};
}

interface SilentVerdict {
	readonly state: State;
	readonly reason: string;
	readonly seenMs: number;
}

/** The result of a node without an answer; it keeps only the node's address from the last details. */
function silentResult(last: Details | undefined, {state, reason, seenMs}: SilentVerdict): CheckResult {
	const base = {message: silentMessage, reason, state, latency_ms: 0, last_check: new Date(seenMs).toISOString()};
	if (last?.method === 'pid') {
		return {status: false, details: {method: 'pid', ...base}};
	}

	if (last?.method === 'port') {
		return {status: false, details: {method: 'port', host: last.host, port: last.port, ...base}};
	}

	const api = last?.method === 'full' ? last.checks.api.details : last;
	return {status: false, details: {method: 'api', url: api && 'url' in api ? api.url : '', ...base}};
}

/** The state of the node in this run; the start of its state comes from its host. */
function nodeStateAfter(nodeState: NodeState, result: CheckResult, since: string | undefined): NodeState {
	const {details} = result;
	const record = {state: details.state, since: since ?? details.last_check, last_check: details.last_check};
	const isRecorded = nodeState.worked_data?.last_check === details.last_check;
	const known = nodeState.states?.api;
	// The state of a node that was checked between two cycles can change although the time of the last cycle is the same.
	if (isRecorded && (since === undefined || (known?.since === since && known.state === details.state))) {
		return nodeState;
	}

	const {watched: _, ...after} = isRecorded ? nodeState : recordResult(nodeState, result);
	return {...after, states: {pid: record, port: record, api: record}};
}

/** Sets a state for every method, because hosts may use different methods. */
function withState(nodeState: NodeState, state: State, sinceMs: number, seenMs: number): NodeState {
	const record = {state, since: new Date(sinceMs).toISOString(), last_check: new Date(seenMs).toISOString()};
	return {...nodeState, states: {pid: record, port: record, api: record}};
}

/** The address on which the node listens, as its host sees it. */
function placeOf(details: Details): {readonly host: string; readonly port: number} | undefined {
	const port =
		details.method === 'port' ? details : details.method === 'full' ? details.checks.port.details : undefined;
	if (port) {
		return {host: port.host, port: port.port};
	}

	const url = details.method === 'api' ? /^https?:\/\/(\[[^\]]+\]|[^/:]+):(\d{1,5})(?:\/|$)/.exec(details.url) : null;
	return url ? {host: (url[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(url[2])} : undefined;
}

function daemonOf(details: Details): string | undefined {
	const facts = 'version' in details || 'daemon' in details || 'caused_by' in details ? details : undefined;
	return facts && (facts.daemon ?? facts.caused_by);
}

function isSame(a: Node, b: Node): boolean {
	const fields = ['id', 'name', 'host', 'port', 'title', 'group', 'daemon'] as const;
	return fields.every(field => a[field] === b[field]);
}

/** A remote host that does not answer, and the number of its nodes whose state is therefore unknown. */
export interface SilentHost {
	readonly host: string;
	readonly nodes: number;
}

/** The remote hosts that do not answer, except those whose first answer is pending. */
export function silentHosts(nodes: readonly FleetNode[]): readonly SilentHost[] {
	return nodes
		.filter(({origin, result}) => origin && origin.name === undefined && result?.details.state === 'down')
		.map(({origin}) => {
			const {host} = origin ?? {host: ''};
			return {
				host,
				nodes: nodes.filter(other => other.origin?.host === host && other.origin.name !== undefined).length,
			};
		});
}

interface NamedHost {
	/** The name in tables and in the prefix of its nodes' names; unique among the remote hosts. */
	readonly label: string;
	/** The URL that the user would type, in its short form. */
	readonly url: string;
}

/** A host on which the user's ssh runs an xmrtop that sends its documents. */
export interface SshHost extends NamedHost {
	readonly kind: 'ssh';
	readonly user?: string;
	/** A name in the user's ssh configuration, a DNS name or an address, without brackets. */
	readonly host: string;
	readonly port?: number;
}

/** A host on which an xmrtop serves its documents over HTTP. */
export interface HttpHost extends NamedHost {
	readonly kind: 'http';
	/** Its URL with the prefix, without a trailing slash. */
	readonly base: string;
}

/** A Prometheus, or another server with its query API, that scrapes any number of hosts. */
export interface PrometheusHost extends NamedHost {
	readonly kind: 'prometheus';
	/** Its URL with the prefix, without a trailing slash and without `/api`. */
	readonly base: string;
	/** Label matchers without their braces, such as `job="xmrtop"`; `''` for none. */
	readonly matchers: string;
	/** The time to query, in milliseconds since the epoch. Default: now. */
	readonly atMs?: number;
}

/** This machine, whose nodes a separate xmrtop process checks. */
export interface LocalHost extends NamedHost {
	readonly kind: 'local';
	/** The flags that name its folders. */
	readonly flags: readonly string[];
}

/** A host whose documents are read. */
export type HostSpec = SshHost | HttpHost | PrometheusHost | LocalHost;

/** Whether a host is polled, instead of sending its documents at its own interval. */
export const isAskedHost = ({kind}: HostSpec): boolean => kind === 'http' || kind === 'prometheus';

/** A saved name for one or more hosts, with the URLs as they were typed. */
export interface SavedHost {
	readonly name: string;
	readonly urls: readonly string[];
}

/** Stores saved hosts; `source/adapters` implements it with hosts.json. */
export type HostStore = ListStore<SavedHost>;

const maxUrls = 64;
const maxUrlLength = 2000;

/**
 * Parses a saved host. The URLs are parsed when they are used.
 * @param where the beginning of error messages, such as `host "eu"`
 * @throws InputError (`invalid_host`) for the first value that is not allowed
 */
export function parseSavedHost(value: unknown, where: string): SavedHost {
	const refuse = (what: string): InputError => new InputError('invalid_host', `${where}: ${what}`);
	if (!isObject(value)) {
		throw refuse('expected an object with name and urls');
	}

	const {name, urls, ...others} = value;
	const unknown = Object.keys(others)[0];
	if (unknown !== undefined) {
		throw refuse(`${quoteValue(unknown)} is not a field of a host: name, urls`);
	}

	if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]{0,63}$/.test(name) || name === 'all') {
		const form = '1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, but not all';
		throw refuse(`name ${quoteValue(name)} is invalid: expected ${form}`);
	}

	const isUrl = (url: unknown): url is string =>
		typeof url === 'string' && url !== '' && url.length <= maxUrlLength && isCleanText(url);
	if (!Array.isArray(urls) || urls.length === 0 || urls.length > maxUrls || !urls.every(isUrl)) {
		throw refuse(`expected 1 to ${maxUrls} URLs`);
	}

	return {name, urls};
}

/**
 * Adds a host.
 * @throws InputError (`invalid_host`) if another host has its name
 */
export function withSavedHost(hosts: readonly SavedHost[], host: SavedHost, where: string): readonly SavedHost[] {
	if (hosts.some(({name}) => name === host.name)) {
		throw new InputError('invalid_host', `${where}: the name ${host.name} is already used`);
	}

	return [...hosts, host];
}

/** Callbacks of a connection to a host. Nothing is called after the connection was ended. */
export interface LineListener {
	/** Receives a JSON document, not yet validated. */
	readonly onDocument: (value: unknown) => void;
	/** Called when the connection ends by itself. @param complaint why, in the words of ssh or the network, cleaned */
	readonly onEnd: (complaint: string) => void;
}

/** A connection over which a host sends its documents. */
export interface HostLine {
	/** Ends it; resolves when its processes and sockets are closed. */
	readonly end: () => Promise<void>;
	/** Requests a document of a new check, if the host supports that. */
	readonly askNow?: () => void;
	/** Sets the interval between requests in milliseconds, if the host is polled. */
	readonly setIntervalMs?: (intervalMs: number) => void;
}

export interface LineOptions {
	/** The interval between requests in milliseconds, if the host is polled. */
	readonly intervalMs: number;
	/** Timeout of a request, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document must be of a new check. */
	readonly isFresh: boolean;
}

/** Opens a connection to a host. It never throws; `onEnd` reports a failure. */
export type OpenLine = (host: HostSpec, options: LineOptions, listener: LineListener) => HostLine;

/** The parameters of a history request. */
export interface HistoryQuestion {
	/** A word without spaces, which is passed unchanged to the remote command. */
	readonly method?: string;
	readonly limit?: number;
	/** Timeout of the whole request, in milliseconds. */
	readonly timeoutMs: number;
}

/** Reads the history document of a host. Never rejects. */
export type ReadHistory = (
	host: HostSpec,
	question: HistoryQuestion,
) => Promise<{readonly value: unknown} | {readonly complaint: string}>;

/** The credentials for remote hosts. */
export interface RemoteCredentials {
	/** A bearer token, sent to every HTTP host, and to every Prometheus unless `basicAuth` is given. */
	readonly token?: string;
	/** `user:password` for HTTP Basic authentication, sent only to Prometheus. */
	readonly basicAuth?: string;
}

/** The functions that read other hosts. */
export interface RemoteHosts {
	readonly openLine: OpenLine;
	readonly readHistory: ReadHistory;
}
