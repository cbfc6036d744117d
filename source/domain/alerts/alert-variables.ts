import type {Alert} from './alert.js';

/** Linux takes no longer variable than 128 KiB; the alert itself, on stdin, names every node. */
const mostNamesLength = 65_536;

const variables = {
	XMRTOP_ALERT_ID: ({id}) => id,
	XMRTOP_KIND: ({kind}) => kind,
	XMRTOP_TEXT: ({text}) => text,
	XMRTOP_AT: ({at}) => at,
	XMRTOP_NODE: ({node}) => node,
	XMRTOP_DAEMON: ({daemon}) => daemon,
	XMRTOP_NODES: ({nodes}) => joined(nodes.map(({name}) => name)),
	XMRTOP_STATE: ({state}) => state,
	XMRTOP_FROM: ({from}) => from,
	XMRTOP_MESSAGE: ({message}) => message,
	XMRTOP_REASON: ({reason}) => reason,
	XMRTOP_SINCE: ({since}) => since,
	XMRTOP_DOWNTIME_MS: ({downtime_ms: ms}) => (ms === undefined ? undefined : String(ms)),
} as const satisfies Readonly<Record<string, (alert: Alert) => string | undefined>>;

/** The names of the variables that a program is told of an alert by. */
export const alertVariableNames: readonly string[] = Object.keys(variables);

/** An alert as environment variables; what does not apply is absent. */
export function alertVariables(alert: Alert): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(variables).flatMap(([name, read]) => {
			const value = read(alert);
			return value === undefined ? [] : [[name, value]];
		}),
	);
}

function joined(names: readonly string[]): string {
	const text = names.join(' ');
	return text.length <= mostNamesLength ? text : text.slice(0, text.lastIndexOf(' ', mostNamesLength));
}
