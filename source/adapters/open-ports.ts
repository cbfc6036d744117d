import {setTimeout} from 'node:timers/promises';
import type {Ports} from '../domain/ports.js';
import {exposureOf} from './network/secret-exposure.js';
import {connectTcp} from './network/tcp.js';
import {createRpcClient} from './network/wallet-rpc-client.js';
import {openListeningPorts} from './processes/listening-ports.js';
import {isLocalHost} from './processes/local-host.js';
import {lookForLoginFile} from './processes/login-file-sight.js';
import {readPidFile} from './processes/pid-file.js';
import {readUid} from './processes/proc-fs.js';
import {openProcessTable} from './processes/process-table.js';

/** The real outside, for the composition roots. `close` ends every kept connection. */
export function openPorts(): Ports & {readonly close: () => void} {
	const client = createRpcClient();
	return {
		callRpc: client.callRpc,
		connectTcp,
		openProcessTable,
		...(process.platform === 'linux' ? {openListeningPorts} : {}),
		readPidFile,
		sightLoginFile: (pid, port) => lookForLoginFile(pid, port, readUid(pid)),
		exposureOf,
		isLocalHost,
		wait: (ms, signal) => setTimeout(ms, undefined, {...(signal ? {signal} : {})}).catch(() => {}),
		nowMs: Date.now,
		monotonicMs: () => performance.now(),
		close: client.close,
	};
}
