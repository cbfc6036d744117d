import type {CheckResult, ProcessIdentity} from '../check-result.js';
import {noDaemon} from '../daemon-address.js';
import type {Node} from '../node/node.js';
import type {NodeMemory} from './memory.js';

/** The daemon that a node's process was started with, and which process that was. */
export interface RememberedDaemon extends Pick<ProcessIdentity, 'pid' | 'started_at'> {
	/** In the short form of `daemonText`. */
	readonly daemon: string;
}

/** The inferred daemon of a node, while its process is still the one it was inferred from. */
export function rememberedDaemon({inferred_daemon: inferred, process}: NodeMemory): string | undefined {
	return inferred && process?.pid === inferred.pid && process.started_at === inferred.started_at
		? inferred.daemon
		: undefined;
}

/** The daemon of a node as it is listed: the one it names, else the inferred one. */
export function listedDaemon({daemon}: Pick<Node, 'daemon'>, memory: NodeMemory): string | undefined {
	return daemon === noDaemon ? undefined : (daemon ?? rememberedDaemon(memory));
}

/** What to remember after an answer; `undefined`: nothing was inferred. */
export function inferredIn({details}: CheckResult, process: NodeMemory['process']): RememberedDaemon | undefined {
	return process && 'daemon_inferred' in details && details.daemon_inferred && details.daemon !== undefined
		? {daemon: details.daemon, pid: process.pid, started_at: process.started_at}
		: undefined;
}
