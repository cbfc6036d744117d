import {shownStoredLine} from './command-line.js';
import {isObject} from './schemas.js';
import {withoutUrlQuery} from './text.js';

/** What of a result's details may hold a secret when another version of this program wrote them. */
interface Exposed {
	readonly cmdline?: unknown;
	readonly url?: unknown;
	readonly checks?: unknown;
}

/**
 * Details that were stored or sent by an xmrtop, perhaps by one that showed more of a command line, as they may be shown.
 * @returns the same object when there is nothing to hide
 */
export function withoutShownSecrets<D extends object>(details: D): D {
	const {cmdline, url, checks} = details as Exposed;
	const shown = {
		...(typeof cmdline === 'string' ? {cmdline: shownStoredLine(cmdline)} : {}),
		...(typeof url === 'string' ? {url: withoutUrlQuery(url)} : {}),
		...(isObject(checks) ? {checks: shownChecks(checks)} : {}),
	};
	return Object.keys(shown).length === 0 ? details : {...details, ...shown};
}

/** The parts of a `full` check. */
function shownChecks(checks: object): object {
	return Object.fromEntries(
		Object.entries(checks).map(([name, part]) => [
			name,
			isObject(part) && 'details' in part && isObject(part.details)
				? {...part, details: withoutShownSecrets(part.details)}
				: part,
		]),
	);
}
