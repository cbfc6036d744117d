import {Counter, Gauge, Registry} from 'prom-client';
import type {Family, Series} from './families.js';
import type {MetricSamples} from './samples.js';

/** A large fleet's text takes its time: between slices of so many series the checks get theirs. */
const sliceSize = 1000;

/** Writes samples as Prometheus reads them. Loads prom-client, so it is itself loaded when first needed. */
export function createExposition(families: readonly Family[]): (samples: MetricSamples) => Promise<string> {
	const registry = new Registry();
	const writers = families.map(family => ({family, write: createWriter(family, registry)}));
	return async samples => {
		const parts: string[] = [];
		for (const {family, write} of writers) {
			const series = family.seriesOf(samples);
			for (let from = 0; from < series.length; from += sliceSize) {
				write(series.slice(from, from + sliceSize));
				const text = await registry.getSingleMetricAsString(family.name);
				parts.push(`${from === 0 ? text : withoutHead(text)}\n`);
				await new Promise(setImmediate);
			}
		}

		return parts.join('');
	};
}

/** The lines of a family after `# HELP` and `# TYPE`, which stand there once. */
function withoutHead(text: string): string {
	return text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
}

/** What puts the series of a family in the place of those it had. */
function createWriter({name, type, help, labelNames}: Family, registry: Registry): (series: readonly Series[]) => void {
	const configuration = {name, help, labelNames, registers: [registry]};
	if (type === 'gauge') {
		const gauge = new Gauge(configuration);
		return series => {
			gauge.reset();
			for (const {labels, value} of series) {
				gauge.set(labels, value);
			}
		};
	}

	const counter = new Counter(configuration);
	return series => {
		counter.reset();
		for (const {labels, value} of series) {
			counter.inc(labels, value);
		}
	};
}
