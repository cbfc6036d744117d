import {openNetworkView} from './network-view.js';

/**
 * The TCP ports a process listens on, in its own network.
 * @returns `undefined` when that cannot be read (another user's process)
 */
export function readListeningPorts(pid: number): number[] | undefined {
	const view = openNetworkView();
	const sockets = view.socketsOf(pid);
	const namespace = view.namespaceOf(pid);
	const listening = namespace === undefined ? undefined : view.listening(namespace);
	return sockets && [...new Set((listening ?? []).flatMap(({inode, port}) => (sockets.has(inode) ? [port] : [])))];
}
