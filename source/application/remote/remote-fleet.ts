import {type CheckMethod, checkMethodWords} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import type {FleetNode, FleetSnapshot} from '../../domain/fleet.js';
import {countWithNoun} from '../../domain/format.js';
import type {Transition} from '../../domain/past/transition.js';
import {parseRemoteStatus} from '../../domain/remote/parse-documents.js';
import {createPrometheusReader, type ReadAnswers} from '../../domain/remote/prometheus-fleet.js';
import {
	type HostNoResponse,
	type HostSpec,
	isAskedHost,
	type OpenLine,
	type RemoteHostPlace,
	remoteIndexOf,
	remoteNode,
	silentHostRow,
	silentRemoteNode,
} from '../../domain/remote/remote-nodes.js';
import type {State} from '../../domain/state.js';
import {createPollerNotes} from '../notes.js';
import type {NotedPoller} from '../poller.js';
import {createReconnectingLine, type ReconnectingLine, type ReconnectingLineOptions} from './reconnect.js';

const notifyMs = 50;
const minIntervalMs = 1000;

export interface RemoteFleetOptions {
	readonly hosts: readonly HostSpec[];
	readonly openLine: OpenLine;
	/** Which of the hosts' nodes are listed. The row of a silent host always is. */
	readonly isShown: (node: FleetNode) => boolean;
	/** The polling interval for hosts that are polled, in milliseconds. */
	readonly intervalMs: number;
	/** The timeout of a poll, or of the first document of a line, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first documents must come from new checks. */
	readonly isFresh: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** The nodes of several hosts as one fleet. It checks nothing, and judges only whether a host is silent. */
export interface RemoteFleet extends NotedPoller {
	/** Resolves when every host has answered or failed, at the latest after `withinMs`. */
	readonly settled: (withinMs: number) => Promise<void>;
	/** The state changes seen in this run, oldest first. */
	readonly transitionsOf: (nodeId: number) => readonly Transition[];
	/** Whether the host of a node, or any host, can be asked for a new check, or reconnected because it is silent. */
	readonly isAskable: (nodeId?: number) => boolean;
	/** Every known node, listed or not, including the rows of silent hosts. */
	readonly everyNode: () => readonly FleetNode[];
}

export function createRemoteFleet(options: RemoteFleetOptions): RemoteFleet {
	const {hosts, isShown, nowMs, openLine, isFresh, answerMs} = options;
	let {intervalMs} = options;
	const isAsked = hosts.some(isAskedHost);
	const atMs = hosts.map(host => (host.kind === 'prometheus' ? host.atMs : undefined)).find(at => at !== undefined);
	let isPaused = false;
	let snapshot: FleetSnapshot | undefined;
	const waiting = new Set<() => void>();
	const past = createRemoteTransitions();
	const notes = createPollerNotes(notifyMs, () => {
		snapshot = undefined;
	});

	const onChange = (): void => {
		snapshot = undefined;
		past.update(everyNode(), nowMs());
		updateNotes();
		notes.announce();
		for (const endIfReady of waiting) {
			endIfReady();
		}
	};

	const remoteHosts = hosts.map((host, index) =>
		createRemoteHost({remote: {host, index}, openLine, intervalMs, answerMs, isFresh, nowMs, onChange}),
	);
	const methodNow = () =>
		remoteHosts.map(remoteHost => remoteHost.method()).find(method => method !== undefined) ?? 'api';
	const everyNode = (): readonly FleetNode[] => remoteHosts.flatMap(remoteHost => remoteHost.nodes(methodNow()));

	/** The interval of the host that sends documents least often. */
	const slowestMs = (): number | undefined => {
		const periods = remoteHosts.map(remoteHost => remoteHost.periodMs()).filter(ms => ms !== undefined);
		return periods.length > 0 ? Math.max(minIntervalMs, Math.round(Math.max(...periods) / 1000) * 1000) : undefined;
	};

	const updateNotes = (): void => {
		const methods = new Set(remoteHosts.map(remoteHost => remoteHost.method()).filter(method => method !== undefined));
		const some = remoteHosts.filter(remoteHost => remoteHost.method()).map(({remote}) => remote.host.label);
		notes.setNote(
			'methods',
			methods.size > 1 ? `${some.join(', ')} use different methods: ${[...methods].join(', ')}` : undefined,
		);
		const empty = remoteHosts.filter(remoteHost => !remoteHost.noResponse() && remoteHost.nodes('api').length === 0);
		const namesOf = (isPrometheus: boolean): string =>
			empty
				.map(({remote}) => remote.host)
				.filter(({kind}) => (kind === 'prometheus') === isPrometheus)
				.map(({label}) => label)
				.join(', ');
		const [names, prometheus] = [namesOf(false), namesOf(true)];
		notes.setNote('empty', names === '' ? undefined : `${names}: no nodes are checked there`);
		notes.setNote('no_series', prometheus === '' ? undefined : `${prometheus}: ${noSeriesText(atMs)}`);
	};

	const build = (): FleetSnapshot => {
		const times = remoteHosts.map(remoteHost => remoteHost.documentAtMs()).filter(at => at !== undefined);
		const lastMs = times.length > 0 ? Math.max(...times) : undefined;
		return {
			method: methodNow(),
			intervalMs: isAsked ? intervalMs : (slowestMs() ?? intervalMs),
			paused: isPaused,
			nodes: everyNode().filter(node => node.origin?.name === undefined || isShown(node)),
			...(lastMs === undefined ? {} : {lastCycle: {startedAtMs: lastMs, endedAtMs: lastMs, durationMs: 0}}),
			notes: notes.notes(),
			...(atMs === undefined ? {} : {atMs}),
		};
	};

	const getSnapshot = (): FleetSnapshot => {
		snapshot ??= build();
		return snapshot;
	};

	const remoteHostsOf = (nodeId: number | undefined) =>
		nodeId === undefined ? remoteHosts : remoteHosts.filter(({remote}) => remote.index === remoteIndexOf(nodeId));

	const askNow = async (nodeId?: number): Promise<void> => {
		for (const remoteHost of remoteHostsOf(nodeId)) {
			remoteHost.askNow();
		}
	};

	return {
		getSnapshot,
		everyNode,
		subscribe: notes.subscribe,
		setNote: notes.setNote,
		start: () => {
			for (const remoteHost of remoteHosts) {
				remoteHost.start();
			}
		},
		settled: withinMs =>
			new Promise(resolve => {
				const isOver = (): boolean => remoteHosts.every(remoteHost => remoteHost.isSettled());
				const timer = setTimeout(() => {
					for (const remoteHost of remoteHosts) {
						remoteHost.giveUp(`no response within ${countWithNoun(Math.round(withinMs / 100) / 10, 'second')}`);
					}
				}, withinMs);
				const endIfReady = (): void => {
					if (isOver()) {
						clearTimeout(timer);
						waiting.delete(endIfReady);
						resolve();
					}
				};
				waiting.add(endIfReady);
				endIfReady();
			}),
		transitionsOf: past.of,
		isAskable: nodeId => remoteHostsOf(nodeId).some(remoteHost => remoteHost.isAskable()),
		checkNow: askNow,
		checkAgain: () => askNow(),
		// The host that checks a node decides how.
		setMethod: () => {},
		setDiagnosed: () => {},
		setIntervalMs: next => {
			intervalMs = Math.max(minIntervalMs, next);
			for (const remoteHost of remoteHosts) {
				remoteHost.setIntervalMs(intervalMs);
			}

			snapshot = undefined;
			notes.announce();
		},
		setPaused: next => {
			isPaused = next;
			for (const remoteHost of remoteHosts) {
				remoteHost.setPaused(next);
			}

			snapshot = undefined;
			notes.announce();
		},
		stop: async () => {
			notes.close();
			await Promise.all(remoteHosts.map(remoteHost => remoteHost.stop()));
		},
	};
}

/** The most state changes kept per node. */
const maxKept = 200;

/** The state changes of nodes that other hosts check, as far as they were seen. */
export interface RemoteTransitions {
	/** Compares the nodes with the last ones, and forgets those that are gone. @param nowMs milliseconds since the epoch */
	readonly update: (nodes: readonly FleetNode[], nowMs: number) => void;
	/** The state changes of one node, oldest first. */
	readonly of: (nodeId: number) => readonly Transition[];
}

function createRemoteTransitions(): RemoteTransitions {
	const states = new Map<number, State>();
	const seen = new Map<number, readonly Transition[]>();
	const forgetOthers = (present: ReadonlySet<number>): void => {
		for (const id of [...states.keys()].filter(known => !present.has(known))) {
			states.delete(id);
			seen.delete(id);
		}
	};

	return {
		update: (nodes, nowMs) => {
			forgetOthers(new Set(nodes.map(({node}) => node.id)));
			for (const {node, result} of nodes) {
				const before = states.get(node.id);
				if (!result || before === result.details.state) {
					continue;
				}

				const {method, state, message, reason} = result.details;
				states.set(node.id, state);
				if (before !== undefined) {
					const transition: Transition = compact({
						at: new Date(nowMs).toISOString(),
						node_id: node.id,
						node: node.name,
						method: checkMethodWords[method].recordedAs,
						from: before,
						to: state,
						message,
						reason,
					});
					seen.set(node.id, [...(seen.get(node.id) ?? []), transition].slice(-maxKept));
				}
			}
		},
		of: nodeId => seen.get(nodeId) ?? [],
	};
}

export interface RemoteHostOptions extends Omit<ReconnectingLineOptions, 'host' | 'onDocument' | 'onNoResponse'> {
	readonly remote: RemoteHostPlace;
	/** Called after a change. */
	readonly onChange: () => void;
}

/** The last document of one host, and whether the host still answers. */
export interface RemoteHost extends Omit<ReconnectingLine, 'open'> {
	readonly remote: RemoteHostPlace;
	readonly start: () => void;
	/**
	 * Its nodes; while it does not answer, a row for the host comes first. @param fallback the method of that row when none is
	 * known
	 */
	readonly nodes: (fallback: CheckMethod) => readonly FleetNode[];
	/** Absent while it answers. */
	readonly noResponse: () => HostNoResponse | undefined;
	/** The method of its last document. */
	readonly method: () => CheckMethod | undefined;
	/** Whether the first document has come, or is no longer expected. */
	readonly isSettled: () => boolean;
	/** Marks a host that has not answered yet as silent. */
	readonly giveUp: (complaint: string) => void;
}

function createRemoteHost({remote, onChange, ...options}: RemoteHostOptions): RemoteHost {
	const {nowMs} = options;
	const read: ReadAnswers = remote.host.kind === 'prometheus' ? createPrometheusReader(remote) : readStatus;
	let method: CheckMethod | undefined;
	let known: readonly FleetNode[] = [];
	let noResponse: HostNoResponse | undefined = connecting(nowMs());

	const markSilent = (complaint: string): void => {
		const sinceMs = noResponse?.state === 'down' ? noResponse.sinceMs : nowMs();
		noResponse = {complaint, sinceMs, seenMs: nowMs(), state: 'down'};
		onChange();
	};

	function readStatus(value: unknown): ReturnType<ReadAnswers> {
		const status = parseRemoteStatus(value);
		if ('problem' in status) {
			return status;
		}

		const before = new Map(known.map(node => [node.origin?.name, node]));
		const nodes = status.document.nodes.map(report => remoteNode(remote, report, before.get(report.name)));
		return {document: {method: status.document.method, nodes}};
	}

	const take = (value: unknown): boolean => {
		const answer = read(value);
		if ('problem' in answer) {
			markSilent(answer.problem);
			return false;
		}

		({method, nodes: known} = answer.document);
		noResponse = undefined;
		onChange();
		return true;
	};

	const nodes = (fallback: CheckMethod): readonly FleetNode[] => {
		if (!noResponse) {
			return known;
		}

		const quiet = noResponse;
		const timeText = new Date(quiet.sinceMs).toTimeString().slice(0, 8);
		return [
			silentHostRow(remote, quiet, method ?? fallback),
			...known
				.filter(({origin}) => origin?.name !== undefined)
				.map(node => silentRemoteNode(node, quiet, timeText, remote.host.label)),
		];
	};

	const {open, ...line} = createReconnectingLine({
		...options,
		host: remote.host,
		onDocument: take,
		onNoResponse: markSilent,
	});
	return {
		...line,
		remote,
		start: open,
		nodes,
		noResponse: () => noResponse,
		method: () => method,
		isSettled: () => noResponse?.state !== 'unknown',
		giveUp: complaint => {
			if (noResponse?.state === 'unknown') {
				markSilent(complaint);
			}
		},
	};
}

function connecting(nowMs: number): HostNoResponse {
	return {complaint: 'connecting', sinceMs: nowMs, seenMs: nowMs, state: 'unknown'};
}

/** Why a Prometheus may know no nodes. @param atMs the time that was queried; `undefined`: now */
function noSeriesText(atMs: number | undefined): string {
	return atMs === undefined
		? 'Prometheus has no metrics of xmrtop: check that it scrapes xmrtop serve, and the labels in ?match='
		: 'Prometheus has no metrics of xmrtop for this time: it did not scrape xmrtop serve then, or does not keep data that long';
}
