import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {parse} from 'yaml';
import {eventually} from '../helpers/child-processes.js';
import {examplesFolder, readExample, runProgram} from '../helpers/example-files.js';
import {startAlertmanager} from '../helpers/real-prometheus.js';
import {testWith} from '../helpers/test-with.js';

interface Rule {
	readonly alert?: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations: Readonly<Record<string, string>>;
}

const rules: readonly Rule[] = parse(readExample('prometheus/xmrtop.rules.yml')).groups.flatMap(
	(group: {readonly rules: readonly Rule[]}) => group.rules,
);

interface RuleTest {
	readonly name: string;
	readonly alert_rule_test?: ReadonlyArray<{
		readonly alertname: string;
		readonly exp_alerts: ReadonlyArray<{readonly exp_labels: Readonly<Record<string, string>>}>;
	}>;
}

const ruleTests: readonly RuleTest[] = parse(readExample('prometheus/xmrtop.rules.test.yml')).tests;

test('the summary of every alert names the instance', () => {
	for (const {alert, annotations} of rules.filter(rule => rule.alert)) {
		assert.match(annotations.summary ?? '', /\$labels\.instance/, alert);
	}
});

test('a rule fires in a test for every failure in the README', () => {
	const readme = readFileSync(`${examplesFolder}/../README.md`, 'utf8');
	const shown = [...readme.matchAll(/^[✖▲◐] (down|degraded|busy) +(\S+) .* (?:\d+[mhd]|–) {2}(.+)$/gm)];
	assert.equal(shown.length, 4);
	for (const [, state, node = '', message = ''] of shown) {
		const found = ruleTests.find(({name}) => name.startsWith(`README: ${node} ${state}, `));
		const fired = (found?.alert_rule_test ?? []).flatMap(({exp_alerts: alerts}) => alerts);
		assert.ok(
			fired.some(({exp_labels: labels}) => labels.node === node && labels.state === state),
			`${node}: ${message}`,
		);
	}

	assert.match(readme, /as dead while it scans[\s\S]*`get_version` still succeeds when the\ndaemon is gone/);
	const gone = ruleTests.find(({name}) => name === 'README: a wallet still answers while its daemon is gone');
	assert.ok(gone?.alert_rule_test?.some(({alertname}) => alertname === 'MoneroDaemonDown'));
	const scan = ruleTests.find(({name}) => name.startsWith('README: cold-scan busy'));
	const isDown = scan?.alert_rule_test?.find(({alertname}) => alertname === 'MoneroWalletDown');
	assert.deepEqual(isDown?.exp_alerts, []);
});

testWith(['amtool'], 'routes critical alerts to on-call and warnings to the operators', async () => {
	const routed: Readonly<Record<string, string>> = {critical: 'on-call', warning: 'operators'};
	for (const severity of new Set(rules.flatMap(({alert, labels}) => (alert ? [labels.severity ?? ''] : [])))) {
		const args = ['--config.file=alertmanager/alertmanager.yml', `severity=${severity}`];
		const {code, said} = await runProgram('amtool', ['config', 'routes', 'test', ...args]);
		assert.deepEqual([code, /^(?:operators|on-call)$/m.exec(said)?.[0]], [0, routed[severity]], said);
	}
});

testWith(['prometheus-alertmanager'], 'suppresses what a dead daemon, group or xmrtop explains', async t => {
	const port = await startAlertmanager(t);
	const [one, two] = ['one:8780', 'two:8780'];
	const alerts: ReadonlyArray<readonly [suppressed: boolean, labels: Readonly<Record<string, string>>]> = [
		[false, {alertname: 'MoneroDaemonDown', instance: one, daemon: 'd:18081'}],
		[true, {alertname: 'MoneroDaemonBehind', instance: one, daemon: 'd:18081'}],
		[true, {alertname: 'MoneroWalletDegraded', instance: one, daemon: 'd:18081', node: 'a'}],
		[true, {alertname: 'MoneroWalletNotWorking', instance: one, daemon: 'd:18081', node: 'b'}],
		[false, {alertname: 'MoneroWalletDown', instance: one, daemon: 'd:18081', node: 'c'}],
		[false, {alertname: 'MoneroWalletDegraded', instance: one, daemon: 'other:18081', node: 'd'}],
		[false, {alertname: 'MoneroWalletDegraded', instance: one, node: 'e'}],
		[false, {alertname: 'MoneroWalletBehind', instance: 'three:8780', daemon: 'd:18081', node: 'a'}],
		[false, {alertname: 'XmrtopStale', instance: two}],
		[true, {alertname: 'MoneroWalletDown', instance: two, node: 'a'}],
		[true, {alertname: 'MoneroDaemonDown', instance: two, daemon: 'd:18081'}],
		[false, {alertname: 'MoneroGroupDown', instance: one, group: 'eu'}],
		[true, {alertname: 'MoneroWalletDown', instance: one, group: 'eu', node: 'f'}],
		[false, {alertname: 'MoneroWalletDown', instance: one, group: 'us', node: 'g'}],
		[false, {alertname: 'MoneroWalletUnstable', instance: one, node: 'h'}],
		[true, {alertname: 'MoneroWalletNotWorking', instance: one, node: 'h'}],
	];
	const route = `http://127.0.0.1:${port}/api/v2/alerts`;
	const body = JSON.stringify(alerts.map(([, labels]) => ({labels})));
	const sent = await fetch(route, {method: 'POST', headers: {'Content-Type': 'application/json'}, body});
	assert.equal(sent.status, 200);
	const key = (labels: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(labels).toSorted());
	type Status = {
		readonly labels: Readonly<Record<string, string>>;
		readonly status: {readonly inhibitedBy: readonly string[]};
	};
	const suppressed = async (): Promise<readonly string[]> =>
		((await (await fetch(route)).json()) as readonly Status[])
			.filter(({status}) => status.inhibitedBy.length > 0)
			.map(({labels}) => key(labels))
			.toSorted();
	const expected = alerts.flatMap(([is, labels]) => (is ? [key(labels)] : [])).toSorted();
	assert.deepEqual(await eventually(suppressed, found => found.length >= expected.length), expected);
});
