import {compact} from '../domain/compact.js';
import {hostInUrl, parseHost, parsePort} from '../domain/daemon-address.js';
import {InputError} from '../domain/input-error.js';
import type {HostSpec, HttpHost, SshHost} from '../domain/remote/remote-hosts.js';
import {quoteValue, redacted} from '../domain/text.js';

/** A host before it has its label: the names it could have, the shortest first. */
type Unnamed = (Omit<SshHost, 'label'> | Omit<HttpHost, 'label'>) & {readonly names: readonly string[]};

/** Each host costs a connection, and ssh a process. */
const mostHosts = 64;
const allowed = 'ssh://[USER@]HOST[:PORT] or http(s)://HOST:PORT[/PREFIX]';

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
	const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/is.exec(url) ?? [];
	const word = scheme.toLowerCase();
	const host = word === 'ssh' ? parseSsh(rest) : /^https?$/.test(word) ? parseHttp(rest, word) : undefined;
	if (typeof host !== 'object') {
		// What stands before an @ may be a secret.
		const safe = quoteValue(url.replace(/^((?:[a-z]+:\/\/)?).*@/is, `$1${redacted}@`));
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
