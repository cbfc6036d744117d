/** Which of the wallets that run are nodes already, and what the others are to be called. */

import type {Node} from '../node/node.js';
import type {NodeMemory} from '../past/memory.js';
import type {RunningWallet} from '../ports.js';
import {unitRole} from '../systemd-unit.js';
import {type Drift, driftOf, reaches} from './discovery-drift.js';
import {freeName, wordsFor} from './discovery-names.js';

/** A running wallet beside the nodes that are configured. */
export interface DiscoveredWallet {
	readonly wallet: RunningWallet;
	/** Of the node it is, else a valid one that no node has. */
	readonly name: string;
	/** The node it is. */
	readonly node?: Node;
	readonly drift: readonly Drift[];
	/** Why it cannot be added automatically, one sentence each; empty for a node. */
	readonly obstacles: readonly string[];
}

/** What is configured and remembered. */
export interface KnownNodes {
	readonly nodes: readonly Node[];
	readonly recall: (id: number) => NodeMemory | undefined;
	readonly isLocalHost: (host: string) => boolean;
}

/** Compares what runs with what is configured. */
export function matchWallets(wallets: readonly RunningWallet[], known: KnownNodes): readonly DiscoveredWallet[] {
	const words = new Map(wallets.map(wallet => [wallet, wordsFor(wallet, isOwnUnit(wallet, wallets))]));
	const nodeOf = findNodes(wallets, words, known);
	const taken = new Set(known.nodes.map(({name}) => name));
	const addresses = new Map<string, number>();
	return wallets.map(wallet => {
		const node = nodeOf.get(wallet);
		if (node) {
			return {wallet, name: node.name, node, drift: driftOf(node, wallet), obstacles: []};
		}

		const name = freeName(words.get(wallet) ?? [], wallet, taken);
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

/** Whether a wallet's unit runs it alone, as those made for one do. */
function isOwnUnit({unit}: RunningWallet, wallets: readonly RunningWallet[]): boolean {
	return unit !== undefined && unitRole(unit) === 'own' && wallets.filter(other => other.unit === unit).length === 1;
}

type IsNode = (node: Node, wallet: RunningWallet) => boolean;

function findNodes(
	wallets: readonly RunningWallet[],
	words: ReadonlyMap<RunningWallet, readonly string[]>,
	{nodes, recall, isLocalHost}: KnownNodes,
): ReadonlyMap<RunningWallet, Node> {
	const isHere = ({host}: Node, {network_addresses: addresses}: RunningWallet) =>
		addresses ? addresses.includes(host) : isLocalHost(host);
	const local = nodes.filter(node => isLocalHost(node.host) || wallets.some(wallet => isHere(node, wallet)));
	/** The same port in another network namespace is another wallet's. */
	const isPort: IsNode = (node, wallet) => node.port === wallet.definition?.port && isHere(node, wallet);
	/** The best proof first. A node that was found by one is not looked for by a weaker one. */
	const proofs: readonly IsNode[] = [
		(node, wallet) => isPort(node, wallet) && reaches(node.host, wallet),
		isPort,
		({pid}, wallet) => pid === wallet.pid,
		({id}, wallet) => isSameProcess(recall(id), wallet),
		({id}, wallet) => isOwnUnit(wallet, wallets) && recall(id)?.process?.unit === wallet.unit,
		({name}, wallet) => words.get(wallet)?.includes(name) === true || name === `port-${wallet.definition?.port}`,
	];
	const found = new Map<RunningWallet, Node>();
	for (const [index, isNode] of proofs.entries()) {
		const free = local.filter(node => ![...found.values()].includes(node));
		for (const wallet of wallets.filter(other => !found.has(other))) {
			const used = [...found.values()];
			// While a wallet is replaced by its successor, both are of the same node.
			const node = free.find(candidate => isNode(candidate, wallet) && (index === 0 || !used.includes(candidate)));
			if (node) {
				found.set(wallet, node);
			}
		}
	}

	return found;
}

function isSameProcess(
	memory: NodeMemory | undefined,
	{pid, start_ticks: ticks, started_at: startedAt}: RunningWallet,
): boolean {
	const seen = memory?.process;
	return seen?.pid === pid && (ticks === undefined ? seen.started_at === startedAt : seen.start_ticks === ticks);
}
