import {requireNamed} from '../../application/selection.js';
import {schemaVersion} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {hostInUrl, parseHost, parsePort} from '../../domain/daemon-address.js';
import {InputError} from '../../domain/input-error.js';
import {
	type HostSpec,
	type HttpHost,
	type LocalHost,
	type PrometheusHost,
	parseSavedHost,
	type SavedHost,
	type SshHost,
	withSavedHost,
} from '../../domain/remote/remote-nodes.js';
import {isCleanText, quoteValue, withoutUrlSecrets} from '../../domain/text.js';
import type {Invocation, RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {alignColumns} from '../reports/text-table.js';

const add: RunCommand = async ({input, flags, surroundings}) => {
	const [name = '', ...urls] = input;
	const where = `host ${quoteValue(name)}`;
	const host = parseSavedHost({name, urls}, where);
	// URLs are saved in their normalized, short form.
	const saved = {...host, urls: parseConnectHosts(host.urls, {given: () => `${where}: URL`}).map(({url}) => url)};
	const store = await surroundings.openHostStore(flags);
	await store.update(before => withSavedHost(before, saved, where));
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, hosts: [saved]});
	} else {
		writeNote(
			surroundings.stderr,
			`added the host ${name}: ${saved.urls.join(' ')}; to connect: xmrtop --hosts ${name}`,
		);
	}

	return 0;
};

const list: RunCommand = async ({flags, surroundings}) => {
	const {stdout, stderr} = surroundings;
	const hosts = (await surroundings.openHostStore(flags)).read();
	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, hosts});
	} else if (hosts.length === 0) {
		writeNote(stderr, 'there are no hosts; add one: xmrtop hosts add NAME URL');
	} else {
		const rows = hosts.map(({name, urls}) => [name, urls.join(' ')]);
		stdout.write(alignColumns([['NAME', 'URLS'], ...rows], rows.length));
	}

	return 0;
};

const remove: RunCommand = async ({input, flags, surroundings}) => {
	const {stdout, stderr} = surroundings;
	const store = await surroundings.openHostStore(flags);
	const named = (hosts: readonly SavedHost[]): readonly SavedHost[] => [
		...new Set(input.map(name => requireNamed('host', hosts, name, store.path))),
	];
	let removed = named(store.read());
	const isDryRun = flags.isOn('dry-run') === true;
	if (!isDryRun) {
		await store.update(before => {
			removed = named(before);
			return before.filter(host => !removed.includes(host));
		});
	}

	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, hosts: removed});
	} else {
		const names = `the host${removed.length === 1 ? '' : 's'} ${removed.map(({name}) => name).join(', ')}`;
		writeNote(stderr, `${isDryRun ? 'would remove' : 'removed'} ${names}`);
	}

	return 0;
};

/**
 * Returns the hosts that `--hosts` names.
 * @param names names of saved hosts; `all` means all of them
 * @throws InputError (`host_not_found`) for a name that is not saved, and for `all` when no host is saved
 */
export async function savedHostsOf(
	{flags, surroundings}: Invocation,
	names: readonly string[],
): Promise<readonly SavedHost[]> {
	const store = await surroundings.openHostStore(flags);
	const hosts = store.read();
	if (!names.includes('all')) {
		return [...new Set(names.map(name => requireNamed('host', hosts, name, store.path)))];
	}

	if (hosts.length === 0) {
		throw new InputError('host_not_found', `there are no hosts in ${store.path}; add one: xmrtop hosts add NAME URL`);
	}

	return hosts;
}

/**
 * Saves hosts that were given by URL to the live table, so that `--hosts all` connects to them again.
 * @returns an error message if they cannot be saved
 */
export async function rememberHosts(
	{flags, surroundings}: Invocation,
	used: ReadonlyArray<{readonly label: string; readonly url: string}>,
): Promise<string | undefined> {
	try {
		const store = await surroundings.openHostStore(flags);
		const isSaved = (hosts: readonly SavedHost[], url: string): boolean => hosts.some(host => host.urls.includes(url));
		if (used.every(({url}) => isSaved(store.read(), url))) {
			return undefined;
		}

		await store.update(before =>
			used
				.filter(({url}) => !isSaved(before, url))
				.reduce<readonly SavedHost[]>((hosts, {label, url}) => {
					const name = freeName(hosts, label);
					return withSavedHost(hosts, parseSavedHost({name, urls: [url]}, `host ${name}`), `host ${name}`);
				}, before),
		);
		return undefined;
	} catch (error) {
		return error instanceof InputError ? `the hosts are not remembered: ${error.message}` : undefined;
	}
}

/** Makes a name for a saved host from its label, with a number appended if the name is taken. */
function freeName(hosts: readonly SavedHost[], label: string): string {
	const base =
		label
			.replace(/[^\w.-]+/g, '-')
			.replace(/^[^A-Za-z0-9]+|-+$/g, '')
			.slice(0, 60) || 'host';
	const isFree = (name: string): boolean => name !== 'all' && hosts.every(host => host.name !== name);
	const candidates = [base, ...Array.from({length: hosts.length + 1}, (_, index) => `${base}-${index + 2}`)];
	return candidates.find(isFree) ?? base;
}

/** A host without a label, with its possible labels, shortest first. */
type Unnamed = (
	| Omit<SshHost, 'label'>
	| Omit<HttpHost, 'label'>
	| Omit<PrometheusHost, 'label'>
	| Omit<LocalHost, 'label'>
) & {
	readonly names: readonly string[];
};

/** Limit of hosts: each needs a connection, and ssh a process. */
const maxHosts = 64;
const allowed =
	'ssh://[USER@]HOST[:PORT], http(s)://HOST:PORT[/PREFIX], local or prometheus+http(s)://HOST:PORT[/PREFIX][?match=SELECTOR]';

interface ConnectHostsOptions {
	readonly savedNames?: ReadonlyMap<string, string>;
	readonly given?: (url: string) => string;
}

/** The flag that hosts were named by, for errors. */
export const hostsFlag = ({flags}: Pick<Invocation, 'flags'>): '--connect' | '--hosts' =>
	flags.texts('connect').length > 0 ? '--connect' : '--hosts';

/**
 * Reads the hosts of a command line.
 * @param savedNames names of saved hosts that have only one URL, by that URL
 * @param given what the user typed for a URL, for errors
 * @throws InputError for the first invalid URL; the message never contains a password
 */
export function parseConnectHosts(
	urls: readonly string[],
	{savedNames = new Map(), given = () => '--connect'}: ConnectHostsOptions = {},
): readonly HostSpec[] {
	if (urls.length > maxHosts) {
		const flags = [...new Set(urls.map(url => given(url).replace(/ .*/, '')))].join(' and ');
		throw new InputError('bad_usage', `${urls.length} hosts are given by ${flags}: at most ${maxHosts} are supported`);
	}

	const hosts = urls.map(url => {
		const host = parseUrl(url, given(url));
		const name = savedNames.get(url);
		return name === undefined ? host : {...host, names: [name, ...host.names]};
	});
	const twice = hosts.find(({url}, index) => hosts.findIndex(other => other.url === url) < index);
	if (twice) {
		const [first = twice.url] = urls.filter((_, index) => hosts[index]?.url === twice.url);
		throw new InputError('bad_usage', `${given(first)} ${quoteValue(twice.url)} is given twice: use it only once`);
	}

	return hosts.map(({names, ...host}) => {
		const isUnique = (name: string): boolean => hosts.filter(other => other.names.includes(name)).length === 1;
		return {...host, label: names.find(isUnique) ?? host.url};
	});
}

/** @param given what was typed for the URL */
function parseUrl(url: string, given: string): Unnamed {
	if (url === 'local') {
		return {kind: 'local', url, flags: [], names: [url]};
	}

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
		const safe = quoteValue(withoutUrlSecrets(url));
		throw new InputError('bad_usage', `${given} ${safe} is invalid: ${host ?? `expected ${allowed}`}`);
	}

	return host;
}

/** ssh takes a name that begins with a dash for an option; other special characters may reach the shell of a ProxyCommand. */
const sshName = /^[A-Za-z\d_][A-Za-z\d._-]{0,252}$/;

/** @returns the parsed host, an error message, or `undefined` when the URL has another form */
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

/** @returns the parsed host, an error message, or `undefined` when the URL has another form */
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

/** A PromQL label matcher, such as `name="value"`. */
const matcher = /^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*(?:,|$)/;
const maxMatcherLength = 1000;

/** @returns the parsed host, an error message, or `undefined` when the URL has another form */
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

/** Parses the label matchers of `match=...`, without braces; `undefined` if the query is anything else. */
function parseMatch(query: string): string | undefined {
	const [, text = ''] = /^match=(.+)$/s.exec(query) ?? [];
	const decoded = percentDecoded(text).trim();
	const inner = /^\{(.*)\}$/s.exec(decoded)?.[1] ?? decoded;
	let left = inner;
	while (left !== '') {
		const [found] = matcher.exec(left) ?? [];
		if (found === undefined || inner.length > maxMatcherLength || !isCleanText(inner)) {
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

/** The commands that begin with `hosts`. */
export const hostsCommands = {add, list, remove} as const;
