import {lookup} from 'node:dns/promises';
import {once} from 'node:events';
import {lstatSync, renameSync, rmSync, type Stats, statSync} from 'node:fs';
import type {Server} from 'node:http';
import {type AddressInfo, connect, isIP, isIPv4, isIPv6} from 'node:net';
import {dirname} from 'node:path';
import type {Loop, LoopPart} from '../application/session.js';
import {compact} from '../domain/compact.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {errnoWords} from '../domain/errno-words.js';
import type {RenderRemedy} from '../domain/hints/remedy.js';
import {InputError} from '../domain/input-error.js';
import {cleanText, quoteValue} from '../domain/text.js';
import {createFreshChecks} from './fresh-checks.js';
import type {Served} from './route-table.js';
import {createAccessGuard, createHttpServer, httpLimits, listenBacklog} from './server.js';
import {createHttpStatusViews, watchFirstResults} from './status-view.js';

/** A listening server. */
export interface Listening {
	/** The address as used with curl: `http://127.0.0.1:8780`. */
	readonly url: string;
	/** Stops listening; open connections stay open. */
	readonly end: () => void;
}

/** Where to listen, with the name resolved. */
export type ResolvedAddress =
	| {readonly kind: 'tcp'; readonly address: string; readonly port: number; readonly isLoopback: boolean}
	| {readonly kind: 'unix'; readonly path: string};

const listenFlag = (renderRemedy: RenderRemedy): string => renderRemedy({kind: 'set-option', option: 'listen'});

function invalidAddress(given: string, expected: string, renderRemedy: RenderRemedy): InputError {
	return new InputError('bad_usage', `${listenFlag(renderRemedy)} ${given} is invalid: expected ${expected}`);
}

/** The error for an address that cannot be listened on. */
function httpListenError(where: string, error: unknown, renderRemedy: RenderRemedy): InputError {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const known = code === 'EINVAL' ? 'it is not an address to listen on' : errnoWords(code);
	const why = known ?? cleanText(error instanceof Error ? error.message : String(error));
	return new InputError('bad_usage', `${listenFlag(renderRemedy)} ${cleanText(where)} cannot be used: ${why}`);
}

/**
 * Resolves a listening address. A name counts as loopback when all its addresses are.
 * @throws InputError for a name that does not resolve
 */
export async function resolveListenAddress(
	listen: ListenAddress,
	renderRemedy: RenderRemedy,
): Promise<ResolvedAddress> {
	if (listen.kind === 'unix') {
		return listen;
	}

	const {host, port} = listen;
	try {
		const found = isIP(host) === 0 ? await lookup(host, {all: true}) : [{address: host, family: isIP(host)}];
		// A client that uses the name tries both families; one that uses 127.0.0.1 tries only IPv4.
		const {address} = found.find(({family}) => family === 4) ?? found[0] ?? {address: host};
		return {kind: 'tcp', address, port, isLoopback: found.every(each => isLoopbackListener(each.address))};
	} catch (error) {
		throw httpListenError(`${host}:${port}`, error, renderRemedy);
	}
}

/**
 * Starts listening.
 * @throws InputError in one line when that is not possible
 */
async function listenHttp(server: Server, where: ResolvedAddress, renderRemedy: RenderRemedy): Promise<Listening> {
	if (where.kind === 'unix') {
		const end = await listenOnUnixSocket(server, where.path).catch(error => {
			throw httpListenError(`unix:${where.path}`, error, renderRemedy);
		});
		return {url: `unix:${where.path}`, end};
	}

	const {address, port} = where;
	try {
		const listening = once(server, 'listening');
		server.listen({host: address, port, backlog: listenBacklog});
		await listening;
	} catch (error) {
		throw httpListenError(listenHostAndPort(address, port), error, renderRemedy);
	}

	const bound = server.address() as AddressInfo;
	return {url: `http://${listenHostAndPort(bound.address, bound.port)}`, end: () => void server.close()};
}

/** An address as written in a URL. */
function listenHostAndPort(address: string, port: number): string {
	return `${hostInUrl(address)}:${port}`;
}

/**
 * Listens on a Unix socket that only this user may use. A socket that nothing answers on is replaced; one in use, and any other
 * kind of file, is left alone.
 * @returns a function that stops listening and removes the socket
 * @throws Error with a `code`: of the system, `EADDRINUSE` or `ENOTSOCK`
 */
async function listenOnUnixSocket(server: Server, path: string): Promise<() => void> {
	// For a missing folder, binding would fail with `permission denied`.
	statSync(dirname(path));
	await refuseTaken(path);
	// Bound under a temporary name and then renamed: clients never find a socket that does not answer, and only this process's
	// own socket is removed at the end.
	const spare = spareSocketPath(path);
	rmSync(spare, {force: true});
	const listening = once(server, 'listening');
	const before = process.umask(0o177);
	try {
		server.listen({path: spare, backlog: listenBacklog});
	} finally {
		process.umask(before);
	}

	await listening;
	const own = lstatSync(spare);
	try {
		renameSync(spare, path);
	} catch (error) {
		server.close();
		throw error;
	}

	return () => {
		server.close();
		const there = statIfThere(path);
		if (there?.ino === own.ino && there.dev === own.dev) {
			rmSync(path, {force: true});
		}
	};
}

async function refuseTaken(path: string): Promise<void> {
	const there = statIfThere(path);
	if (there && !there.isSocket()) {
		throw Object.assign(new Error('not a socket'), {code: 'ENOTSOCK'});
	}

	if (there && (await answers(path))) {
		throw Object.assign(new Error('in use'), {code: 'EADDRINUSE'});
	}
}

function statIfThere(path: string): Stats | undefined {
	return lstatSync(path, {throwIfNoEntry: false});
}

/** @throws Error of the system when that is unknown */
async function answers(path: string): Promise<boolean> {
	const socket = connect(path);
	try {
		await once(socket, 'connect');
		return true;
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code === 'ECONNREFUSED' || code === 'ENOENT') {
			return false;
		}

		// Its queue is full, so something listens on it.
		if (code === 'EAGAIN') {
			return true;
		}

		throw error;
	} finally {
		socket.destroy();
	}
}

/** Where to listen. */
export type ListenAddress =
	| {
			readonly kind: 'tcp' /** An IP address or a DNS name, without brackets. */;
			readonly host: string;
			readonly port: number;
	  }
	| {readonly kind: 'unix'; readonly path: string};

export const defaultListenAddress = '127.0.0.1:8780';

/** The forms of an address, for error messages. */
const allowed = `HOST:PORT such as ${defaultListenAddress}, [::1]:8780 or 0.0.0.0:8780 (every address), or unix:PATH`;

/** The longest path the system allows: 1 less than `sun_path`, which has 108 bytes on Linux and 104 elsewhere. */
const maxPathBytes = process.platform === 'linux' ? 107 : 103;
/** The room for the suffix that {@link spareSocketPath} adds. */
const spareBytes = 12;

/**
 * Parses where to listen.
 * @throws InputError (`bad_usage`)
 */
export function parseListenAddress(text: string, renderRemedy: RenderRemedy): ListenAddress {
	if (text.startsWith('unix:')) {
		return unixAddress(text, renderRemedy);
	}

	const [, bracketed, plain, portText] = /^(?:\[([^[\]]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
	const host = bracketed ?? plain ?? '';
	const port = Number(portText);
	const isHost = bracketed === undefined ? isIPv4(host) || isDnsName(host) : isIPv6(host);
	if (!isHost || !(port <= 65_535)) {
		throw invalidAddress(quoteValue(text), allowed, renderRemedy);
	}

	return {kind: 'tcp', host, port};
}

/** Whether a text may be a DNS name; digits and dots alone can only be an IPv4 address. */
function isDnsName(host: string): boolean {
	const isLabel = (label: string): boolean => /^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/i.test(label);
	return host.length <= 253 && host.split('.').every(isLabel) && !/^[\d.]+$/.test(host);
}

function unixAddress(text: string, renderRemedy: RenderRemedy): ListenAddress {
	const path = text.slice('unix:'.length);
	if (path === '' || path.includes('\0')) {
		throw invalidAddress(quoteValue(text), allowed, renderRemedy);
	}

	if (Buffer.byteLength(path) > maxPathBytes - spareBytes) {
		const maxBytes = maxPathBytes - spareBytes;
		throw invalidAddress(cleanText(text), `a path of at most ${maxBytes} bytes`, renderRemedy);
	}

	return {kind: 'unix', path};
}

/** A temporary name beside the socket's own, used until it is renamed. */
function spareSocketPath(path: string): string {
	return `${path}.${process.pid}`;
}

/** Whether only this machine can reach an IP address. */
export function isLoopbackListener(address: string): boolean {
	return isIPv4(address) ? address.startsWith('127.') : /^(?:0*:)*:?0*1$/.test(address) && isIP(address) === 6;
}

const segment = /^(?!\.{1,2}$)[\w.~-]+$/;

/**
 * Parses the path prefix of the routes.
 * @throws InputError (`bad_usage`)
 */
export function parseHttpPrefix(text: string, renderRemedy: RenderRemedy): string {
	const [first, ...segments] = text.split('/');
	if (first !== '' || segments.length === 0 || text.length > 200 || !segments.every(each => segment.test(each))) {
		const allowed = 'a path such as /admin/monero, starting but not ending with /, with letters, digits, . _ ~ -';
		const flag = renderRemedy({kind: 'set-option', option: 'prefix'});
		throw new InputError('bad_usage', `${flag} ${quoteValue(text)} is invalid: expected ${allowed}`);
	}

	return text;
}

export interface HttpPartOptions {
	readonly listen: ListenAddress;
	/** The path prefix of the movable routes; `''` for none. */
	readonly prefix: string;
	readonly token?: string;
	readonly metrics: Served['metrics'];
	/** How many connections the descriptors allow; never more than {@link httpLimits} are open at once. */
	readonly maxConnections: number;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** Writes what the user can do about a rejected request. */
	readonly renderRemedy: RenderRemedy;
}

/** How long answers in progress may take at exit, in milliseconds. */
const lastAnswersMs = 250;

/** The HTTP server of a loop: it answers from the loop's results. */
export function createHttpServerPart(options: HttpPartOptions): LoopPart {
	const {listen, prefix, token, metrics, nowMs, maxConnections, renderRemedy} = options;
	const limits = {...httpLimits, connections: Math.min(httpLimits.connections, maxConnections)};
	return {
		begin: async loop => {
			const where = await resolveListenAddress(listen, renderRemedy);
			if (where.kind === 'tcp' && !where.isLoopback && token === undefined) {
				const place = listenHostAndPort(where.address, where.port);
				const flag = listenFlag(renderRemedy);
				throw new InputError('bad_usage', `${flag} ${place} is not allowed: ${needsToken(renderRemedy)}`);
			}

			const served = serve(loop, nowMs, metrics);
			const guard = createAccessGuard(compact({isUnixSocket: where.kind === 'unix', token, renderRemedy}));
			const {server, refuse} = await createHttpServer({served, guard, prefix, onFault: loop.say, limits});
			const {url, end} = await listenHttp(server, where, renderRemedy);
			// The system may reject connections later, as when too many files are open.
			server.on('error', error => loop.poller.setNote('http', `the server cannot accept requests: ${error.message}`));
			loop.say(`listening on ${url}`);
			return async () => {
				refuse();
				end();
				served.fresh.close();
				served.firstResults.close();
				served.views.close();
				server.closeIdleConnections();
				await closedWithin(server, lastAnswersMs);
			};
		},
	};
}

function needsToken(renderRemedy: RenderRemedy): string {
	const token = renderRemedy({kind: 'set-option', option: 'token'});
	return `a bearer token is required to listen beyond this machine: use ${token}, or listen on 127.0.0.1`;
}

function serve(loop: Loop, nowMs: () => number, metrics: Served['metrics']): Served {
	const {poller, nodeStore, resultStore} = loop;
	const views = createHttpStatusViews(poller, nowMs);
	return {
		poller,
		nodeStore,
		resultStore,
		views,
		fresh: createFreshChecks({check: poller.checkAgain, nowMs, onChecked: views.checkedAgain}),
		firstResults: watchFirstResults(poller),
		nowMs,
		metrics,
	};
}

/** Waits until every connection is closed, and closes those that take longer. */
async function closedWithin(server: Server, withinMs: number): Promise<void> {
	await new Promise<void>(resolve => {
		const closeIdle = setInterval(() => server.closeIdleConnections(), 20);
		const timer = setTimeout(() => server.closeAllConnections(), withinMs);
		server.once('close', () => {
			clearInterval(closeIdle);
			clearTimeout(timer);
			resolve();
		});
	});
}
