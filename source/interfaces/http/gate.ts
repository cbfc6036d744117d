import type {FastifyRequest} from 'fastify';
import type {AccessGuard} from './access.js';
import {type Answer, closingAnswer, errorAnswer} from './answer.js';
import type {PlacedRoutes} from './placed-routes.js';

/** Decides, before anything else is done for a request, whether it is answered at all. */
export interface Gate {
	/** What a request is refused with; `undefined` lets it through. */
	readonly refusalOf: (request: Pick<FastifyRequest, 'raw' | 'method' | 'url'>) => Answer | undefined;
	/** From now on every request is told that the program ends. */
	readonly close: () => void;
}

export interface GateOptions {
	readonly routes: PlacedRoutes;
	readonly guard: AccessGuard;
	/** No request here has use for a body; a longer one is refused. */
	readonly mostBodyBytes: number;
}

export function createGate({routes, guard, mostBodyBytes}: GateOptions): Gate {
	const paths = routes.all.map(({path}) => path).join(', ');
	let isClosed = false;
	return {
		refusalOf: ({raw, method, url}) => {
			const route = routes.find(url);
			const refused = isClosed ? closingAnswer : route?.isOpen ? undefined : guard(raw);
			if (refused) {
				return refused;
			}

			if (Number(raw.headers['content-length'] ?? 0) > mostBodyBytes) {
				const message = 'the request body is too large; no body is expected';
				return errorAnswer(413, 'body_too_large', message, {connection: 'close'});
			}

			if (!route) {
				return errorAnswer(404, 'not_found', `path not found; known paths: ${paths}`);
			}

			return method === 'GET' || method === 'HEAD'
				? undefined
				: errorAnswer(405, 'method_not_allowed', 'only GET and HEAD are supported', {allow: 'GET, HEAD'});
		},
		close: () => {
			isClosed = true;
		},
	};
}
