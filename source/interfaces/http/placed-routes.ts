import type {Route} from './route.js';
import {routeTable} from './route-table.js';

/** The routes of a server, where its prefix puts them. */
export interface PlacedRoutes {
	readonly all: readonly Route[];
	/** The route of a request's URL, whatever its method. */
	readonly find: (url: string) => Route | undefined;
}

/** @param prefix what routes under the prefix are put under; `''` for none */
export function placedRoutes(prefix: string): PlacedRoutes {
	const routes = routeTable.map(route => (route.isUnderPrefix ? {...route, path: `${prefix}${route.path}`} : route));
	const fixed = new Map(routes.map(route => [route.path, route]));
	const patterns = routes
		.filter(({path}) => path.includes(':'))
		.map(route => ({route, pattern: patternOf(route.path)}));
	return {
		all: routes,
		find: url => {
			const path = pathOf(url);
			return fixed.get(path) ?? patterns.find(({pattern}) => pattern.test(path))?.route;
		},
	};
}

function patternOf(path: string): RegExp {
	return new RegExp(`^${path.replaceAll(/[.~-]/g, '\\$&').replace(/:\w+/, '[^/]+')}$`);
}

/** The path of a URL that may be a whole one, as proxies write it. */
function pathOf(url: string): string {
	return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}
