import type {RunCommand} from '../command.js';
import {detectOutputStyle} from '../reports/colour.js';
import {drawingFlags, hasConnectFlag, refuseUnusedTokenFlag} from '../run-settings.js';
import {openCommandPoller} from '../session.js';
import {runStatus} from './status.js';

/** The live table; without a terminal, or asked for a document, as `status`. */
export const runLive: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdin, stdout, env, findWallets} = surroundings;
	const wantsDocument = (['json', 'csv', 'nagios', 'json-schema'] as const).some(name => flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(invocation);
	}

	refuseUnusedTokenFlag(flags);
	if (hasConnectFlag(flags)) {
		const {runRemoteLive} = await import('./connect.js');
		return runRemoteLive(invocation);
	}

	const {poller, nodeStore, resultStore, close} = openCommandPoller(invocation);
	try {
		const traits = detectOutputStyle(drawingFlags(flags), env, true);
		await surroundings.runScreen({poller, nodeStore, resultStore, findWallets, ...traits});
	} finally {
		await close();
	}

	return 0;
};
