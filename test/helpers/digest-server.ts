import {createHash, randomBytes} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import type {Socket} from 'node:net';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';

/** Options of a Digest server. The defaults behave like monero-wallet-rpc. */
export interface DigestServerOptions {
	/** Absent: no login is required. */
	readonly login?: {username: string; password: string};
	/** Algorithms offered in this order, one header each. Default MD5, MD5-sess; '' offers a challenge without an algorithm. */
	readonly algorithms?: readonly string[];
	/** Default true; false follows RFC 2069. */
	readonly hasQop?: boolean;
	readonly opaque?: string;
	/** Default `monero-rpc`. */
	readonly realm?: string;
	/** Whether all challenges are in one header line. */
	readonly isOneHeader?: boolean;
	readonly tls?: {key: string; cert: string};
	readonly host?: string;
	/** Body of a 200 response. Default: a wallet's `get_version`. */
	readonly body?: string;
}

/** How a request was judged: `plain` had no login. */
export type LoginSeen = 'plain' | 'accepted' | 'stale' | 'wrong';

/** A running Digest server. */
export interface DigestServer extends LoopbackServer {
	/** The outcome of every request so far, in order. */
	readonly seen: LoginSeen[];
	/** The `Authorization` headers so far. */
	readonly authorizations: string[];
	/** The current login; may be changed. */
	login: {username: string; password: string} | undefined;
	/** How many of the next correct logins are rejected with a stale nonce. */
	staleAnswers: number;
}

interface Session {
	nonce: string;
	count: number;
}

const versionBody = '{"id":"0","jsonrpc":"2.0","result":{"release":false,"version":65561}}';

/** Starts a server whose login works as in monero-wallet-rpc: a nonce is valid for one connection, and nc must increase by one. */
export async function startDigestServer(options: DigestServerOptions = {}): Promise<DigestServer> {
	const sessions = new WeakMap<Socket, Session>();
	const handle = (request: IncomingMessage, response: ServerResponse): void => {
		request.resume().on('end', () => {
			const outcome = judge(request, sessions.get(request.socket), server, options);
			server.seen.push(outcome);
			if (request.headers.authorization) {
				server.authorizations.push(request.headers.authorization);
			}

			if (!server.login || outcome === 'accepted') {
				response.setHeader('Content-Type', 'application/json').end(options.body ?? versionBody);
				return;
			}

			const nonce = randomBytes(16).toString('base64');
			sessions.set(request.socket, {nonce, count: 0});
			response.statusCode = 401;
			response.setHeader('WWW-authenticate', challenges(nonce, outcome === 'stale', options));
			// The body is a buffer: with a string Node would encode the headers as UTF-8, which would change the bytes of a realm.
			response.end(Buffer.from('<html><body><h1>401 Unauthorized</h1></body></html>'));
		});
	};
	const listener = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
	const loopback = await listenOnLoopback(listener, options.host);
	const server: DigestServer = {...loopback, seen: [], authorizations: [], login: options.login, staleAnswers: 0};
	return server;
}

function challenges(nonce: string, isStale: boolean, options: DigestServerOptions): string[] | string {
	const {algorithms = ['MD5', 'MD5-sess'], hasQop = true, realm = 'monero-rpc', opaque, isOneHeader} = options;
	const lines = algorithms.map(algorithm => {
		const parameters = [
			...(hasQop ? ['qop="auth"'] : []),
			...(algorithm === '' ? [] : [`algorithm=${algorithm}`]),
			`realm="${Buffer.from(realm).toString('latin1').replace(/["\\]/g, '\\$&')}"`,
			`nonce="${nonce}"`,
			...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
			`stale=${isStale}`,
		];
		return `Digest ${parameters.join(',')}`;
	});
	return isOneHeader ? lines.join(', ') : lines;
}

function judge(
	request: IncomingMessage,
	session: Session | undefined,
	server: DigestServer,
	options: DigestServerOptions,
): LoginSeen {
	const {login} = server;
	const header = request.headers.authorization;
	if (header === undefined || !login) {
		return 'plain';
	}

	const given = parametersOf(header);
	const isRight =
		given.get('username') === login.username &&
		given.get('realm') === (options.realm ?? 'monero-rpc') &&
		given.get('uri') === request.url &&
		given.get('opaque') === options.opaque &&
		given.get('response') === expectedResponse(given, login, request.method ?? '');
	if (!isRight) {
		return 'wrong';
	}

	const nc = given.get('nc');
	const isNext = nc === undefined || (/^[\da-f]{8}$/.test(nc) && Number.parseInt(nc, 16) === (session?.count ?? 0) + 1);
	if (!session || given.get('nonce') !== session.nonce || !isNext) {
		return 'stale';
	}

	if (server.staleAnswers > 0) {
		server.staleAnswers -= 1;
		return 'stale';
	}

	session.count += 1;
	return 'accepted';
}

function expectedResponse(
	given: ReadonlyMap<string, string>,
	{username, password}: {username: string; password: string},
	method: string,
): string {
	const algorithm = given.get('algorithm') ?? 'MD5';
	const name = algorithm.startsWith('SHA-256') ? 'sha256' : 'md5';
	const hashed = (text: string): string => createHash(name).update(text, 'utf8').digest('hex');
	const field = (key: string): string => given.get(key) ?? '';
	const plainKey = hashed(`${username}:${field('realm')}:${password}`);
	const key = algorithm.endsWith('-sess') ? hashed(`${plainKey}:${field('nonce')}:${field('cnonce')}`) : plainKey;
	const counted = given.has('qop') ? `:${field('nc')}:${field('cnonce')}:${field('qop')}` : '';
	return hashed(`${key}:${field('nonce')}${counted}:${hashed(`${method}:${field('uri')}`)}`);
}

/** Parses the parameters of a header, whose characters are bytes of UTF-8 text. */
function parametersOf(header: string): Map<string, string> {
	const text = Buffer.from(header, 'latin1').toString('utf8');
	const pairs = text.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
	return new Map([...pairs].map(([, name = '', quoted, bare = '']) => [name, quoted?.replace(/\\(.)/g, '$1') ?? bare]));
}
