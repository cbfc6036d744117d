import type {RunCommand} from '../command.js';
import {detectOutputStyle} from '../reports/colour.js';
import {openCommandRemoteFleet} from './connect.js';
import {drawingFlags} from './status.js';

/** The live table of the remote hosts, read-only. */
export const runRemoteLive: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const stores = surroundings.openStores(flags);
	const {fleet, hosts} = await openCommandRemoteFleet(invocation, false);
	try {
		await surroundings.runScreen({
			...stores,
			...detectOutputStyle(drawingFlags(flags), surroundings.env, true),
			poller: fleet,
			remote: {
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
