import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Ajv} from 'ajv';
import type {Alert} from '../../../source/domain/alerts/alert.js';
import {webhookFormats} from '../../../source/domain/alerts/webhook-formats.js';
import {alertFleetFixture} from '../../helpers/alert-fixture.js';

const day = 24 * 3_600_000;

function alertAndRecovery(): readonly [alert: Alert, recovery: Alert] {
	const fleet = alertFleetFixture(['a'], {fail_after: 1, recover_after: 1}, {a: 'hot'});
	fleet.cycles('up down up');
	const [alert, recovery] = fleet.alerts();
	assert.ok(alert && recovery);
	return [alert, recovery];
}

/** The fields of `postableAlerts` in Alertmanager's OpenAPI document (api/v2/openapi.yaml). */
const postableAlerts = {
	type: 'array',
	items: {
		type: 'object',
		required: ['labels'],
		additionalProperties: false,
		properties: {
			startsAt: {type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT'},
			endsAt: {type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT'},
			annotations: {type: 'object', additionalProperties: {type: 'string'}},
			labels: {type: 'object', additionalProperties: {type: 'string'}},
			generatorURL: {type: 'string'},
		},
	},
};

test('alertmanager: same labels for alert and recovery, and endsAt far in the future until it ends', () => {
	const [alert, recovery] = alertAndRecovery();
	const written = (each: Alert) => JSON.parse(webhookFormats.alertmanager.write(each).body);
	const [began, ended] = [written(alert), written(recovery)];
	const check = new Ajv().compile(postableAlerts);
	assert.deepEqual([check(began), check(ended)], [true, true], JSON.stringify(check.errors));
	assert.deepEqual(began[0].labels, {alertname: 'XmrtopNode', severity: 'critical', node: 'a', group: 'hot'});
	assert.deepEqual(ended[0].labels, began[0].labels);
	assert.deepEqual([began[0].startsAt, ended[0].startsAt, ended[0].endsAt], [alert.since, alert.since, recovery.at]);
	assert.ok(Date.parse(began[0].endsAt) - Date.parse(alert.at) > day);
	assert.equal(began[0].annotations.summary, 'a is down: connection refused');
});

test('alertmanager: keeps the labels of the first alert when the node is renamed', () => {
	const fleet = alertFleetFixture(['a'], {fail_after: 1, recover_after: 1, remind: 10_000}, {a: 'hot'});
	fleet.cycles('up down');
	fleet.rename('a', 'z');
	fleet.cycles('down up');
	const written = fleet.alerts().map(each => JSON.parse(webhookFormats.alertmanager.write(each).body)[0]);
	assert.deepEqual(
		fleet.alerts().map(({kind, node}) => [kind, node]),
		[
			['alert', 'a'],
			['reminder', 'z'],
			['recovery', 'z'],
		],
	);
	const labels = {alertname: 'XmrtopNode', severity: 'critical', node: 'a', group: 'hot'};
	assert.deepEqual(
		written.map(each => each.labels),
		[labels, labels, labels],
	);
	assert.equal(written[2].annotations.summary, 'z is up again after 20 s');
});

test('alertmanager: a test alert ends by itself, and no endsAt is before its startsAt', () => {
	const [alert, recovery] = alertAndRecovery();
	const written = (each: Alert) => JSON.parse(webhookFormats.alertmanager.write(each).body)[0];
	assert.equal(Date.parse(written({...alert, nodes: []}).endsAt) - Date.parse(alert.at), 60_000);
	const later = '2026-11-24T20:00:00.000Z';
	assert.equal(written({...recovery, since: later}).endsAt, later, 'the clock was set back after the alert');
});

test('alertmanager: an alert of a daemon, a host, the monitor or a pattern has labels of its own', () => {
	const [alert] = alertAndRecovery();
	const {node: _, group: __, ...shared} = alert;
	const labelsOf = (each: Alert) => JSON.parse(webhookFormats.alertmanager.write(each).body)[0].labels;
	for (const [each, labels] of [
		[
			{...shared, daemon: 'h:18081'},
			{alertname: 'XmrtopDaemon', severity: 'critical', daemon: 'h:18081'},
		],
		[
			{...shared, host: '10.0.0.1'},
			{alertname: 'XmrtopHost', severity: 'critical', host: '10.0.0.1'},
		],
		[
			{...shared, monitor: true},
			{alertname: 'XmrtopMonitor', severity: 'critical'},
		],
		[
			{...shared, node: 'a', pattern: 'flapping'},
			{alertname: 'XmrtopNode', severity: 'warning', node: 'a', pattern: 'flapping'},
		],
	] as const) {
		assert.deepEqual(labelsOf(each as Alert), labels);
	}
});

test('alertmanager: describes the reason, or the message without one, and names all nodes and the alert', () => {
	const [alert, recovery] = alertAndRecovery();
	const [node] = alert.nodes;
	assert.ok(node);
	const annotationsOf = (each: Alert) => JSON.parse(webhookFormats.alertmanager.write(each).body)[0].annotations;
	const {description, nodes, id} = annotationsOf({...alert, nodes: [node, {...node, name: 'b'}]});
	assert.deepEqual([description, nodes, id], ['connection refused', 'a, b', alert.id]);
	assert.equal(annotationsOf(recovery).description, 'API is responding');
});

test('ntfy: the title names the daemon, the host, the node or the monitor', () => {
	const [alert, recovery] = alertAndRecovery();
	const {node: _, ...shared} = alert;
	const titles = [
		recovery,
		{...shared, daemon: 'h:18081'},
		{...shared, host: '10.0.0.1'},
		{...shared, monitor: true},
	].map(each => webhookFormats.ntfy.write(each as Alert).headers.title);
	assert.deepEqual(titles, [
		'xmrtop: a recovery',
		'xmrtop: monerod h:18081 alert',
		'xmrtop: host 10.0.0.1 alert',
		'xmrtop: monitor alert',
	]);
	assert.equal(webhookFormats.ntfy.write(recovery).headers.priority, '3');
	assert.equal(webhookFormats.ntfy.write({...alert, node: 'x'.repeat(300)}).headers.title.length, 200);
});

test('a text of the greatest length is whole; a longer one is cut between characters', () => {
	const [alert] = alertAndRecovery();
	const {ntfy} = webhookFormats;
	assert.equal(ntfy.write({...alert, text: 'x'.repeat(1000)}).body, 'x'.repeat(1000));
	assert.equal(ntfy.write({...alert, text: `${'x'.repeat(998)}😀y`}).body, `${'x'.repeat(998)}…`);
});

test('slack: one text without markup', () => {
	const [alert] = alertAndRecovery();
	const {body} = webhookFormats.slack.write({...alert, text: 'a <!channel> & b'});
	assert.deepEqual(JSON.parse(body), {text: '🔴 a &lt;!channel&gt; &amp; b'});
});

test('discord: at most 2000 characters that mention nobody', () => {
	const [, recovery] = alertAndRecovery();
	const {content, ...rest} = JSON.parse(
		webhookFormats.discord.write({...recovery, text: `@everyone ${'x'.repeat(3000)}`}).body,
	);
	assert.equal(content.length, 2000);
	assert.match(content, /^✅ @everyone x+…$/);
	assert.deepEqual(rest, {allowed_mentions: {parse: []}});
});

test('ntfy: the text is the body, the rest is in ASCII headers', () => {
	const [alert, recovery] = alertAndRecovery();
	const {body, headers} = webhookFormats.ntfy.write({...alert, node: 'ä\nb'});
	assert.equal(body, 'a is down: connection refused');
	assert.deepEqual(headers, {
		'content-type': 'text/plain; charset=utf-8',
		title: 'xmrtop: ??b alert',
		priority: '5',
		tags: 'rotating_light',
	});
	assert.deepEqual(webhookFormats.ntfy.write(recovery).headers.tags, 'white_check_mark');
});

/** The message of a Slack incoming webhook, from its SDK (`IncomingWebhookSendArguments`); Slack cuts longer texts. */
const slackMessage = {
	type: 'object',
	required: ['text'],
	additionalProperties: false,
	properties: {
		text: {type: 'string', minLength: 1, maxLength: 40_000},
		attachments: {type: 'array'},
		blocks: {type: 'array'},
		unfurl_links: {type: 'boolean'},
		unfurl_media: {type: 'boolean'},
		metadata: {type: 'object'},
	},
};

/** `IncomingWebhookRequestPartial` of Discord's OpenAPI document (specs/openapi.json), the fields used for text. */
const discordMessage = {
	type: 'object',
	required: ['content'],
	additionalProperties: false,
	properties: {
		content: {type: 'string', minLength: 1, maxLength: 2000},
		username: {type: 'string', minLength: 1, maxLength: 80},
		tts: {type: 'boolean'},
		flags: {type: 'integer'},
		allowed_mentions: {
			type: 'object',
			additionalProperties: false,
			properties: {
				parse: {type: 'array', uniqueItems: true, items: {enum: ['users', 'roles', 'everyone']}},
				users: {type: 'array', maxItems: 100},
				roles: {type: 'array', maxItems: 100},
				replied_user: {type: 'boolean'},
			},
		},
	},
};

/** Headers that ntfy's OpenAPI document (docs/api/openapi.yaml) allows for a message, with or without `X-`. */
const ntfyHeaders = {
	type: 'object',
	additionalProperties: false,
	properties: {
		'content-type': {const: 'text/plain; charset=utf-8'},
		title: {type: 'string', pattern: '^[ -~]+$'},
		priority: {enum: ['1', '2', '3', '4', '5']},
		tags: {type: 'string', pattern: '^[a-z0-9_+-]+(,[a-z0-9_+-]+)*$'},
		click: {type: 'string'},
		icon: {type: 'string'},
		actions: {type: 'string'},
		markdown: {enum: ['true', 'false', '1', '0']},
	},
};
/** ntfy turns a longer message into an attachment; bytes. */
const ntfyMessageBytes = 4096;

test('slack, discord, ntfy and alertmanager: any alert is valid by their documentation', () => {
	const ajv = new Ajv();
	const checks = {
		slack: ajv.compile(slackMessage),
		discord: ajv.compile(discordMessage),
		alertmanager: ajv.compile(postableAlerts),
	};
	const isNtfy = ajv.compile(ntfyHeaders);
	const texts = ['&', '<', '😀', '漢', '\u202e', '@everyone ', 'x'].flatMap(part => [part, part.repeat(2500)]);
	for (const each of alertAndRecovery()) {
		for (const text of ['a is down', ...texts]) {
			for (const alert of [
				{...each, text},
				{...each, text, node: text, daemon: `${text}:18081`},
				{...each, text, host: text, nodes: []},
			]) {
				for (const [name, check] of Object.entries(checks)) {
					const {body} = webhookFormats[name as keyof typeof checks].write(alert);
					assert.ok(check(JSON.parse(body)), `${name}: ${JSON.stringify(check.errors)}`);
					assert.ok(!/\\ud[89a-f]/i.test(body), `${name}: half a character`);
				}

				const {body, headers} = webhookFormats.ntfy.write(alert);
				assert.ok(isNtfy(headers), JSON.stringify(isNtfy.errors));
				assert.ok(Buffer.byteLength(body) <= ntfyMessageBytes && body.length > 0);
				assert.ok(Buffer.from(body).toString() === body, 'half a character');
			}
		}
	}
});

test('json: the alert itself', () => {
	const [alert] = alertAndRecovery();
	assert.deepEqual(JSON.parse(webhookFormats.json.write(alert).body), alert);
});
