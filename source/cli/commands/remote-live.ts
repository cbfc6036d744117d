import type {RunCommand} from '../command.js';
import {terminalTraits} from '../reports/colour.js';
import {openRemoteFleet} from './connect.js';
import {traitFlags} from './status.js';

/** The live table of the joined hosts, read-only. */
export const runJoined: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const stores = surroundings.openStores(flags);
	const {fleet, hosts} = await openRemoteFleet(invocation, false);
	try {
		await surroundings.runScreen({
			...stores,
			...terminalTraits(traitFlags(flags), surroundings.env, true),
			watcher: fleet,
			joined: {
				isAsked: hosts.some(({kind}) => kind === 'http'),
				transitionsOf: fleet.transitionsOf,
				isAskable: fleet.isAskable,
			},
		});
	} finally {
		await fleet.stop();
	}

	return 0;
};
