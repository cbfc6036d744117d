import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createFleetMetrics} from '../../../source/server/metrics/fleet-metrics.js';
import {parseMetrics} from '../../helpers/parse-metrics.js';
import {findProgram} from '../../helpers/real-process.js';
import {apiResult, fullResult, snapshotFixture} from '../../helpers/snapshot-fixture.js';
import {testWith} from '../../helpers/test-with.js';

const daemonPart = {outgoing_peers: 12, incoming_peers: 3, offline: false, target_height: 110};
const seen = {
	version: 65_561,
	version_text: '1.25',
	wallet_open: true,
	wallet_height: 100,
	wallet_lag: 3,
	daemon_reachable: true,
	daemon_synchronized: true,
	daemon_height: 103,
	daemon_lag: 0,
	nettype: 'mainnet',
	block_age_s: 60,
};

testWith(
	['promtool'],
	'promtool accepts the metrics of a fleet with odd names, and its lint reports nothing',
	async () => {
		const process = {pid: 7, started_at: '2026-11-23T19:00:00.000Z'};
		const nodes = [
			{id: 1, name: 'a.b_c-d', group: '"quoted", back\\slash {brace="x"}, 日本 €', result: apiResult('down')},
			{
				id: 2,
				group: '\\',
				nodeState: {process},
				result: fullResult('up', {...seen, daemon: '[fe80::1%eth0]:18081'}, daemonPart),
			},
			{id: 3, group: '\\n', result: apiResult('up', {...seen, daemon: 'https://node.example:443'})},
			{id: 4},
		];
		const text = await createFleetMetrics().text(snapshotFixture(nodes));
		assert.ok(parseMetrics(text).size > 50);
		assert.match(text, /group="\\"quoted\\", back\\\\slash \{brace=\\"x\\"\}, 日本 €"/);
		const {status, stdout, stderr} = spawnSync(findProgram('promtool') ?? '', ['check', 'metrics'], {
			input: text,
			encoding: 'utf8',
		});
		assert.deepEqual([status, stdout + stderr], [0, '']);
	},
);
