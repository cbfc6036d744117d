import type {FinishedCheck} from '../../domain/fleet.js';
import {cleanText} from '../../domain/text.js';
import type {Invocation} from '../command.js';
import {openRemoteFleet, requireJoinedNames} from './connect.js';

/**
 * Reads one document of every joined host.
 * @returns the nodes of all, and a row for each host that does not answer
 */
export async function checkHosts(invocation: Invocation): Promise<FinishedCheck> {
	const {input, surroundings} = invocation;
	const {fleet, timeoutMs} = await openRemoteFleet(invocation, true);
	const checkedAtMs = surroundings.nowMs();
	const startedMs = performance.now();
	try {
		fleet.start();
		await fleet.settled(timeoutMs);
		const {method, nodes, notes} = fleet.getSnapshot();
		requireJoinedNames(
			input,
			fleet.everyNode().map(({node, origin, result}) => ({
				host: origin?.host ?? '',
				full: node.name,
				...(origin?.name === undefined ? {} : {own: origin.name}),
				...(result?.details.reason === undefined ? {} : {reason: result.details.reason}),
			})),
		);
		for (const note of notes) {
			surroundings.stderr.write(`xmrtop: ${cleanText(note)}\n`);
		}

		return {method, checkedAtMs, durationMs: performance.now() - startedMs, nodes};
	} finally {
		await fleet.stop();
	}
}
