import {rateLimited} from '../../application/pacing.js';
import type {LoopPart} from '../../application/session.js';
import type {FleetSnapshot} from '../../domain/fleet.js';
import {families} from './families.js';
import {collectSamples, createMetricTallies, type MetricSamples} from './samples.js';

/** The metrics of a fleet. They hear of every result, and are written when somebody asks. */
export interface FleetMetrics extends Required<Pick<LoopPart, 'onTransition' | 'onResult'>> {
	/** The HTTP `Content-Type` of the text. */
	readonly contentType: string;
	/**
	 * The text that Prometheus reads. Made at most once for each snapshot, however many ask; a large fleet's takes a while.
	 * @param snapshot the present one
	 */
	readonly text: (snapshot: FleetSnapshot) => Promise<string>;
}

/** Begins counting. */
export function createFleetMetrics(): FleetMetrics {
	const tallies = createMetricTallies();
	let write: ((samples: MetricSamples) => Promise<string>) | undefined;
	const text = rateLimited(async (snapshot: FleetSnapshot) => {
		write ??= (await import('./exposition.js')).createExposition(families);
		tallies.keepOnly(snapshot.nodes.map(({node}) => node.id));
		return write(collectSamples(snapshot, tallies));
	});
	return {
		onTransition: tallies.onTransition,
		onResult: tallies.onResult,
		contentType: 'text/plain; version=0.0.4; charset=utf-8',
		text,
	};
}
