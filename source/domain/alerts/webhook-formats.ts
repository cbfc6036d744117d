import type {Alert} from './alert.js';

/** What is posted of an alert. */
export interface WebhookMessage {
	readonly body: string;
	/** Besides those of every webhook; default `content-type: application/json`. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** A way to write alerts that a receiver understands. */
interface WebhookFormat {
	/** The path to post to where the URL names none. */
	readonly path?: string;
	readonly write: (alert: Alert) => WebhookMessage;
}

/** Every format of a webhook, by its name. */
export const webhookFormats = {
	json: {write: alert => ({body: JSON.stringify(alert)})},
	/** `POST /api/v2/alerts` of Alertmanager: labels identify the trouble, so that its end finds its beginning. */
	alertmanager: {path: '/api/v2/alerts', write: alert => ({body: JSON.stringify([alertmanagerAlert(alert)])})},
	/** An incoming webhook of Slack. */
	slack: {write: alert => ({body: JSON.stringify({text: slackText(`${signOf(alert)} ${alert.text}`)})})},
	/** A webhook of Discord: a message of at most 2000 characters that mentions nobody. */
	discord: {
		write: alert => ({
			body: JSON.stringify({content: cut(`${signOf(alert)} ${alert.text}`, 2000), allowed_mentions: {parse: []}}),
		}),
	},
	/** A topic of ntfy: the message is the body. */
	ntfy: {
		write: alert => ({
			body: cut(alert.text, 1000),
			headers: {
				'content-type': 'text/plain; charset=utf-8',
				title: `xmrtop: ${titleOf(alert)}`.replace(/[^\x20-\x7E]/g, '?').slice(0, 200),
				priority: alert.kind === 'recovery' ? '3' : '5',
				tags: alert.kind === 'recovery' ? 'white_check_mark' : 'rotating_light',
			},
		}),
	},
} as const satisfies Readonly<Record<string, WebhookFormat>>;

/** The name of a format. */
export type WebhookFormatName = keyof typeof webhookFormats;

/** The names of {@link webhookFormats}. */
export const webhookFormatNames = Object.keys(webhookFormats) as WebhookFormatName[];

/** Without an end Alertmanager takes an alert for resolved after five minutes; milliseconds. */
const openEndMs = 30 * 24 * 3_600_000;
/** An alert that is about no node is a test, which nothing else will end; milliseconds. */
const testEndMs = 60_000;

function alertmanagerAlert(alert: Alert): object {
	const {kind, daemon, host, monitor, pattern, since, at, text, reason, message, id, nodes} = alert;
	// Labels that change make another alert of it, and the first would stay open.
	const {node, group} = alert.opened_as ?? alert;
	const name = monitor
		? 'XmrtopMonitor'
		: daemon !== undefined
			? 'XmrtopDaemon'
			: host !== undefined
				? 'XmrtopHost'
				: 'XmrtopNode';
	const labels = {
		alertname: name,
		severity: pattern === 'flapping' ? 'warning' : 'critical',
		node,
		group,
		daemon,
		host,
		pattern,
	};
	const lastsMs = kind === 'recovery' ? 0 : nodes.length === 0 ? testEndMs : openEndMs;
	// An end before the beginning, by a clock that was set back, would be refused.
	const endsMs = Math.max(Date.parse(at), Date.parse(since)) + lastsMs;
	return {
		labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined)),
		annotations: {summary: text, description: reason ?? message, nodes: nodes.map(each => each.name).join(', '), id},
		startsAt: since,
		endsAt: new Date(endsMs).toISOString(),
	};
}

const signOf = ({kind}: Alert): string => (kind === 'recovery' ? '✅' : '🔴');

const titleOf = ({kind, node, daemon, host}: Alert): string =>
	`${daemon === undefined ? (host === undefined ? (node ?? 'monitor') : `host ${host}`) : `monerod ${daemon}`} ${kind}`;

/** Slack reads three characters as markup. */
const slackText = (text: string): string =>
	cut(text, 3000).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** No half of a character is left: a receiver may refuse it. */
const cut = (text: string, most: number): string =>
	text.length <= most ? text : `${text.slice(0, most - 1).replace(/\p{Surrogate}$/u, '')}…`;
