import {readFileSync} from 'node:fs';
import {endianness} from 'node:os';
import type {OutgoingConnection, ProcessConnections} from '../../domain/ports.js';
import {readSockets} from './network-view.js';
import {readProcLink} from './proc-fs.js';
import {addressIn} from './proc-text.js';

/**
 * The TCP connections that a process opened to others, in its own network namespace.
 * @returns `undefined` when they cannot be read (another user's process, no /proc)
 */
export function readConnections(pid: number): ProcessConnections | undefined {
	const inodes = readSockets(pid);
	const tables = ['tcp', 'tcp6'].flatMap(protocol => readText(`/proc/${pid}/net/${protocol}`) ?? []);
	const network = readProcLink(pid, 'ns/net');
	return inodes === undefined || tables.length === 0
		? undefined
		: {
				outgoing: parseOutgoing(tables.join('\n'), inodes, endianness() === 'LE'),
				isOwnNetwork: network !== undefined && network === readProcLink('self', 'ns/net'),
			};
}

const listening = '0A';

const stateNames: Readonly<Record<string, OutgoingConnection['state'] | undefined>> = {
	'01': 'established',
	'02': 'connecting',
	'08': 'closed_by_peer',
};

/**
 * The connections of these sockets in the text of /proc/PID/net/tcp or tcp6. Those on a port where one of them listens came in.
 * @param inodes of the process's sockets
 * @param isLittleEndian the machine's order of bytes
 */
export function parseOutgoing(
	text: string,
	inodes: ReadonlySet<string>,
	isLittleEndian: boolean,
): readonly OutgoingConnection[] {
	const own = text
		.split('\n')
		.map(line => line.trim().split(/\s+/))
		.filter(fields => inodes.has(fields[9] ?? ''));
	const served = new Set(own.filter(fields => fields[3] === listening).map(fields => portIn(fields[1])));
	return own.flatMap(([, local, remote = '', code = '']) => {
		const state = stateNames[code];
		return state === undefined || served.has(portIn(local))
			? []
			: [{address: addressIn(remote.split(':')[0] ?? '', isLittleEndian), port: portIn(remote), state}];
	});
}

const portIn = (endpoint = ''): number => Number.parseInt(endpoint.slice(endpoint.lastIndexOf(':') + 1), 16);

function readText(path: string): string | undefined {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		// Without IPv6 there is no tcp6.
		return undefined;
	}
}
