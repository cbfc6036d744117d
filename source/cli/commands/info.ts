import {version} from '../../application/version.js';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {rpcMethods} from '../../domain/ports.js';
import {quoteValue} from '../../domain/text.js';
import type {RunCommand} from '../command.js';
import {writeJson} from '../output.js';

/** Prints the paths of the files, the versions, and the RPC methods xmrtop may send. */
export const runInfo: RunCommand = async ({flags, surroundings}) => {
	const {nodeStore, resultStore, alertsPath} = surroundings.openStores(flags);
	const paths = {
		nodes: nodeStore.path,
		results: resultStore.path,
		transitions: resultStore.transitionsPath,
		alerts: alertsPath,
		view: (await surroundings.openViewStore(flags)).path,
	};
	const versions = {xmrtop: version, node: process.versions.node};
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, paths, versions, rpc_methods: rpcMethods});
		return 0;
	}

	const rows = [
		['definitions', paths.nodes],
		['last results', paths.results],
		['transitions', paths.transitions],
		['alerts', paths.alerts],
		['remembered view', paths.view],
		['xmrtop', versions.xmrtop],
		['Node.js', versions.node],
		['RPC to wallets', rpcMethods.wallet.join(', ')],
		['RPC to daemons', rpcMethods.daemon.join(', ')],
	] as const;
	surroundings.stdout.write(rows.map(([name, value]) => `${name.padEnd(16)}${value}\n`).join(''));
	return 0;
};

/**
 * Creates the command that shows the manual.
 * @param find finds a command by its words
 */
export function createManual(
	find: (input: readonly string[]) => {readonly words: string; readonly rest: readonly string[]} | undefined,
): RunCommand {
	return async ({input, surroundings}) => {
		const found = find(input);
		if (found === undefined || found.rest.length > 0) {
			const typed = quoteValue(input.join(' '));
			throw new InputError('bad_usage', `${typed} is not a command with a page of its own: see xmrtop --help`);
		}

		const words = ['xmrtop', ...found.words.split(' ')].filter(word => word !== '');
		const code = await surroundings.showManual(words.join('-'));
		if (code === undefined) {
			throw new InputError('bad_usage', `there is no program man on this machine: see ${words.join(' ')} --help`);
		}

		return code;
	};
}
