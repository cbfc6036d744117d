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
import {containerText} from '../process-identity.js';
import {cleanText, redactChainData, redactSecrets} from '../text.js';
import {
	discoveredLogin,
	discoveredTls,
	parseWalletOptions,
	type WalletOptions,
	walletOptionText,
} from './wallet-options.js';
import {rpcPortInOptions} from './wallet-process.js';

/** Turns the facts about a running wallet into a node definition. */

/** The options of a process, including those of its configuration file if it could be read. */
export function discoveredOptions({process, config}: Pick<WalletProcessFacts, 'process' | 'config'>): WalletOptions {
	return parseWalletOptions(process.argv, config && 'text' in config ? config.text : '');
}

/**
 * The RPC port of a wallet. The port on which it listens takes precedence over its configuration file, which may have
 * changed since it started, but not over its command line, which cannot change.
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
 * Describes a running wallet, and lists what could not be read.
 * @param renderRemedy writes a remedy as the command that the user types
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
	// An option that is not on the command line may be in a file that could not be read.
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

/** The maximum length of shown text, because other users choose the length of paths. */
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
	return path === undefined || path === ''
		? {}
		: ({[name]: redactChainData(cleanText(path, maxLength))} as {[K in N]: string});
}

/** The network of a wallet; `undefined` if a configuration file that may set it could not be read. */
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

/** The host by which this machine reaches a bind address: loopback for a server that listens on all addresses. */
function reachableHost(bindIp: string | undefined): string {
	return {'0.0.0.0': '127.0.0.1', '::': '::1'}[bindIp ?? '0.0.0.0'] ?? bindIp ?? '127.0.0.1';
}

/** The address by which a wallet is reached from this machine. */
interface PlaceFromHere {
	readonly host: string;
	readonly port: number;
	readonly isPublished: boolean;
}

/**
 * The address of a wallet that may run in its own network: its published port, else the address in its network. @returns
 * `undefined` if no address is known
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

	// A server on loopback in another network is not reachable, even if its port is published.
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

/** Whether a server that is bound to `bindIp` (`undefined`: unknown) accepts connections to an address. */
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

/** The note that says in which container a wallet runs, and how it is reached from this machine. */
function containerNotes(
	{process, ownNetwork}: WalletProcessFacts,
	place: PlaceFromHere | undefined,
	port: number | undefined,
): readonly Advice[] {
	if (!ownNetwork || !place) {
		return [];
	}

	const where = containerText(process) ?? 'its own network (a container?)';
	const how = place.isPublished ? 'by its published port' : 'by the address of that network';
	return [
		`it runs in ${where}, where its port is ${port}; from here it is reached at ${hostInUrl(place.host)}:${place.port}, ${how}`,
	];
}

/** Whether a host means another machine in a container than here: loopback addresses and names without a dot do. */
const isOtherInContainer = (host: string): boolean => isLoopback(host) || /^[^.:]+$/.test(host);

/** The daemon of a wallet in a container. */
function containerDaemon(sources: DaemonSources): DaemonFinding {
	const {host = ''} = readDaemon(sources);
	return isOtherInContainer(host)
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

/** The sources that say which daemon a wallet uses, as far as they could be read. */
export interface DaemonSources extends Pick<WalletProcessFacts, 'daemonFingerprint'> {
	readonly options: WalletOptions;
	readonly network?: RunningWallet['network'] | undefined;
	/** Whether every source could be read. */
	readonly isComplete: boolean;
}

/** The daemon from the options of a wallet. */
export interface DaemonFinding {
	/** Empty if it has no daemon, or if the daemon was left out. */
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls' | 'daemon_proxy'>;
	/** Why the daemon or a part of it was left out, one sentence each. */
	readonly notes: readonly Advice[];
}

/** Finds the daemon in a wallet's options, for a definition. */
function discoveredDaemon(sources: DaemonSources): DaemonFinding {
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

/** A daemon that a check may ask, or why it may not. Both are absent if the wallet has no daemon, or it is unknown. */
export interface InferredDaemon {
	readonly fields: Pick<NodeDefinition, 'daemon' | 'daemon_tls' | 'daemon_proxy'>;
	readonly note?: string;
}

/**
 * The daemon of a running wallet, for a check. A daemon that requires a login is included, because the check still shows
 * whether it answers.
 * @param ownNetwork whether the wallet runs in its own network, where loopback and short names mean other hosts than here
 */
export function inferRunningDaemon(sources: DaemonSources, ownNetwork: boolean): InferredDaemon {
	const read = readDaemon(sources);
	const {daemon, proxy, host = ''} = read;
	// The monitor does not use the wallet's proxy unless the user configures it.
	const obstacle = read.obstacle ?? (proxy === undefined ? undefined : 'the wallet reaches it through a proxy');
	const name = daemon === undefined ? 'its daemon' : `daemon ${daemon}`;
	if (obstacle !== undefined) {
		return {fields: {}, note: `${name} is not checked: ${obstacle}`};
	}

	return ownNetwork && isOtherInContainer(host)
		? {fields: {}, note: `${name} is not checked: the wallet runs in its own network (a container?)`}
		: {fields: definitionOf(read)};
}

function definitionOf({daemon, tls, proxy}: ReadDaemon): DaemonFinding['fields'] {
	return daemon === undefined ? {} : compact({daemon, daemon_tls: tls?.field, daemon_proxy: proxy});
}

interface ReadDaemon {
	/** Absent if it has no daemon, or none that could be read. */
	readonly daemon?: string;
	readonly host?: string;
	readonly tls?: FoundTls;
	/** The proxy through which the wallet reaches it. */
	readonly proxy?: string;
	/** Why it cannot be reached. */
	readonly obstacle?: string;
}

/** Reads the daemon from the options, by the rules of monero-wallet-rpc. */
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

/**
 * Converts a wallet's option `proxy` (`[host:]port` of a SOCKS server) to the field of a definition. Tor accepts every
 * SOCKS version on the same port.
 */
function proxyField(text: string): string | undefined {
	return nodeFields.daemon_proxy.parse(`socks5h://${/^\d+$/.test(text) ? `127.0.0.1:${text}` : text}`) as
		| string
		| undefined;
}

/** The address of the daemon in a wallet's options; `undefined` if there is none, or it is invalid. */
export function daemonAddressInOptions(sources: Omit<DaemonSources, 'daemonFingerprint'>): DaemonAddress | undefined {
	const address = addressOf(sources);
	return address === 'unreadable' ? undefined : address;
}

/**
 * Reads the address as Monero's wallet does: the first port in a host is its port, and a missing port in an address is 0,
 * which is unusable.
 */
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
	/** Whether it uses only TLS with its daemon. */
	readonly isEnabled: boolean;
	readonly field?: Tls;
	readonly notes: readonly Advice[];
}

/** The TLS field of the daemon, from the options `--daemon-ssl-*`. */
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
	// Each of the two options makes TLS mandatory, unless the mode is given.
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
