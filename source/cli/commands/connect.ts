import {createRemoteFleet, type RemoteFleet} from '../../application/remote/remote-fleet.js';
import {compact} from '../../domain/compact.js';
import type {FinishedCheck, FleetNode} from '../../domain/fleet.js';
import {momentForm, parseDurationMs, parseMoment} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import {type HostSpec, isAskedHost, type RemoteHosts} from '../../domain/remote/remote-nodes.js';
import {quoteValue} from '../../domain/text.js';
import type {Invocation, ScreenOptions} from '../command.js';
import type {FlagName} from '../flags.js';
import {detectOutputStyle, writeNote} from '../output.js';
import {drawingFlags, parseFlagValue, readBasicAuthFlag, readTokenFlag, resolveRunSettings} from '../run-settings.js';
import {hostsFlag, parseConnectHosts, rememberHosts, savedHostsOf} from './hosts.js';

/** Timeout for a host's answer, in milliseconds. A fresh check takes as long as the slowest node of that host. */
const answerMs = 15_000;

/** Flags that have no effect on the nodes of remote hosts, with the reason: they are rejected instead of ignored. */
const ineffectiveFlags: Readonly<Partial<Record<FlagName, string>>> = {
	method: 'remote hosts use their own method (set it there: xmrtop config set method)',
	concurrency: 'remote hosts run their own checks',
	save: 'remote hosts save their own results, and nothing is saved here',
};

/** The hosts of a command line and the adapter that reads them. */
export interface ConnectOptions {
	readonly hosts: readonly HostSpec[];
	readonly remote: RemoteHosts;
	/** Timeout for a host that is asked once, in milliseconds. */
	readonly timeoutMs: number;
}

/**
 * Reads `--connect` and the flags that belong to it.
 * @param refused flags that are not allowed here, with the reason
 * @throws InputError for an invalid host, flag or token
 */
export async function readConnectFlags(
	invocation: Invocation,
	refused: Readonly<Partial<Record<FlagName, string>>>,
): Promise<ConnectOptions> {
	const {flags, surroundings} = invocation;
	const parsed = await namedHosts(invocation);
	const atMs = readAtFlag(invocation, parsed);
	const hosts = parsed.map(host => ({
		...host,
		...(atMs === undefined ? {} : {atMs}),
		...(host.kind === 'local' ? {flags: localFlags(invocation)} : {}),
	}));
	const wrong = flags.given.find(name => refused[name] !== undefined);
	if (wrong !== undefined) {
		const typed = wrong === 'save' ? 'no-save' : wrong;
		throw new InputError('bad_usage', `--${typed} is not allowed with ${hostsFlag(invocation)}: ${refused[wrong]}`);
	}

	const timeout = flags.text('timeout');
	const timeoutMs =
		timeout === undefined ? answerMs : parseFlagValue('timeout', timeout, parseDurationMs, 'a duration such as 5s');
	const withHttp = hosts.some(isAskedHost);
	const isTokenGiven = flags.text('token-file') !== undefined;
	if (isTokenGiven && !withHttp) {
		throw new InputError('bad_usage', `--token-file is not allowed: no ${hostsFlag(invocation)} URL uses http`);
	}

	if (flags.text('basic-auth-file') !== undefined && !hosts.some(({kind}) => kind === 'prometheus')) {
		throw new InputError(
			'bad_usage',
			`--basic-auth-file is not allowed: no ${hostsFlag(invocation)} URL is a Prometheus`,
		);
	}

	const token = withHttp ? await readTokenFlag(invocation) : undefined;
	const credentials = compact({token, basicAuth: await readBasicAuthFlag(invocation)});
	return {hosts, remote: await surroundings.openRemoteHosts(credentials, hosts), timeoutMs};
}

/** The hosts of `--connect` and of `--hosts`. */
async function namedHosts(invocation: Invocation): Promise<readonly HostSpec[]> {
	const {flags} = invocation;
	const urls = flags.texts('connect');
	const names = flags.texts('hosts');
	if (names.length === 0) {
		return parseConnectHosts(urls);
	}

	const saved = await savedHostsOf(invocation, names);
	const ownNames = saved.flatMap(({name, urls: [url = '', ...others]}) =>
		others.length === 0 ? [[url, name] as const] : [],
	);
	const ownerOf = (url: string) => saved.find(host => host.urls.includes(url) && !urls.includes(url));
	return parseConnectHosts([...new Set([...urls, ...saved.flatMap(host => host.urls)])], {
		savedNames: new Map(ownNames),
		given: url => (ownerOf(url) ? `--hosts ${ownerOf(url)?.name}: URL` : '--connect'),
	});
}

/** The flags that pass this process's folders to the xmrtop that `--connect local` starts. */
function localFlags({flags}: Invocation): readonly string[] {
	return (['config-dir', 'state-dir'] as const).flatMap(name => {
		const text = flags.text(name);
		return text === undefined ? [] : [`--${name}=${text}`];
	});
}

/**
 * Reads `--at`.
 * @returns milliseconds since the epoch; `undefined` when it is not given
 * @throws InputError when a host is not a Prometheus, because only Prometheus has past data
 */
function readAtFlag(invocation: Invocation, hosts: readonly HostSpec[]): number | undefined {
	const {flags, surroundings} = invocation;
	const text = flags.text('at');
	const other = hosts.find(({kind}) => kind !== 'prometheus');
	if (text !== undefined && other) {
		const why = 'only a prometheus+http(s):// host knows the past';
		throw new InputError('bad_usage', `--at is not allowed with ${hostsFlag(invocation)} ${other.url}: ${why}`);
	}

	const nowMs = surroundings.nowMs();
	return text === undefined ? undefined : parseFlagValue('at', text, moment => parseMoment(moment, nowMs), momentForm);
}

/** A fleet of remote hosts, not yet started. */
export interface OpenRemoteFleet {
	readonly fleet: RemoteFleet;
	readonly hosts: readonly HostSpec[];
	readonly timeoutMs: number;
}

/** Opens the fleet for a command that reads the hosts once or continuously. */
async function openConnectedFleet(invocation: Invocation, isOnce: boolean): Promise<OpenRemoteFleet> {
	const {input, flags, surroundings} = invocation;
	const {hosts, remote, timeoutMs} = await readConnectFlags(invocation, {
		...ineffectiveFlags,
		...(isOnce ? {interval: 'the nodes are checked once'} : {timeout: 'the live table does not time out'}),
	});
	if (!isOnce && flags.text('interval') !== undefined && !hosts.some(isAskedHost)) {
		throw new InputError(
			'bad_usage',
			`--interval is not allowed with ${hostsFlag(invocation)}: ssh hosts use their own interval`,
		);
	}

	const {nodeStore} = surroundings.openStores(flags);
	const settings = resolveRunSettings(nodeStore.read(), flags, nodeStore.path);
	const fleet = createRemoteFleet({
		hosts,
		openLine: remote.openLine,
		isShown: wantedNodes(input, flags.text('group')),
		intervalMs: settings.interval,
		// When hosts are read once, `settled(timeoutMs)` limits the total time and must expire before this timeout.
		answerMs: isOnce ? timeoutMs + 1000 : answerMs,
		isFresh: isOnce,
		nowMs: surroundings.nowMs,
	});
	fleet.subscribe(() => fleet.setNote('names', isOnce ? undefined : unknownName(input, fleet.everyNode())));
	return {fleet, hosts, timeoutMs};
}

/** Returns a note about a name that no host has; `undefined` until all hosts have answered. */
function unknownName(names: readonly string[], nodes: readonly FleetNode[]): string | undefined {
	const isKnown = (name: string): boolean =>
		nodes.some(({node, origin}) => origin?.name !== undefined && [node.name, origin.name].includes(name));
	const missing = names.find(name => !isKnown(name));
	return missing === undefined || nodes.some(({origin}) => origin?.name === undefined)
		? undefined
		: `node ${quoteValue(missing)} is not on any remote host`;
}

/** Selects the nodes a command line names, as `host/name` or by the name on their host. */
function wantedNodes(names: readonly string[], group: string | undefined): (node: FleetNode) => boolean {
	const wanted = new Set(names);
	return ({node, origin}) =>
		(wanted.size === 0 || wanted.has(node.name) || wanted.has(origin?.name ?? '')) &&
		(group === undefined || node.group === group);
}

/**
 * Rejects names that no host has, and names that several hosts have.
 * @param nodes nodes of all hosts; an entry without `own` stands for a host that does not answer
 * @throws InputError (`node_not_found`)
 */
export function requireConnectedNames(
	names: readonly string[],
	nodes: ReadonlyArray<{readonly host: string; readonly full: string; readonly own?: string; readonly reason?: string}>,
): void {
	for (const name of names) {
		const found = nodes.filter(({full, own}) => own !== undefined && (full === name || own === name));
		const silent = nodes.find(({own}) => own === undefined);
		if (found.length > 1) {
			const allowed = found.map(({full}) => full).join(', ');
			throw new InputError('node_not_found', `node ${quoteValue(name)} is on several hosts: ${allowed}`);
		}

		if (found.length === 0) {
			const known = nodes.filter(({own}) => own !== undefined).map(({full}) => full);
			const rest = known.length > 8 ? `, and ${known.length - 8} more` : '';
			const why =
				silent === undefined
					? `known nodes: ${known.length === 0 ? 'none' : known.slice(0, 8).join(', ')}${rest}`
					: `${silent.host} does not answer: ${silent.reason ?? ''}`;
			throw new InputError('node_not_found', `node ${quoteValue(name)} is not on any remote host: ${why}`);
		}
	}
}

/**
 * Reads one document of every remote host.
 * @returns the nodes of all, and a row for each host that does not answer
 */
export async function checkConnectedHosts(invocation: Invocation): Promise<FinishedCheck> {
	const {input, surroundings} = invocation;
	const {fleet, timeoutMs} = await openConnectedFleet(invocation, true);
	const checkedAtMs = surroundings.nowMs();
	const startedMs = performance.now();
	try {
		fleet.start();
		await fleet.settled(timeoutMs);
		const {method, nodes, notes, atMs} = fleet.getSnapshot();
		requireConnectedNames(
			input,
			fleet.everyNode().map(({node, origin, result}) => ({
				host: origin?.host ?? '',
				full: node.name,
				...(origin?.name === undefined ? {} : {own: origin.name}),
				...(result?.details.reason === undefined ? {} : {reason: result.details.reason}),
			})),
		);
		for (const note of notes) {
			writeNote(surroundings.stderr, note, 300);
		}

		const durationMs = performance.now() - startedMs;
		return compact({method, checkedAtMs: atMs ?? checkedAtMs, durationMs, nodes, atMs});
	} finally {
		await fleet.stop();
	}
}

/** Shows the live table of the remote hosts, read-only. */
export async function runConnectedLive(
	invocation: Invocation,
	memory: Pick<ScreenOptions, 'viewPersistence'>,
): Promise<number> {
	const {flags, surroundings} = invocation;
	const stores = surroundings.openStores(flags);
	const {fleet, hosts} = await openConnectedFleet(invocation, false);
	if (flags.texts('connect').length > 0) {
		fleet.setNote('hosts', await rememberHosts(invocation, hosts));
	}

	try {
		await surroundings.runScreen({
			...stores,
			...memory,
			isForScreenReader: flags.isOn('screen-reader') === true,
			...detectOutputStyle(drawingFlags(flags), surroundings.env, true),
			poller: fleet,
			remote: {
				isAsked: hosts.some(isAskedHost),
				transitionsOf: fleet.transitionsOf,
				isAskable: fleet.isAskable,
			},
		});
	} finally {
		await fleet.stop();
	}

	return 0;
}
