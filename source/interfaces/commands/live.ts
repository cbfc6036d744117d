import {terminalTraits} from '../colour.js';
import type {RunCommand} from '../command.js';
import {openWatcher} from './open-watcher.js';
import {refuseTokenAlone, runStatus, traitFlags} from './status.js';

/** The live table; without a terminal, or asked for a document, as `status`. */
export const runLive: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdin, stdout, env, findWallets} = surroundings;
	const wantsDocument = (['json', 'csv', 'nagios', 'json-schema'] as const).some(name => flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(invocation);
	}

	refuseTokenAlone(flags);
	if (flags.texts('connect').length > 0) {
		const {runJoined} = await import('./joined-live.js');
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
