import type {PortDetails, Result} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {parseProxyAddress} from '../domain/daemon-address.js';
import {isoTimeText, roundedMs} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {NoAnswerCause} from '../domain/ports.js';
import {isLocalRpcCause, noRpcAnswerText} from '../domain/rpc/wallet-rpc.js';
import type {Check, CheckContext} from './check.js';

/**
 * Checks whether something listens on the node's port. It need not be the wallet: a stopped process still accepts connections.
 */
export const checkPort: Check<'port'> = async (node, context) => (await observePort(node, context)).result;

/** The result of a port check, and why the port could not be connected to, if it could not. */
export async function observePort(
	node: Node,
	{ports, settings, signal}: CheckContext,
): Promise<{readonly result: Result<PortDetails>; readonly cause?: NoAnswerCause}> {
	const {host, port} = node;
	const proxy = parseProxyAddress(node.proxy);
	const timeoutMs = settings.port_timeout;
	const outcome = await ports.connectTcp(compact({host, port, proxy}), compact({timeoutMs, signal}));
	const seen = {latency_ms: roundedMs(outcome.latencyMs), last_check: isoTimeText(ports.nowMs()), host, port};
	const details: PortDetails = outcome.open
		? {method: 'port', message: 'Port is in use', state: 'up', ...seen}
		: {
				method: 'port',
				message: 'Port is not in use',
				reason: noRpcAnswerText(outcome.cause, outcome.error, timeoutMs),
				state: isLocalRpcCause(outcome.cause) ? 'unknown' : 'down',
				...seen,
				error: outcome.error,
			};
	return {result: {status: outcome.open, details}, ...(outcome.open ? {} : {cause: outcome.cause})};
}
