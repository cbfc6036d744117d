import type {Transition} from '../domain/past/transition.js';
import {cleanText} from '../domain/text.js';

/**
 * A change of state as one plain line: `2026-11-23T20:00:00.000Z main-node up -> down: connection refused`.
 * @param withTime whether the time stands in front; a journal gives every line its own
 */
export function transitionLine({at, node, from, to, method, message, reason}: Transition, withTime: boolean): string {
	const by = method === 'api' ? '' : ` (${method})`;
	return `${withTime ? `${at} ` : ''}${cleanText(node)} ${from} -> ${to}${by}: ${cleanText(reason ?? message)}`;
}
