import type {Silence} from './alerts/silences.js';
import {type CheckMethod, schemaVersion} from './check-method.js';
import type {Details, VersionFacts} from './check-result.js';
import {compact} from './compact.js';
import {currentVerdict, type FinishedCheck, type FleetNode, isHostRow} from './fleet.js';
import type {State} from './state.js';

/** A node in a status document. */
export interface NodeReport {
	/** Unique within the document. With connected hosts, the xmrtop that connects to them assigns it. */
	readonly id: number;
	readonly name: string;
	/** The remote host; absent for a node that is configured here. */
	readonly host?: string;
	readonly title?: string;
	readonly group?: string;
	readonly status: boolean;
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	readonly caused_by?: string;
	readonly version_text?: string;
	/** Milliseconds. */
	readonly latency_ms?: number;
	/** When this state began; ISO-8601 UTC. */
	readonly since?: string;
	/** Present while it is silenced. */
	readonly silence?: Pick<Silence, 'by' | 'until' | 'reason'>;
	readonly details: Details;
}

/** The status of nodes as it is published; the same shape for one node or many. */
export interface StatusDocument {
	readonly schema_version: number;
	readonly method: CheckMethod;
	/** ISO-8601 UTC. */
	readonly checked_at: string;
	/** The time in the past that the document shows; ISO-8601 UTC. Absent for the present. */
	readonly at?: string;
	readonly duration_ms: number;
	/** The number of checked nodes. */
	readonly total: number;
	readonly working: number;
	/** `total - working`. */
	readonly failed: number;
	/** The names of the remote hosts that do not answer. Each has a row in `nodes`, and the totals do not include it. */
	readonly silent_hosts?: readonly string[];
	readonly nodes: readonly NodeReport[];
}

/**
 * Creates the document of a finished check.
 * @param isWanted which nodes are listed; the totals include every checked node
 */
export function statusDocument(
	{method, checkedAtMs, durationMs, nodes, atMs}: FinishedCheck,
	isWanted: (node: NodeReport) => boolean = () => true,
): StatusDocument {
	const reportsOf = (some: readonly FleetNode[]): readonly NodeReport[] =>
		some.map(node => nodeReport(node, method)).filter(report => report !== undefined);
	const checked = reportsOf(nodes.filter(node => !isHostRow(node)));
	const hosts = nodes.filter(isHostRow).map(({node}) => node.name);
	return {
		...statusDocumentHead(compact({method, checkedAtMs, durationMs, atMs}), checked),
		...(hosts.length > 0 ? {silent_hosts: hosts} : {}),
		nodes: (hosts.length > 0 ? reportsOf(nodes) : checked).filter(isWanted),
	};
}

/** The fields of a status document without its nodes. */
export function statusDocumentHead(
	{method, checkedAtMs, durationMs, atMs}: Omit<FinishedCheck, 'nodes'>,
	checked: readonly Pick<NodeReport, 'status'>[],
): Omit<StatusDocument, 'nodes'> {
	const working = checked.filter(({status}) => status).length;
	return {
		schema_version: schemaVersion,
		method,
		checked_at: new Date(checkedAtMs).toISOString(),
		...(atMs === undefined ? {} : {at: new Date(atMs).toISOString()}),
		duration_ms: Math.round(durationMs * 10) / 10,
		total: checked.length,
		working,
		failed: checked.length - working,
	};
}

/** The entry of a node in a status document; `undefined` if it has no result of the method, or is disabled. */
export function nodeReport(fleetNode: FleetNode, method: CheckMethod): NodeReport | undefined {
	const {node, origin, silence} = fleetNode;
	const {result, since} = currentVerdict(fleetNode, method);
	if (!result) {
		return undefined;
	}

	const {status, details} = result;
	const facts: VersionFacts & {readonly caused_by?: string} = 'version' in details ? details : {};
	const causedBy = 'caused_by' in details ? details.caused_by : undefined;
	return compact({
		id: node.id,
		name: node.name,
		host: origin?.host,
		title: node.title,
		group: node.group,
		status,
		state: details.state,
		message: details.message,
		reason: details.reason,
		caused_by: causedBy,
		version_text: facts.version_text,
		latency_ms: details.latency_ms,
		since,
		silence: silence && compact({by: silence.by, until: silence.until, reason: silence.reason}),
		details,
	});
}

/** The fields that decide whether a node counts as failed. */
type Judged = Pick<NodeReport, 'status' | 'state'>;

/** The levels from which a run counts as failed. */
export const failLevels = ['degraded', 'failed', 'down'] as const;
export type FailLevel = (typeof failLevels)[number];

const countsAsFailure: Readonly<Record<FailLevel, (report: Judged) => boolean>> = {
	degraded: ({state}) => state !== 'up',
	failed: ({status}) => !status,
	down: ({state}) => state === 'down' || state === 'unknown',
};

/** Parses the name of a level; `undefined` if there is none of that name. */
export function parseFailLevel(text: string): FailLevel | undefined {
	return failLevels.find(level => level === text);
}

/** The nodes of the document that are at or beyond the level. */
export function failingNodes(document: StatusDocument, level: FailLevel): readonly NodeReport[] {
	return document.nodes.filter(countsAsFailure[level]);
}

/** Whether any node of the document is at or beyond the level. */
export function hasFailingNode(document: {readonly nodes: readonly Judged[]}, level: FailLevel): boolean {
	return document.nodes.some(countsAsFailure[level]);
}
