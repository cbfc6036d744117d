import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {startAlerter} from '../../../source/application/alerts/alerter.js';
import {noAlertState} from '../../../source/domain/alerts/alert.js';
import {type AlertsFile, type Delivery, withAlerts} from '../../../source/domain/alerts/outbox.js';
import type {FleetSnapshot} from '../../../source/domain/fleet.js';
import {InputError} from '../../../source/domain/input-error.js';
import {alertFleetFixture, rulesFixture} from '../../helpers/alert-fixture.js';
import {flushPromises} from '../../helpers/flush-promises.js';
import {nodeFixture} from '../../helpers/store-fixture.js';

const hourMs = 3_600_000;
const failure: Delivery = {kind: 'failed', reason: 'connection refused'};
const nothing: AlertsFile = {state: noAlertState, outbox: []};

/** Alerts of one node; the test controls disk, receiver and clock. */
function setUp(context: TestContext, initial: AlertsFile = nothing) {
	context.mock.timers.enable({apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-23T20:00:00.000Z')});
	let clockErrorMs = 0;
	let isDiskFull = false;
	let outcome: Delivery = failure;
	let saved = initial;
	let look = (): void => undefined;
	let snapshot: FleetSnapshot = {method: 'api', intervalMs: 5000, paused: false, nodes: [], notes: []};
	const notes = new Map<string, string | undefined>();
	const said: string[] = [];
	const attempts: string[] = [];
	const nowMs = (): number => Date.now() + clockErrorMs;
	const end = startAlerter({
		poller: {
			subscribe: listener => {
				look = listener;
				return () => undefined;
			},
			getSnapshot: () => snapshot,
			setNote: (name, note) => void notes.set(name, note),
		},
		store: {
			initial,
			save: async file => {
				if (isDiskFull) {
					throw new InputError('save_failed', 'no space left on device');
				}

				saved = file;
			},
			close: async () => undefined,
		},
		channels: [
			{
				name: 'webhook',
				deliver: async ({id}) => {
					attempts.push(id);
					return outcome;
				},
			},
		],
		rules: {...rulesFixture, fail_after: 1, recover_after: 1},
		nodeIds: () => [1],
		nowMs,
		say: line => void said.push(line),
	});
	context.after(end);
	return {
		said,
		attempts,
		saved: () => saved,
		note: () => notes.get('alerts'),
		setDiskFull: (next: boolean) => {
			isDiskFull = next;
		},
		setOutcome: (next: Delivery) => {
			outcome = next;
		},
		setClock: (byMs: number) => {
			clockErrorMs += byMs;
		},
		pass: async (ms: number) => {
			context.mock.timers.tick(ms);
			await flushPromises();
		},
		cycle: async (state: 'up' | 'down') => {
			const details = {
				method: 'api',
				message: state,
				state,
				latency_ms: 1,
				last_check: new Date(nowMs()).toISOString(),
				url: '',
			};
			const result = {status: state === 'up', details: {...details, method: 'api' as const}};
			const node = {node: nodeFixture('a', 1), nodeState: {}, result, checking: false, disabled: false};
			snapshot = {...snapshot, nodes: [node], lastCycle: {startedAtMs: nowMs(), endedAtMs: nowMs(), durationMs: 0}};
			look();
			await flushPromises();
		},
	};
}

test('saves what could not be saved at the next cycle, even when nothing changes in it', async context => {
	const {cycle, saved, note, setDiskFull, setOutcome, attempts} = setUp(context);
	setOutcome({kind: 'delivered'});
	setDiskFull(true);
	await cycle('down');
	assert.equal(attempts.length, 1, 'a full disk delays no alert');
	assert.equal(note(), 'no space left on device');
	assert.deepEqual(saved().state.incidents, []);
	setDiskFull(false);
	await cycle('down');
	assert.deepEqual([saved().state.incidents.length, saved().outbox.length], [1, 0]);
	assert.equal(note(), undefined);
});

function twoDaysOld(): AlertsFile {
	const fleet = alertFleetFixture(['a'], {fail_after: 1});
	fleet.cycle({a: 'down'});
	const alerts = fleet.alerts().map(alert => ({...alert, at: '2026-11-21T20:00:00.000Z'}));
	return {state: fleet.state(), outbox: withAlerts([], alerts, ['webhook'])};
}

test('tries an alert that expired while xmrtop was not running before it is dropped', async context => {
	const {saved, setOutcome, attempts, said, pass} = setUp(context, twoDaysOld());
	setOutcome({kind: 'delivered'});
	await flushPromises();
	await pass(1000);
	assert.deepEqual([attempts.length, saved().outbox, said], [2, [], []]);
});

test('drops an expired alert after five more attempts', async context => {
	const {saved, attempts, said, pass} = setUp(context, twoDaysOld());
	await flushPromises();
	for (const seconds of [1, 2, 4]) {
		await pass(seconds * 1000);
	}

	assert.deepEqual([attempts.length, saved().outbox.length, said], [4, 1, []]);
	await pass(8000);
	assert.deepEqual([attempts.length, saved().outbox.length], [5, 0]);
	assert.deepEqual(said, [`giving up on alert ${attempts[0]}: not delivered (webhook)`]);
});

test('drops nothing when the clock is corrected by years, as after a boot without a hardware clock', async context => {
	const {cycle, pass, setClock, setOutcome, saved, said} = setUp(context);
	setClock(-400_000 * hourMs);
	await cycle('down');
	setClock(400_000 * hourMs);
	setOutcome({kind: 'delivered'});
	await pass(1000);
	assert.deepEqual([saved().outbox, said], [[], []]);
});
