import {compact} from '../compact.js';
import {type Advice, advice, setField} from '../hints/remedy.js';
import type {NodeDefinition} from '../node/node.js';
import {nodeFields} from '../node/parse-node.js';
import type {LoginFileSearch, RunningWallet, UnreadableFact, WalletProcessFacts} from '../ports.js';

/**
 * Parses the options of a running `monero-wallet-rpc` from its command line and configuration file, as the wallet itself
 * does.
 */

/**
 * Every option of versions 0.17 to 0.18.5: the list must be complete to resolve abbreviated options, which must be
 * unambiguous.
 */
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

/** An option with its dashes. */
export function walletOptionText(name: WalletOption): string {
	return `--${name}`;
}

/** The source of an option. */
export type OptionSource = 'command line' | 'configuration file';

/** The options of one process. They may contain secrets. */
export interface WalletOptions {
	/** The value of an option; the command line takes precedence over the file. `undefined` if it is in neither. */
	readonly value: (name: WalletOption) => string | undefined;
	/** Whether a switch is on: present on the command line, or `=1` (true, yes, on) in the file. */
	readonly isOn: (name: WalletOption) => boolean;
	/** Where an option was given; `undefined` if it was not. */
	readonly sourceOf: (name: WalletOption) => OptionSource | undefined;
}

/**
 * Parses the options of a wallet.
 * @param argv the command line, program first
 * @param configText the text of its `--config-file`, if there is one and it could be read
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

/** Resolves an abbreviated option: Monero's parser accepts any unambiguous prefix. @param text a name without dashes */
export function completeWalletOption(text: string): WalletOption | undefined {
	const fitting = optionNames.filter(name => name.startsWith(text));
	return fitting.find(name => name === text) ?? (fitting.length === 1 ? fitting[0] : undefined);
}

/** Parses lines of `name = value`. Names are not abbreviated here, and a `#` starts a comment, even in a password. */
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

/** How to log in to a wallet. */
export interface LoginFinding {
	readonly fields: Pick<NodeDefinition, 'login_file' | 'login_config'>;
	readonly shown: Pick<RunningWallet, 'login' | 'login_user'>;
	readonly obstacles: readonly Advice[];
	readonly unreadable: readonly UnreadableFact[];
	/** Secrets that must not be shown. */
	readonly secrets: readonly string[];
}

const nothing: LoginFinding = {fields: {}, shown: {}, obstacles: [], unreadable: [], secrets: []};

/** The file to which a wallet without a configured login writes its generated login. */
export function discoveredLoginFileName(port: number): string {
	return `monero-wallet-rpc.${port}.login`;
}

/**
 * Finds out which login a wallet requires. A password from its options is never copied: the user must say where it is kept.
 */
export function discoveredLogin(
	facts: WalletProcessFacts,
	options: WalletOptions,
	{isComplete, port}: {readonly isComplete: boolean; readonly port: number | undefined},
): LoginFinding {
	if (options.isOn('disable-rpc-login')) {
		return {...nothing, shown: {login: 'none'}};
	}

	const given = options.value('rpc-login');
	if (given !== undefined) {
		return options.sourceOf('rpc-login') === 'configuration file'
			? configuredLogin(given, options.value('config-file'), facts)
			: givenLogin(given);
	}

	if (port === undefined || (!isComplete && facts.loginFile?.kind !== 'readable')) {
		return {...nothing, obstacles: isComplete ? [] : ['whether it requires a login is unknown']};
	}

	return byFile(facts, port);
}

/** A login in the wallet's configuration file is read from that file, if its path is valid here too. */
function configuredLogin(login: string, file: string | undefined, {ownNetwork}: WalletProcessFacts): LoginFinding {
	const found = givenLogin(login);
	return file?.startsWith('/') && login.indexOf(':') > 0 && !ownNetwork
		? {...found, fields: {login_config: file}, obstacles: []}
		: {
				...found,
				obstacles: [
					advice`the password is in the configuration file; xmrtop will not copy it: name the file with ${setField('login_config')}`,
				],
			};
}

function givenLogin(login: string): LoginFinding {
	const colon = login.indexOf(':');
	// Without a colon the wallet reads it as a user name, but it may be a password typed by mistake.
	const userName = nodeFields.username.parse(login.slice(0, Math.max(0, colon))) as string | undefined;
	const password = login.slice(colon + 1);
	return {
		...nothing,
		shown: compact({login: 'given', login_user: userName}),
		obstacles: [
			advice`the password is on the command line; xmrtop will not copy it: put it in a file (or a variable: ${setField('password_env')})`,
		],
		secrets: [login, password],
	};
}

type Explain = (facts: WalletProcessFacts, path: string) => LoginFinding;

const loginFindings: Readonly<Record<LoginFileSearch['kind'], Explain>> = {
	readable: (_, path) => ({...nothing, fields: {login_file: path}, shown: {login: 'login_file'}}),
	unreadable: (facts, path) => ({
		...nothing,
		fields: {login_file: path},
		shown: {login: 'login_file'},
		obstacles: [`its login is in ${path}, which this user cannot read`],
		unreadable: [{pid: facts.process.pid, what: `its login file ${path}`, needs: facts.right}],
	}),
	folder_hidden: (facts, name) => ({
		...nothing,
		obstacles: [
			advice`its login is probably in ${name} in its working folder, which this user cannot access: use ${{kind: 'add-node'}} with ${setField('login_file')}`,
		],
		unreadable: [{pid: facts.process.pid, what: `its working folder, where it writes ${name}`, needs: facts.right}],
	}),
	missing: (_, name) => ({
		...nothing,
		shown: {login: 'given'},
		obstacles: [
			`it requires a login from an unknown source (RPC_LOGIN?), and its working folder has no ${name}: put the password in a file`,
		],
	}),
	elsewhere: (_, path) => ({
		...nothing,
		shown: {login: 'login_file'},
		obstacles: [`its login is in ${path} in its own file system (a container?)`],
	}),
	foreign: (_, path) => ({
		...nothing,
		obstacles: [`${path} does not belong to the wallet's user, so it is not used as its login`],
	}),
};

function byFile(facts: WalletProcessFacts, port: number): LoginFinding {
	const search: LoginFileSearch = facts.loginFile ?? {kind: 'folder_hidden'};
	return loginFindings[search.kind](facts, 'path' in search ? search.path : discoveredLoginFileName(port));
}

/** The TLS mode of a wallet's RPC. @param isComplete whether every source of options could be read */
export function discoveredTls(
	{pinnableFingerprint: fingerprint}: Pick<WalletProcessFacts, 'pinnableFingerprint'>,
	options: WalletOptions,
	isComplete: boolean,
): {
	readonly fields: Pick<NodeDefinition, 'tls'>;
	readonly shown: Pick<RunningWallet, 'tls'>;
	readonly notes: readonly Advice[];
	readonly obstacles: readonly Advice[];
} {
	const mode = modeOf(options, isComplete);
	if (mode !== 'enabled') {
		return {fields: {}, shown: mode === undefined ? {} : {tls: mode}, notes: [], obstacles: []};
	}

	const pin =
		options.value('rpc-ssl-certificate') === undefined
			? advice`it creates a new certificate at every start: set ${walletOptionText('rpc-ssl-certificate')} and pin that certificate with ${setField('tls.fingerprint')}`
			: advice`its certificate is verified with the CA certificates of this system: pin it with ${setField('tls.fingerprint')} if that fails`;
	return {
		fields: {tls: fingerprint === undefined ? {} : {fingerprint}},
		shown: {tls: mode},
		notes: fingerprint === undefined ? [pin] : [],
		obstacles: asksForCertificate(options) ? ['it requires a client certificate, which xmrtop does not support'] : [],
	};
}

function asksForCertificate(options: WalletOptions): boolean {
	return (['rpc-ssl-ca-certificates', 'rpc-ssl-allowed-fingerprints'] as const).some(name => options.value(name));
}

function modeOf(options: WalletOptions, isComplete: boolean): RunningWallet['tls'] {
	const given = options.value('rpc-ssl')?.trim();
	if (given === 'enabled' || given === 'disabled' || given === 'autodetect') {
		return given;
	}

	return asksForCertificate(options) ? 'enabled' : isComplete ? 'autodetect' : undefined;
}
