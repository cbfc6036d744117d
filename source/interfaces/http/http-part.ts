import type {Server} from 'node:http';
import {InputError} from '../../domain/input-error.js';
import type {Loop, LoopPart} from '../commands/loop.js';
import {createAccessGuard} from './access.js';
import {watchFirstResults} from './first-results.js';
import {createFreshChecks} from './fresh-checks.js';
import {httpLimits} from './limits.js';
import type {ListenAddress} from './listen-address.js';
import {beginListening, hostAndPort, resolveAddress} from './listening.js';
import type {Served} from './served.js';
import {createHttpServer} from './server.js';
import {createStatusViews} from './status-view.js';

export interface HttpPartOptions {
	readonly listen: ListenAddress;
	/** What routes under the prefix are put under; `''` for none. */
	readonly prefix: string;
	readonly token?: string;
	readonly metrics: Served['metrics'];
	/** How many connections there is room for; never more than {@link httpLimits} allows are open at once. */
	readonly maxConnections: number;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** How long answers that are under way at the end may take, in milliseconds. */
const lastAnswersMs = 250;

/** The HTTP server of a loop: it answers from what the loop sees. */
export function httpPart({listen, prefix, token, metrics, nowMs, maxConnections}: HttpPartOptions): LoopPart {
	const limits = {...httpLimits, connections: Math.min(httpLimits.connections, maxConnections)};
	return {
		begin: async loop => {
			const where = await resolveAddress(listen);
			if (where.kind === 'tcp' && !where.isLoopback && token === undefined) {
				const place = hostAndPort(where.address, where.port);
				throw new InputError('bad_usage', `--listen ${place} is not allowed: ${needsToken}`);
			}

			const served = serve(loop, nowMs, metrics);
			const guard = createAccessGuard({isUnixSocket: where.kind === 'unix', ...(token === undefined ? {} : {token})});
			const {server, refuse} = await createHttpServer({served, guard, prefix, onFault: loop.say, limits});
			const {url, end} = await beginListening(server, where);
			// The system may refuse connections later, as when too many files are open.
			server.on('error', error => loop.watcher.setNote('http', `the server cannot accept requests: ${error.message}`));
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

const needsToken =
	'a bearer token is required to listen beyond this machine: use --token-file or XMRTOP_TOKEN, or listen on 127.0.0.1';

function serve(loop: Loop, nowMs: () => number, metrics: Served['metrics']): Served {
	const {watcher, nodeStore, resultStore} = loop;
	const views = createStatusViews(watcher, nowMs);
	return {
		watcher,
		nodeStore,
		resultStore,
		views,
		fresh: createFreshChecks({check: watcher.checkAnew, nowMs, onChecked: views.checkedAnew}),
		firstResults: watchFirstResults(watcher),
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
