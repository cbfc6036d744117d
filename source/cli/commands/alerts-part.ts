import {startAlerter} from '../../application/alerts/alerter.js';
import type {LoopPart} from '../../application/session.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import {coverMs} from '../../domain/past/coverage.js';
import type {NodeStore} from '../../domain/store.js';
import type {Invocation} from '../command.js';

/** Variables that hold secrets of xmrtop itself. */
const ownSecretVariables = ['XMRTOP_WEBHOOK', 'XMRTOP_TOKEN'] as const;

/**
 * The alerts that a command line or the environment asks for.
 * @returns `undefined` when none are asked for
 * @throws InputError (`bad_usage`) with `--no-save`
 */
export function alertsLoopPart({flags, surroundings}: Invocation): LoopPart | undefined {
	const program = flags.text('on-change');
	const webhookFile = flags.text('webhook-file');
	// An empty variable is how shells and unit files spell one that is not set.
	const webhookUrl = (!isJoinedFromElsewhere({flags, surroundings}) && surroundings.env.XMRTOP_WEBHOOK) || undefined;
	if (program === undefined && webhookFile === undefined && webhookUrl === undefined) {
		return undefined;
	}

	if (flags.isOn('save') === false) {
		throw new InputError('bad_usage', '--no-save is not allowed with alerts: sent alerts must be recorded');
	}

	return {
		begin: async ({poller, settings, nodeStore, say, ended}) => {
			const {store, channels} = await surroundings.openAlerts(
				flags,
				compact({
					program,
					webhookFile,
					webhookUrl,
					secretVariables: secretVariablesOf(nodeStore),
					onNote: say,
					signal: ended,
				}),
			);
			return startAlerter({
				poller,
				store,
				channels,
				rules: {...settings, coverMs: coverMs(settings.interval, true)},
				nodeIds: () => nodeStore.read().nodes.map(({id}) => id),
				nowMs: surroundings.nowMs,
				say,
			});
		},
	};
}

/**
 * Whether this is what `--connect ssh://` runs: somebody looks on, and a variable of the login there does not make a second one
 * who alerts of it.
 */
function isJoinedFromElsewhere({flags, surroundings: {env}}: Pick<Invocation, 'flags' | 'surroundings'>): boolean {
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
