import type {Stores} from '../../application/session.js';
import {schemaVersion} from '../../domain/check-method.js';
import {type DiscoveredWallet, matchWallets} from '../../domain/discovery/match-wallets.js';
import type {Node} from '../../domain/node/node.js';
import {parseNodeDefinition} from '../../domain/node/parse-node.js';
import type {FindWallets, UnreadableFact} from '../../domain/ports.js';
import type {NodesFile} from '../../domain/store.js';
import {cleanText} from '../../domain/text.js';
import type {ProgramSurroundings, RunCommand} from '../command.js';
import {type DiscoveryDocument, discoveryDocument} from '../reports/discovery-document.js';
import {alignColumns} from '../reports/text-table.js';
import {writeJson} from '../reports/write-json.js';
import {writeNote} from '../write-note.js';

type Match = (nodes: readonly Node[]) => readonly DiscoveredWallet[];

/** Shows the wallets that run on this machine beside the configured nodes; with `--add`, makes the new ones nodes. */
export const runDiscover: RunCommand = async ({flags, surroundings}) => {
	const stores = surroundings.openStores(flags);
	const isAdding = flags.isOn('add') === true;
	// A nodes.json that cannot be read is said before the machine is searched.
	stores.nodeStore.read();
	const {found, unreadable} = await surroundings.findWallets();
	const match = matcher(found, stores, surroundings);
	const discovered = isAdding ? await addNew(stores, match) : match(stores.nodeStore.read().nodes);
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

/** Adds what can be added. What is new is decided under the store's lock, so that nobody else can add it meanwhile. */
async function addNew({nodeStore}: Stores, match: Match): Promise<readonly DiscoveredWallet[]> {
	let discovered = match(nodeStore.read().nodes);
	if (discovered.some(isAddable)) {
		await nodeStore.update(file => {
			discovered = match(file.nodes);
			return withNodes(file, discovered.filter(isAddable));
		});
	}

	return discovered;
}

const isAddable = ({node, obstacles}: DiscoveredWallet): boolean => !node && obstacles.length === 0;

function withNodes(file: NodesFile, wallets: readonly DiscoveredWallet[]): NodesFile {
	const added = wallets.map(({name, wallet}, index) => ({
		id: file.next_id + index,
		...parseNodeDefinition({name, ...wallet.definition}, `pid ${wallet.pid}`),
	}));
	return added.length === 0 ? file : {...file, nodes: [...file.nodes, ...added], next_id: file.next_id + added.length};
}

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
