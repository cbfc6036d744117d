import type {CheckResult} from '../domain/check-result.js';
import {isLoopback} from '../domain/daemon-address.js';
import {cutOffReason} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Ports} from '../domain/ports.js';

/** Whether this monitor, rather than most of the hosts it watches, has a problem: decided once per cycle. */
export interface CutOffDetector {
	/**
	 * Receives a result. The result of an unreachable node waits until enough is known about the other hosts.
	 * @returns the result, or `unknown` while this monitor seems cut off
	 */
	readonly settle: <R extends CheckResult>(node: Node, result: R) => Promise<R>;
}

export interface CutOffDetectorOptions {
	/** The nodes that the cycle checks. */
	readonly nodes: readonly Node[];
	readonly recall: (nodeId: number) => NodeState;
	readonly ports: Pick<Ports, 'wait' | 'connectTcp'>;
	/** A `host:port` that answers while this monitor has a network; empty: none. */
	readonly selfCheck: string;
	/** The timeout of the connect to it, in milliseconds. */
	readonly timeoutMs: number;
	/** The duration of the longest check of a node, in milliseconds. Default: `timeoutMs`. */
	readonly longestMs?: () => number;
	/** Every node that is watched. Default: `nodes`. */
	readonly fleet?: readonly Node[];
	/** The verdict of the last cycle with enough hosts; updated by the next one. Default: not cut off. */
	readonly verdict?: Verdict;
	readonly signal?: AbortSignal | undefined;
}

/** Whether this monitor seems cut off. */
export interface Verdict {
	isCutOff: boolean;
}

/** With fewer hosts, it is unclear whose fault it is that most of them are silent. */
const minHosts = 3;
/** How long after the longest check to wait for further results, in milliseconds. */
const patienceMs = 2000;

interface HostEvidence {
	/** Checks that have not ended. */
	waiting: number;
	hasAnswered: boolean;
	isOutOfReach: boolean;
}

/** Starts a cycle. @returns `undefined` when too few other hosts have answered before to decide */
export function createCutOffDetector({
	nodes,
	fleet = nodes,
	...options
}: CutOffDetectorOptions): CutOffDetector | undefined {
	const {recall, ports, selfCheck, timeoutMs, longestMs, signal, verdict = {isCutOff: false}} = options;
	const remote = nodes.filter(({host}) => !isLoopback(host));
	const known = new Set(remote.filter(({id}) => wasThere(recall(id))).map(({host}) => host));
	if (known.size < minHosts) {
		return remote.length > 0 ? withVerdict(verdict, fleet) : undefined;
	}

	const hosts = new Map<string, HostEvidence>(
		[...known].map(host => [host, {waiting: 0, hasAnswered: false, isOutOfReach: false}]),
	);
	for (const {host} of remote) {
		const evidence = hosts.get(host);
		if (evidence) {
			evidence.waiting += 1;
		}
	}

	const decided = new AbortController();
	let isCutOff = false;
	const decide = (isNow: boolean): void => {
		isCutOff = isNow;
		verdict.isCutOff = isNow;
		decided.abort();
	};
	let isAsking = false;
	let settledCount = 0;
	const waitMs = patienceMs + (longestMs?.() ?? timeoutMs);
	/** Checks of a large fleet start one after the other: a result waits as long as others arrive. */
	const decision = async (): Promise<void> => {
		const either = signal ? AbortSignal.any([decided.signal, signal]) : decided.signal;
		for (let seen = -1; seen !== settledCount && !either.aborted; ) {
			seen = settledCount;
			await ports.wait(waitMs, either);
		}
	};

	const judge = async (): Promise<void> => {
		const all = [...hosts.values()];
		const answered = all.filter(({hasAnswered}) => hasAnswered).length;
		const silent = all.filter(
			evidence => evidence.isOutOfReach && !evidence.hasAnswered && evidence.waiting <= 0,
		).length;
		if (2 * silent > all.length && !isAsking) {
			isAsking = true;
			decide(!(await answers(selfCheck, ports, timeoutMs)));
		} else if (!isAsking && (2 * answered >= all.length || all.every(({waiting}) => waiting <= 0))) {
			decide(false);
		}
	};

	return {
		settle: async (node, result) => {
			const isGone = isOutOfReach(result);
			const evidence = hosts.get(node.host);
			settledCount += 1;
			if (evidence) {
				evidence.waiting -= 1;
				evidence.isOutOfReach ||= isGone;
				evidence.hasAnswered ||= !isGone && result.details.state !== 'unknown';
				void judge();
			}

			if (!isGone || isLoopback(node.host)) {
				return result;
			}

			await decision();
			return isCutOff ? doubted(result) : result;
		},
	};
}

/** A check of few nodes between two cycles uses the verdict of the last cycle, until a host answers. */
function withVerdict(verdict: Verdict, fleet: readonly Node[]): CutOffDetector | undefined {
	const hosts = new Set(fleet.map(({host}) => host).filter(host => !isLoopback(host)));
	verdict.isCutOff &&= hosts.size >= minHosts;
	return verdict.isCutOff
		? {
				settle: async (node, result) => {
					const isGone = isOutOfReach(result);
					verdict.isCutOff &&= isGone || isLoopback(node.host) || result.details.state === 'unknown';
					return verdict.isCutOff && isGone && !isLoopback(node.host) ? doubted(result) : result;
				},
			}
		: undefined;
}

/** Whether a node worked when it could last be checked: only then can it disappear. */
function wasThere({worked_data: last}: NodeState): boolean {
	return (
		last !== undefined &&
		last.state !== 'down' &&
		(last.state !== 'unknown' || ('reason' in last && last.reason === cutOffReason))
	);
}

/** The reasons of checks for a host that sends nothing, not even a refusal. */
const outOfReach =
	/^(?:no response within [\d.]+ m?s|host unreachable|the host name does not resolve|not checkable from here: (?:this machine has no route|this machine's network is down|the routing table of this machine|name resolution does not work).*)$/;

function isOutOfReach({details}: CheckResult): boolean {
	const {state, reason = ''} = details;
	return (state === 'down' || state === 'unknown') && outOfReach.test(reason);
}

function doubted<R extends CheckResult>(result: R): R {
	return {...result, status: false, details: {...result.details, state: 'unknown', reason: cutOffReason}};
}

async function answers(address: string, ports: CutOffDetectorOptions['ports'], timeoutMs: number): Promise<boolean> {
	const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
	return host !== '' && (await ports.connectTcp({host, port: Number(port)}, {timeoutMs})).open;
}
