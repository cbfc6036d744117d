import type {Stores} from '../../application/session.js';
import {schemaVersion} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {
	addability,
	type DiscoveredWallet,
	type Drift,
	matchWallets,
	withWallets,
} from '../../domain/discovery/match-wallets.js';
import type {NodeChanges} from '../../domain/hints/remedy.js';
import {InputError} from '../../domain/input-error.js';
import type {Node, NodeDefinition} from '../../domain/node/node.js';
import {nodeFields} from '../../domain/node/parse-node.js';
import type {FindWallets, RunningWallet, UnreadableFact} from '../../domain/ports.js';
import type {SavePassword} from '../../domain/secret-files.js';
import {cleanText} from '../../domain/text.js';
import type {ProgramSurroundings, RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {renderRemedy} from '../render-remedy.js';
import {alignColumns} from '../reports/text-table.js';

/** How a running wallet relates to the configured nodes. `not_added`: `--add` was given, but something prevents adding it. */
export type DiscoveryStatus = 'new' | 'known' | 'drift' | 'added' | 'not_added';

/** One running wallet in `discover --json`. */
export interface DiscoveryDocument extends Omit<RunningWallet, 'definition' | 'needs_login'> {
	readonly name: string;
	readonly status: DiscoveryStatus;
	/** Id of its node. */
	readonly id?: number;
	/** The node definition that would watch it. */
	readonly definition?: NodeDefinition;
	readonly drift: ReadonlyArray<Omit<Drift, 'changes'>>;
	/** The command that corrects the drift. */
	readonly edit_command?: string;
	/** The command that adds a wallet which cannot be added automatically; the words in capitals are placeholders. */
	readonly add_command?: string;
}

/** @param added the nodes after `--add`; absent when it was not given */
function discoveryDocument(discovered: DiscoveredWallet, added?: readonly Node[]): DiscoveryDocument {
	const {wallet, name, drift, obstacles} = discovered;
	const node = discovered.node ?? added?.find(one => one.name === name);
	const {definition, needs_login: _, ...shown} = wallet;
	// Without a login the command would add a node that cannot work.
	const needsHelp = !node && obstacles.length > 0 && wallet.login !== undefined && definition !== undefined;
	return compact({
		name,
		status: statusOf(discovered, added !== undefined),
		id: node?.id,
		...shown,
		...(definition ? {definition: {name, ...definition}} : {}),
		drift: drift.map(({changes: _, ...difference}) => difference),
		...(drift.length > 0 ? {edit_command: editCommand(name, drift)} : {}),
		...(needsHelp ? {add_command: addCommand(name, definition, wallet)} : {}),
		obstacles,
	});
}

function statusOf({node, drift, obstacles}: DiscoveredWallet, wasAdding: boolean): DiscoveryStatus {
	if (node) {
		return drift.length > 0 ? 'drift' : 'known';
	}

	return wasAdding ? (obstacles.length > 0 ? 'not_added' : 'added') : 'new';
}

function editCommand(name: string, drift: readonly Drift[]): string {
	const changes: NodeChanges = Object.assign({}, ...drift.map(each => each.changes));
	return renderRemedy({kind: 'edit-node', node: name, changes});
}

function addCommand(name: string, definition: Omit<NodeDefinition, 'name'>, wallet: RunningWallet): string {
	const {host, port, tls, login_file: loginFile, login_config: loginConfig, daemon, daemon_tls: daemonTls} = definition;
	const {fingerprint} = tls ?? {};
	const changes: NodeChanges = compact({
		...(host === '127.0.0.1' ? {} : {host}),
		port,
		...(fingerprint === undefined ? (tls ? {tls: true} : {}) : {'tls.fingerprint': fingerprint}),
		login_file: loginFile,
		login_config: loginConfig,
		...(wallet.login === 'given' && loginConfig === undefined
			? {username: wallet.login_user ?? 'USER', password_file: 'FILE'}
			: {}),
		daemon,
		...(daemonTls?.fingerprint === undefined ? {} : {'daemon_tls.fingerprint': daemonTls.fingerprint}),
		...(daemonTls?.insecure ? {'daemon_tls.insecure': true} : {}),
		daemon_proxy: definition.daemon_proxy,
	});
	return renderRemedy({kind: 'add-node', node: name, changes});
}

type Match = (nodes: readonly Node[]) => readonly DiscoveredWallet[];

/** Shows the wallets running on this machine and how they match the configured nodes; with `--add`, adds the new ones. */
export const runDiscover: RunCommand = async ({flags, surroundings}) => {
	const stores = surroundings.openStores(flags);
	const isAdding = flags.isOn('add') === true;
	// Fails on an unreadable nodes.json before the machine is searched.
	stores.nodeStore.read();
	const {found, unreadable} = await surroundings.findWallets();
	const match = matcher(found, stores, surroundings);
	let discovered = isAdding ? await addNew(stores, match) : match(stores.nodeStore.read().nodes);
	const canAsk = surroundings.stdin.isTTY && surroundings.stderr.isTTY && !flags.isOn('json') && !flags.isOn('quiet');
	const locked = isAdding && canAsk ? discovered.filter(wallet => addability(wallet) === 'needs-login') : [];
	for (const wallet of locked) {
		await addWithLogin(wallet, {stores, surroundings, save: surroundings.savePassword(flags)});
	}

	if (locked.length > 0) {
		const added = new Set(stores.nodeStore.read().nodes.map(({name}) => name));
		discovered = discovered.map(each =>
			locked.includes(each) && added.has(each.name) ? {...each, obstacles: []} : each,
		);
	}

	const nodes = isAdding ? stores.nodeStore.read().nodes : undefined;
	const documents = discovered.map(wallet => discoveryDocument(wallet, nodes));
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, found: documents, unreadable});
	} else {
		report({documents, unreadable, isAdding}, surroundings);
	}

	return 0;
};

function matcher(
	found: Awaited<ReturnType<FindWallets>>['found'],
	{resultStore}: Stores,
	{openPorts}: ProgramSurroundings,
): Match {
	const nodeStates = resultStore.read();
	const ports = openPorts();
	ports.close();
	return nodes => matchWallets(found, {nodes, recall: id => nodeStates.get(id), isLocalHost: ports.isLocalHost});
}

/** Adds the wallets that can be added. They are matched again under the store's lock, because another process may have added some. */
async function addNew({nodeStore}: Stores, match: Match): Promise<readonly DiscoveredWallet[]> {
	let discovered = match(nodeStore.read().nodes);
	if (discovered.some(isAddable)) {
		await nodeStore.update(file => {
			discovered = match(file.nodes);
			return withWallets(file, discovered.filter(isAddable));
		});
	}

	return discovered;
}

interface Asking {
	readonly stores: Stores;
	readonly surroundings: ProgramSurroundings;
	readonly save: SavePassword;
}

/** Asks for the login of a wallet and adds it; its password is saved in a separate file. An empty answer skips it. */
async function addWithLogin({wallet, name}: DiscoveredWallet, {stores, surroundings, save}: Asking): Promise<void> {
	const {ask, stderr} = surroundings;
	const {login_user: known} = wallet;
	const username = known ?? (await ask(`user name of ${name} (empty: skip): `));
	const password =
		username === '' ? '' : await ask(`password of ${username} for ${name} (hidden; empty: skip): `, true);
	if (password === '') {
		return;
	}

	for (const [field, value] of [
		['username', username],
		['password', password],
	] as const) {
		if (nodeFields[field].parse(value) === undefined) {
			writeNote(stderr, `${name} was not added: the ${field} is invalid: expected ${nodeFields[field].allowed}`);
			return;
		}
	}

	const saved = save(name, password);
	try {
		await stores.nodeStore.update(file => {
			if (file.nodes.some(node => node.name === name)) {
				throw new InputError('invalid_node', `node ${name} was added meanwhile`);
			}

			return withWallets(file, [{wallet, name, drift: [], obstacles: []}], {username, password_file: saved.path});
		});
		writeNote(stderr, `the password of ${name} is in ${saved.path}`);
	} catch (error) {
		saved.remove();
		throw error;
	}
}

const isAddable = (wallet: DiscoveredWallet): boolean => addability(wallet) === 'addable';

const titles = ['NAME', 'PID', 'USER', 'ADDRESS', 'NETWORK', 'DAEMON', 'LOGIN', 'STATUS'] as const;

function rowOf({
	name,
	pid,
	user,
	network,
	login,
	login_user: loginUser,
	definition,
	status,
}: DiscoveryDocument): string[] {
	const address = definition && `${definition.host}:${definition.port}`;
	const loginWord = login === 'given' ? `user ${loginUser ?? '?'}` : login?.replace('_', ' ');
	const daemon = definition?.daemon;
	const cells = [name, String(pid), user, address, network, daemon, loginWord, status.replace('_', ' ')];
	return cells.map(cell => cell ?? '?');
}

interface Findings {
	readonly documents: readonly DiscoveryDocument[];
	readonly unreadable: readonly UnreadableFact[];
	readonly isAdding: boolean;
}

function report({documents, unreadable, isAdding}: Findings, {stdout, stderr}: ProgramSurroundings): void {
	stdout.write(alignColumns([titles, ...documents.map(rowOf)], documents.length));
	stdout.write(documents.flatMap(driftLine).join(''));
	const added = documents.filter(({status}) => status === 'added').map(({name, id}) => `${name} (id ${id})`);
	const newCount = documents.filter(({status, obstacles}) => status === 'new' && obstacles.length === 0).length;
	const lines = [
		...(documents.length === 0 ? ['no running monero-wallet-rpc is visible to this user'] : []),
		...documents.flatMap(noteLines),
		...unreadable.map(
			({pid, what, needs}) => `${pid === undefined ? '' : `pid ${pid}: `}${what} could not be read: ${needs}`,
		),
		...(isAdding ? [added.length === 0 ? 'nothing to add' : `added ${added.join(', ')}`] : []),
		...(newCount > 0 && !isAdding ? [`${newCount} new; to add: xmrtop discover --add`] : []),
	];
	for (const line of lines) {
		writeNote(stderr, line);
	}
}

function driftLine({name, drift, edit_command: command}: DiscoveryDocument): string[] {
	const differences = drift.map(({field, was, is}) => `${field} was ${was ?? 'not set'}, the process uses ${is}`);
	return drift.length === 0 ? [] : [`${cleanText(`${name}: ${differences.join('; ')}; ${command}`, 2000)}\n`];
}

function noteLines({name, status, notes, obstacles, add_command: command}: DiscoveryDocument): string[] {
	const isKnown = status === 'known' || status === 'drift';
	const cannot = status === 'not_added' ? 'not added' : 'cannot be added automatically';
	const help = command === undefined ? '' : `; then: ${command}`;
	return [
		...(isKnown ? [] : notes.map(note => `${name}: ${note}`)),
		...(obstacles.length > 0 && !isKnown ? [`${name}: ${cannot}: ${obstacles.join('; ')}${help}`] : []),
	];
}
