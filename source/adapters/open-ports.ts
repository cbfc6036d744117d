import {setTimeout} from 'node:timers/promises';
import type {Ports} from '../domain/ports.js';
import {isLocalHost} from './local-host.js';
import {lookForLoginFile} from './login-file-sight.js';
import {readPidFile} from './pid-file.js';
import {readUid} from './proc-fs.js';
import {openProcessTable} from './process-table.js';
import {exposureOf} from './secret-exposure.js';
import {connectTcp} from './tcp.js';
import {createRpcClient} from './wallet-rpc-client.js';

/** The real outside, for the composition roots. `close` ends every kept connection. */
export function openPorts(): Ports & {readonly close: () => void} {
	const client = createRpcClient();
	return {
		callRpc: client.callRpc,
		connectTcp,
		openProcessTable,
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
