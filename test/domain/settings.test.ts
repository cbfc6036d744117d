import assert from 'node:assert/strict';
import {test} from 'node:test';
import {InputError} from '../../source/domain/input-error.js';
import {
	parseSetting,
	parseSettingName,
	resolveSettings,
	type SettingName,
	settingNames,
} from '../../source/domain/settings.js';

/** Every setting of the contract: its default, accepted values, refused values and the message. */
const rows: Readonly<
	Record<
		SettingName,
		{
			readonly byDefault: unknown;
			readonly accepted: Readonly<Record<string, unknown>>;
			readonly refused: readonly unknown[];
			readonly allowed: string;
		}
	>
> = {
	method: {
		byDefault: 'api',
		accepted: {pid: 'pid', port: 'port', api: 'api', full: 'full'},
		refused: ['', 'API', 'ping', 'daemon', 1, null],
		allowed: 'pid, port, api, full',
	},
	interval: {
		byDefault: 5000,
		accepted: {'1s': 1000, '1000ms': 1000, '2m': 120_000, '24h': 86_400_000, '1.5s': 1500},
		refused: ['', '5', 5, '999ms', '0s', '-5s', '5 s', '5S', '1d', '25h', '1e3s', '.5s', 's', null, {}],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h, at least 1s, at most 24h',
	},
	timeout: {
		byDefault: 3000,
		accepted: {'1ms': 1, '500ms': 500, '1h': 3_600_000},
		refused: ['0ms', '61m', '3', 3000, 'off'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h, at most 1h',
	},
	port_timeout: {
		byDefault: 1000,
		accepted: {'250ms': 250, '1h': 3_600_000},
		refused: ['0s', '2h', '1'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h, at most 1h',
	},
	concurrency: {
		byDefault: 256,
		accepted: {1: 1, 10000: 10_000},
		refused: ['0', '10001', '-1', '1.5', '1e3', ' 1', '', 256, '99999999'],
		allowed: 'a whole number from 1 to 10000',
	},
	slow: {
		byDefault: 1000,
		accepted: {'50ms': 50, '2s': 2000},
		refused: ['0s', 'never', '1'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	busy_max: {
		byDefault: 1_800_000,
		accepted: {'30m': 1_800_000, '48h': 172_800_000},
		refused: ['0m', '30', 'off'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	busy_max_unseen: {
		byDefault: 300_000,
		accepted: {'5m': 300_000},
		refused: ['0m', '5'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	startup_max: {
		byDefault: 21_600_000,
		accepted: {'6h': 21_600_000, '1s': 1000},
		refused: ['0h', '6'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	crash_loop: {
		byDefault: 3,
		accepted: {2: 2, 20: 20},
		refused: ['1', '21', '3 starts', 3],
		allowed: 'a whole number from 2 to 20',
	},
	crash_loop_within: {
		byDefault: 600_000,
		accepted: {'10m': 600_000, '20s': 20_000},
		refused: ['0m', '10'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	max_wallet_lag: {
		byDefault: 5,
		accepted: {0: 0, 5: 5, 1000000: 1_000_000},
		refused: ['-1', '1000001', '5 blocks', '1.5', 5],
		allowed: 'a whole number from 0 to 1000000',
	},
	max_daemon_lag: {
		byDefault: 3,
		accepted: {0: 0, 3: 3},
		refused: ['-1', '1000001', 'three'],
		allowed: 'a whole number from 0 to 1000000',
	},
	block_age: {
		byDefault: 1_800_000,
		accepted: {'30m': 1_800_000, '2h': 7_200_000},
		refused: ['0m', '30'],
		allowed: 'a duration such as 500ms, 5s, 2m or 6h',
	},
	fail_after: {
		byDefault: 3,
		accepted: {1: 1, 1000: 1000},
		refused: ['0', '1001', '-3', 3],
		allowed: 'a whole number from 1 to 1000',
	},
	recover_after: {
		byDefault: 2,
		accepted: {1: 1, 1000: 1000},
		refused: ['0', '1001'],
		allowed: 'a whole number from 1 to 1000',
	},
	alert_on: {
		byDefault: 'down',
		accepted: {degraded: 'degraded', failed: 'failed', down: 'down'},
		refused: ['up', 'busy', 'DOWN', '', false],
		allowed: 'degraded, failed, down',
	},
	alert_daemons: {
		byDefault: true,
		accepted: {on: true, off: false},
		refused: ['yes', 'true', '', true],
		allowed: 'on, off',
	},
	flap_start: {
		byDefault: 20,
		accepted: {1: 1, 100: 100},
		refused: ['0', '101', '20%'],
		allowed: 'a whole number from 1 to 100',
	},
	flap_stop: {
		byDefault: 5,
		accepted: {1: 1, 100: 100},
		refused: ['0', '101', '-5'],
		allowed: 'a whole number from 1 to 100',
	},
	remind: {
		byDefault: 0,
		accepted: {off: 0, '1h': 3_600_000},
		refused: ['0', '0s', 'on', 'never', 0],
		allowed: 'off, or a duration such as 500ms, 5s, 2m or 6h',
	},
	bell: {
		byDefault: 'down',
		accepted: {off: 'off', down: 'down', any: 'any'},
		refused: ['', 'on', 'up', 'DOWN', true],
		allowed: 'off, down, any',
	},
	self_check: {
		byDefault: '',
		accepted: {
			off: '',
			'9.9.9.9:53': '9.9.9.9:53',
			'dns.quad9.net:53': 'dns.quad9.net:53',
			'[2620:fe::fe]:53': '[2620:fe::fe]:53',
		},
		refused: ['9.9.9.9', ':53', 'http://9.9.9.9:53', 'a b:53', 'h:'],
		allowed: 'off, or HOST:PORT',
	},
};

for (const [name, {byDefault, accepted, refused, allowed}] of Object.entries(rows) as Array<
	[SettingName, (typeof rows)[SettingName]]
>) {
	test(`setting ${name}: default, accepted and refused values`, () => {
		assert.equal(resolveSettings()[name], byDefault);
		for (const [text, value] of Object.entries(accepted)) {
			assert.equal(parseSetting(name, text, 'here'), value, text);
		}

		for (const text of refused) {
			assert.throws(
				() => parseSetting(name, text, '/etc/nodes.json'),
				error => {
					assert.ok(error instanceof InputError);
					assert.equal(error.code, 'invalid_setting');
					assert.equal(
						error.message,
						`/etc/nodes.json: ${name} ${JSON.stringify(text)} is invalid: expected ${allowed}`,
					);
					return true;
				},
			);
		}
	});
}

test('has the settings of the contract, in its order', () => {
	assert.deepEqual(settingNames, Object.keys(rows));
	assert.equal(parseSettingName('interval'), 'interval');
	for (const name of ['Interval', 'toString', '__proto__', 'constructor', '']) {
		assert.equal(parseSettingName(name), undefined);
	}
});

test('later layers override earlier ones; an absent setting comes from the layer below', () => {
	const settings = resolveSettings(
		{texts: {interval: '10s', timeout: '2s'}, where: 'file'},
		{texts: {interval: '1s'}, where: '--interval'},
	);
	assert.deepEqual(
		[settings.interval, settings.timeout, settings.port_timeout, settings.concurrency],
		[1000, 2000, 1000, 256],
	);
	assert.throws(() => resolveSettings({texts: {interval: '0s'}, where: '--interval'}), {
		message:
			'--interval: interval "0s" is invalid: expected a duration such as 500ms, 5s, 2m or 6h, at least 1s, at most 24h',
	});
});
