import type {Alert} from '../../domain/alerts/alert.js';

/** Linux takes no longer variable than 128 KiB; the alert itself, on stdin, names every node. */
const mostNamesLength = 65_536;

/** The field of an alert that each variable of a program holds; of `nodes` the names. */
export const fieldOfVariable = {
	XMRTOP_ALERT_ID: 'id',
	XMRTOP_KIND: 'kind',
	XMRTOP_TEXT: 'text',
	XMRTOP_AT: 'at',
	XMRTOP_NODE: 'node',
	XMRTOP_DAEMON: 'daemon',
	XMRTOP_NODES: 'nodes',
	XMRTOP_STATE: 'state',
	XMRTOP_FROM: 'from',
	XMRTOP_MESSAGE: 'message',
	XMRTOP_REASON: 'reason',
	XMRTOP_SINCE: 'since',
	XMRTOP_DOWNTIME_MS: 'downtime_ms',
} as const satisfies Readonly<Record<string, keyof Alert>>;

/** The names of the variables that a program is told of an alert by. */
export const alertVariableNames: readonly string[] = Object.keys(fieldOfVariable);

/** An alert as environment variables; what does not apply is absent. */
export function alertVariables(alert: Alert): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(fieldOfVariable).flatMap(([name, field]) => {
			const value = field === 'nodes' ? joined(alert.nodes.map(node => node.name)) : alert[field];
			return value === undefined ? [] : [[name, String(value)]];
		}),
	);
}

function joined(names: readonly string[]): string {
	const text = names.join(' ');
	return text.length <= mostNamesLength ? text : text.slice(0, text.lastIndexOf(' ', mostNamesLength));
}
