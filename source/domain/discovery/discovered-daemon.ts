import {daemonText, defaultDaemonPorts, overlayNetworkOf, parseDaemonAddress} from '../daemon-address.js';
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

/** Finds the daemon a wallet was told to use, by the rules of monero-wallet-rpc. */
export function daemonOf(sources: DaemonSources): DaemonFinding {
	const {options} = sources;
	const without = (why: string): DaemonFinding => ({fields: {}, notes: [`its daemon is left out: ${why}`]});
	const address = addressOf(sources);
	if (options.isOn('offline') || address === undefined) {
		return {fields: {}, notes: []};
	}

	if (options.value('proxy')) {
		return without('the wallet reaches it through a proxy');
	}

	if (address === 'unreadable') {
		return without('its address is not host:port or a URL with a port');
	}

	const tls = daemonTlsOf(sources);
	const https = address.https || tls.isEnabled;
	const daemon = daemonText({...address, https});
	const network = overlayNetworkOf(daemon);
	if (network !== undefined) {
		return without(`${daemon} can only be reached through ${network}`);
	}

	if (options.value('daemon-login') !== undefined) {
		return without('it asks for a login; give it with --daemon, --daemon-username and --daemon-password-file');
	}

	return {fields: {daemon, ...(tls.field ? {daemon_tls: tls.field} : {})}, notes: tls.notes};
}

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
				? ['of its --daemon-ssl-allowed-fingerprints none is taken over: pin one with --daemon-tls-fingerprint']
				: file
					? [
							"the authorities of its daemon are left out: give them with --daemon-tls-ca-file, or pin the daemon's certificate with --daemon-tls-fingerprint",
						]
					: [],
	};
}
