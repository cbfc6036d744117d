import {Gauge, Registry} from 'prom-client';
import type {Family, Series} from './families.js';
import type {MetricSamples} from './samples.js';

/** The text of a large fleet takes long to write: after each batch of this many series, checks may run. */
const batchSize = 1000;

/** The formats that Prometheus reads, with the text between two families and after the last. */
const formats = {
	text: {contentType: 'text/plain; version=0.0.4; charset=utf-8', gap: '\n', end: ''},
	openmetrics: {contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8', gap: '', end: '# EOF\n'},
} as const;

/** The name of a format: Prometheus' own text format, or OpenMetrics. */
export type ExpositionFormat = keyof typeof formats;

/** The HTTP `Content-Type` of a format. */
export const expositionContentType = (format: ExpositionFormat): string => formats[format].contentType;

/** The series of all families as lines, before they are written in a format. */
export type Exposition = ReadonlyArray<{readonly family: Family; readonly lines: string}>;

/**
 * Writes samples in the form that Prometheus reads. It loads prom-client, so this module is loaded on first use only.
 *
 * Histograms are classic ones: native histograms exist only in the protobuf exposition, which prom-client does not write.
 */
export function createExposition(families: readonly Family[]): (samples: MetricSamples) => Promise<Exposition> {
	const registry = new Registry();
	const writers = families.map(family => ({family, write: createWriter(family, registry)}));
	return async samples => {
		const written: Array<Exposition[number]> = [];
		for (const {family, write} of writers) {
			const series = family.seriesOf(samples);
			const parts: string[] = [];
			for (let from = 0; from < series.length; from += batchSize) {
				parts.push(await write(series.slice(from, from + batchSize)));
				await new Promise(setImmediate);
			}

			if (parts.length > 0) {
				written.push({family, lines: parts.join('')});
			}
		}

		return written;
	};
}

/** Joins the lines in a format. In OpenMetrics the name of a counter's family has no `_total`. */
export function formatExposition(exposition: Exposition, format: ExpositionFormat): string {
	const {gap, end} = formats[format];
	const texts = exposition.map(({family: {name: full, help, type}, lines}) => {
		const name = format === 'openmetrics' && type === 'counter' ? full.replace(/_total$/, '') : full;
		return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}${gap}`;
	});
	return `${texts.join('')}${end}`;
}

/** Creates the writer of a family's lines. All types are written by the same code. */
function createWriter({name, type, help, labelNames}: Family, registry: Registry) {
	const gaugeOf = (suffix: string): {readonly suffix: string; readonly gauge: Gauge} => {
		const names = suffix === '_bucket' ? [...labelNames, 'le'] : labelNames;
		return {suffix, gauge: new Gauge({name: `${name}${suffix}`, help, labelNames: names, registers: [registry]})};
	};

	const gauges = (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map(gaugeOf);
	return async (series: readonly Series[]): Promise<string> => {
		const texts = gauges.map(async ({suffix, gauge}) => {
			gauge.reset();
			for (const {labels, value} of series.filter(each => (each.suffix ?? '') === suffix)) {
				gauge.set(labels, value);
			}

			return withoutHead(await registry.getSingleMetricAsString(`${name}${suffix}`));
		});
		return (await Promise.all(texts)).join('');
	};
}

/** The lines of a metric after `# HELP` and `# TYPE`, each with its end. */
function withoutHead(text: string): string {
	const lines = text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
	return `${lines}\n`;
}
