import type {Alert, Incident} from '../../domain/alerts/alert.js';
import {incidentText} from '../../domain/alerts/alert-message.js';
import {type AlertChannel, type AlertsFile, channelNames, type Delivery} from '../../domain/alerts/outbox.js';
import {isActiveSilence, type Silence, silenceOf, silenceText} from '../../domain/alerts/silences.js';
import {schemaVersion} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {spanText} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {cleanText, quoteValue} from '../../domain/text.js';
import type {Invocation, RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {alignColumns} from '../reports/text-table.js';
import {parseFlagValue, resolveRunSettings} from '../run-settings.js';
import {channelFlagsOf, channelOptions, hasChannels} from './outbound-parts.js';

/** One line of `alerts list`. */
interface Listed {
	/** The id of an incident, an alert, or a failure of a silenced node. */
	readonly id: string;
	readonly status: 'open' | 'silenced' | 'waiting' | 'given_up';
	/** ISO-8601 UTC. */
	readonly since: string;
	readonly text: string;
	/** The channels that have not delivered the alert. */
	readonly channels?: readonly string[];
	/** Who silenced it, until when and why. */
	readonly silence?: Pick<Silence, 'by' | 'until' | 'reason'>;
	/** The alert itself, if there is one. */
	readonly alert?: Alert;
	readonly nodes: ReadonlyArray<{readonly id: number; readonly name: string}>;
}

async function readAll({flags, surroundings}: Invocation): Promise<readonly Listed[]> {
	const {nodeStore, silenceStore} = surroundings.openStores(flags);
	const {nodes, settings: texts, ...rest} = nodeStore.read();
	const settings = resolveRunSettings({nodes, settings: texts, ...rest}, flags, nodeStore.path);
	const file = await surroundings.readAlerts(flags);
	writeNote(surroundings.stderr, silenceStore.problem());
	const silences = silenceStore.read().filter(silence => isActiveSilence(silence, surroundings.nowMs()));
	return [
		...file.state.incidents.map(incident => listedIncident(incident, nodes, silences)),
		...silencedTrouble(file, {nodes, silences, failAfter: settings.fail_after}),
		...file.outbox.map(({alert, waiting}) => listedAlert(alert, 'waiting', waiting)),
		...(file.givenUp ?? []).map(({alert, waiting}) => listedAlert(alert, 'given_up', waiting)),
	];
}

function listedIncident(incident: Incident, nodes: readonly Node[], silences: readonly Silence[]): Listed {
	const members = [...incident.members.values()];
	const found = members.map(member => nodes.find(({id}) => id === member.node_id));
	const all = found.map(node => node && silenceOf(silences, node, incident.daemon));
	const silence = all.every(each => each !== undefined) ? all[0] : undefined;
	return compact({
		id: incident.id,
		status: silence ? ('silenced' as const) : ('open' as const),
		since: incident.since,
		text: incidentText(incident),
		silence: silence && shownSilence(silence),
		nodes: members.map(({node_id: id, node: name}) => ({id, name})),
	});
}

const shownSilence = ({by, until, reason}: Silence) => compact({by, until, reason});

/** Lists the failing nodes that would have an open alert if they were not silenced. */
function silencedTrouble(
	{state: {streaks}}: AlertsFile,
	{
		nodes,
		silences,
		failAfter,
	}: {readonly nodes: readonly Node[]; readonly silences: readonly Silence[]; readonly failAfter: number},
): readonly Listed[] {
	return nodes.flatMap(node => {
		const streak = streaks.get(node.id);
		const silence = silenceOf(silences, node, streak?.silenced);
		return streak && silence && streak.count >= failAfter
			? [
					{
						id: `${node.name}-${streak.since}`,
						status: 'silenced' as const,
						since: streak.since,
						text: `${node.name} is failing`,
						silence: shownSilence(silence),
						nodes: [{id: node.id, name: node.name}],
					},
				]
			: [];
	});
}

const listedAlert = (alert: Alert, status: 'waiting' | 'given_up', channels: readonly string[]): Listed => ({
	id: alert.id,
	status,
	since: alert.since,
	text: alert.text,
	channels,
	alert,
	nodes: alert.nodes.map(({id, name}) => ({id, name})),
});

const statusWords: Readonly<Record<Listed['status'], string>> = {
	open: 'open',
	silenced: 'silenced',
	waiting: 'waiting for delivery',
	given_up: 'given up',
};

const list: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, stderr, nowMs} = surroundings;
	const all = await readAll(invocation);
	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, alerts: all});
	} else if (all.length === 0) {
		writeNote(stderr, 'there are no alerts');
	} else {
		const rows = all.map(each => [
			statusWords[each.status],
			spanText(Math.max(0, nowMs() - Date.parse(each.since))),
			each.id,
			lineOf(each),
		]);
		stdout.write(alignColumns([['STATUS', 'FOR', 'ID', 'ALERT'], ...rows], rows.length));
	}

	return 0;
};

function lineOf({text, silence, channels}: Listed): string {
	const more = [silence && silenceText(silence), channels?.join(', ')].filter(Boolean);
	return cleanText(`${text}${more.length > 0 ? ` (${more.join('; ')})` : ''}`, 1000);
}

/** Whether an id matches: exactly, or as an alert of the wanted incident. */
const isMeant = (id: string, wanted = ''): boolean =>
	id === wanted || (id.startsWith(wanted) && /^-(?:alert|recovery|reminder-\d+)$/.test(id.slice(wanted.length)));

const show: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const found = (await readAll(invocation)).filter(({id}) => isMeant(id, input[0]));
	const [first] = found;
	if (!first) {
		throw new InputError('bad_usage', `${quoteValue(input[0])} is not the id of an alert: see xmrtop alerts list`);
	}

	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, alert: first});
		return 0;
	}

	const {id, status, since, nodes, alert} = first;
	const rows = [
		['id', id],
		['status', statusWords[status]],
		['since', since],
		['alert', lineOf(first)],
		['nodes', nodes.map(({name}) => name).join(', ')],
		...(alert?.reason === undefined ? [] : [['reason', alert.reason]]),
	];
	surroundings.stdout.write(alignColumns(rows, rows.length));
	return 0;
};

/** Sends a test alert through each configured channel, once. */
const test: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, stderr, nowMs} = surroundings;
	const only = flags.text('channel');
	const wanted =
		only === undefined
			? undefined
			: parseFlagValue('channel', only, text => channelNames.find(name => name === text), channelNames.join(', '));
	const {nodeStore} = surroundings.openStores(flags);
	const statuses = new Map<string, number>();
	const onStatus = (name: string, status: number): void => void statuses.set(name, status);
	const options = channelOptions(channelFlagsOf(invocation), nodeStore, note => writeNote(stderr, note));
	const channels = hasChannels(options)
		? (await surroundings.openChannels({...options, onStatus})).filter(
				({name}) => wanted === undefined || name === wanted,
			)
		: [];
	if (channels.length === 0) {
		const what = wanted === undefined ? 'no channel is configured' : `channel ${wanted} is not configured`;
		throw new InputError('bad_usage', `${what}: use --on-change, --webhook-file or XMRTOP_WEBHOOK`);
	}

	const alert = testAlert(nowMs());
	const over = new AbortController();
	const unneeded = new AbortController();
	void surroundings.untilSignal(unneeded.signal).then(() => over.abort());
	const outcomes = await Promise.all(
		channels.map(async ({name, deliver}: AlertChannel) => ({name, outcome: await deliver(alert, over.signal)})),
	);
	unneeded.abort();
	if (flags.isOn('json')) {
		const deliveries = outcomes.map(({name, outcome}) => ({
			channel: name,
			delivered: outcome.kind === 'delivered',
			outcome: outcomeText(outcome, statuses.get(name)),
		}));
		writeJson(stdout, {schema_version: schemaVersion, deliveries});
	} else {
		stdout.write(
			outcomes
				.map(
					({name, outcome}) =>
						`${name}: ${outcome.kind === 'delivered' ? 'delivered' : 'failed'} (${outcomeText(outcome, statuses.get(name))})\n`,
				)
				.join(''),
		);
	}

	return outcomes.every(({outcome}) => outcome.kind === 'delivered') ? 0 : 1;
};

/** @param status HTTP status of the response; `undefined` for a program */
function outcomeText(outcome: Delivery, status: number | undefined): string {
	const success = status === undefined ? 'exit code 0' : `HTTP ${status}`;
	return cleanText(outcome.kind === 'delivered' ? success : outcome.reason, 300);
}

/** Makes a test alert, which is not about any node. */
function testAlert(nowMs: number): Alert {
	const at = new Date(nowMs).toISOString();
	return {
		schema_version: schemaVersion,
		id: `xmrtop-test-${at}-alert`,
		kind: 'alert',
		at,
		method: 'api',
		node: 'xmrtop-test',
		state: 'down',
		message: 'test alert',
		reason: 'this is a test of xmrtop: nothing is wrong',
		since: at,
		nodes: [],
		text: 'test alert of xmrtop: nothing is wrong',
	};
}

/** The commands that begin with `alerts`. */
export const alertsCommands = {list, show, test} as const;
