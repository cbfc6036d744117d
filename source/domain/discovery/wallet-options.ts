/** The options of a running `monero-wallet-rpc`, read from its command line and configuration file as it reads them itself. */

/** Every option, because a shortened one is told by fitting no other; of the versions 0.17 to 0.18.5. */
const optionNames = [
	'allow-mismatched-daemon-version',
	'bitmessage-address',
	'bitmessage-login',
	'config-file',
	'confirm-external-bind',
	'daemon-address',
	'daemon-host',
	'daemon-login',
	'daemon-port',
	'daemon-ssl',
	'daemon-ssl-allow-any-cert',
	'daemon-ssl-allow-chained',
	'daemon-ssl-allowed-fingerprints',
	'daemon-ssl-ca-certificates',
	'daemon-ssl-certificate',
	'daemon-ssl-private-key',
	'detach',
	'disable-rpc-ban',
	'disable-rpc-login',
	'extra-entropy',
	'generate-from-json',
	'help',
	'hw-device',
	'hw-device-deriv-path',
	'kdf-rounds',
	'log-file',
	'log-level',
	'max-concurrency',
	'max-log-file-size',
	'max-log-files',
	'no-dns',
	'no-initial-sync',
	'non-interactive',
	'offline',
	'password',
	'password-file',
	'pidfile',
	'prompt-for-password',
	'proxy',
	'restricted-rpc',
	'rpc-access-control-origins',
	'rpc-bind-ip',
	'rpc-bind-ipv6-address',
	'rpc-bind-port',
	'rpc-client-secret-key',
	'rpc-ignore-ipv4',
	'rpc-login',
	'rpc-max-connections',
	'rpc-max-connections-per-private-ip',
	'rpc-max-connections-per-public-ip',
	'rpc-response-soft-limit',
	'rpc-restricted-bind-ip',
	'rpc-restricted-bind-ipv6-address',
	'rpc-ssl',
	'rpc-ssl-allow-chained',
	'rpc-ssl-allowed-fingerprints',
	'rpc-ssl-ca-certificates',
	'rpc-ssl-certificate',
	'rpc-ssl-private-key',
	'rpc-use-ipv6',
	'shared-ringdb-dir',
	'stagenet',
	'testnet',
	'trusted-daemon',
	'tx-notify',
	'untrusted-daemon',
	'version',
	'wallet-dir',
	'wallet-file',
] as const;

/** The name of an option, without dashes. */
export type WalletOption = (typeof optionNames)[number];

/** An option as it is typed. */
export function walletOptionText(name: WalletOption): string {
	return `--${name}`;
}

/** Where an option was given. */
export type OptionSource = 'command line' | 'configuration file';

/** The options of one process. They may hold secrets. */
export interface WalletOptions {
	/** The text given for an option; the command line outweighs the file. `undefined` when it is in neither. */
	readonly value: (name: WalletOption) => string | undefined;
	/** Whether a switch is given: by its mere presence on the command line, by `=1` (true, yes, on) in the file. */
	readonly isOn: (name: WalletOption) => boolean;
	/** Where an option is from; `undefined` when it is nowhere. */
	readonly sourceOf: (name: WalletOption) => OptionSource | undefined;
}

/**
 * Reads the options of a wallet.
 * @param argv the command line, program first
 * @param configText the text of its `--config-file`, when there is one to be read
 */
export function parseWalletOptions(argv: readonly string[], configText = ''): WalletOptions {
	const flags = commandLineOptions(argv);
	const lines = configOptions(configText);
	const value: WalletOptions['value'] = name => (flags.has(name) ? flags.get(name) : lines.get(name));
	return {
		value,
		isOn: name => flags.has(name) || (lines.has(name) && /^(?:|1|true|yes|on)$/i.test(lines.get(name) ?? '')),
		sourceOf: name => (flags.has(name) ? 'command line' : lines.has(name) ? 'configuration file' : undefined),
	};
}

function commandLineOptions(argv: readonly string[]): ReadonlyMap<WalletOption, string | undefined> {
	const options = new Map<WalletOption, string | undefined>();
	for (const [index, argument] of argv.entries()) {
		const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument);
		const name = index > 0 && match ? completeWalletOption(match[1] ?? '') : undefined;
		if (name !== undefined && !options.has(name)) {
			options.set(name, match?.[2] ?? argv[index + 1]);
		}
	}

	return options;
}

/** Monero's parser accepts any beginning of an option that fits no other. @param text a name without dashes */
export function completeWalletOption(text: string): WalletOption | undefined {
	const fitting = optionNames.filter(name => name.startsWith(text));
	return fitting.find(name => name === text) ?? (fitting.length === 1 ? fitting[0] : undefined);
}

/** Lines of `name = value`. Names are whole here, and everything behind a `#` is a comment, in a password too. */
function configOptions(text: string): ReadonlyMap<string, string> {
	const options = new Map<string, string>();
	for (const line of text.split(/\r?\n/)) {
		const [, name, value] = /^\s*([\w-]+)\s*=([^#]*)/.exec(line) ?? [];
		if (name !== undefined && value !== undefined && !options.has(name)) {
			options.set(name, value.trim());
		}
	}

	return options;
}
