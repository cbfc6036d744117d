import type {AlertChannel, AlertOptions, AlertStore, ChannelOptions} from '../../domain/alerts/outbox.js';
import {compact} from '../../domain/compact.js';
import {openAlertStore} from './alert-store.js';
import {createHookChannel, findHookProgram} from './exec-channel.js';
import {createWebhookChannel, parseWebhookUrl, readWebhookFile, type WebhookTarget} from './webhook-channel.js';

/** What the alert store and the channels need from outside. */
export interface AlertInputs {
	/** Path of alerts.json. */
	readonly alertsPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The User-Agent of webhook requests. */
	readonly userAgent: string;
}

/** Opens the real alert store and channels; see `OpenAlerts`. */
export async function openAlerts(
	{alertsPath, ...inputs}: AlertInputs,
	options: AlertOptions,
): Promise<{readonly store: AlertStore; readonly channels: readonly AlertChannel[]}> {
	// Whatever can be rejected is checked before this process takes the store's lease.
	const channels = await openChannels(inputs, options);
	return {store: await openAlertStore(alertsPath, options), channels};
}

/**
 * Opens the real channels to receivers.
 * @throws InputError for a program that cannot be run, and a URL that cannot be used
 */
export async function openChannels(
	{env, userAgent}: Omit<AlertInputs, 'alertsPath'>,
	options: ChannelOptions,
): Promise<readonly AlertChannel[]> {
	const {program, secretVariables, webhookFormat, onStatus} = options;
	const hook =
		program === undefined
			? []
			: [createHookChannel({program: findHookProgram(program, env.PATH), env, secretVariables})];
	const target = await webhookTarget(options);
	const webhook = target
		? [
				createWebhookChannel(
					compact({
						target,
						userAgent,
						format: webhookFormat,
						onStatus: (status: number) => onStatus?.('webhook', status),
					}),
				),
			]
		: [];
	return [...hook, ...webhook];
}

async function webhookTarget({webhookFile, webhookUrl, onNote}: ChannelOptions): Promise<WebhookTarget | undefined> {
	if (webhookFile !== undefined) {
		return readWebhookFile(webhookFile, onNote);
	}

	return webhookUrl === undefined ? undefined : parseWebhookUrl(webhookUrl, 'XMRTOP_WEBHOOK');
}
