import type {AlertChannel, AlertStore, AlertWishes} from '../../domain/alerts/outbox.js';
import {openAlertStore} from './alert-store.js';
import {createHookChannel, findHookProgram} from './exec-channel.js';
import {createWebhookChannel, parseWebhookUrl, readWebhookFile, type WebhookTarget} from './webhook-channel.js';

/** What the outside of alerts rests on. */
export interface AlertSurroundings {
	/** Path of alerts.json. */
	readonly alertsPath: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** How webhooks are told who posts. */
	readonly userAgent: string;
}

/** The real outside of alerts; see `OpenAlerts`. */
export async function openAlerts(
	{alertsPath, env, userAgent}: AlertSurroundings,
	wishes: AlertWishes,
): Promise<{readonly store: AlertStore; readonly channels: readonly AlertChannel[]}> {
	const {program, secretVariables} = wishes;
	// Everything that can be refused, before the store becomes this process's.
	const hook =
		program === undefined
			? []
			: [createHookChannel({program: findHookProgram(program, env.PATH), env, secretVariables})];
	const target = await webhookTarget(wishes);
	const webhook = target ? [createWebhookChannel({target, userAgent})] : [];
	return {store: await openAlertStore(alertsPath, wishes), channels: [...hook, ...webhook]};
}

async function webhookTarget({webhookFile, webhookUrl, onNote}: AlertWishes): Promise<WebhookTarget | undefined> {
	if (webhookFile !== undefined) {
		return readWebhookFile(webhookFile, onNote);
	}

	return webhookUrl === undefined ? undefined : parseWebhookUrl(webhookUrl, 'XMRTOP_WEBHOOK');
}
