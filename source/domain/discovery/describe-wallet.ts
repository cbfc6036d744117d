import {shownCommandLine} from '../command-line.js';
import {compact} from '../compact.js';
import {
	type DaemonAddress,
	daemonText,
	defaultDaemonPorts,
	hostInUrl,
	isLoopback,
	isPrivateAddress,
	overlayNetwork,
	parseDaemonAddress,
	parseHost,
} from '../daemon-address.js';
import {type Advice, advice, adviceText, type RenderRemedy, setField} from '../hints/remedy.js';
import type {NodeDefinition, Tls} from '../node/node.js';
import {nodeFields, parseFingerprint} from '../node/parse-node.js';
import type {RunningWallet, UnreadableFact, WalletProcessFacts} from '../ports.js';
import {shortContainer} from '../process-identity.js';
import {cleanText, redactSecrets} from '../text.js';
import {
	discoveredLogin,
	discoveredTls,
	parseWalletOptions,
	type WalletOptions,
	walletOptionText,
} from './wallet-options.js';
import {rpcPortInOptions} from './wallet-process.js';

/** What is known of one running wallet -> the node it could be watched as. */

/** The options of a process, its configuration file included where that could be read. */
export function discoveredOptions({process, config}: Pick<WalletProcessFacts, 'process' | 'config'>): WalletOptions {
	return parseWalletOptions(process.argv, config && 'text' in config ? config.text : '');
}

/**
 * The RPC port of a wallet. What a process holds open outweighs its file, which may have changed since it started; its
 * command line cannot change.
 */
export function discoveredRpcPort({
	process,
	config,
	listeningPorts = [],
}: Pick<WalletProcessFacts, 'process' | 'config' | 'listeningPorts'>): number | undefined {
	const options = discoveredOptions({process, ...(config && {config})});
	const named = rpcPortInOptions(options);
	if (options.sourceOf('rpc-bind-port') === 'command line' && named !== undefined) {
		return named;
	}

	const isAnother = named !== undefined && listeningPorts.length > 0 && !listeningPorts.includes(named);
	return (named === undefined || isAnother) && listeningPorts.length === 1 ? listeningPorts[0] : named;
}

/**
 * Describes one running wallet, and says what of it could not be read.
 * @param renderRemedy writes what a person can do with xmrtop as it is typed
 */
export function describeWallet(
	facts: WalletProcessFacts,
	renderRemedy: RenderRemedy,
): {
	readonly wallet: RunningWallet;
	readonly unreadable: readonly UnreadableFact[];
} {
	const printable = (sentences: readonly Advice[]): string[] =>
		sentences.map(sentence => cleanText(adviceText(sentence, renderRemedy), maxLength));
	const options = discoveredOptions(facts);
	// What is not on the command line may still be in a file that could not be read.
	const isComplete = !(facts.config && 'unreadable' in facts.config);
	const port = discoveredRpcPort(facts);
	const network = discoveredNetwork(options, isComplete);
	const bindIp = bindIpOf(options, isComplete);
	const {daemonFingerprint} = facts;
	const sources = {options, network, isComplete, ...(daemonFingerprint && {daemonFingerprint})};
	const daemon = facts.ownNetwork ? containerDaemon(sources) : discoveredDaemon(sources);
	const place = placeFromHere(facts, {bindIp, port});
	const tls = discoveredTls(facts, options, isComplete);
	const login = discoveredLogin(facts, options, {isComplete, port});
	const fields = {
		host: place?.host ?? reachableHost(bindIp),
		path: '/json_rpc',
		...tls.fields,
		...login.fields,
		...daemon.fields,
	};
	const otherObstacles = [...addressObstacles(place, port), ...tls.obstacles];
	const needsLogin = port !== undefined && otherObstacles.length === 0 && login.obstacles.length > 0;
	const wallet: RunningWallet = compact({
		...identityOf(facts, login.secrets),
		network,
		...pathOf('wallet_file', options.value('wallet-file')),
		...pathOf('wallet_dir', options.value('wallet-dir')),
		bind_ip: bindIp,
		...(facts.ownNetwork ? {network_addresses: facts.networkAddresses ?? []} : {}),
		...login.shown,
		...tls.shown,
		...(place?.isPublished ? {inner_port: port} : {}),
		...(port === undefined ? {} : {definition: {...fields, port: place?.port ?? port, available: true}}),
		notes: printable([...containerNotes(facts, place, port), ...tls.notes, ...daemon.notes]),
		obstacles: printable([...otherObstacles, ...login.obstacles]),
		...(needsLogin ? {needs_login: true as const} : {}),
	});
	const unreadable = [...unreadableParts(facts, port), ...login.unreadable];
	return {wallet, unreadable: unreadable.map(fact => ({...fact, what: cleanText(fact.what, maxLength)}))};
}

/** Paths are as long as other users make them. */
const maxLength = 1000;

function identityOf({process, user}: WalletProcessFacts, secrets: readonly string[]) {
	const {argv: _, executable: __, stopped: ___, cpuMs: ____, ...identity} = process;
	const cmdline = redactSecrets(shownCommandLine(process, maxLength), secrets);
	return compact({...identity, user, cmdline});
}

function pathOf<N extends 'wallet_file' | 'wallet_dir'>(
	name: N,
	path: string | undefined,
): {readonly [K in N]?: string} {
	return path === undefined || path === '' ? {} : ({[name]: cleanText(path, maxLength)} as {[K in N]: string});
}

/** The network of a wallet; `undefined` where a file that may say so could not be read. */
export function discoveredNetwork(options: WalletOptions, isComplete: boolean): RunningWallet['network'] {
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

/** Where a wallet is reached from here. */
interface PlaceFromHere {
	readonly host: string;
	readonly port: number;
	readonly isPublished: boolean;
}

/**
 * Where a wallet is reached that may run in a network of its own: by the port that was published for it, else by the address of
 * its network. @returns `undefined` where there is no way that is seen
 */
function placeFromHere(
	{ownNetwork, networkAddresses = [], publishedPorts = []}: WalletProcessFacts,
	{bindIp, port}: {readonly bindIp: string | undefined; readonly port: number | undefined},
): PlaceFromHere | undefined {
	if (port === undefined) {
		return undefined;
	}

	if (!ownNetwork) {
		return {host: reachableHost(bindIp), port, isPublished: false};
	}

	// On its own loopback nobody else reaches it, whatever was published.
	const open = networkAddresses.filter(address => isOpenAt(address, bindIp));
	const published = publishedPorts.find(
		({innerHost, innerPort}) => innerPort === port && open.some(address => address === innerHost),
	);
	if (published) {
		return {host: reachableHost(published.host), port: published.port, isPublished: true};
	}

	const address = open.find(each => !each.includes(':') && isPrivateAddress(each));
	return address === undefined ? undefined : {host: address, port, isPublished: false};
}

/** Whether what is bound to an address (`undefined`: not known) takes connections to another one. */
function isOpenAt(address: string, bindIp: string | undefined): boolean {
	return (
		bindIp === undefined || bindIp === '::' || bindIp === address || (bindIp === '0.0.0.0' && !address.includes(':'))
	);
}

function addressObstacles(place: PlaceFromHere | undefined, port: number | undefined): string[] {
	return port === undefined
		? ['its RPC port is unknown']
		: place
			? []
			: ['it runs in its own network (a container?): the address of its port from here is unknown'];
}

/** In which container it runs, and how it is reached from here. */
function containerNotes(
	{process, ownNetwork}: WalletProcessFacts,
	place: PlaceFromHere | undefined,
	port: number | undefined,
): readonly Advice[] {
	if (!ownNetwork || !place) {
		return [];
	}

	const {container, container_engine: engine = 'container'} = process;
	const where =
		container === undefined ? 'in its own network (a container?)' : `in ${engine} ${shortContainer(container)}`;
	const how = place.isPublished ? 'by its published port' : 'by the address of that network';
	return [
		`it runs ${where}, where its port is ${port}; from here it is reached at ${hostInUrl(place.host)}:${place.port}, ${how}`,
	];
}

/** In a container, loopback and short names are others than here. */
function containerDaemon(sources: DaemonSources): DaemonFinding {
	const {host = ''} = readDaemon(sources);
	return isLoopback(host) || /^[^.:]+$/.test(host)
		? {fields: {}, notes: ['its daemon was not added: its address is one of the network that the wallet runs in']}
		: discoveredDaemon(sources);
}

function unreadableParts(facts: WalletProcessFacts, port: number | undefined): UnreadableFact[] {
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

/** What a wallet was told of its daemon, as far as it could be read. */
export interface DaemonSources extends Pick<WalletProcessFacts, 'daemonFingerprint'> {
	readonly options: WalletOptions;
	readonly network?: RunningWallet['network'] | undefined;
	/** Nothing that may say so was unreadable. */
	readonly isComplete: boolean;
}

/** The daemon a wallet was told to use. */
export interface DaemonFinding {
	/** Empty where it has none, and where it is left out. */
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls' | 'daemon_proxy'>;
	/** Why it is left out, or what of it is; one sentence each. */
	readonly notes: readonly Advice[];
}

/** Finds the daemon a wallet was told to use, for a definition. */
export function discoveredDaemon(sources: DaemonSources): DaemonFinding {
	const read = readDaemon(sources);
	const {daemon, tls, obstacle} = read;
	const why =
		obstacle ??
		(daemon !== undefined && sources.options.value('daemon-login') !== undefined
			? advice`it requires a login: use ${setField('daemon')}, ${setField('daemon_username')} and ${setField('daemon_password_file')}`
			: undefined);
	return why === undefined
		? {fields: definitionOf(read), notes: tls?.notes ?? []}
		: {fields: {}, notes: [advice`its daemon was not added: ${why}`]};
}

/** A daemon that a check may ask, or why it may not. Both are absent where the wallet has none, or it is not known. */
export interface InferredDaemon {
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls' | 'daemon_proxy'>;
	readonly note?: string;
}

/**
 * The daemon of a running wallet, for a check. One that asks for a login is asked too: that it answers is known then.
 * @param ownNetwork whether the wallet runs in a network of its own, where loopback and short names are others than here
 */
export function inferRunningDaemon(sources: DaemonSources, ownNetwork: boolean): InferredDaemon {
	const read = readDaemon(sources);
	const {daemon, proxy, host = ''} = read;
	// Which way a monitor may go is for a person to say.
	const obstacle = read.obstacle ?? (proxy === undefined ? undefined : 'the wallet reaches it through a proxy');
	const name = daemon === undefined ? 'its daemon' : `daemon ${daemon}`;
	if (obstacle !== undefined) {
		return {fields: {}, note: `${name} is not checked: ${obstacle}`};
	}

	return ownNetwork && (isLoopback(host) || /^[^.:]+$/.test(host))
		? {fields: {}, note: `${name} is not checked: the wallet runs in its own network (a container?)`}
		: {fields: definitionOf(read)};
}

function definitionOf({daemon, tls, proxy}: ReadDaemon): DaemonFinding['fields'] {
	return daemon === undefined ? {} : compact({daemon, daemon_tls: tls?.field, daemon_proxy: proxy});
}

interface ReadDaemon {
	/** Absent: it has none, or none that can be read. */
	readonly daemon?: string;
	readonly host?: string;
	readonly tls?: FoundTls;
	/** The proxy that leads to it. */
	readonly proxy?: string;
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
		return {obstacle: 'its address is not host:port or a URL with a port'};
	}

	const tls = daemonTlsOf(sources);
	const daemon = daemonText({...address, https: address.https || tls.isEnabled});
	const network = overlayNetwork(daemon);
	const given = options.value('proxy')?.trim();
	const proxy = given ? proxyField(given) : undefined;
	const obstacle =
		given && proxy === undefined
			? proxied
			: proxy === undefined && network && `${daemon} can only be reached through ${network}`;
	return compact({daemon, host: address.host, tls, proxy, obstacle: obstacle || undefined});
}

const proxied = 'the wallet reaches it through a proxy that is not host:port';

/** A wallet's option `proxy` (`[host:]port` of a SOCKS server) as the field of a definition. Tor speaks every version at one port. */
function proxyField(text: string): string | undefined {
	return nodeFields.daemon_proxy.parse(`socks5h://${/^\d+$/.test(text) ? `127.0.0.1:${text}` : text}`) as
		| string
		| undefined;
}

/** The address of the daemon that a wallet's options name; `undefined` where they name none that can be read. */
export function toldDaemonAddress(sources: Omit<DaemonSources, 'daemonFingerprint'>): DaemonAddress | undefined {
	const address = addressOf(sources);
	return address === 'unreadable' ? undefined : address;
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
	readonly notes: readonly Advice[];
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
				? [
						advice`none of its ${walletOptionText('daemon-ssl-allowed-fingerprints')} was imported: pin one with ${setField('daemon_tls.fingerprint')}`,
					]
				: file
					? [
							advice`the CA certificates of its daemon were not imported: use ${setField('daemon_tls.ca_file')}, or pin the daemon's certificate with ${setField('daemon_tls.fingerprint')}`,
						]
					: [],
	};
}
