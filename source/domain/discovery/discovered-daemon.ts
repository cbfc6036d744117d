import {daemonText, defaultDaemonPorts, isLoopback, overlayNetworkOf, parseDaemonAddress} from '../daemon-address.js';
import type {NodeDefinition, Tls} from '../node/node.js';
import {parseFingerprint} from '../node/tls-field.js';
import type {RunningWallet} from '../ports.js';
import type {WalletFacts} from './discovery.js';
import type {WalletOptions} from './wallet-options.js';

/** What a wallet was told of its daemon, as far as it could be read. */
export interface DaemonSources extends Pick<WalletFacts, 'daemonFingerprint'> {
	readonly options: WalletOptions;
	readonly network: RunningWallet['network'];
	/** Nothing that may say so was unreadable. */
	readonly isComplete: boolean;
}

/** The daemon a wallet was told to use. */
export interface DaemonFinding {
	/** Empty where it has none, and where it is left out. */
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls'>;
	/** Why it is left out, or what of it is; one sentence each. */
	readonly notes: readonly string[];
}

/** Finds the daemon a wallet was told to use, for a definition. */
export function daemonOf(sources: DaemonSources): DaemonFinding {
	const {daemon, tls, obstacle} = readDaemon(sources);
	const why =
		obstacle ??
		(daemon !== undefined && sources.options.value('daemon-login') !== undefined
			? 'it requires a login: use --daemon, --daemon-username and --daemon-password-file'
			: undefined);
	return why === undefined
		? {fields: definitionOf(daemon, tls), notes: tls?.notes ?? []}
		: {fields: {}, notes: [`its daemon was not added: ${why}`]};
}

/** A daemon that a check may ask, or why it may not. Both are absent where the wallet has none, or it is not known. */
export interface InferredDaemon {
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls'>;
	readonly note?: string;
}

/**
 * The daemon of a running wallet, for a check. One that asks for a login is asked too: that it answers is known then.
 * @param ownNetwork whether the wallet runs in a network of its own, where loopback and short names are others than here
 */
export function inferDaemon(sources: DaemonSources, ownNetwork: boolean): InferredDaemon {
	const {daemon, tls, obstacle, host = ''} = readDaemon(sources);
	const name = daemon === undefined ? 'its daemon' : `daemon ${daemon}`;
	if (obstacle !== undefined) {
		return {fields: {}, note: `${name} is not checked: ${obstacle}`};
	}

	return ownNetwork && (isLoopback(host) || /^[^.:]+$/.test(host))
		? {fields: {}, note: `${name} is not checked: the wallet runs in its own network (a container?)`}
		: {fields: definitionOf(daemon, tls)};
}

function definitionOf(daemon: string | undefined, tls: FoundTls | undefined): DaemonFinding['fields'] {
	return daemon === undefined ? {} : {daemon, ...(tls?.field ? {daemon_tls: tls.field} : {})};
}

interface ReadDaemon {
	/** Absent: it has none, or none that can be read. */
	readonly daemon?: string;
	readonly host?: string;
	readonly tls?: FoundTls;
	/** Why there is no way to it. */
	readonly obstacle?: string;
}

/** By the rules of monero-wallet-rpc. */
function readDaemon(sources: DaemonSources): ReadDaemon {
	const {options} = sources;
	const address = addressOf(sources);
	if (options.isOn('offline') || address === undefined) {
		return {};
	}

	if (address === 'unreadable') {
		const isProxied = Boolean(options.value('proxy'));
		return {obstacle: isProxied ? proxied : 'its address is not host:port or a URL with a port'};
	}

	const tls = daemonTlsOf(sources);
	const daemon = daemonText({...address, https: address.https || tls.isEnabled});
	const network = overlayNetworkOf(daemon);
	const obstacle = options.value('proxy') ? proxied : network && `${daemon} can only be reached through ${network}`;
	return {daemon, host: address.host, tls, ...(obstacle === undefined ? {} : {obstacle})};
}

const proxied = 'the wallet reaches it through a proxy';

/** Monero's wallet takes the first port of a host for its port, and one that an address lacks for 0. */
function addressOf({options, network, isComplete}: DaemonSources) {
	const address = options.value('daemon-address')?.trim();
	if (address) {
		return parseDaemonAddress(address, 'refused') ?? 'unreadable';
	}

	const host = options.value('daemon-host')?.trim();
	const port = options.value('daemon-port')?.trim();
	const givenPort = port === '0' ? undefined : port;
	const defaultPort = network && defaultDaemonPorts[network];
	if (!isComplete && (host === undefined || (givenPort === undefined && defaultPort === undefined))) {
		return undefined;
	}

	const portIfNone = Number(givenPort ?? defaultPort);
	const parsed = parseDaemonAddress(host || '127.0.0.1', portIfNone);
	return parsed && parsed.port >= 1 && parsed.port <= 65_535 ? parsed : 'unreadable';
}

interface FoundTls {
	/** Whether it speaks TLS alone with its daemon. */
	readonly isEnabled: boolean;
	readonly field?: Tls;
	readonly notes: readonly string[];
}

/** What `--daemon-ssl-*` says of the daemon's certificate. */
function daemonTlsOf({options, daemonFingerprint}: DaemonSources): FoundTls {
	const mode = options.value('daemon-ssl')?.trim();
	if (mode === 'disabled') {
		return {isEnabled: false, notes: []};
	}

	if (options.isOn('daemon-ssl-allow-any-cert')) {
		return {isEnabled: mode === 'enabled', field: {insecure: true}, notes: []};
	}

	const pins = (options.value('daemon-ssl-allowed-fingerprints') ?? '').split(/[\s,]+/).filter(Boolean);
	const file = options.value('daemon-ssl-ca-certificates')?.trim();
	// Naming either makes TLS a must, where nothing else is said.
	const isEnabled = mode === 'enabled' || (mode === undefined && (pins.length > 0 || Boolean(file)));
	const fingerprint = pins.length === 0 && file ? daemonFingerprint : parseFingerprint(pins[0]);
	if (pins.length === 0 && file?.startsWith('/') && options.isOn('daemon-ssl-allow-chained')) {
		return {isEnabled, field: {ca_file: file}, notes: []};
	}

	if (fingerprint !== undefined && pins.length < 2) {
		return {isEnabled, field: {fingerprint}, notes: []};
	}

	return {
		isEnabled,
		notes:
			pins.length > 0
				? ['none of its --daemon-ssl-allowed-fingerprints was imported: pin one with --daemon-tls-fingerprint']
				: file
					? [
							"the CA certificates of its daemon were not imported: use --daemon-tls-ca-file, or pin the daemon's certificate with --daemon-tls-fingerprint",
						]
					: [],
	};
}
