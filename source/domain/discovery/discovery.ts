/** What is known of one running wallet -> the node it could be watched as. */

import {shownCommandLine} from '../command-line.js';
import {parseHost} from '../daemon-address.js';
import type {LiveProcess, RunningWallet, UnreadableFact} from '../ports.js';
import {cleanText, redactSecrets} from '../text.js';
import {portOf} from '../wallet-process.js';
import {daemonOf} from './discovered-daemon.js';
import {loginOf} from './discovered-login.js';
import {tlsOf} from './discovered-tls.js';
import {readWalletOptions, type WalletOptions} from './wallet-options.js';

/** The text of a file that a process names, or its path and why it cannot be read. */
export type FileSight = {readonly text: string} | {readonly unreadable: string; readonly isGone: boolean};

/** What was found where a wallet writes its login file. */
export type LoginFileSight =
	| {readonly kind: 'readable'; readonly path: string}
	| {readonly kind: 'unreadable'; readonly path: string}
	/** There is none in the wallet's folder. */
	| {readonly kind: 'missing'}
	/** A link, or another user's file: not what the wallet itself wrote. */
	| {readonly kind: 'foreign'; readonly path: string}
	/** The wallet sees another file system than this program. */
	| {readonly kind: 'elsewhere'; readonly path: string}
	/** The wallet's folder cannot be seen. */
	| {readonly kind: 'folder_hidden'};

/** Everything an adapter could see of one process. */
export interface WalletFacts {
	readonly process: LiveProcess;
	/** Name of the user it runs as, or `uid 1000`. */
	readonly user?: string;
	/** Which right would let this user see what it may not. */
	readonly right: string;
	/** The file of `--config-file`; absent when none is named. */
	readonly config?: FileSight;
	/** The TCP ports it listens on; absent when this user may not see them. */
	readonly listeningPorts?: readonly number[];
	readonly loginFile?: LoginFileSight;
	/** SHA-256 of the file of `--rpc-ssl-certificate`, when it is its own authority. */
	readonly pinnableFingerprint?: string;
	/** SHA-256 of the certificate in the file of `--daemon-ssl-ca-certificates`, when that is its own authority. */
	readonly daemonFingerprint?: string;
	/** Whether it runs in a network of its own, as containers do. */
	readonly ownNetwork?: boolean;
	/** The addresses of that network, without loopback. */
	readonly networkAddresses?: readonly string[];
}

/** What a process's files and surroundings say besides its command line. */
export type WalletSetup = Pick<WalletFacts, 'config' | 'daemonFingerprint' | 'ownNetwork'>;

/** The options of a process, its configuration file included where that could be read. */
export function optionsOf({process, config}: Pick<WalletFacts, 'process' | 'config'>): WalletOptions {
	return readWalletOptions(process.argv, config && 'text' in config ? config.text : '');
}

/**
 * The RPC port of a wallet. What a process holds open outweighs its file, which may have changed since it started; its
 * command line cannot change.
 */
export function rpcPortOf({
	process,
	config,
	listeningPorts = [],
}: Pick<WalletFacts, 'process' | 'config' | 'listeningPorts'>): number | undefined {
	const options = optionsOf({process, ...(config && {config})});
	const named = portOf(options);
	if (options.sourceOf('rpc-bind-port') === 'command line' && named !== undefined) {
		return named;
	}

	const isAnother = named !== undefined && listeningPorts.length > 0 && !listeningPorts.includes(named);
	return (named === undefined || isAnother) && listeningPorts.length === 1 ? listeningPorts[0] : named;
}

/** Describes one running wallet, and says what of it could not be read. */
export function describeWallet(facts: WalletFacts): {
	readonly wallet: RunningWallet;
	readonly unreadable: readonly UnreadableFact[];
} {
	const options = optionsOf(facts);
	// What is not on the command line may still be in a file that could not be read.
	const isComplete = !(facts.config && 'unreadable' in facts.config);
	const port = rpcPortOf(facts);
	const network = networkOf(options, isComplete);
	const bindIp = bindIpOf(options, isComplete);
	const {daemonFingerprint} = facts;
	const daemon = daemonOf({options, network, isComplete, ...(daemonFingerprint && {daemonFingerprint})});
	const tls = tlsOf(facts, options, isComplete);
	const login = loginOf(facts, options, {isComplete, port});
	const fields = {host: reachableHost(bindIp), path: '/json_rpc', ...tls.fields, ...login.fields, ...daemon.fields};
	const wallet: RunningWallet = {
		...identityOf(facts, login.secrets),
		...(network === undefined ? {} : {network}),
		...pathOf('wallet_file', options.value('wallet-file')),
		...pathOf('wallet_dir', options.value('wallet-dir')),
		...(bindIp === undefined ? {} : {bind_ip: bindIp}),
		...(facts.ownNetwork ? {network_addresses: facts.networkAddresses ?? []} : {}),
		...login.shown,
		...tls.shown,
		...(port === undefined ? {} : {definition: {...fields, port, available: true}}),
		notes: printable([...tls.notes, ...daemon.notes]),
		obstacles: printable([...addressObstacles(facts, port), ...tls.obstacles, ...login.obstacles]),
	};
	const unreadable = [...unreadableParts(facts, port), ...login.unreadable];
	return {wallet, unreadable: unreadable.map(fact => ({...fact, what: cleanText(fact.what, maxLength)}))};
}

/** Paths are as long as other users make them. */
const maxLength = 1000;
const printable = (sentences: readonly string[]) => sentences.map(sentence => cleanText(sentence, maxLength));

function identityOf({process, user}: WalletFacts, secrets: readonly string[]) {
	const {argv: _, executable: __, stopped: ___, cpuMs: ____, ...identity} = process;
	const cmdline = redactSecrets(shownCommandLine(process, maxLength), secrets);
	return {...identity, ...(user === undefined ? {} : {user}), cmdline};
}

function pathOf<N extends 'wallet_file' | 'wallet_dir'>(
	name: N,
	path: string | undefined,
): {readonly [K in N]?: string} {
	return path === undefined || path === '' ? {} : ({[name]: cleanText(path, maxLength)} as {[K in N]: string});
}

/** The network of a wallet; `undefined` where a file that may say so could not be read. */
export function networkOf(options: WalletOptions, isComplete: boolean): RunningWallet['network'] {
	return options.isOn('testnet')
		? 'testnet'
		: options.isOn('stagenet')
			? 'stagenet'
			: isComplete
				? 'mainnet'
				: undefined;
}

function bindIpOf(options: WalletOptions, isComplete: boolean): string | undefined {
	const given = options.value('rpc-bind-ip');
	return given === undefined ? (isComplete ? '127.0.0.1' : undefined) : parseHost(given.trim());
}

/** From this machine, a server that listens everywhere is asked on loopback. */
function reachableHost(bindIp: string | undefined): string {
	return {'0.0.0.0': '127.0.0.1', '::': '::1'}[bindIp ?? '0.0.0.0'] ?? bindIp ?? '127.0.0.1';
}

function addressObstacles({ownNetwork}: WalletFacts, port: number | undefined): string[] {
	return [
		...(ownNetwork ? ['it runs in its own network (a container?): the address of its port from here is unknown'] : []),
		...(port === undefined ? ['its RPC port is unknown'] : []),
	];
}

function unreadableParts(facts: WalletFacts, port: number | undefined): UnreadableFact[] {
	const {process, config, listeningPorts, right} = facts;
	const {pid} = process;
	const file: UnreadableFact[] =
		config && 'unreadable' in config
			? [
					{
						pid,
						what: `its configuration file ${config.unreadable}`,
						needs: config.isGone ? 'restore the file it was started with' : right,
					},
				]
			: [];
	const isPortHidden = port === undefined && listeningPorts === undefined;
	return [...file, ...(isPortHidden ? [{pid, what: 'the port it listens on', needs: right}] : [])];
}
