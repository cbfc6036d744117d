import type {NodePast, Pasts} from '../../application/history-document.js';
import {checkMethodWords, parseCheckMethod, type RecordedMethod} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {compareNames} from '../../domain/fleet.js';
import {InputError} from '../../domain/input-error.js';
import {type HostHistory, parseRemoteHistory} from '../../domain/remote/parse-documents.js';
import {prometheusPasts, type SeriesPast} from '../../domain/remote/prometheus-fleet.js';
import type {PrometheusPast} from '../../domain/remote/prometheus-series.js';
import {type HostSpec, isAskedHost, remoteNodeId} from '../../domain/remote/remote-nodes.js';
import {cleanText} from '../../domain/text.js';
import type {Invocation} from '../command.js';
import {writeNote} from '../output.js';
import {parseFlagValue} from '../run-settings.js';
import {type ConnectOptions, readConnectFlags, requireConnectedNames} from './connect.js';
import {hostsFlag} from './hosts.js';

/** A host whose history could not be read. */
export interface SilentHostReason {
	readonly host: string;
	readonly reason: string;
}

/** Reads the histories of the remote hosts concurrently. Hosts that do not answer are reported on stderr. */
export async function readConnectedHistories(
	invocation: Invocation,
	limit: number | undefined,
	asOfMs: number,
): Promise<Pasts & {readonly silent: readonly SilentHostReason[]}> {
	const {input, flags, surroundings} = invocation;
	const remote = await readConnectFlags(invocation, {group: 'the history has no groups: name the nodes instead'});
	const method = methodOf(invocation, remote.hosts);
	const answers = await Promise.all(remote.hosts.map((host, index) => ask({host, index}, remote, {method, limit})));
	const silent = answers.filter(answer => 'reason' in answer);
	const all = answers.flatMap(answer => ('pasts' in answer ? answer.pasts : []));
	requireConnectedNames(input, [
		...all.map(({node, host = '', ownName}) => ({host, full: node.name, own: ownName})),
		...silent.map(({host, reason}) => ({host, full: host, reason})),
	]);
	for (const {host, reason} of silent) {
		writeNote(surroundings.stderr, `no response from ${host}: ${cleanText(reason)}`);
	}

	const methods = [...new Set(answers.flatMap(answer => ('method' in answer ? [answer.method] : [])))];
	if (methods.length > 1 && !flags.isOn('json')) {
		writeNote(surroundings.stderr, `the hosts use different methods: ${methods.join(', ')}`);
	}

	const wanted = new Set(input);
	const pasts = all
		.filter(({node, ownName}) => wanted.size === 0 || wanted.has(node.name) || wanted.has(ownName))
		.sort((a, b) => compareNames(a.node.name, b.node.name));
	const atMs = remote.hosts
		.map(host => (host.kind === 'prometheus' ? host.atMs : undefined))
		.find(at => at !== undefined);
	return {method: methods[0] ?? method ?? 'api', pasts, asOfMs: atMs ?? asOfMs, silent};
}

/** Reads `--method`. Rejects it for http hosts, which report only their own method. */
function methodOf(invocation: Invocation, hosts: readonly HostSpec[]): RecordedMethod | undefined {
	const text = invocation.flags.text('method');
	if (text === undefined) {
		return undefined;
	}

	const method = parseFlagValue('method', text, parseCheckMethod, 'pid, port, api, full');
	const http = hosts.find(isAskedHost);
	if (http) {
		const why = `${http.label} is read over http and reports only its own method`;
		throw new InputError('bad_usage', `--method is not allowed with ${hostsFlag(invocation)} ${http.url}: ${why}`);
	}

	return checkMethodWords[method].recordedAs;
}

interface Asked {
	readonly method: RecordedMethod | undefined;
	readonly limit: number | undefined;
}

type Answer =
	| {readonly method: RecordedMethod; readonly pasts: ReadonlyArray<NodePast & {readonly ownName: string}>}
	| SilentHostReason;

async function ask(
	{host, index}: {readonly host: HostSpec; readonly index: number},
	{remote, timeoutMs}: ConnectOptions,
	{method, limit}: Asked,
): Promise<Answer> {
	const outcome = await remote.readHistory(
		host,
		compact({
			timeoutMs,
			method,
			limit,
		}),
	);
	if ('complaint' in outcome) {
		return {host: host.label, reason: outcome.complaint};
	}

	if (host.kind === 'prometheus') {
		const past = prometheusPasts(outcome.value as PrometheusPast);
		return {method: 'api', pasts: past.map((each, place) => pastOfSeries(each, remoteNodeId(index, place + 1)))};
	}

	const read = parseRemoteHistory(outcome.value);
	return 'problem' in read ? {host: host.label, reason: read.problem} : pastsOf(host.label, index, read.document);
}

function pastOfSeries(
	{host, name, transitions, ...past}: SeriesPast,
	id: number,
): NodePast & {readonly ownName: string} {
	const node = {id, name: `${host}/${name}`};
	return {
		...past,
		node,
		host,
		ownName: name,
		transitions: transitions.map(transition => ({...transition, node_id: id, node: node.name})),
	};
}

function pastsOf(label: string, index: number, {method, nodes}: HostHistory): Answer {
	return {
		method,
		pasts: nodes.map(({id, name, record, history, transitions}) => {
			const node = {id: remoteNodeId(index, id), name: `${label}/${name}`};
			return compact({
				node,
				host: label,
				ownName: name,
				history,
				record,
				transitions: transitions.map(past => ({...past, node_id: node.id, node: node.name})),
			});
		}),
	};
}
