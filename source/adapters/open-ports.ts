import {setTimeout as setTimer} from 'node:timers';
import {setTimeout} from 'node:timers/promises';
import {compact} from '../domain/compact.js';
import {hostInUrl} from '../domain/daemon-address.js';
import type {CallRpc, ConnectTcp, Ports, TcpOutcome} from '../domain/ports.js';
import {connectTcp} from './network/connect.js';
import {ConnectionSlots} from './network/connection-slots.js';
import {abortedCall} from './network/deadline.js';
import {createRpcClient} from './network/wallet-rpc-client.js';
import {createOwnProcessPlace, readOpenFiles, shareOpenFiles} from './own-process/system-calls.js';
import {isLocalHost} from './processes/local-host.js';
import {openListeningPorts} from './processes/network-view.js';
import {readPidFile, readUid} from './processes/proc-fs.js';
import {readProcessUsage, readProcessWork, readStopCause, readUnreadRequests} from './processes/proc-work.js';
import {holdsSocket, readProcessConnections, readSocketTraffic} from './processes/process-connections.js';
import {openProcessTable} from './processes/process-table.js';
import {findLoginFile, hasOwnNetworkNamespace, readWalletSetup, walletLogFile} from './processes/wallet-config.js';
import {readFileExposure} from './secret-file.js';

/** Opens the real adapters, for the composition roots. `close` ends every kept-alive connection. */
export function openPorts({
	renderRemedy,
	onExchange,
}: Pick<Ports, 'renderRemedy'> & {
	/** Called with one line, without secrets, for every request and its answer. */
	readonly onExchange?: ((line: string) => void) | undefined;
}): Ports & {readonly close: () => void} {
	const slots = new ConnectionSlots(shareOpenFiles(readOpenFiles()).checks);
	const client = createRpcClient(slots);
	return {
		callRpc: onExchange ? tracedCalls(client.callRpc, onExchange) : client.callRpc,
		connectTcp: onExchange ? tracedConnects(boundedConnect(slots), onExchange) : boundedConnect(slots),
		openProcessTable,
		...(process.platform === 'linux' ? {openListeningPorts} : {}),
		readPidFile,
		findLoginFile: (pid, port) => findLoginFile(pid, port, readUid(pid)),
		readWalletSetup,
		readFileExposure: readFileExposure,
		ownPlace: createOwnProcessPlace(),
		renderRemedy,
		hasOwnNetworkNamespace,
		walletLogFile: walletLogFile,
		isLocalHost,
		readProcessConnections: readProcessConnections,
		holdsSocket: holdsSocket,
		readSocketTraffic: readSocketTraffic,
		readProcessUsage: readProcessUsage,
		readProcessWork: readProcessWork,
		readUnreadRequests: readUnreadRequests,
		readStopCause: readStopCause,
		after: (ms, run) => {
			const timer = setTimer(run, ms);
			return () => clearTimeout(timer);
		},
		wait: (ms, signal) => setTimeout(ms, undefined, compact({signal})).catch(() => {}),
		nowMs: Date.now,
		monotonicMs: () => performance.now(),
		close: client.close,
	};
}

/** A connect whose timeout starts when it gets a connection slot. */
function boundedConnect(slots: ConnectionSlots): ConnectTcp {
	return async (target, options) =>
		(await slots.within(options.signal, () => connectTcp(target, options))) ?? {
			open: false,
			latencyMs: 0,
			...abortedCall,
		};
}

function tracedCalls(callRpc: CallRpc, log: (line: string) => void): CallRpc {
	return async (endpoint, method, ...rest) => {
		const outcome = await callRpc(endpoint, method, ...rest);
		const {latencyMs, ...shown} = outcome;
		const {host, port, path, tls, login, proxy} = endpoint;
		const address = `${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`;
		const user = login === undefined ? '' : ' with a login';
		const way = proxy === undefined ? '' : ` through ${hostInUrl(proxy.host)}:${proxy.port}`;
		log(`${address} ${method}${user}${way}: ${JSON.stringify(shown)} in ${latencyMs.toFixed(1)} ms`);
		return outcome;
	};
}

function tracedConnects(connectTcp: ConnectTcp, log: (line: string) => void): ConnectTcp {
	return async (target, options) => {
		const {latencyMs, ...shown} = await connectTcp(target, options);
		log(`${hostInUrl(target.host)}:${target.port} connect: ${JSON.stringify(shown)} in ${latencyMs.toFixed(1)} ms`);
		return {latencyMs, ...shown} as TcpOutcome;
	};
}
