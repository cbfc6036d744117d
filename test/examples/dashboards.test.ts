import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {parse} from 'yaml';
import {eventually} from '../helpers/child-processes.js';
import {examplesFolder, readExample} from '../helpers/example-files.js';
import {scrapeConfig, startPrometheus} from '../helpers/real-prometheus.js';
import {runningCli} from '../helpers/running-cli.js';
import {startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

// The fields of the JSON model in Grafana's documentation that are used here.
interface Source {
	readonly type: string;
	readonly uid: string;
}

interface Target {
	readonly refId: string;
	readonly datasource: Source;
	readonly expr: string;
	readonly instant: boolean;
	readonly range: boolean;
}

interface Panel {
	readonly id: number;
	readonly type: string;
	readonly title: string;
	readonly datasource: Source;
	readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
	readonly fieldConfig: {readonly defaults: object; readonly overrides: readonly object[]};
	readonly options: object;
	readonly targets: readonly Target[];
}

interface Variable {
	readonly name: string;
	readonly type: string;
	readonly query: string | {readonly query: string};
	readonly datasource?: Source;
}

interface Dashboard {
	readonly id: null;
	readonly uid: string;
	readonly title: string;
	readonly schemaVersion: number;
	readonly time: {readonly from: string; readonly to: string};
	readonly panels: readonly Panel[];
	readonly templating: {readonly list: readonly Variable[]};
}

const folder = path.join(examplesFolder, 'grafana/dashboards');
const dashboards: readonly Dashboard[] = readdirSync(folder).map(name =>
	JSON.parse(readExample(`grafana/dashboards/${name}`)),
);
/** The variable of every query, which selects the Prometheus. */
const anySource = ['$', '{datasource}'].join('');
const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

test('the dashboards have the fields that Grafana requires, and link to each other', () => {
	assert.equal(dashboards.length, 3);
	assert.ok(unique(dashboards.map(({uid}) => uid)));
	for (const {id, uid, title, schemaVersion, time, panels, templating} of dashboards) {
		assert.equal(id, null, 'given by Grafana');
		assert.match(uid, /^[a-z-]{1,40}$/);
		assert.ok(title !== '' && schemaVersion >= 36);
		assert.deepEqual(time, {from: 'now-6h', to: 'now'});
		assert.ok(unique(panels.map(panel => panel.id)));
		const names = templating.list.map(({name}) => name);
		const [source, ...variables] = templating.list;
		assert.deepEqual([source?.name, source?.type, source?.query], ['datasource', 'datasource', 'prometheus']);
		assert.ok(variables.every(({type, datasource}) => type === 'query' && datasource?.uid === anySource));
		const cells = panels.flatMap(({gridPos: {x, y, w, h}}) => {
			assert.ok(x >= 0 && w > 0 && h > 0 && x + w <= 24);
			return Array.from({length: w * h}, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
		});
		assert.ok(unique(cells), 'no panel lies on another');
		for (const panel of panels) {
			assert.match(panel.type, /^(?:stat|table|timeseries|bargauge|state-timeline)$/);
			assert.ok(panel.title !== '' && Array.isArray(panel.fieldConfig.overrides) && panel.targets.length > 0);
			assert.ok(unique(panel.targets.map(({refId}) => refId)));
			for (const {datasource, instant, range} of [...panel.targets, {...panel, instant: true, range: false}]) {
				assert.deepEqual(datasource, {type: 'prometheus', uid: anySource});
				assert.notEqual(instant, range);
			}

			const text = JSON.stringify(panel);
			for (const [, name = ''] of text.matchAll(/\$(?:\{(\w+)|(?!__)\w+)/g)) {
				assert.ok(name === '' || name.startsWith('__') || names.includes(name), name);
			}

			for (const [, to, query = ''] of text.matchAll(/\/d\/([\w-]+)\?([^"]*)/g)) {
				const target = dashboards.find(other => other.uid === to);
				for (const [, name] of query.matchAll(/var-(\w+)=/g)) {
					assert.ok(target?.templating.list.some(variable => variable.name === name));
				}
			}
		}
	}
});

test("provisions the dashboards and Prometheus in Grafana's documented format", () => {
	const sources = parse(readExample('grafana/provisioning/datasources/xmrtop.yml'));
	assert.equal(sources.apiVersion, 1);
	assert.ok(sources.datasources.every((source: Source & {name: string; access: string}) => source.access === 'proxy'));
	const {apiVersion, providers} = parse(readExample('grafana/provisioning/dashboards/xmrtop.yml'));
	assert.equal(apiVersion, 1);
	assert.deepEqual(
		providers.map(({type, options}: {type: string; options: object}) => [type, options]),
		[['file', {path: '/var/lib/grafana/dashboards'}]],
	);
});

/** A query as Grafana sends it when a variable selects all values. */
function filledIn(query: string): string {
	return query.replaceAll('$__rate_interval', '1m').replace(/\$(?:instance|node|daemon)/g, '.+');
}

testWith(['prometheus'], 'every query of the dashboards returns data for a fleet that Prometheus scrapes', async t => {
	const demo = runningCli(t, ['demo', '--hold']);
	await demo.until(() => demo.lines().length > 0, 'the demo', 30_000);
	const configDir = demo.lines()[0]?.replace('--config-dir ', '') ?? '';
	const stateDir = temporaryFolder(t);
	const {port, serve} = await startServe(t, ['-i', '1s', '-m', 'full', '--state-dir', stateDir], {configDir});
	const rules = readExample('prometheus/xmrtop.rules.yml').replaceAll(/for: \d+m/g, 'for: 1s');
	const config = `rule_files: [rules.yml]\n${scrapeConfig([port])}`.replace(
		'scrape_interval',
		'evaluation_interval: 1s, scrape_interval',
	);
	const prometheus = await startPrometheus(t, config, {files: {'rules.yml': rules}});
	const labelValues = /^label_values\((.*), (\w+)\)$/;
	const queries = new Set([
		...dashboards.flatMap(({panels}) => panels.flatMap(({targets}) => targets.map(({expr}) => expr))),
		...dashboards.flatMap(({templating}) =>
			templating.list.flatMap(({query}) =>
				typeof query === 'string' ? [] : query.query.replace(labelValues, 'count by ($2) ($1)'),
			),
		),
		...[...rules.matchAll(/record: (\S+)/g)].map(([, name = '']) => name),
	]);
	assert.ok(queries.size > 50);
	const waiting = new Set(queries);
	const stillWaiting = async (): Promise<ReadonlySet<string>> => {
		for (const query of waiting) {
			if ((await prometheus.value(filledIn(query))) !== undefined) {
				waiting.delete(query);
			}
		}

		return waiting;
	};
	await eventually(stillWaiting, ({size}) => size === 0, 60_000);
	assert.deepEqual([...waiting], [], serve.stderr().slice(0, 500));
	assert.equal((await serve.end('SIGTERM')).code, 0);
	assert.equal((await demo.end('SIGTERM')).code, 0);
});
