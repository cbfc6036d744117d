import {createRemoteFleet, type RemoteFleet} from '../../application/remote/remote-fleet.js';
import {compact} from '../../domain/compact.js';
import {hostInUrl, parseHost, parsePort} from '../../domain/daemon-address.js';
import type {FinishedCheck, FleetNode} from '../../domain/fleet.js';
import {momentForm, parseDurationMs, parseMoment} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import type {HostSpec, HttpHost, PrometheusHost, RemoteHosts, SshHost} from '../../domain/remote/remote-hosts.js';
import {isCleanText, quoteValue, redacted} from '../../domain/text.js';
import type {Invocation, ScreenOptions} from '../command.js';
import type {FlagName} from '../flags.js';
import {writeNote} from '../output.js';
import {detectOutputStyle} from '../reports/colour.js';
import {drawingFlags, parseFlagValue, readBasicAuthFlag, readTokenFlag, resolveRunSettings} from '../run-settings.js';

/** A host before it has its label: the names it could have, the shortest first. */
type Unnamed = (Omit<SshHost, 'label'> | Omit<HttpHost, 'label'> | Omit<PrometheusHost, 'label'>) & {
	readonly names: readonly string[];
};

/** Each host costs a connection, and ssh a process. */
const mostHosts = 64;
const allowed =
	'ssh://[USER@]HOST[:PORT], http(s)://HOST:PORT[/PREFIX] or prometheus+http(s)://HOST:PORT[/PREFIX][?match=SELECTOR]';

/**
 * Reads the hosts of a command line.
 * @throws InputError naming the first that is not acceptable; the message never holds a password
 */
export function parseConnectHosts(urls: readonly string[]): readonly HostSpec[] {
	if (urls.length > mostHosts) {
		throw new InputError(
			'bad_usage',
			`--connect is given ${urls.length} times: at most ${mostHosts} hosts are supported`,
		);
	}

	const hosts = urls.map(parseUrl);
	const twice = hosts.find(({url}, index) => hosts.findIndex(other => other.url === url) < index);
	if (twice) {
		throw new InputError('bad_usage', `--connect ${quoteValue(twice.url)} is given twice: use it only once`);
	}

	return hosts.map(({names, ...host}) => {
		const isUnique = (name: string): boolean => hosts.filter(other => other.names.includes(name)).length === 1;
		return {...host, label: names.find(isUnique) ?? host.url};
	});
}

function parseUrl(url: string): Unnamed {
	const [, scheme = '', rest = ''] = /^([a-z]+(?:\+https?)?):\/\/(.*)$/is.exec(url) ?? [];
	const word = scheme.toLowerCase();
	const parse = /^https?$/.test(word)
		? parseHttp
		: word.startsWith('prometheus+')
			? parsePrometheus
			: word === 'ssh'
				? parseSsh
				: undefined;
	const host = parse?.(rest, word.replace('prometheus+', ''));
	if (typeof host !== 'object') {
		// What stands before an @ may be a secret.
		const safe = quoteValue(url.replace(/^((?:[a-z+]+:\/\/)?).*@/is, `$1${redacted}@`));
		throw new InputError('bad_usage', `--connect ${safe} is invalid: ${host ?? `expected ${allowed}`}`);
	}

	return host;
}

/** ssh takes what begins with a dash for an option; a shell of the user's ProxyCommand may see the rest. */
const sshName = /^[A-Za-z\d_][A-Za-z\d._-]{0,252}$/;

/** @returns what is wrong, when something is */
function parseSsh(rest: string): Unnamed | string | undefined {
	const [, login, address = '', portText] =
		/^(?:([^@/?#]*)@)?(\[[^\]]*\]|[^\s:@/?#[\]]+)(?::(\d+))?\/?$/.exec(rest) ?? [];
	if (/^[^@]*:[^@]*@/.test(rest)) {
		return 'passwords are not allowed in the URL: use key-based ssh login';
	}

	if (login !== undefined && !sshName.test(login)) {
		return `invalid user: expected ${allowed}`;
	}

	const port = portText === undefined ? undefined : parsePort(portText);
	const host = address.startsWith('[') ? parseHost(address) : sshName.test(address) ? address : undefined;
	if (host === undefined || (portText !== undefined && port === undefined)) {
		return undefined;
	}

	const short = hostInUrl(host);
	const place = port === undefined ? short : `${short}:${port}`;
	const full = login === undefined ? place : `${login}@${place}`;
	return compact({
		kind: 'ssh',
		host,
		user: login,
		port,
		url: `ssh://${full}`,
		names: [short, place, full],
	});
}

/** @returns what is wrong, when something is */
function parseHttp(rest: string, scheme: string): Unnamed | string | undefined {
	if (/^[^/?#]*@/.test(rest)) {
		return 'user and password are not allowed in the URL: use --token-file or XMRTOP_TOKEN for the token';
	}

	const [, address = '', portText, path = ''] =
		/^(\[[^\]]*\]|[^\s:@/?#[\]]+)(?::(\d+))?((?:\/[!$-.\d:;=A-Z_a-z~]*)*)$/.exec(rest) ?? [];
	const host = parseHost(address);
	const port = portText === undefined ? undefined : parsePort(portText);
	if (host === undefined || (portText !== undefined && port === undefined)) {
		return undefined;
	}

	const short = hostInUrl(host);
	const place = port === undefined ? short : `${short}:${port}`;
	const prefix = path.replace(/\/+$/, '');
	const base = `${scheme}://${place}${prefix}`;
	return {kind: 'http', base, url: base, names: [short, place, `${place}${prefix}`]};
}

/** `name="value"`, with the operators of PromQL. */
const matcher = /^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*(?:,|$)/;
const mostMatcherLength = 1000;

/** @returns what is wrong, when something is */
function parsePrometheus(rest: string, scheme: string): Unnamed | string | undefined {
	const at = rest.indexOf('?');
	const address = at === -1 ? rest : rest.slice(0, at);
	if (/^[^/?#]*@/.test(address)) {
		return 'user and password are not allowed in the URL: use --basic-auth-file or --token-file';
	}

	const host = parseHttp(address, scheme);
	const query = at === -1 ? '' : rest.slice(at + 1);
	const matchers = query === '' ? '' : parseMatch(query);
	if (typeof host !== 'object' || host.kind !== 'http') {
		return host;
	}

	if (matchers === undefined) {
		return `expected ?match=SELECTOR with label matchers such as {job="xmrtop"}`;
	}

	const url = `prometheus+${host.url}${matchers === '' ? '' : `?match={${matchers}}`}`;
	return {kind: 'prometheus', base: host.base, matchers, url, names: [...host.names, url]};
}

/** The label matchers of `match=...`, without braces; `undefined` when it is anything else. */
function parseMatch(query: string): string | undefined {
	const [, text = ''] = /^match=(.+)$/s.exec(query) ?? [];
	const decoded = percentDecoded(text).trim();
	const inner = /^\{(.*)\}$/s.exec(decoded)?.[1] ?? decoded;
	let left = inner;
	while (left !== '') {
		const [found] = matcher.exec(left) ?? [];
		if (found === undefined || inner.length > mostMatcherLength || !isCleanText(inner)) {
			return undefined;
		}

		left = left.slice(found.length);
	}

	const matchers = inner.trim().replace(/,$/, '');
	return matchers === '' ? undefined : matchers;
}

function percentDecoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** How long a host may take to answer, in milliseconds: a check made now takes as long as the slowest node there. */
const answerMs = 15_000;

/** What would silently not happen to the nodes of other hosts. */
const decidedThere: Readonly<Partial<Record<FlagName, string>>> = {
	method: 'remote hosts use their own method (set it there: xmrtop config set method)',
	concurrency: 'remote hosts run their own checks',
	save: 'remote hosts save their own results, and nothing is saved here',
};

/** The hosts of a command line, and the ways to them. */
export interface ConnectOptions {
	readonly hosts: readonly HostSpec[];
	readonly remote: RemoteHosts;
	/** Bounds the answer of a host that is asked once, in milliseconds. */
	readonly timeoutMs: number;
}

/**
 * Reads `--connect` and what goes with it.
 * @param refused flags that mean nothing here, with the reason
 * @throws InputError for a host, a flag or a token that is not acceptable
 */
export async function readConnectFlags(
	invocation: Invocation,
	refused: Readonly<Partial<Record<FlagName, string>>>,
): Promise<ConnectOptions> {
	const {flags, surroundings} = invocation;
	const parsed = parseConnectHosts(flags.texts('connect'));
	const atMs = readAtFlag(invocation, parsed);
	const hosts = atMs === undefined ? parsed : parsed.map(host => ({...host, atMs}));
	const wrong = flags.given.find(name => refused[name] !== undefined);
	if (wrong !== undefined) {
		const typed = wrong === 'save' ? 'no-save' : wrong;
		throw new InputError('bad_usage', `--${typed} is not allowed with --connect: ${refused[wrong]}`);
	}

	const timeout = flags.text('timeout');
	const timeoutMs =
		timeout === undefined ? answerMs : parseFlagValue('timeout', timeout, parseDurationMs, 'a duration such as 5s');
	const withHttp = hosts.some(({kind}) => kind !== 'ssh');
	const isTokenGiven = flags.text('token-file') !== undefined;
	if (isTokenGiven && !withHttp) {
		throw new InputError('bad_usage', '--token-file is not allowed: no --connect URL uses http');
	}

	if (flags.text('basic-auth-file') !== undefined && !hosts.some(({kind}) => kind === 'prometheus')) {
		throw new InputError('bad_usage', '--basic-auth-file is not allowed: no --connect URL is a Prometheus');
	}

	const token = withHttp ? await readTokenFlag(invocation) : undefined;
	const credentials = compact({token, basicAuth: await readBasicAuthFlag(invocation)});
	return {hosts, remote: await surroundings.openRemoteHosts(credentials, hosts), timeoutMs};
}

/**
 * Reads `--at`.
 * @returns milliseconds since the epoch; `undefined` when it is not given
 * @throws InputError where a host cannot tell of the past
 */
function readAtFlag({flags, surroundings}: Invocation, hosts: readonly HostSpec[]): number | undefined {
	const text = flags.text('at');
	const other = hosts.find(({kind}) => kind !== 'prometheus');
	if (text !== undefined && other) {
		const why = 'only a prometheus+http(s):// host knows the past';
		throw new InputError('bad_usage', `--at is not allowed with --connect ${other.url}: ${why}`);
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

/** Opens the fleet of a command that goes on, or looks once. */
export async function openConnectedFleet(invocation: Invocation, isOnce: boolean): Promise<OpenRemoteFleet> {
	const {input, flags, surroundings} = invocation;
	const anyAsked = flags.texts('connect').some(url => /^(?:http|prometheus)/i.test(url));
	const {hosts, remote, timeoutMs} = await readConnectFlags(invocation, {
		...decidedThere,
		...(isOnce ? {interval: 'the nodes are checked once'} : {timeout: 'the live table does not time out'}),
		...(isOnce || anyAsked ? {} : {interval: 'ssh hosts use their own interval'}),
	});
	const {nodeStore} = surroundings.openStores(flags);
	const settings = resolveRunSettings(nodeStore.read(), flags, nodeStore.path);
	const fleet = createRemoteFleet({
		hosts,
		openLine: remote.openLine,
		isShown: wantedNodes(input, flags.text('group')),
		intervalMs: settings.interval,
		// Where it looks once, the whole is bounded, and that comes first.
		answerMs: isOnce ? timeoutMs + 1000 : answerMs,
		isFresh: isOnce,
		nowMs: surroundings.nowMs,
	});
	fleet.subscribe(() => fleet.setNote('names', isOnce ? undefined : unknownName(input, fleet.everyNode())));
	return {fleet, hosts, timeoutMs};
}

/** Says which name no host knows, once all have answered. */
function unknownName(names: readonly string[], nodes: readonly FleetNode[]): string | undefined {
	const isKnown = (name: string): boolean =>
		nodes.some(({node, origin}) => origin?.name !== undefined && [node.name, origin.name].includes(name));
	const missing = names.find(name => !isKnown(name));
	return missing === undefined || nodes.some(({origin}) => origin?.name === undefined)
		? undefined
		: `node ${quoteValue(missing)} is not on any remote host`;
}

/** Which nodes of the hosts a command line means: by `host/name`, or by the name on their host. */
function wantedNodes(names: readonly string[], group: string | undefined): (node: FleetNode) => boolean {
	const wanted = new Set(names);
	return ({node, origin}) =>
		(wanted.size === 0 || wanted.has(node.name) || wanted.has(origin?.name ?? '')) &&
		(group === undefined || node.group === group);
}

/**
 * Refuses names that no host knows, and those that several do.
 * @param nodes of all hosts; those without a name of their own stand for silent hosts
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

/** The live table of the remote hosts, read-only. */
export async function runConnectedLive(
	invocation: Invocation,
	memory: Pick<ScreenOptions, 'viewPersistence'>,
): Promise<number> {
	const {flags, surroundings} = invocation;
	const stores = surroundings.openStores(flags);
	const {fleet, hosts} = await openConnectedFleet(invocation, false);
	try {
		await surroundings.runScreen({
			...stores,
			...memory,
			isForScreenReader: flags.isOn('screen-reader') === true,
			...detectOutputStyle(drawingFlags(flags), surroundings.env, true),
			poller: fleet,
			remote: {
				isAsked: hosts.some(({kind}) => kind !== 'ssh'),
				transitionsOf: fleet.transitionsOf,
				isAskable: fleet.isAskable,
			},
		});
	} finally {
		await fleet.stop();
	}

	return 0;
}
