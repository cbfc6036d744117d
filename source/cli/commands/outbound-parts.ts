import {startAlerter} from '../../application/alerts/alerter.js';
import type {Loop, LoopPart} from '../../application/session.js';
import type {ChannelOptions} from '../../domain/alerts/outbox.js';
import {type WebhookFormatName, webhookFormatNames} from '../../domain/alerts/webhook-formats.js';
import {compact} from '../../domain/compact.js';
import {countStates, type FleetSnapshot} from '../../domain/fleet.js';
import {countWithNoun} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import {coverageGapMs} from '../../domain/past/coverage.js';
import {states} from '../../domain/state.js';
import type {NodeStore} from '../../domain/store.js';
import {quoteValue} from '../../domain/text.js';
import type {Invocation} from '../command.js';

/** Environment variables that contain xmrtop's own secrets. */
const ownSecretVariables = ['XMRTOP_WEBHOOK', 'XMRTOP_HEARTBEAT', 'XMRTOP_TOKEN'] as const;

/**
 * Creates the part of a loop that sends alerts, if the command line or the environment configures a channel.
 * @returns `undefined` without a channel
 * @throws InputError (`bad_usage`) with `--no-save`, and for a format of a webhook that is unknown or has no webhook
 */
export function alertsLoopPart(invocation: Invocation): LoopPart | undefined {
	const {flags, surroundings} = invocation;
	const channelFlags = channelFlagsOf(invocation);
	if (!hasChannels(channelFlags)) {
		return undefined;
	}

	if (flags.isOn('save') === false) {
		throw new InputError('bad_usage', '--no-save is not allowed with alerts: sent alerts must be recorded');
	}

	return {
		begin: async ({poller, settings, nodeStore, silenceStore, say, ended}) => {
			const options = {...channelOptions(channelFlags, nodeStore, say), signal: ended};
			const {store, channels} = await surroundings.openAlerts(flags, options);
			return startAlerter({
				poller,
				store,
				channels,
				rules: {...settings, coverMs: coverageGapMs(settings.interval, true)},
				silences: () => silenceStore.read(),
				nodeIds: () => nodeStore.read().nodes.map(({id}) => id),
				nowMs: surroundings.nowMs,
				monotonicMs: () => performance.now(),
				say,
			});
		},
	};
}

type ChannelFlags = Pick<ChannelOptions, 'program' | 'webhookFile' | 'webhookUrl' | 'webhookFormat'>;

/** Whether an alert channel is configured. */
export const hasChannels = ({program, webhookFile, webhookUrl}: ChannelFlags): boolean =>
	[program, webhookFile, webhookUrl].some(value => value !== undefined);

/** @throws InputError (`bad_usage`) for an unknown format, and for the flag without a webhook */
function webhookFormatOf({flags, surroundings}: Invocation, hasWebhook: boolean): WebhookFormatName | undefined {
	const flag = flags.text('webhook-format');
	const text = flag ?? (surroundings.env.XMRTOP_WEBHOOK_FORMAT || undefined);
	const format = webhookFormatNames.find(name => name === text);
	if (text !== undefined && format === undefined) {
		const where = flag === undefined ? 'environment variable XMRTOP_WEBHOOK_FORMAT' : '--webhook-format';
		throw new InputError(
			'bad_usage',
			`${where} ${quoteValue(text)} is invalid: expected ${webhookFormatNames.join(', ')}`,
		);
	}

	if (flag !== undefined && !hasWebhook) {
		throw new InputError(
			'bad_usage',
			'--webhook-format is given without a webhook: use --webhook-file or XMRTOP_WEBHOOK',
		);
	}

	return format;
}

/**
 * The alert channels that the command line and the environment configure.
 * @throws InputError (`bad_usage`) for a format of a webhook that is unknown or has no webhook
 */
export function channelFlagsOf(invocation: Invocation): ChannelFlags {
	const {flags, surroundings} = invocation;
	// An empty variable counts as unset, as is usual in shells and unit files.
	const webhookUrl = (!isConnectedFromElsewhere(invocation) && surroundings.env.XMRTOP_WEBHOOK) || undefined;
	const webhookFile = flags.text('webhook-file');
	const webhookFormat = webhookFormatOf(invocation, (webhookFile ?? webhookUrl) !== undefined);
	return compact({program: flags.text('on-change'), webhookFile, webhookUrl, webhookFormat});
}

/** What the channels need besides their flags. @param onNote called with warnings for the user */
export const channelOptions = (
	channelFlags: ChannelFlags,
	nodeStore: NodeStore,
	onNote: (note: string) => void,
): ChannelOptions => ({...channelFlags, secretVariables: secretVariablesOf(nodeStore), onNote});

/**
 * Whether this process was started by `--connect ssh://` from another machine. It then ignores XMRTOP_WEBHOOK and XMRTOP_HEARTBEAT
 * of the login environment, because it only shows the nodes and must not send alerts a second time.
 */
function isConnectedFromElsewhere({flags, surroundings: {env}}: Pick<Invocation, 'flags' | 'surroundings'>): boolean {
	return flags.isOn('ndjson') === true && Boolean(env.SSH_CONNECTION) && !env.SSH_TTY;
}

/** Lists the environment variables to hide from alert programs: they do not need the wallets' passwords. */
function secretVariablesOf(nodeStore: NodeStore): () => readonly string[] {
	let nodes = nodeStore.read().nodes;
	return () => {
		try {
			nodes = nodeStore.read().nodes;
		} catch {
			// nodes.json is unreadable now: the nodes read before are still watched, so their variables stay hidden.
		}

		const names = nodes.flatMap(node => [node.password_env, node.daemon_password_env]);
		return [...ownSecretVariables, ...names.filter(name => name !== undefined)];
	};
}

/** Minimum time between two heartbeats, in milliseconds. */
const heartbeatEveryMs = 60_000;

/** Creates the parts of a loop that report that xmrtop is running: the heartbeat and systemd's watchdog. */
export function livenessLoopParts(invocation: Invocation): readonly LoopPart[] {
	return [heartbeatPart(invocation), servicePart(invocation)].filter(part => part !== undefined);
}

/** @throws InputError (`bad_usage`) for `--heartbeat-fail` without a heartbeat */
function heartbeatPart(invocation: Invocation): LoopPart | undefined {
	const {flags, surroundings} = invocation;
	const file = flags.text('heartbeat-file');
	const url = (!isConnectedFromElsewhere(invocation) && surroundings.env.XMRTOP_HEARTBEAT) || undefined;
	const tellsFailures = flags.isOn('heartbeat-fail') === true;
	if (file === undefined && url === undefined) {
		if (tellsFailures) {
			throw new InputError('bad_usage', '--heartbeat-fail is not allowed without --heartbeat-file or XMRTOP_HEARTBEAT');
		}

		return undefined;
	}

	return {
		begin: async loop => {
			const {poller, say, ended} = loop;
			const send = await surroundings.openHeartbeat(compact({file, url, onNote: say}));
			let lastMs = Number.NEGATIVE_INFINITY;
			let wasFailing = false;
			let underWay = Promise.resolve();
			return onEveryCycle(loop, snapshot => {
				const isFailing = tellsFailures && countStates(snapshot).down > 0;
				const nowMs = performance.now();
				if (nowMs - lastMs < heartbeatEveryMs && isFailing === wasFailing) {
					return;
				}

				lastMs = nowMs;
				wasFailing = isFailing;
				underWay = underWay.then(async () => {
					const problem = await send(isFailing, ended);
					if (!ended.aborted) {
						poller.setNote('heartbeat', problem && `the heartbeat failed: ${problem}`);
					}
				});
			});
		},
	};
}

function servicePart({surroundings}: Invocation): LoopPart | undefined {
	return {
		begin: async loop => {
			const notify = await surroundings.createServiceNotifier(problem => loop.say(problem));
			if (!notify) {
				return async () => undefined;
			}

			await notify(['READY=1', 'STATUS=waiting for the first check cycle']);
			const end = onEveryCycle(loop, snapshot => void notify(['WATCHDOG=1', `STATUS=${statusText(snapshot)}`]));
			return async () => {
				await end();
				await notify(['STOPPING=1']);
			};
		},
	};
}

/** `12 nodes: 10 up, 2 down`. */
function statusText(snapshot: FleetSnapshot): string {
	const counts = countStates(snapshot);
	const total = states.reduce((sum, state) => sum + counts[state], 0);
	const parts = states.filter(state => counts[state] > 0).map(state => `${counts[state]} ${state}`);
	return [countWithNoun(total, 'node'), parts.join(', ')].filter(Boolean).join(': ');
}

/** Calls back at the end of every cycle. @returns the function that stops it */
function onEveryCycle(
	{poller}: Pick<Loop, 'poller'>,
	onSnapshot: (snapshot: FleetSnapshot) => void,
): () => Promise<void> {
	let last: FleetSnapshot['lastCycle'];
	const unsubscribe = poller.subscribe(() => {
		const snapshot = poller.getSnapshot();
		if (snapshot.lastCycle && snapshot.lastCycle !== last) {
			last = snapshot.lastCycle;
			onSnapshot(snapshot);
		}
	});
	return async () => void unsubscribe();
}
