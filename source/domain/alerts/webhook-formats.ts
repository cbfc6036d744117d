import type {Alert} from './alert.js';

/** The HTTP message that is posted for an alert. */
export interface WebhookMessage {
	readonly body: string;
	/** Headers in addition to those of every webhook; default `content-type: application/json`. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** A format in which a receiver accepts alerts. */
interface WebhookFormat {
	/** The path to post to if the URL has none. */
	readonly path?: string;
	readonly write: (alert: Alert) => WebhookMessage;
}

/** Every format of a webhook, by its name. */
export const webhookFormats = {
	json: {write: alert => ({body: JSON.stringify(alert)})},
	/** `POST /api/v2/alerts` of Alertmanager: the labels identify the incident, so that its recovery resolves its alert. */
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

/** How far ahead `endsAt` is set: without it Alertmanager resolves an alert after five minutes; milliseconds. */
const openEndMs = 30 * 24 * 3_600_000;
/** The same for a test alert (an alert without nodes), which no recovery resolves; milliseconds. */
const testEndMs = 60_000;

function alertmanagerAlert(alert: Alert): object {
	const {kind, daemon, host, monitor, pattern, since, at, text, reason, message, id, nodes} = alert;
	// Changed labels would make a second alert, and the first would stay open.
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
	// After the clock is set back the end could lie before the start, which Alertmanager rejects.
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

/** Escapes the three characters that Slack reads as markup. */
const slackText = (text: string): string =>
	cut(text, 3000).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Shortens a text without leaving half a surrogate pair, which a receiver may reject. */
const cut = (text: string, maxLength: number): string =>
	text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/\p{Surrogate}$/u, '')}…`;
