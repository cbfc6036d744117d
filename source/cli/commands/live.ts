import type {RunCommand} from '../command.js';
import {terminalTraits} from '../reports/colour.js';
import {isJoining, refuseTokenAlone} from '../run-settings.js';
import {openWatcher} from '../session.js';
import {runStatus, traitFlags} from './status.js';

/** The live table; without a terminal, or asked for a document, as `status`. */
export const runLive: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdin, stdout, env, findWallets} = surroundings;
	const wantsDocument = (['json', 'csv', 'nagios', 'json-schema'] as const).some(name => flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(invocation);
	}

	refuseTokenAlone(flags);
	if (isJoining(flags)) {
		const {runJoined} = await import('./remote-live.js');
		return runJoined(invocation);
	}

	const {watcher, nodeStore, resultStore, close} = openWatcher(invocation);
	try {
		const traits = terminalTraits(traitFlags(flags), env, true);
		await surroundings.runScreen({watcher, nodeStore, resultStore, findWallets, ...traits});
	} finally {
		await close();
	}

	return 0;
};
