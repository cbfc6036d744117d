import {promisify} from 'node:util';
import {gzip} from 'node:zlib';
import {rateLimited} from '../../application/pacing.js';
import type {LoopPart} from '../../application/session.js';
import type {FleetSnapshot} from '../../domain/fleet.js';
import type {Exposition, ExpositionFormat} from './exposition.js';
import {families} from './families.js';
import {collectSamples, createMetricTallies, createTransitionLog, type OwnProcess} from './samples.js';

/** The form in which a client wants the metrics. */
export interface MetricsRequest {
	/** Default `text`. */
	readonly format?: ExpositionFormat;
	readonly isGzip?: boolean;
}

/** The metrics of a fleet. They count every result, and are written on request. */
export interface FleetMetrics extends Required<Pick<LoopPart, 'onTransition' | 'onResult' | 'begin'>> {
	/** The HTTP `Content-Type` of the text format. */
	readonly contentType: string;
	/**
	 * The text that Prometheus reads. Computed at most once for each snapshot, however many clients ask, because a large fleet's
	 * takes long.
	 * @param snapshot the current one
	 */
	readonly text: (snapshot: FleetSnapshot, format?: ExpositionFormat) => Promise<string>;
	/** The same as the body of a response, with the `Content-Type` of its format. Compressed at most once. */
	readonly body: (
		snapshot: FleetSnapshot,
		request: MetricsRequest,
	) => Promise<{readonly body: Buffer; readonly contentType: string}>;
}

export interface FleetMetricsOptions {
	/** Milliseconds since the epoch. */
	readonly nowMs?: () => number;
	/** What xmrtop's own process uses; absent: no such metrics. */
	readonly ownProcess?: () => OwnProcess;
}

const compress = promisify(gzip);
/** The lowest level compresses these similar lines to a twentieth of their size, in a fifth of the time. */
const compressionLevel = 1;

/** Starts counting. */
export function createFleetMetrics({nowMs = Date.now, ownProcess}: FleetMetricsOptions = {}): FleetMetrics {
	const tallies = createMetricTallies();
	const log = createTransitionLog(nowMs);
	let write: ((samples: ReturnType<typeof collectSamples>) => Promise<Exposition>) | undefined;
	const expose = rateLimited(async (snapshot: FleetSnapshot) => {
		write ??= (await import('./exposition.js')).createExposition(families);
		tallies.keepOnly(snapshot.nodes.map(({node}) => node.id));
		await log.refresh();
		return write(
			collectSamples(snapshot, {tallies, transitionsOf: log.transitionsOf, nowMs: nowMs(), own: ownProcess?.()}),
		);
	});
	const compressed = new WeakMap<Exposition, Map<ExpositionFormat, Promise<Buffer>>>();
	const text: FleetMetrics['text'] = async (snapshot, format = 'text') => {
		const exposition = await expose(snapshot);
		return (await import('./exposition.js')).formatExposition(exposition, format);
	};

	const gzipped = async (exposition: Exposition, format: ExpositionFormat): Promise<Buffer> => {
		const {formatExposition} = await import('./exposition.js');
		const known = compressed.get(exposition) ?? new Map<ExpositionFormat, Promise<Buffer>>();
		compressed.set(exposition, known);
		const body = known.get(format) ?? compress(formatExposition(exposition, format), {level: compressionLevel});
		known.set(format, body);
		return body;
	};

	return {
		onTransition: transition => {
			tallies.onTransition(transition);
			log.add(transition);
		},
		onResult: tallies.onResult,
		begin: async ({resultStore}) => {
			log.readFrom(resultStore);
			return async () => {};
		},
		contentType: 'text/plain; version=0.0.4; charset=utf-8',
		text,
		body: async (snapshot, {format = 'text', isGzip = false}) => {
			const {expositionContentType} = await import('./exposition.js');
			const body = isGzip ? await gzipped(await expose(snapshot), format) : Buffer.from(await text(snapshot, format));
			return {body, contentType: expositionContentType(format)};
		},
	};
}
