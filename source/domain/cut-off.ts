import type {CheckResult} from './check-result.js';

/** The reason of a verdict on a node that this monitor probably cannot reach through a fault of its own. */
export const cutOffReason = 'this monitor seems cut off';

/** Whether a result says that this monitor, rather than the node, has a problem. */
export function isCutOff({details}: CheckResult): boolean {
	return details.state === 'unknown' && details.reason?.startsWith(cutOffReason) === true;
}
