import type {NodeReport, StatusDocument} from './status-document.js';

/** From which verdict on a run counts as failed. */
export const failLevels = ['degraded', 'failed', 'down'] as const;
export type FailLevel = (typeof failLevels)[number];

const countsAsFailure: Readonly<Record<FailLevel, (node: NodeReport) => boolean>> = {
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
export function hasFailure(document: StatusDocument, level: FailLevel): boolean {
	return document.nodes.some(countsAsFailure[level]);
}
