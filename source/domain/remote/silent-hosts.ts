import type {FleetNode} from '../fleet.js';

/** A joined host that does not answer, and how many of its nodes are not known for it. */
export interface SilentHost {
	readonly host: string;
	readonly nodes: number;
}

/** The joined hosts that do not answer; those that are still to answer for the first time are not among them. */
export function silentHosts(nodes: readonly FleetNode[]): readonly SilentHost[] {
	return nodes
		.filter(({origin, result}) => origin && origin.name === undefined && result?.details.state === 'down')
		.map(({origin}) => {
			const {host} = origin ?? {host: ''};
			return {
				host,
				nodes: nodes.filter(other => other.origin?.host === host && other.origin.name !== undefined).length,
			};
		});
}
