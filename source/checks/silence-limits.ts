import {parseDurationMs} from '../domain/duration.js';
import type {Node} from '../domain/node/node.js';
import type {CheckContext} from './check.js';
import {daemonOf} from './node-daemon.js';

/** How long nothing was answered, this check included. */
export function silentMsOf({memory, ports}: CheckContext): number {
	const since = memory.silent_since;
	return since === undefined ? 0 : Math.max(0, ports.nowMs() - Date.parse(since));
}

/** How long proof of work excuses a node's silence, in milliseconds. */
export function busyMaxMsOf(node: Node, {settings}: CheckContext): number {
	return (node.busy_max === undefined ? undefined : parseDurationMs(node.busy_max)) ?? settings.busy_max;
}

/** The node's daemon, when it takes questions and answers none. */
export async function hangingDaemon(node: Node, context: CheckContext): Promise<string | undefined> {
	const sighting = await context.daemons.look(daemonOf(node, context).node);
	return sighting?.timedOut ? sighting.daemon : undefined;
}
