import {InputError} from '../input-error.js';
import {isObject} from '../schemas.js';
import type {ListStore} from '../store.js';
import {isCleanText, quoteValue} from '../text.js';

interface NamedHost {
	/** What it is called in tables and before the names of its nodes; unique among the remote hosts. */
	readonly label: string;
	/** As it would be typed again, in its short form. */
	readonly url: string;
}

/** A host on which the user's own ssh runs an xmrtop that sends its documents. */
export interface SshHost extends NamedHost {
	readonly kind: 'ssh';
	readonly user?: string;
	/** A name of the user's ssh configuration, a DNS name or an address, without brackets. */
	readonly host: string;
	readonly port?: number;
}

/** A host on which an xmrtop serves its documents over HTTP. */
export interface HttpHost extends NamedHost {
	readonly kind: 'http';
	/** Its address with the prefix, without a slash at the end. */
	readonly base: string;
}

/** A Prometheus, or what speaks its query API, that scrapes any number of hosts. */
export interface PrometheusHost extends NamedHost {
	readonly kind: 'prometheus';
	/** Its address with the prefix, without a slash at the end and without `/api`. */
	readonly base: string;
	/** Label matchers without their braces, such as `job="xmrtop"`; `''` for none. */
	readonly matchers: string;
	/** The moment that is looked at, in milliseconds since the epoch; absent: now. */
	readonly atMs?: number;
}

/** This machine, whose nodes an xmrtop of its own checks. */
export interface LocalHost extends NamedHost {
	readonly kind: 'local';
	/** The flags that name its folders. */
	readonly flags: readonly string[];
}

/** A host to read. */
export type HostSpec = SshHost | HttpHost | PrometheusHost | LocalHost;

/** Whether a host is asked again and again, rather than sending its documents at its own interval. */
export const isAskedHost = ({kind}: HostSpec): boolean => kind === 'http' || kind === 'prometheus';

/** Hosts that a person has given a name: what is typed for each of them, and not yet read. */
export interface SavedHost {
	readonly name: string;
	readonly urls: readonly string[];
}

/** The saved hosts, as the application sees them. `source/adapters` holds the real ones, in hosts.json. */
export type HostStore = ListStore<SavedHost>;

const maxUrls = 64;
const maxUrlLength = 2000;

/**
 * Reads a saved host. What is behind a URL is read where it is used.
 * @param where what errors begin with, such as `host "eu"`
 * @throws InputError (`invalid_host`) with the first thing that is not allowed
 */
export function parseSavedHost(value: unknown, where: string): SavedHost {
	const refuse = (what: string): InputError => new InputError('invalid_host', `${where}: ${what}`);
	if (!isObject(value)) {
		throw refuse('expected an object with name and urls');
	}

	const {name, urls, ...others} = value;
	const unknown = Object.keys(others)[0];
	if (unknown !== undefined) {
		throw refuse(`${quoteValue(unknown)} is not a field of a host: name, urls`);
	}

	if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]{0,63}$/.test(name) || name === 'all') {
		const form = '1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, but not all';
		throw refuse(`name ${quoteValue(name)} is invalid: expected ${form}`);
	}

	const isUrl = (url: unknown): url is string =>
		typeof url === 'string' && url !== '' && url.length <= maxUrlLength && isCleanText(url);
	if (!Array.isArray(urls) || urls.length === 0 || urls.length > maxUrls || !urls.every(isUrl)) {
		throw refuse(`expected 1 to ${maxUrls} URLs`);
	}

	return {name, urls};
}

/**
 * Adds a host.
 * @throws InputError (`invalid_host`) where its name is another's
 */
export function withSavedHost(hosts: readonly SavedHost[], host: SavedHost, where: string): readonly SavedHost[] {
	if (hosts.some(({name}) => name === host.name)) {
		throw new InputError('invalid_host', `${where}: the name ${host.name} is already used`);
	}

	return [...hosts, host];
}

/** What comes over a line to a host. Nothing is called after the line was ended. */
export interface LineListener {
	/** A JSON document, not yet looked at. */
	readonly onDocument: (value: unknown) => void;
	/** The line is over by itself. @param complaint why, in the words of ssh or the network, cleaned */
	readonly onEnd: (complaint: string) => void;
}

/** A connection to a host over which its documents come. */
export interface HostLine {
	/** Ends it; resolves when nothing of it is left. */
	readonly end: () => Promise<void>;
	/** Asks for a document of a check made now, where that can be asked for. */
	readonly askNow?: () => void;
	/** How often documents are asked for, in milliseconds, where they are. */
	readonly setIntervalMs?: (intervalMs: number) => void;
}

export interface LineOptions {
	/** Time between questions, where documents are asked for, in milliseconds. */
	readonly intervalMs: number;
	/** How long the answer to a question may take, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document must be of a check made now. */
	readonly isFresh: boolean;
}

/** Opens a line to a host; what fails is told by `onEnd`, never thrown. */
export type OpenLine = (host: HostSpec, options: LineOptions, listener: LineListener) => HostLine;

/** What is asked of a history. */
export interface HistoryQuestion {
	/** A word without spaces, which ssh's other side is given as it is. */
	readonly method?: string;
	readonly limit?: number;
	/** Bounds the whole, in milliseconds. */
	readonly timeoutMs: number;
}

/** Reads the history document of a host. Never rejects. */
export type ReadHistory = (
	host: HostSpec,
	question: HistoryQuestion,
) => Promise<{readonly value: unknown} | {readonly complaint: string}>;

/** What hosts are shown to be let in. */
export interface RemoteCredentials {
	/** A bearer token, sent to every host that is read over HTTP, and to every Prometheus unless there is a user for it. */
	readonly token?: string;
	/** `user:password`, sent to every Prometheus and to nobody else. */
	readonly basicAuth?: string;
}

/** The ways to other hosts. */
export interface RemoteHosts {
	readonly openLine: OpenLine;
	readonly readHistory: ReadHistory;
}
