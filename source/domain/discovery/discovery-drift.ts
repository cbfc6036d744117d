import {daemonText, noDaemon, oneSpelling, parseDaemonAddress} from '../daemon-address.js';
import type {Node, NodeDefinition} from '../node/node.js';
import type {RunningWallet} from '../ports.js';

/** A field of a node that is no longer what the process uses. */
export interface Drift {
	readonly field: keyof NodeDefinition;
	/** `undefined`: nothing was configured. */
	readonly was?: string;
	readonly is: string;
	/** The flags of `xmrtop nodes edit` that set it right. */
	readonly flags: readonly string[];
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const loopbacks: ReadonlySet<string | undefined> = new Set(['127.0.0.1', '::1']);
const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host);

/** Whether a node's host reaches what a wallet listens on, both being of this machine. */
export function reaches(nodeHost: string, {bind_ip: bindIp, definition}: RunningWallet): boolean {
	const host = oneSpelling(nodeHost);
	const isOpen = bindIp === undefined || wildcards.has(bindIp) || !isAddress(host);
	return isOpen || host === definition?.host || (loopbacks.has(host) && loopbacks.has(definition?.host));
}

type Compare = (node: Node, wallet: RunningWallet, definition: Omit<NodeDefinition, 'name'>) => Drift | undefined;

/** One row per field that a process can prove wrong. What the process does not tell is left alone. */
const comparisons: readonly Compare[] = [
	(node, wallet, {host}) =>
		reaches(node.host, wallet) ? undefined : {field: 'host', was: node.host, is: host, flags: ['--host', host]},
	({port: was}, _, {port}) =>
		was === port ? undefined : {field: 'port', was: String(was), is: String(port), flags: ['--port', String(port)]},
	({daemon: was}, _, {daemon: is}) =>
		was === undefined || was === noDaemon || is === undefined || oneDaemon(was) === oneDaemon(is)
			? undefined
			: {field: 'daemon', was, is, flags: ['--daemon', is]},
	({tls: was}, {tls: mode}, {tls}) => {
		const flags = tls?.fingerprint === undefined ? ['--tls'] : ['--tls-fingerprint', tls.fingerprint];
		return mode === 'enabled' && !was
			? {field: 'tls', was: 'off', is: 'https only', flags}
			: mode === 'disabled' && was
				? {field: 'tls', was: 'on', is: 'plain http only', flags: ['--no-tls']}
				: undefined;
	},
	({login_file: was, ...node}, _, {login_file: is}) =>
		is === undefined || was === is || (was === undefined && node.username !== undefined)
			? undefined
			: {field: 'login_file', ...(was === undefined ? {} : {was}), is, flags: ['--login-file', is]},
	({username: was}, {login_user: is}) =>
		was === undefined || is === undefined || was === is
			? undefined
			: {field: 'username', was, is, flags: ['--username', is]},
	({pid: was}, {pid: is}) =>
		was === undefined || was === is
			? undefined
			: {field: 'pid', was: String(was), is: String(is), flags: ['--pid', String(is)]},
];

/** In a container these are as seen from there: a published port, or the daemon's address, is another one here. */
const addressFields: ReadonlySet<keyof NodeDefinition> = new Set(['host', 'port', 'daemon']);

/** What a node's definition says and its process contradicts. */
export function driftOf(node: Node, wallet: RunningWallet): readonly Drift[] {
	const {definition, network_addresses: addresses} = wallet;
	const drift = definition ? comparisons.flatMap(compare => compare(node, wallet, definition) ?? []) : [];
	return addresses ? drift.filter(({field}) => !addressFields.has(field)) : drift;
}

/** One that speaks TLS alone is recognised, whatever its address says. */
function oneDaemon(text: string): string {
	const address = parseDaemonAddress(text);
	return address ? daemonText({...address, https: false}) : text;
}
