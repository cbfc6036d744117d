import {type DaemonAddress, daemonText, hostInUrl, isIpAddress} from './daemon-address.js';
import type {OutgoingConnection, ProcessConnections} from './ports.js';

/** What is known of a wallet that reads no blocks. */
export interface LinkEvidence {
	readonly connections: ProcessConnections;
	/** The daemon it should use. */
	readonly daemon: DaemonAddress;
	/** Whether it was started with a proxy: then it connects to that, whatever its daemon. */
	readonly hasProxy: boolean;
	readonly isLocalHost: (host: string) => boolean;
}

/**
 * Why a wallet most likely reads no blocks, by its connections: it is told to use another daemon, cannot reach one, or does not
 * refresh. A wallet keeps its connection between refreshes, one that is refused leaves nothing behind, and one that its daemon has
 * closed stays as it is until the wallet looks at it.
 */
export function linkText(evidence: LinkEvidence): string {
	const {connections, daemon, hasProxy} = evidence;
	const {outgoing, isOwnNetwork} = connections;
	const [established, connecting] = (['established', 'connecting'] as const).map(state =>
		outgoing.filter(connection => connection.state === state),
	);
	const isDaemons = (connection: OutgoingConnection) => isDaemonsOwn(connection, evidence);
	const [first] = established ?? [];
	if (!first) {
		return unconnectedText(
			connecting?.[0],
			outgoing.some(({state}) => state === 'closed_by_peer'),
		);
	}

	if (hasProxy || !isOwnNetwork) {
		return `the wallet is connected to ${placeText(first)}${hasProxy ? ', through a proxy' : ''}`;
	}

	const match = established?.find(isDaemons);
	if (!match) {
		return `the wallet is connected to ${placeText(first)}, not to ${daemonText(daemon)}`;
	}

	return isIpAddress(daemon.host)
		? 'the wallet is connected to its daemon, so its automatic refresh is probably off'
		: `the wallet is connected to ${placeText(match)}: its automatic refresh is probably off, or that is not ${daemon.host}`;
}

function unconnectedText(connecting: OutgoingConnection | undefined, isLeftOver: boolean): string {
	if (connecting) {
		return `the wallet tries to connect to ${placeText(connecting)}, which does not answer`;
	}

	return isLeftOver
		? 'its daemon closed the connection, and the wallet did not notice: its automatic refresh is probably off'
		: 'the wallet is not connected to a daemon';
}

/** Names are not resolved: with one, the port decides. */
function isDaemonsOwn({address, port}: OutgoingConnection, {daemon, isLocalHost}: LinkEvidence): boolean {
	return (
		port === daemon.port &&
		(!isIpAddress(daemon.host) || address === daemon.host || (isLocalHost(address) && isLocalHost(daemon.host)))
	);
}

const placeText = ({address, port}: OutgoingConnection): string => `${hostInUrl(address)}:${port}`;
