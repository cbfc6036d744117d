import fc from 'fast-check';
import type {Settings} from '../../source/domain/settings.js';

/** A simulated fleet, its settings and the events that happen to it. */
export interface Scenario {
	readonly intervalMs: number;
	/** Number of cycles with events; quiet cycles follow. */
	readonly cycles: number;
	readonly nodes: readonly SimulatedNode[];
	readonly rules: Pick<Settings, 'fail_after' | 'recover_after' | 'alert_on' | 'alert_daemons'>;
	readonly events: readonly TimedEvent[];
}

/** A node: the numbers of its host and its daemon. Host 0 is this machine. */
export interface SimulatedNode {
	readonly host: number;
	readonly daemon: number | undefined;
}

/** An event at the end of a cycle. */
export interface TimedEvent {
	readonly cycle: number;
	readonly event: WorldEvent;
}

/** The possible events. Numbers of nodes, hosts and daemons are taken modulo their count. */
export type WorldEvent =
	| {readonly kind: 'wallet'; readonly node: number; readonly to: 'up' | 'dead' | 'hangs' | 'restarted'}
	| {readonly kind: 'host'; readonly host: number; readonly isGone: boolean}
	| {readonly kind: 'monitor'; readonly isCutOff: boolean}
	| {readonly kind: 'daemon'; readonly daemon: number; readonly to: 'up' | 'dead' | 'behind'}
	/** The wall clock is changed. */
	| {readonly kind: 'clock'; readonly byMs: number}
	/** The process is killed and restarted `away` cycles later. */
	| {readonly kind: 'kill'; readonly away: number}
	/** The process is killed before or after its next write to a store. */
	| {readonly kind: 'kill_at_write'; readonly store: 'alerts' | 'results'; readonly isBefore: boolean}
	| {readonly kind: 'disk'; readonly isFull: boolean}
	/** `lies`: accepts the alert but reports a failure. */
	| {readonly kind: 'receiver'; readonly to: 'takes' | 'fails' | 'hangs' | 'lies' | 'asks_for_time'}
	| {readonly kind: 'silence'; readonly node: number; readonly cycles: number}
	| {readonly kind: 'available'; readonly node: number; readonly isOff: boolean};

const hour = 3_600_000;
const small = fc.nat({max: 7});
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({weight, arbitrary});

const event: fc.Arbitrary<WorldEvent> = fc.oneof(
	often(
		10,
		fc.record({
			kind: fc.constant('wallet' as const),
			node: small,
			to: fc.constantFrom('up' as const, 'dead' as const, 'hangs' as const, 'restarted' as const),
		}),
	),
	often(4, fc.record({kind: fc.constant('host' as const), host: small, isGone: fc.boolean()})),
	often(2, fc.record({kind: fc.constant('monitor' as const), isCutOff: fc.boolean()})),
	often(
		5,
		fc.record({
			kind: fc.constant('daemon' as const),
			daemon: small,
			to: fc.constantFrom('up' as const, 'dead' as const, 'behind' as const),
		}),
	),
	often(
		1,
		fc.record({
			kind: fc.constant('clock' as const),
			// The extra 12.345 s make sure that no two checks have the same time.
			byMs: fc
				.constantFrom(hour, -hour, -2 * hour, 60_000, 9 * 365 * 24 * hour, -9 * 365 * 24 * hour)
				.map(ms => ms + 12_345),
		}),
	),
	often(2, fc.record({kind: fc.constant('kill' as const), away: fc.nat({max: 2})})),
	often(
		3,
		fc.record({
			kind: fc.constant('kill_at_write' as const),
			store: fc.constantFrom('alerts' as const, 'results' as const),
			isBefore: fc.boolean(),
		}),
	),
	often(1, fc.record({kind: fc.constant('disk' as const), isFull: fc.boolean()})),
	often(
		3,
		fc.record({
			kind: fc.constant('receiver' as const),
			to: fc.constantFrom(
				'takes' as const,
				'fails' as const,
				'hangs' as const,
				'lies' as const,
				'asks_for_time' as const,
			),
		}),
	),
	often(1, fc.record({kind: fc.constant('silence' as const), node: small, cycles: fc.integer({min: 1, max: 12})})),
	often(1, fc.record({kind: fc.constant('available' as const), node: small, isOff: fc.boolean()})),
);

/** Scenarios of half a day to a few days. */
export const scenarios: fc.Arbitrary<Scenario> = fc.integer({min: 20, max: 60}).chain(cycles =>
	fc.record({
		intervalMs: fc.constantFrom(hour, 2 * hour, hour / 2),
		cycles: fc.constant(cycles),
		nodes: fc.array(
			fc.record({host: fc.nat({max: 4}), daemon: fc.option(fc.nat({max: 1}), {nil: undefined, freq: 2})}),
			{minLength: 1, maxLength: 6},
		),
		rules: fc.record({
			fail_after: fc.integer({min: 1, max: 3}),
			recover_after: fc.integer({min: 1, max: 3}),
			alert_on: fc.constantFrom('down' as const, 'failed' as const, 'degraded' as const),
			alert_daemons: fc.boolean(),
		}),
		events: fc.array(fc.record({cycle: fc.nat({max: cycles - 1}), event}), {maxLength: 24}),
	}),
);
