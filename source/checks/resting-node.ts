import type {CheckResult, ProcessIdentity} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {parseProxyAddress} from '../domain/daemon-address.js';
import type {Node} from '../domain/node/node.js';
import type {ListeningPorts, Ports, ProcessTable} from '../domain/ports.js';
import {identityToRemember, isSameProcess} from '../domain/process-identity.js';
import {isLocalNode} from './check.js';

/** What a cheap observation of a busy node found, without sending it a request. What is not visible is absent. */
export interface RestObservation {
	readonly process?: 'running' | 'stopped' | 'gone';
	readonly port?: 'open' | 'refused';
}

/** What such an observation needs. */
export interface RestLookContext {
	readonly ports: Pick<Ports, 'isLocalHost' | 'connectTcp'>;
	readonly processes: ProcessTable;
	/** Absent where the system has no such list. */
	readonly listening?: ListeningPorts;
	/** The timeout of a connect, in milliseconds. */
	readonly portTimeoutMs: number;
	/** Called before a connect; false prevents it. */
	readonly mayConnect: () => boolean;
	readonly signal?: AbortSignal;
}

/**
 * Observes the process and the port of a node without sending it a request. If the process is visible, the system's list of
 * listening sockets shows the state of the port; only otherwise a connection is opened, and closed at once.
 * @param last the result that found it busy
 */
export async function observeRestingNode(
	node: Node,
	last: CheckResult,
	context: RestLookContext,
): Promise<RestObservation> {
	const {ports, processes, listening} = context;
	const identity = isLocalNode(node, ports) ? processOf(last) : undefined;
	if (!identity) {
		return connectLook(node, context);
	}

	const observation = await processes.inspect(identity.pid);
	if (observation.kind === 'gone' || (observation.kind === 'alive' && !isSameProcess(observation.process, identity))) {
		return {process: 'gone'};
	}

	const process =
		observation.kind === 'alive' ? ({process: observation.process.stopped ? 'stopped' : 'running'} as const) : {};
	const isListening = listening?.(identity.pid, node.port);
	return isListening === undefined
		? {...process, ...(await connectLook(node, context))}
		: {...process, port: isListening ? 'open' : 'refused'};
}

/** Whether a node has changed since the start of its pause, so that it must be checked now. */
export function hasRestingNodeChanged(before: RestObservation, now: RestObservation): boolean {
	return (
		(now.process !== undefined && now.process !== 'running') ||
		(now.port !== undefined && before.port !== undefined && now.port !== before.port)
	);
}

/** The process that the last check identified as the node's. */
function processOf({details}: CheckResult): ProcessIdentity | undefined {
	const seen = details.method === 'full' ? details.checks.pid.details : details;
	return 'pid' in seen && seen.pid !== undefined && seen.started_at !== undefined
		? identityToRemember({...seen, pid: seen.pid, started_at: seen.started_at})
		: undefined;
}

async function connectLook(
	{host, port, proxy}: Node,
	{ports, portTimeoutMs, mayConnect, signal}: RestLookContext,
): Promise<RestObservation> {
	if (!mayConnect()) {
		return {};
	}

	const outcome = await ports.connectTcp(
		compact({host, port, proxy: parseProxyAddress(proxy)}),
		compact({timeoutMs: portTimeoutMs, signal}),
	);
	return outcome.open ? {port: 'open'} : outcome.cause === 'refused' ? {port: 'refused'} : {};
}
