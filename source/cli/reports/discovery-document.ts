import {compact} from '../../domain/compact.js';
import type {DiscoveredWallet, Drift} from '../../domain/discovery/match-wallets.js';
import type {Node, NodeDefinition} from '../../domain/node/node.js';
import type {RunningWallet} from '../../domain/ports.js';
import type {NodeChanges} from '../../domain/remedy.js';
import {renderRemedy} from '../render-remedy.js';

/** How a running wallet stands to the nodes. `not_added`: `--add` was given, and something keeps it from being added. */
export type DiscoveryStatus = 'new' | 'known' | 'drift' | 'added' | 'not_added';

/** One running wallet in `discover --json`. */
export interface DiscoveryDocument extends Omit<RunningWallet, 'definition'> {
	readonly name: string;
	readonly status: DiscoveryStatus;
	/** Of the node it is. */
	readonly id?: number;
	/** The node it could be watched as. */
	readonly definition?: NodeDefinition;
	readonly drift: ReadonlyArray<Omit<Drift, 'changes'>>;
	/** Sets the drift right. */
	readonly edit_command?: string;
	/** What a person can type to add what cannot be added automatically; the words in capitals are theirs to fill in. */
	readonly add_command?: string;
}

/** @param added the nodes after `--add`; absent when it was not given */
export function discoveryDocument(discovered: DiscoveredWallet, added?: readonly Node[]): DiscoveryDocument {
	const {wallet, name, drift, obstacles} = discovered;
	const node = discovered.node ?? added?.find(one => one.name === name);
	const {definition, ...shown} = wallet;
	// Without a word about the login the command would make a node that cannot work.
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
	const {host, port, tls, login_file: loginFile, daemon, daemon_tls: daemonTls} = definition;
	const {fingerprint} = tls ?? {};
	const changes: NodeChanges = compact({
		...(host === '127.0.0.1' ? {} : {host}),
		port,
		...(fingerprint === undefined ? (tls ? {tls: true} : {}) : {'tls.fingerprint': fingerprint}),
		login_file: loginFile,
		...(wallet.login === 'given' ? {username: wallet.login_user ?? 'USER', password_file: 'FILE'} : {}),
		daemon,
		...(daemonTls?.fingerprint === undefined ? {} : {'daemon_tls.fingerprint': daemonTls.fingerprint}),
		...(daemonTls?.insecure ? {'daemon_tls.insecure': true} : {}),
	});
	return renderRemedy({kind: 'add-node', node: name, changes});
}
