import type {Invocation, RunCommand, ScreenOptions} from '../command.js';
import type {FlagName} from '../flags.js';
import {detectOutputStyle} from '../output.js';
import {drawingFlags, hasConnectFlag, refuseUnusedTokenFlag} from '../run-settings.js';
import {openCommandPoller} from '../session.js';
import {runStatus} from './status.js';

/** Shows the live table; without a terminal, or with `--json` and the like, runs `status` instead. */
export const runLive: RunCommand = async typed => {
	const {surroundings} = typed;
	const {stdin, stdout, env, findWallets} = surroundings;
	const wantsDocument = (['json', 'csv', 'nagios', 'json-schema'] as const).some(name => typed.flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(typed);
	}

	refuseUnusedTokenFlag(typed.flags);
	const invocation = (await showsSavedHosts(typed)) ? withEverySavedHost(typed) : typed;
	const {flags} = invocation;
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

/** The flags that may be given when the saved hosts are shown without `--hosts`: they apply to any table. */
const anyTableFlags: ReadonlySet<FlagName> = new Set([
	'config-dir',
	'state-dir',
	'color',
	'ascii',
	'unicode',
	'default-view',
	'screen-reader',
]);

/**
 * Whether the saved hosts are shown: this machine has no nodes, and no others were asked for. The hosts of the last
 * `--connect` are then shown again without a flag. Saved hosts that cannot be used are reported where they are asked for.
 */
async function showsSavedHosts({input, flags, surroundings}: Invocation): Promise<boolean> {
	const isPlain = input.length === 0 && flags.given.every(name => anyTableFlags.has(name));
	if (!isPlain || surroundings.openStores(flags).nodeStore.read().nodes.length > 0) {
		return false;
	}

	try {
		const hosts = (await surroundings.openHostStore(flags)).read();
		const {parseConnectHosts} = await import('./hosts.js');
		return parseConnectHosts([...new Set(hosts.flatMap(({urls}) => urls))]).length > 0;
	} catch {
		return false;
	}
}

function withEverySavedHost(invocation: Invocation): Invocation {
	const {flags} = invocation;
	return {...invocation, flags: {...flags, texts: name => (name === 'hosts' ? ['all'] : flags.texts(name))}};
}
