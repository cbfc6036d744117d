import type {CheckMethod} from '../../domain/check-method.js';
import type {FleetNode} from '../../domain/fleet.js';
import {parseRemoteStatus} from '../../domain/remote/parse-documents.js';
import {
	type HostNoResponse,
	type RemoteHostPlace,
	remoteNode,
	silentHostRow,
	silentRemoteNode,
} from '../../domain/remote/remote-nodes.js';
import {createReconnectingLine, type ReconnectingLine, type ReconnectingLineOptions} from './reconnect.js';

export interface RemoteHostOptions extends Omit<ReconnectingLineOptions, 'host' | 'onDocument' | 'onNoResponse'> {
	readonly remote: RemoteHostPlace;
	/** Something is another. */
	readonly onChange: () => void;
}

/** Knows what one host last said, and whether it still answers. */
export interface RemoteHost extends Omit<ReconnectingLine, 'open'> {
	readonly remote: RemoteHostPlace;
	readonly start: () => void;
	/** Its nodes, after a row of its own while it does not answer. @param fallback the method of that row where none is known */
	readonly nodes: (fallback: CheckMethod) => readonly FleetNode[];
	/** Absent while it answers. */
	readonly noResponse: () => HostNoResponse | undefined;
	/** The method of its last document. */
	readonly method: () => CheckMethod | undefined;
	/** Whether the first document has come, or is not to be expected. */
	readonly isSettled: () => boolean;
	/** What has not answered until now is said to be silent. */
	readonly giveUp: (complaint: string) => void;
}

export function createRemoteHost({remote, onChange, ...options}: RemoteHostOptions): RemoteHost {
	const {nowMs} = options;
	let method: CheckMethod | undefined;
	let known: readonly FleetNode[] = [];
	let noResponse: HostNoResponse | undefined = connecting(nowMs());

	const fallSilent = (complaint: string): void => {
		const sinceMs = noResponse?.state === 'down' ? noResponse.sinceMs : nowMs();
		noResponse = {complaint, sinceMs, seenMs: nowMs(), state: 'down'};
		onChange();
	};

	const take = (value: unknown): boolean => {
		const read = parseRemoteStatus(value);
		if ('problem' in read) {
			fallSilent(read.problem);
			return false;
		}

		const before = new Map(known.map(node => [node.origin?.name, node]));
		method = read.document.method;
		known = read.document.nodes.map(report => remoteNode(remote, report, before.get(report.name)));
		noResponse = undefined;
		onChange();
		return true;
	};

	const nodes = (fallback: CheckMethod): readonly FleetNode[] => {
		if (!noResponse) {
			return known;
		}

		const quiet = noResponse;
		const timeText = new Date(quiet.sinceMs).toTimeString().slice(0, 8);
		return [
			silentHostRow(remote, quiet, method ?? fallback),
			...known.map(node => silentRemoteNode(node, quiet, timeText)),
		];
	};

	const {open, ...line} = createReconnectingLine({
		...options,
		host: remote.host,
		onDocument: take,
		onNoResponse: fallSilent,
	});
	return {
		...line,
		remote,
		start: open,
		nodes,
		noResponse: () => noResponse,
		method: () => method,
		isSettled: () => noResponse?.state !== 'unknown',
		giveUp: complaint => {
			if (noResponse?.state === 'unknown') {
				fallSilent(complaint);
			}
		},
	};
}

function connecting(nowMs: number): HostNoResponse {
	return {complaint: 'connecting', sinceMs: nowMs, seenMs: nowMs, state: 'unknown'};
}
