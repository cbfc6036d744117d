import {compact} from '../compact.js';
import {canonicalDaemonHost, daemonText, noDaemon, parseDaemonAddress} from '../daemon-address.js';
import type {NodeChanges} from '../hints/remedy.js';
import type {Node, NodeDefinition} from '../node/node.js';
import {isNewNodeName, parseNodeDefinition} from '../node/parse-node.js';
import type {NodeState} from '../past/node-state.js';
import type {RunningWallet} from '../ports.js';
import {shortContainer, unitRole} from '../process-identity.js';
import type {NodesFile} from '../store.js';
import {redactChainData} from '../text.js';

/** Matches running wallets with configured nodes, and suggests names for the others. */

/** A running wallet, compared with the configured nodes. */
export interface DiscoveredWallet {
	readonly wallet: RunningWallet;
	/** The name of its node, else a valid name that no node has. */
	readonly name: string;
	/** Its node, if it is configured. */
	readonly node?: Node;
	readonly drift: readonly Drift[];
	/** Why it cannot be added automatically, one sentence each; empty if it is configured. */
	readonly obstacles: readonly string[];
}

/** Whether a wallet can be added as it is, only with a login from the user, or not at all. */
export function addability({wallet, node, obstacles}: DiscoveredWallet): 'addable' | 'needs-login' | 'not-addable' {
	if (node || !wallet.definition) {
		return 'not-addable';
	}

	const isLoginAll = wallet.needs_login === true && obstacles.length === wallet.obstacles.length;
	return obstacles.length === 0 ? 'addable' : isLoginAll ? 'needs-login' : 'not-addable';
}

/** The login of a wallet, as the user entered it. */
export interface GivenLogin extends Pick<NodeDefinition, 'password' | 'password_file'> {
	readonly username: string;
}

/**
 * Adds wallets to the file as new nodes.
 * @param login the login of all of them; absent if they need none, or wrote it to a file
 * @throws InputError if a definition is invalid
 */
export function withWallets(file: NodesFile, wallets: readonly DiscoveredWallet[], login?: GivenLogin): NodesFile {
	const added = wallets.map(({name, wallet}, index) => {
		const {login_file: _, ...definition}: Partial<NodeDefinition> = wallet.definition ?? {};
		const access = login ? {...definition, ...login} : wallet.definition;
		return {id: file.next_id + index, ...parseNodeDefinition({name, ...access}, `pid ${wallet.pid}`)};
	});
	return added.length === 0 ? file : {...file, nodes: [...file.nodes, ...added], next_id: file.next_id + added.length};
}

/** The configured nodes and their stored state. */
export interface KnownNodes {
	readonly nodes: readonly Node[];
	readonly recall: (id: number) => NodeState | undefined;
	readonly isLocalHost: (host: string) => boolean;
}

/** Compares running wallets with configured nodes. */
export function matchWallets(wallets: readonly RunningWallet[], known: KnownNodes): readonly DiscoveredWallet[] {
	const words = new Map(
		wallets.map(wallet => [
			wallet,
			suggestWalletNames(isOwnFolder(wallet, wallets) ? wallet : withoutFolder(wallet), isOwnUnit(wallet, wallets)),
		]),
	);
	const nodeOf = findNodes(wallets, known);
	const taken = new Set(known.nodes.map(({name}) => name));
	const addresses = new Map<string, number>();
	return wallets.map(wallet => {
		const node = nodeOf.get(wallet);
		if (node) {
			const drift = [...movedContainer(node, wallet, known.recall(node.id)), ...findDrift(node, wallet)];
			return {wallet, name: node.name, node, drift, obstacles: []};
		}

		const name = nextFreeName(words.get(wallet) ?? [], wallet, taken);
		taken.add(name);
		const address = wallet.definition && `${wallet.definition.host} ${wallet.definition.port}`;
		const other = address === undefined ? undefined : addresses.get(address);
		if (address !== undefined && other === undefined) {
			addresses.set(address, wallet.pid);
		}

		const twin = other === undefined ? [] : [`pid ${other} was started for the same address`];
		return {wallet, name, drift: [], obstacles: [...twin, ...wallet.obstacles]};
	});
}

/** Whether a wallet is the only one in its unit, and the unit runs it. */
function isOwnUnit({unit}: RunningWallet, wallets: readonly RunningWallet[]): boolean {
	return unit !== undefined && unitRole(unit) === 'own' && wallets.filter(other => other.unit === unit).length === 1;
}

/** Whether no other wallet works in the folder of a wallet. The name of a shared folder says nothing about either. */
function isOwnFolder({wallet_dir: folder, container}: RunningWallet, wallets: readonly RunningWallet[]): boolean {
	return wallets.filter(other => other.wallet_dir === folder && other.container === container).length === 1;
}

const withoutFolder = ({wallet_dir: _, ...wallet}: RunningWallet): RunningWallet => wallet;

type IsNode = (node: Node, wallet: RunningWallet) => boolean;

function findNodes(
	wallets: readonly RunningWallet[],
	{nodes, recall, isLocalHost}: KnownNodes,
): ReadonlyMap<RunningWallet, Node> {
	const names = new Map(wallets.map(wallet => [wallet, identifyingNames(wallet, isOwnUnit(wallet, wallets))]));
	const isHere = ({host}: Node, {network_addresses: addresses, inner_port: inner}: RunningWallet) =>
		addresses ? addresses.includes(host) || (inner !== undefined && isLocalHost(host)) : isLocalHost(host);
	/** In its own network, a wallet may listen on another port than its published port. */
	const portOf = ({host}: Node, {network_addresses: addresses, inner_port: inner, definition}: RunningWallet) =>
		(addresses?.includes(host) ? inner : undefined) ?? definition?.port;
	const local = nodes.filter(
		node =>
			node.proxy === undefined &&
			(isLocalHost(node.host) || wallets.some(wallet => isHere(node, wallet)) || wasOfContainer(node, recall(node.id))),
	);
	/** The same port in another network namespace belongs to another wallet. */
	const isPort: IsNode = (node, wallet) => node.port === portOf(node, wallet) && isHere(node, wallet);
	/** The best proof first. A node that was found by one proof is not matched by a weaker one. */
	const proofs: readonly IsNode[] = [
		(node, wallet) => isPort(node, wallet) && isReachedByNode(node.host, wallet),
		isPort,
		({pid}, wallet) => pid === wallet.pid,
		({id}, wallet) => isSameProcess(recall(id), wallet),
		(node, wallet) => isSameContainer(node, wallet, recall(node.id)),
		({id}, wallet) => isOwnUnit(wallet, wallets) && recall(id)?.process?.unit === wallet.unit,
		({name}, wallet) => names.get(wallet)?.includes(name) || name === `port-${wallet.definition?.port}`,
	];
	const found = new Map<RunningWallet, Node>();
	for (const [index, isNode] of proofs.entries()) {
		const free = local.filter(node => ![...found.values()].includes(node));
		for (const wallet of wallets.filter(other => !found.has(other))) {
			const used = [...found.values()];
			// While a new process replaces an old one, both belong to the same node.
			const node = free.find(candidate => isNode(candidate, wallet) && (index === 0 || !used.includes(candidate)));
			if (node) {
				found.set(wallet, node);
			}
		}
	}

	return found;
}

/** Whether the host of a node was an address of a container of this machine when its process was last seen. */
function wasOfContainer({host}: Node, nodeState: NodeState | undefined): boolean {
	return nodeState?.process?.network_host === host;
}

/** A container keeps its id when it is started again, and its name when it is recreated; its address may change each time. */
function isSameContainer(
	node: Node,
	{container, container_name: name}: RunningWallet,
	nodeState: NodeState | undefined,
): boolean {
	const seen = wasOfContainer(node, nodeState) ? nodeState?.process : undefined;
	return (
		(container !== undefined && seen?.container === container) || (name !== undefined && seen?.container_name === name)
	);
}

/** The new address of a container that was started again at another one. */
function movedContainer(
	node: Node,
	{definition, network_addresses: addresses}: RunningWallet,
	nodeState: NodeState | undefined,
): readonly Drift[] {
	if (!definition || !addresses || addresses.includes(node.host) || !wasOfContainer(node, nodeState)) {
		return [];
	}

	const {host, port} = definition;
	const changes = {host, ...(port === node.port ? {} : {port})};
	return [{field: 'host', was: node.host, is: host, changes}];
}

/** The names that identify a known node. Several wallets may have one folder: its name is only good for a new node. */
function identifyingNames(wallet: RunningWallet, isOwn: boolean): readonly string[] {
	return suggestWalletNames(withoutFolder(wallet), isOwn);
}

function isSameProcess(
	nodeState: NodeState | undefined,
	{pid, start_ticks: ticks, started_at: startedAt}: RunningWallet,
): boolean {
	const seen = nodeState?.process;
	return seen?.pid === pid && (ticks === undefined ? seen.started_at === startedAt : seen.start_ticks === ticks);
}

/** A field of a node that differs from what the process uses. */
export interface Drift {
	readonly field: keyof NodeDefinition;
	/** `undefined` if nothing was configured. */
	readonly was?: string;
	readonly is: string;
	/** The changes that correct it. */
	readonly changes: NodeChanges;
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const loopbacks: ReadonlySet<string | undefined> = new Set(['127.0.0.1', '::1']);
const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host);

/** Whether a node's host reaches the address on which a wallet on this machine listens. */
function isReachedByNode(nodeHost: string, {bind_ip: bindIp, definition}: RunningWallet): boolean {
	const host = canonicalDaemonHost(nodeHost);
	const isOpen = bindIp === undefined || wildcards.has(bindIp) || !isAddress(host);
	return isOpen || host === definition?.host || (loopbacks.has(host) && loopbacks.has(definition?.host));
}

type Compare = (node: Node, wallet: RunningWallet, definition: Omit<NodeDefinition, 'name'>) => Drift | undefined;

/** One row per field that a process can contradict. What is not known of the process is not compared. */
const comparisons: readonly Compare[] = [
	(node, wallet, {host}) =>
		isReachedByNode(node.host, wallet) ? undefined : {field: 'host', was: node.host, is: host, changes: {host}},
	({port: was}, _, {port}) =>
		was === port ? undefined : {field: 'port', was: String(was), is: String(port), changes: {port}},
	({daemon: was}, _, {daemon: is}) =>
		was === undefined || was === noDaemon || is === undefined || oneDaemon(was) === oneDaemon(is)
			? undefined
			: {field: 'daemon', was, is, changes: {daemon: is}},
	({tls: was}, {tls: mode}, {tls}) => {
		const changes: NodeChanges = tls?.fingerprint === undefined ? {tls: true} : {'tls.fingerprint': tls.fingerprint};
		return mode === 'enabled' && !was
			? {field: 'tls', was: 'off', is: 'https only', changes}
			: mode === 'disabled' && was
				? {field: 'tls', was: 'on', is: 'plain http only', changes: {tls: false}}
				: undefined;
	},
	({login_file: was, ...node}, _, {login_file: is}) =>
		is === undefined || was === is || (was === undefined && node.username !== undefined)
			? undefined
			: compact({field: 'login_file', was, is, changes: {login_file: is}}),
	({username: was}, {login_user: is}) =>
		was === undefined || is === undefined || was === is
			? undefined
			: {field: 'username', was, is, changes: {username: is}},
	({pid: was}, {pid: is}) =>
		was === undefined || was === is ? undefined : {field: 'pid', was: String(was), is: String(is), changes: {pid: is}},
];

/** Fields whose values in a container's network differ from those here, such as a published port or the daemon's address. */
const addressFields: ReadonlySet<keyof NodeDefinition> = new Set(['host', 'port', 'daemon']);

/** The fields of a node's definition that its process contradicts. */
function findDrift(node: Node, wallet: RunningWallet): readonly Drift[] {
	const {definition, network_addresses: addresses} = wallet;
	const drift = definition ? comparisons.flatMap(compare => compare(node, wallet, definition) ?? []) : [];
	return addresses ? drift.filter(({field}) => !addressFields.has(field)) : drift;
}

/** A daemon's address without the scheme, because a daemon that uses only TLS is detected anyway. */
function oneDaemon(text: string): string {
	const address = parseDaemonAddress(text);
	return address ? daemonText({...address, https: false}) : text;
}

/** The instance of a template unit: `wallet@refunds.service` is `refunds`. */
function instanceOf(unit: string): string | undefined {
	const instance = /@(.+)\.service$/.exec(unit)?.[1];
	return instance?.replace(/\\x([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * Name suggestions for a wallet, best first: from the name of its container, its systemd unit, its wallet file or folder, and the id of
 * its container. Without one, its port is used.
 * @param isOwnUnit whether this wallet is the only one in its unit; otherwise the unit's name is not used
 */
function suggestWalletNames(
	{unit, wallet_file: file, wallet_dir: folder, container, container_name: name}: RunningWallet,
	isOwnUnit: boolean,
): string[] {
	// Services that do not belong to the wallet, such as a login session, are not named after it.
	const instance = unit === undefined || unitRole(unit) !== 'own' ? undefined : instanceOf(unit);
	const unitName = isOwnUnit ? unit?.replace(/@?\.service$/, '') : undefined;
	const fileName = file
		?.split('/')
		.findLast(part => part !== '')
		?.replace(/\.keys$/, '');
	return [name, instance ?? unitName, fileName, folderName(folder), container && shortContainer(container)].flatMap(
		text => validName(text ?? '') ?? [],
	);
}

/** The name of a wallet folder, if it is specific: `shop` for `/srv/shop`, `undefined` for `/srv/wallets`. */
function folderName(path: string | undefined): string | undefined {
	const name = path?.split('/').findLast(part => part !== '');
	return name === undefined || usualFolders.test(name) ? undefined : name;
}

/** Names of wallet folders that are common on any machine, so they do not identify a wallet. */
const usualFolders =
	/^\.?(?:wallets?|wallet[-_.]?(?:dir|files?|data)|data|monero|xmr|home|root|tmp|var|lib|srv|mnt|opt|\.)$/i;

/** The first free name; if none is free, the best one with the port or a number appended. */
function nextFreeName(words: readonly string[], wallet: RunningWallet, taken: ReadonlySet<string>): string {
	const port = wallet.definition?.port;
	const best = words[0] ?? (port === undefined ? `pid-${wallet.pid}` : `port-${port}`);
	const byPort = port === undefined || words.length === 0 ? [] : [withEnd(best, `-${port}`)];
	let name = [...words, best, ...byPort].find(candidate => !taken.has(candidate));
	for (let number = 2; name === undefined; number += 1) {
		const candidate = withEnd(best, `-${number}`);
		name = taken.has(candidate) ? undefined : candidate;
	}

	return name;
}

const maxLength = 64;
const withEnd = (name: string, end: string): string => name.slice(0, maxLength - end.length) + end;

/** Converts a text to a valid node name: other characters become `-`, and a number or a command's name gets a prefix. */
function validName(text: string): string | undefined {
	const name = redactChainData(text)
		.replace(/[^\w.-]+/g, '-')
		.replace(/^[^A-Za-z\d]+|-+$/g, '')
		.slice(0, maxLength);
	return [name, `wallet-${name}`.slice(0, maxLength)].find(candidate => name !== '' && isNewNodeName(candidate));
}
