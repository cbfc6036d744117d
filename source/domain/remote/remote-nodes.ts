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
import {mostNodeId} from './parse-documents.js';

/** A remote host and its place among them, from 0. */
export interface RemoteHostPlace {
	readonly host: HostSpec;
	readonly index: number;
}

/** That a host does not answer. */
export interface HostNoResponse {
	/** What ssh or the network says, or what is wrong with what came. */
	readonly complaint: string;
	/** Milliseconds since the epoch. */
	readonly sinceMs: number;
	/** Milliseconds since the epoch: when that was seen last. */
	readonly seenMs: number;
	/** `unknown` while the first answer is still awaited. */
	readonly state: 'down' | 'unknown';
}

/** What stands for a message where a host is silent: there is no check to speak of. */
const silentMessage = 'No response from the host';

/** Unique among the hosts, the same as long as the hosts are named in the same order; 0 is the host itself. */
export const remoteNodeId = (index: number, id: number): number => (index + 1) * (mostNodeId + 1) + id;

/** The place among the hosts of what has an id. */
export const remoteIndexOf = (nodeId: number): number => Math.floor(nodeId / (mostNodeId + 1)) - 1;

/** A node as its host's last document tells of it. */
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

/**
 * The same node while its host does not answer.
 * @param host what does not answer, where that is not the node's host
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

/** A result that says that there is none; of the details only what tells where the node is stays. */
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

/** What this run remembers of the node; since when it is in its state is said by its host. */
function nodeStateAfter(nodeState: NodeState, result: CheckResult, since: string | undefined): NodeState {
	const {details} = result;
	if (nodeState.worked_data?.last_check === details.last_check) {
		return nodeState;
	}

	const {watched: _, ...after} = recordResult(nodeState, result);
	const record = {state: details.state, since: since ?? details.last_check, last_check: details.last_check};
	return {...after, states: {pid: record, port: record, api: record}};
}

/** A state of every method: hosts may check by different ones. */
function withState(nodeState: NodeState, state: State, sinceMs: number, seenMs: number): NodeState {
	const record = {state, since: new Date(sinceMs).toISOString(), last_check: new Date(seenMs).toISOString()};
	return {...nodeState, states: {pid: record, port: record, api: record}};
}

/** Where the node listens, as its host sees it. */
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

/** A remote host that does not answer, and how many of its nodes are not known for it. */
export interface SilentHost {
	readonly host: string;
	readonly nodes: number;
}

/** The remote hosts that do not answer; those that are still to answer for the first time are not among them. */
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
	/** What it is called in tables and before the names of its nodes; unique among the remote hosts. */
	readonly label: string;
	/** As it would be typed again, in its short form. */
	readonly url: string;
}

/** A host on which the user's own ssh runs an xmrtop that sends its documents. */
export interface SshHost extends NamedHost {
	readonly kind: 'ssh';
	readonly user?: string;
	/** A name of the user's ssh configuration, a DNS name or an address, without brackets. */
	readonly host: string;
	readonly port?: number;
}

/** A host on which an xmrtop serves its documents over HTTP. */
export interface HttpHost extends NamedHost {
	readonly kind: 'http';
	/** Its address with the prefix, without a slash at the end. */
	readonly base: string;
}

/** A Prometheus, or what speaks its query API, that scrapes any number of hosts. */
export interface PrometheusHost extends NamedHost {
	readonly kind: 'prometheus';
	/** Its address with the prefix, without a slash at the end and without `/api`. */
	readonly base: string;
	/** Label matchers without their braces, such as `job="xmrtop"`; `''` for none. */
	readonly matchers: string;
	/** The moment that is looked at, in milliseconds since the epoch; absent: now. */
	readonly atMs?: number;
}

/** This machine, whose nodes an xmrtop of its own checks. */
export interface LocalHost extends NamedHost {
	readonly kind: 'local';
	/** The flags that name its folders. */
	readonly flags: readonly string[];
}

/** A host to read. */
export type HostSpec = SshHost | HttpHost | PrometheusHost | LocalHost;

/** Whether a host is asked again and again, rather than sending its documents at its own interval. */
export const isAskedHost = ({kind}: HostSpec): boolean => kind === 'http' || kind === 'prometheus';

/** Hosts that a person has given a name: what is typed for each of them, and not yet read. */
export interface SavedHost {
	readonly name: string;
	readonly urls: readonly string[];
}

/** The saved hosts, as the application sees them. `source/adapters` holds the real ones, in hosts.json. */
export type HostStore = ListStore<SavedHost>;

const maxUrls = 64;
const maxUrlLength = 2000;

/**
 * Reads a saved host. What is behind a URL is read where it is used.
 * @param where what errors begin with, such as `host "eu"`
 * @throws InputError (`invalid_host`) with the first thing that is not allowed
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
 * @throws InputError (`invalid_host`) where its name is another's
 */
export function withSavedHost(hosts: readonly SavedHost[], host: SavedHost, where: string): readonly SavedHost[] {
	if (hosts.some(({name}) => name === host.name)) {
		throw new InputError('invalid_host', `${where}: the name ${host.name} is already used`);
	}

	return [...hosts, host];
}

/** What comes over a line to a host. Nothing is called after the line was ended. */
export interface LineListener {
	/** A JSON document, not yet looked at. */
	readonly onDocument: (value: unknown) => void;
	/** The line is over by itself. @param complaint why, in the words of ssh or the network, cleaned */
	readonly onEnd: (complaint: string) => void;
}

/** A connection to a host over which its documents come. */
export interface HostLine {
	/** Ends it; resolves when nothing of it is left. */
	readonly end: () => Promise<void>;
	/** Asks for a document of a check made now, where that can be asked for. */
	readonly askNow?: () => void;
	/** How often documents are asked for, in milliseconds, where they are. */
	readonly setIntervalMs?: (intervalMs: number) => void;
}

export interface LineOptions {
	/** Time between questions, where documents are asked for, in milliseconds. */
	readonly intervalMs: number;
	/** How long the answer to a question may take, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document must be of a check made now. */
	readonly isFresh: boolean;
}

/** Opens a line to a host; what fails is told by `onEnd`, never thrown. */
export type OpenLine = (host: HostSpec, options: LineOptions, listener: LineListener) => HostLine;

/** What is asked of a history. */
export interface HistoryQuestion {
	/** A word without spaces, which ssh's other side is given as it is. */
	readonly method?: string;
	readonly limit?: number;
	/** Bounds the whole, in milliseconds. */
	readonly timeoutMs: number;
}

/** Reads the history document of a host. Never rejects. */
export type ReadHistory = (
	host: HostSpec,
	question: HistoryQuestion,
) => Promise<{readonly value: unknown} | {readonly complaint: string}>;

/** What hosts are shown to be let in. */
export interface RemoteCredentials {
	/** A bearer token, sent to every host that is read over HTTP, and to every Prometheus unless there is a user for it. */
	readonly token?: string;
	/** `user:password`, sent to every Prometheus and to nobody else. */
	readonly basicAuth?: string;
}

/** The ways to other hosts. */
export interface RemoteHosts {
	readonly openLine: OpenLine;
	readonly readHistory: ReadHistory;
}
