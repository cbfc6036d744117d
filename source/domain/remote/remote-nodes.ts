import type {CheckMethod} from '../check-method.js';
import type {CheckResult, Details, ResultOf} from '../check-result.js';
import {compact} from '../compact.js';
import {daemonAddressSeenFrom} from '../daemon-address.js';
import type {FleetNode} from '../fleet.js';
import type {Node} from '../node/node.js';
import type {NodeState} from '../past/node-state.js';
import {recordResult} from '../past/record-result.js';
import type {State} from '../state.js';
import type {NodeReport} from '../status-document.js';
import {cleanText} from '../text.js';
import {mostNodeId} from './parse-documents.js';
import type {HostSpec} from './remote-hosts.js';

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
