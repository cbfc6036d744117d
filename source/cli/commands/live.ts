import type {Invocation, RunCommand, ScreenOptions} from '../command.js';
import {detectOutputStyle} from '../output.js';
import {drawingFlags, hasConnectFlag, refuseUnusedTokenFlag} from '../run-settings.js';
import {openCommandPoller} from '../session.js';
import {runStatus} from './status.js';

/** Shows the live table; without a terminal, or with `--json` and the like, runs `status` instead. */
export const runLive: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdin, stdout, env, findWallets} = surroundings;
	const wantsDocument = (['json', 'csv', 'nagios', 'json-schema'] as const).some(name => flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(invocation);
	}

	refuseUnusedTokenFlag(flags);
	if (hasConnectFlag(flags)) {
		const {runConnectedLive} = await import('./connect.js');
		return runConnectedLive(invocation, await viewPersistenceOf(invocation, true));
	}

	const {poller, settings, nodeStore, resultStore, silenceStore, close} = openCommandPoller(invocation);
	try {
		const traits = detectOutputStyle(drawingFlags(flags), env, true);
		const savePassword = surroundings.savePassword(flags);
		const viewPersistence = await viewPersistenceOf(invocation);
		await surroundings.runScreen({
			poller,
			nodeStore,
			resultStore,
			silenceStore,
			openAlerts: await surroundings.openAlertsReader(flags),
			hasSavedHosts: await hasSavedHosts(invocation),
			findWallets,
			savePassword,
			loadActions: async () => {
				const {openScreenActions} = await import('./actions.js');
				return openScreenActions(invocation, silenceStore, settings.max_wallet_lag);
			},
			bell: settings.bell,
			isForScreenReader: flags.isOn('screen-reader') === true,
			...viewPersistence,
			...traits,
		});
	} finally {
		await close();
	}

	return 0;
};

/** Whether there are saved hosts. They are only mentioned: a file that cannot be read is reported where it is used. */
async function hasSavedHosts({flags, surroundings}: Invocation): Promise<boolean> {
	try {
		return (await surroundings.openHostStore(flags)).read().length > 0;
	} catch {
		return false;
	}
}

/**
 * Opens the remembered view. With `--no-save` it is restored but not saved.
 * @param isRemote whether the nodes belong to remote hosts, which have their own method and interval
 */
async function viewPersistenceOf(
	{input, flags, surroundings}: Invocation,
	isRemote = false,
): Promise<Pick<ScreenOptions, 'viewPersistence'>> {
	const given = {
		method: isRemote || flags.text('method') !== undefined,
		interval: isRemote || flags.text('interval') !== undefined,
		filter: input.length > 0 || flags.text('group') !== undefined,
	};
	return {
		viewPersistence: {
			viewStore: await surroundings.openViewStore(flags),
			isReset: flags.isOn('default-view') === true,
			isSaved: flags.isOn('save') !== false,
			given,
		},
	};
}
