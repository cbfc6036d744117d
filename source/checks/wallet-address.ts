import {compact} from '../domain/compact.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {parseDurationMs} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {RpcEndpoint} from '../domain/ports.js';
import {withoutUrlQuery} from '../domain/text.js';
import type {CheckContext} from './check.js';

/** The time a call to this node may take. */
export function callTimeoutMs(node: Node, {settings}: Pick<CheckContext, 'settings'>): number {
	return (node.timeout === undefined ? undefined : parseDurationMs(node.timeout)) ?? settings.timeout;
}

function walletUrl({host, port, path, tls}: Node): string {
	return withoutUrlQuery(`${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`);
}

/** Where a node's API is. */
export interface WalletAddress {
	readonly endpoint: RpcEndpoint;
	/** As it may be shown. */
	readonly url: string;
}

const addresses = new WeakMap<Node, WalletAddress>();

/** The same object for the same node, so that finding its kept connection costs nothing. */
export function walletCallAddress(node: Node): WalletAddress {
	let address = addresses.get(node);
	if (!address) {
		address = {endpoint: walletEndpoint(node), url: walletUrl(node)};
		addresses.set(node, address);
	}

	return address;
}

function walletEndpoint(node: Node): RpcEndpoint {
	const {host, port, path, tls, username, password, password_file, password_env, login_file} = node;
	const hasLogin = username !== undefined || login_file !== undefined;
	return compact({
		host,
		port,
		path,
		program: 'wallet',
		tls,
		...(hasLogin
			? {
					login: compact({
						username,
						password,
						password_file,
						password_env,
						login_file,
					}),
				}
			: {}),
	});
}

/** Whether the last check saved found the wallet's API at the address the node has now. */
export function hasAnsweredAtAddress(node: Node, {worked, worked_data: data}: NodeState): boolean {
	const api = data?.method === 'full' ? data.checks.api.details : data;
	return worked === true && api !== undefined && 'url' in api && api.url === walletCallAddress(node).url;
}
