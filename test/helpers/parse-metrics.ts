import assert from 'node:assert/strict';

const line = /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/;

/**
 * Parses the text format of Prometheus: every series with its value, in order.
 * @throws for malformed text, a duplicate series, or a series outside its family
 */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
	const series = new Map<string, number>();
	const announced = new Set<string>();
	let family = '';
	let isHistogram = false;
	assert.ok(text === '' || text.endsWith('\n'), 'no newline at the end');
	for (const each of text.split('\n').filter(Boolean)) {
		const [, kind, name = '', rest] = /^# (HELP|TYPE) ([a-z_]+) (\S+)/.exec(each) ?? [];
		if (kind === 'HELP') {
			assert.equal(announced.has(name), false, `${name} is announced twice`);
			announced.add(name);
			family = name;
		} else if (kind === 'TYPE') {
			isHistogram = rest === 'histogram';
		} else {
			const [, labelled = '', value] = line.exec(each) ?? [];
			assert.notEqual(labelled, '', `not well formed: ${each}`);
			const [own = ''] = labelled.split('{');
			assert.equal(
				isHistogram ? own.replace(/_(?:bucket|sum|count)$/, '') : own,
				family,
				`in the wrong place: ${each}`,
			);
			assert.equal(series.has(labelled), false, `twice: ${each}`);
			series.set(labelled, Number(value));
		}
	}

	return series;
}
