import {isLocalHost} from '../../source/adapters/processes/local-host.js';
import {readPidFile} from '../../source/adapters/processes/proc-fs.js';
import {readProcessUsage, readStopCause} from '../../source/adapters/processes/proc-work.js';
import {openProcessTable} from '../../source/adapters/processes/process-table.js';
import type {CheckContext} from '../../source/checks/check.js';
import {checkPid} from '../../source/checks/pid.js';
import type {PidDetails, Result} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {ProcessTable} from '../../source/domain/ports.js';
import {resolveSettings} from '../../source/domain/settings.js';

/** A node with the fields that a pid check uses. */
export function nodeWith(fields: Partial<Node>): Node {
	return {id: 1, name: 'main', host: '127.0.0.1', port: 18_083, path: '/json_rpc', available: true, ...fields};
}

const never = (what: string) => () => {
	throw new Error(`a pid check must not ask for ${what}`);
};

/** Runs a pid check on this machine's processes. */
export async function runPidCheck(
	fields: Partial<Node>,
	nodeState: NodeState = {},
	processes: ProcessTable = openProcessTable(),
): Promise<Result<PidDetails>> {
	const context: CheckContext = {
		ports: {
			callRpc: never('an RPC call'),
			connectTcp: never('a connection'),
			openProcessTable,
			readPidFile,
			findLoginFile: never('a login file'),
			readWalletSetup: never('its daemon'),
			readFileExposure: never('a password file'),
			ownPlace: never('its own place'),
			renderRemedy: never('a remedy'),
			hasOwnNetworkNamespace: never('a network'),
			walletLogFile: never('a log file'),
			isLocalHost,
			readProcessConnections: never('connections'),
			holdsSocket: never('a socket'),
			readSocketTraffic: never('traffic'),
			readProcessUsage: readProcessUsage,
			readProcessWork: never('work'),
			readUnreadRequests: never('requests'),
			readStopCause: readStopCause,
			after: never('time'),
			wait: never('time'),
			nowMs: Date.now,
			monotonicMs: () => performance.now(),
		},
		settings: resolveSettings(),
		nodeState,
		processes,
		processLooks: new Map(),
		inferences: new Map(),
		walletLooks: new Map(),
		daemonViews: new Map(),
		watches: new Map(),
		daemons: {observe: never('a daemon')} as unknown as CheckContext['daemons'],
	};
	return checkPid(nodeWith(fields), context);
}
