import {daemonText, parseDaemonAddress} from '../daemon-address.js';
import type {NodeDefinition} from '../node/node.js';
import type {RunningWallet} from '../ports.js';
import type {WalletOptions} from './wallet-options.js';

/** Where a daemon listens that was told nothing else. */
const defaultPorts = {mainnet: 18_081, testnet: 28_081, stagenet: 38_081} as const;

/** The daemon a wallet was told to use. `isComplete`: nothing that may say so was unreadable. */
export function daemonOf(
	options: WalletOptions,
	network: RunningWallet['network'],
	isComplete: boolean,
): {readonly fields: Pick<NodeDefinition, 'daemon'>; readonly notes: readonly string[]} {
	const text = addressText(options, network, isComplete);
	if (options.isOn('offline') || text === undefined) {
		return {fields: {}, notes: []};
	}

	const without = (why: string) => ({fields: {}, notes: [`its daemon is left out: ${why}`]});
	if (options.value('proxy')) {
		return without('the wallet reaches it through a proxy');
	}

	const address = parseDaemonAddress(text.trim());
	if (!address) {
		return without('its address is not host:port or a plain URL');
	}

	if (options.value('daemon-login') !== undefined) {
		return without('it asks for a login; give it with --daemon, --daemon-username and --daemon-password-file');
	}

	const https = address.https || options.value('daemon-ssl')?.trim() === 'enabled';
	return {fields: {daemon: daemonText({...address, host: oneSpelling(address.host), https})}, notes: []};
}

function addressText(
	options: WalletOptions,
	network: RunningWallet['network'],
	isComplete: boolean,
): string | undefined {
	const address = options.value('daemon-address');
	const host = options.value('daemon-host');
	const port = options.value('daemon-port')?.trim();
	const givenPort = port === '0' ? undefined : port;
	const defaultPort = network && defaultPorts[network];
	if (address) {
		return address;
	}

	if (!isComplete && (host === undefined || (givenPort === undefined && defaultPort === undefined))) {
		return undefined;
	}

	return `${host || '127.0.0.1'}:${givenPort ?? defaultPort}`;
}

/** A daemon that several wallets use is asked once, so it must be spelled alike. */
export function oneSpelling(host: string): string {
	return host === 'localhost' ? '127.0.0.1' : host;
}
