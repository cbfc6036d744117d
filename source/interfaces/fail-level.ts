import type {NodeReport, StatusDocument} from '../domain/status-document.js';

/** From which verdict on a run counts as failed. */
export const failLevels = ['degraded', 'failed', 'down'] as const;
export type FailLevel = (typeof failLevels)[number];

const countsAsFailure: Readonly<Record<FailLevel, (node: NodeReport) => boolean>> = {
	degraded: ({state}) => state !== 'up',
	failed: ({status}) => !status,
	down: ({state}) => state === 'down' || state === 'unknown',
};

/** Whether something in the document is at or beyond the level. */
export function hasFailure(document: StatusDocument, level: FailLevel): boolean {
	return document.nodes.some(countsAsFailure[level]);
}
