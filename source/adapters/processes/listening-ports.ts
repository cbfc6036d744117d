import {readFileSync} from 'node:fs';
import type {ListeningPorts} from '../../domain/ports.js';
import {readProcLink} from './proc-fs.js';
import {parseListeners} from './proc-text.js';

/** Opens a view of the listening TCP ports that reads each network namespace once, when it is first asked for. Linux only. */
export function openListeningPorts(): ListeningPorts {
	const byNamespace = new Map<string, ReadonlySet<number> | undefined>();
	return (pid, port) => {
		// Where the namespace of another user's process cannot be read, its table often can.
		const namespace = readProcLink(pid, 'ns/net') ?? `of ${pid}`;
		if (!byNamespace.has(namespace)) {
			byNamespace.set(namespace, readListeningPorts(pid));
		}

		return byNamespace.get(namespace)?.has(port);
	};
}

function readListeningPorts(pid: number): ReadonlySet<number> | undefined {
	const tables = (['tcp', 'tcp6'] as const).map(protocol => readTable(`/proc/${pid}/net/${protocol}`));
	// Without IPv6 there is no tcp6.
	return tables.every(table => table === undefined)
		? undefined
		: new Set(tables.flatMap(table => [...parseListeners(table ?? '').keys()]));
}

function readTable(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}
