import type {Silence} from './alerts/silences.js';
import {type CheckMethod, schemaVersion} from './check-method.js';
import type {Details, VersionFacts} from './check-result.js';
import {compact} from './compact.js';
import {currentVerdict, type FinishedCheck, type FleetNode} from './fleet.js';
import type {State} from './state.js';

/** One node in a status document. */
export interface NodeReport {
	/** Unique in its document. Where hosts are connected it is given by whoever connects to them. */
	readonly id: number;
	readonly name: string;
	/** The remote host it is on; absent for a node configured here. */
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
	/** ISO-8601 UTC: when this state began. */
	readonly since?: string;
	/** Present while nobody is told of its trouble. */
	readonly silence?: Pick<Silence, 'by' | 'until' | 'reason'>;
	readonly details: Details;
}

/** The published status of nodes; the same shape for one node or many. */
export interface StatusDocument {
	readonly schema_version: number;
	readonly method: CheckMethod;
	/** ISO-8601 UTC. */
	readonly checked_at: string;
	/** ISO-8601 UTC: the moment in the past that the document is of. Absent in a document of now. */
	readonly at?: string;
	readonly duration_ms: number;
	/** How many nodes were checked. */
	readonly total: number;
	readonly working: number;
	/** `total - working`. */
	readonly failed: number;
	readonly nodes: readonly NodeReport[];
}

/**
 * Makes the document of a finished check.
 * @param isWanted which nodes are listed; the totals count every checked one
 */
export function statusDocument(
	{method, checkedAtMs, durationMs, nodes, atMs}: FinishedCheck,
	isWanted: (node: NodeReport) => boolean = () => true,
): StatusDocument {
	const reports = nodes.map(node => nodeReport(node, method)).filter(report => report !== undefined);
	return {
		...statusDocumentHead(compact({method, checkedAtMs, durationMs, atMs}), reports),
		nodes: reports.filter(isWanted),
	};
}

/** What stands in a status document before its nodes. */
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

/** One node as a status document lists it; `undefined` when nothing is known of it by the method, or it is disabled. */
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

/** What a verdict is judged by. */
type Judged = Pick<NodeReport, 'status' | 'state'>;

/** From which verdict on a run counts as failed. */
export const failLevels = ['degraded', 'failed', 'down'] as const;
export type FailLevel = (typeof failLevels)[number];

const countsAsFailure: Readonly<Record<FailLevel, (report: Judged) => boolean>> = {
	degraded: ({state}) => state !== 'up',
	failed: ({status}) => !status,
	down: ({state}) => state === 'down' || state === 'unknown',
};

/** Reads a level as a person typed it; `undefined` when there is none of this name. */
export function parseFailLevel(text: string): FailLevel | undefined {
	return failLevels.find(level => level === text);
}

/** The nodes of the document that are at or beyond the level. */
export function failingNodes(document: StatusDocument, level: FailLevel): readonly NodeReport[] {
	return document.nodes.filter(countsAsFailure[level]);
}

/** Whether something in the document is at or beyond the level. */
export function hasFailingNode(document: {readonly nodes: readonly Judged[]}, level: FailLevel): boolean {
	return document.nodes.some(countsAsFailure[level]);
}
