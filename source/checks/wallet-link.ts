import {parseDaemonAddress} from '../domain/daemon-address.js';
import {linkText} from '../domain/daemon-link.js';
import type {Node} from '../domain/node/node.js';
import type {CheckContext} from './check.js';
import {findProcess} from './pid.js';

/**
 * What the connections of a wallet that stands still say of its daemon. Looked at then alone: it reads every socket of the machine.
 * @param daemon the one it should use, in its short form
 * @returns `undefined` where its process or its connections cannot be seen
 */
export async function linkToDaemon(node: Node, context: CheckContext, daemon: string): Promise<string | undefined> {
	const address = parseDaemonAddress(daemon);
	const seen = await findProcess(node, context);
	if (!address || !('process' in seen)) {
		return undefined;
	}

	const {pid, argv} = seen.process;
	const connections = context.ports.readConnections(pid);
	const hasProxy = argv.some(argument => /^--proxy(?:=|$)/.test(argument));
	return connections && linkText({connections, daemon: address, hasProxy, isLocalHost: context.ports.isLocalHost});
}
