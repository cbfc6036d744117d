import {type AlertRules, IncidentTracker} from '../../domain/alerts/incidents.js';
import {type AlertChannel, type AlertStore, type OutboxEntry, withAlerts} from '../../domain/alerts/outbox.js';
import {isActiveSilence, type Silence, silenceOf} from '../../domain/alerts/silences.js';
import type {FleetSnapshot} from '../../domain/fleet.js';
import type {NotedPoller} from '../poller.js';
import {createAlertBook, createDelivery, type RetryTimes} from './dispatcher.js';

/** How long deliveries in progress may continue when xmrtop exits, in milliseconds. */
const stopPatienceMs = 200;

export interface AlerterOptions {
	readonly poller: Pick<NotedPoller, 'subscribe' | 'getSnapshot' | 'setNote'>;
	readonly store: AlertStore;
	readonly channels: readonly AlertChannel[];
	readonly rules: AlertRules;
	/** The ids of every configured node. If it throws, every node counts as configured. */
	readonly nodeIds: () => Iterable<number>;
	/** Every silence, including those that have ended. Default: none. */
	readonly silences?: () => readonly Silence[];
	readonly nowMs: () => number;
	/** A clock that is never set, in milliseconds. Default: `nowMs`. */
	readonly monotonicMs?: () => number;
	/** Prints a line for the user. */
	readonly say: (line: string) => void;
	readonly retryTimes?: RetryTimes;
}

/**
 * Reports incidents and their end: evaluates every finished cycle of a poller, and sends the alerts to the channels. Alerts are
 * saved before any of them is delivered.
 * @returns a function that stops the deliveries and releases the store
 */
export function startAlerter(options: AlerterOptions): () => Promise<void> {
	const {poller, store, channels, rules, nowMs, say} = options;
	let isLost = false;
	const book = createAlertBook({
		store,
		onSaveProblem: problem => poller.setNote('alerts', problem),
		onLost: problem => {
			if (!isLost) {
				isLost = true;
				say(`alerting stopped: ${problem}`);
				void end();
			}
		},
	});
	const delivery = createDelivery({...options, book, setNote: poller.setNote});
	const tracker = new IncidentTracker(store.initial.state, rules);
	const names = channels.map(({name}) => name);
	let lastCycle: FleetSnapshot['lastCycle'];

	/** Evaluates a finished cycle, saves its alerts in the outbox, and starts their delivery. */
	const takeIn = ({method, nodes, lastCycle: cycle}: FleetSnapshot): void => {
		if (!cycle || cycle === lastCycle) {
			return;
		}

		lastCycle = cycle;
		const {outbox} = book.now();
		const isSent = ({waiting}: OutboxEntry): boolean => waiting.some(name => names.includes(name));
		const sent = outbox.filter(isSent).map(({alert}) => alert.id);
		const allSilences = options.silences?.() ?? [];
		const silences = allSilences.filter(silence => isActiveSilence(silence, nowMs()));
		const {state, isChanged, alerts} = tracker.take({
			isSilenced: (node, daemon) => silenceOf(silences, node, daemon) !== undefined,
			hasExpired: (node, daemon) => silenceOf(allSilences, node, daemon)?.ended !== true,
			at: new Date(nowMs()).toISOString(),
			method,
			nodes,
			exists: existing(options.nodeIds),
			isWaiting: incidentId => sent.some(id => id.startsWith(incidentId)),
		});
		const file = {...book.now(), state, outbox: withAlerts(outbox, alerts, names)};
		if (isChanged || book.isBehind()) {
			void book.save(file).then(delivery.deliverDue);
		} else {
			book.set(file);
			delivery.deliverDue();
		}
	};

	const unsubscribe = poller.subscribe(() => takeIn(poller.getSnapshot()));
	const end = async (): Promise<void> => {
		unsubscribe();
		await delivery.stop(isLost ? 0 : stopPatienceMs);
	};
	delivery.deliverDue();
	return async () => {
		await end();
		if (!isLost) {
			await book.save(book.now());
		}

		await store.close();
	};
}

/** Called only for nodes that are no longer watched. */
function existing(nodeIds: AlerterOptions['nodeIds']): (nodeId: number) => boolean {
	let ids: ReadonlySet<number> | undefined;
	return nodeId => {
		try {
			ids ??= new Set(nodeIds());
			return ids.has(nodeId);
		} catch {
			return true;
		}
	};
}
