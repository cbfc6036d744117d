import {terminalTraits} from '../colour.js';
import type {RunCommand} from '../command.js';
import {openRemoteFleet} from './connect.js';
import {traitFlags} from './status.js';

/** The live table of the joined hosts, read-only. */
export const runJoined: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const stores = surroundings.openStores(flags);
	const {fleet, hosts} = await openRemoteFleet(invocation, false);
	const kinds = new Map(hosts.map(({label, kind}) => [label, kind]));
	try {
		await surroundings.runScreen({
			...stores,
			...terminalTraits(traitFlags(flags), surroundings.env, true),
			watcher: fleet,
			joined: {
				isAsked: hosts.some(({kind}) => kind === 'http'),
				transitionsOf: fleet.transitionsOf,
				isAskable: nodeId => {
					const origin = fleet.everyNode().find(({node}) => node.id === nodeId)?.origin;
					const isSilent = fleet
						.everyNode()
						.some(other => other.origin?.host === origin?.host && other.origin?.name === undefined);
					return isSilent || kinds.get(origin?.host ?? '') === 'http';
				},
			},
		});
	} finally {
		await fleet.stop();
	}

	return 0;
};
