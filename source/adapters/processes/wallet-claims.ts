import {readWalletOptions, type WalletOptions} from '../../domain/discovery/wallet-options.js';
import type {LiveProcess} from '../../domain/ports.js';
import {portOf} from '../../domain/wallet-process.js';
import {addressesOf, canonicalHost} from './local-host.js';
import {readWalletConfig} from './wallet-config.js';

/** What a wallet was started to serve, by its command line and configuration file. */
export interface Claim {
	readonly port?: number;
	/** Whether it was started to listen at this host; true where a file that may say so cannot be read. */
	readonly binds: (host: string) => boolean;
	/** Whether a file that may name the port cannot be read. */
	readonly isHidden: boolean;
}

/** The options of a process, those of its configuration file included where that can be read. */
export async function walletOptionsOf(process: LiveProcess): Promise<WalletOptions> {
	return (await readOptions(process)).options;
}

async function readOptions(
	process: LiveProcess,
): Promise<{readonly options: WalletOptions; readonly isHidden: boolean}> {
	const config = await readWalletConfig(process);
	return {
		options: readWalletOptions(process.argv, config && 'text' in config ? config.text : ''),
		isHidden: config !== undefined && 'unreadable' in config,
	};
}

export async function claimOf(process: LiveProcess): Promise<Claim> {
	const {options, isHidden} = await readOptions(process);
	const port = portOf(options);
	const bound = [
		...(options.isOn('rpc-ignore-ipv4') ? [] : [options.value('rpc-bind-ip') ?? (isHidden ? undefined : '127.0.0.1')]),
		...(options.isOn('rpc-use-ipv6') ? [options.value('rpc-bind-ipv6-address') ?? '::1'] : []),
	].map(address => (address === undefined ? undefined : canonicalHost(address.trim())));
	return {
		...(port === undefined ? {} : {port}),
		isHidden,
		binds: host => {
			const wanted = addressesOf(host);
			return wanted === undefined || bound.some(address => address === undefined || isAt(address, wanted));
		},
	};
}

/** Whether what listens at an address is reached at one of these. */
function isAt(address: string, wanted: readonly string[]): boolean {
	return address === '0.0.0.0' || address === '::' || wanted.includes(address);
}
