import {setTimeout as setTimer} from 'node:timers';
import {setTimeout} from 'node:timers/promises';
import type {ConnectTcp, Ports} from '../domain/ports.js';
import {aborted} from './network/call-bounds.js';
import {ConnectionSlots} from './network/connection-slots.js';
import {exposureOf} from './network/secret-exposure.js';
import {connectTcp} from './network/tcp.js';
import {createRpcClient} from './network/wallet-rpc-client.js';
import {readOpenFiles, shareOpenFiles} from './own-process/open-files.js';
import {createOwnPlace} from './own-process/own-place.js';
import {openListeningPorts} from './processes/listening-ports.js';
import {isLocalHost} from './processes/local-host.js';
import {hasOwnNetwork, logFileOf} from './processes/log-file.js';
import {lookForLoginFile} from './processes/login-file-sight.js';
import {readPidFile} from './processes/pid-file.js';
import {readConnections} from './processes/proc-connections.js';
import {readUid} from './processes/proc-fs.js';
import {readRequests, readStop, readWork} from './processes/proc-work.js';
import {openProcessTable} from './processes/process-table.js';
import {readWalletSetup} from './processes/wallet-setup.js';

/**
 * The real outside, for the composition roots. `close` ends every kept connection.
 * @param configDir the folder that a flag named, for the commands of hints
 */
export function openPorts({
	configDir,
}: {
	readonly configDir?: string | undefined;
} = {}): Ports & {readonly close: () => void} {
	const slots = new ConnectionSlots(shareOpenFiles(readOpenFiles()).checks);
	const client = createRpcClient(slots);
	return {
		callRpc: client.callRpc,
		connectTcp: boundedConnect(slots),
		openProcessTable,
		...(process.platform === 'linux' ? {openListeningPorts} : {}),
		readPidFile,
		sightLoginFile: (pid, port) => lookForLoginFile(pid, port, readUid(pid)),
		readWalletSetup,
		exposureOf,
		ownPlace: createOwnPlace(configDir),
		hasOwnNetwork,
		logFileOf,
		isLocalHost,
		readConnections,
		readWork,
		readRequests,
		readStop,
		after: (ms, run) => {
			const timer = setTimer(run, ms);
			return () => clearTimeout(timer);
		},
		wait: (ms, signal) => setTimeout(ms, undefined, {...(signal ? {signal} : {})}).catch(() => {}),
		nowMs: Date.now,
		monotonicMs: () => performance.now(),
		close: client.close,
	};
}

/** Its time begins when a connection may be opened. */
function boundedConnect(slots: ConnectionSlots): ConnectTcp {
	return async (target, options) =>
		(await slots.within(options.signal, () => connectTcp(target, options))) ?? {open: false, latencyMs: 0, ...aborted};
}
