import {startAlerter} from '../../application/alerts/alerter.js';
import type {LoopPart} from '../../application/session.js';
import type {ChannelWishes} from '../../domain/alerts/outbox.js';
import {type WebhookFormatName, webhookFormatNames} from '../../domain/alerts/webhook-formats.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import {coverageGapMs} from '../../domain/past/coverage.js';
import type {NodeStore} from '../../domain/store.js';
import {quoteValue} from '../../domain/text.js';
import type {Invocation} from '../command.js';

/** Variables that hold secrets of xmrtop itself. */
const ownSecretVariables = ['XMRTOP_WEBHOOK', 'XMRTOP_TOKEN'] as const;

/**
 * The alerts that a command line or the environment asks for.
 * @returns `undefined` when none are asked for
 * @throws InputError (`bad_usage`) with `--no-save`
 */
export function alertsLoopPart(invocation: Invocation): LoopPart | undefined {
	const {flags, surroundings} = invocation;
	if (!hasChannels(invocation)) {
		return undefined;
	}

	if (flags.isOn('save') === false) {
		throw new InputError('bad_usage', '--no-save is not allowed with alerts: sent alerts must be recorded');
	}

	return {
		begin: async ({poller, settings, nodeStore, silenceStore, say, ended}) => {
			const wishes = {...channelWishes(invocation, nodeStore, say), signal: ended};
			const {store, channels} = await surroundings.openAlerts(flags, wishes);
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

type Ways = Pick<ChannelWishes, 'program' | 'webhookFile' | 'webhookUrl'>;

/** @throws InputError (`bad_usage`) for a format that there is not */
function webhookFormatOf({flags, surroundings}: Invocation): WebhookFormatName | undefined {
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

	return format;
}

function waysOf({flags, surroundings}: Invocation): Ways {
	// An empty variable is how shells and unit files spell one that is not set.
	const webhookUrl = (!isConnectedFromElsewhere({flags, surroundings}) && surroundings.env.XMRTOP_WEBHOOK) || undefined;
	return compact({program: flags.text('on-change'), webhookFile: flags.text('webhook-file'), webhookUrl});
}

/** Whether a command line or the environment names a way for alerts. */
export const hasChannels = (invocation: Invocation): boolean => Object.keys(waysOf(invocation)).length > 0;

/** The ways that a command line and the environment name. @param onNote told of what a person should know */
export function channelWishes(
	invocation: Invocation,
	nodeStore: NodeStore,
	onNote: (note: string) => void,
): ChannelWishes {
	return compact({
		...waysOf(invocation),
		webhookFormat: webhookFormatOf(invocation),
		secretVariables: secretVariablesOf(nodeStore),
		onNote,
	});
}

/**
 * Whether this is what `--connect ssh://` runs: somebody looks on, and a variable of the login there does not make a second one
 * who alerts of it.
 */
function isConnectedFromElsewhere({flags, surroundings: {env}}: Pick<Invocation, 'flags' | 'surroundings'>): boolean {
	return flags.isOn('ndjson') === true && Boolean(env.SSH_CONNECTION) && !env.SSH_TTY;
}

/** A program that is told of alerts needs no password of a wallet. */
function secretVariablesOf(nodeStore: NodeStore): () => readonly string[] {
	let nodes = nodeStore.read().nodes;
	return () => {
		try {
			nodes = nodeStore.read().nodes;
		} catch {
			// The nodes known before stay watched, and their secrets secret.
		}

		const names = nodes.flatMap(node => [node.password_env, node.daemon_password_env]);
		return [...ownSecretVariables, ...names.filter(name => name !== undefined)];
	};
}
