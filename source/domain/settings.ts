import {type CheckMethod, checkMethods, parseCheckMethod} from './check-method.js';
import {durationForm, parseDurationMs} from './format.js';
import {InputError} from './input-error.js';
import {quoteValue} from './text.js';

/** The settings in the form that the program uses: durations are in milliseconds. `settingFields` has the defaults. */
export interface Settings {
	/** The method of checks. Default `api`. */
	readonly method: CheckMethod;
	/** Time between cycles. Default 5 s, at least 1 s. */
	readonly interval: number;
	/** Timeout of an RPC call. Default 3 s. */
	readonly timeout: number;
	/** Timeout of the TCP connect in a port check. Default 1 s. */
	readonly port_timeout: number;
	/** Maximum number of concurrent checks. Default 256. */
	readonly concurrency: number;
	/** Response time above which a node is degraded. Default 1 s. */
	readonly slow: number;
	/** How long a working process may not answer before it is down. Default 30 min. */
	readonly busy_max: number;
	/** The same if its process is not visible. Default 5 min. */
	readonly busy_max_unseen: number;
	/** The same for a process that has not opened its port since it started. Default 6 h. */
	readonly startup_max: number;
	/** Number of starts within `crash_loop_within` that count as a crash loop. Default 3. */
	readonly crash_loop: number;
	/** The time window for `crash_loop`. Default 10 min. */
	readonly crash_loop_within: number;
	/** Maximum number of blocks a wallet may be behind its daemon. Default 5. */
	readonly max_wallet_lag: number;
	/** Maximum number of blocks a daemon may be behind the best known height. Default 3. */
	readonly max_daemon_lag: number;
	/** Age at which a daemon's last block counts as old. Default 30 min. */
	readonly block_age: number;
	/** Consecutive bad results before an alert. Default 3. */
	readonly fail_after: number;
	/** Consecutive good results before a recovery. Default 2. */
	readonly recover_after: number;
	/** Lowest severity that alerts. Default `down`. */
	readonly alert_on: 'degraded' | 'failed' | 'down';
	/** Whether to alert about a daemon that is unreachable or not synchronized, whatever `alert_on` is. Default on. */
	readonly alert_daemons: boolean;
	/** Percentage of weighted state changes in the last 21 checks at which a node is flapping. Default 20. */
	readonly flap_start: number;
	/** Percentage below which a flapping node has settled. Default 5. */
	readonly flap_stop: number;
	/** Interval between reminders of an open alert; 0 means off. Default off. */
	readonly remind: number;
	/**
	 * State changes that ring the terminal bell in the live table: a node that goes down, any change of state, or none.
	 * Default `down`.
	 */
	readonly bell: 'off' | 'down' | 'any';
	/** An address, as `host:port`, that accepts connections while this monitor is online; `''` means none. Default none. */
	readonly self_check: string;
}

/** The name of a setting. */
export type SettingName = keyof Settings;

/** Settings as text, as in nodes.json and on the command line. */
export type SettingTexts = Partial<Record<SettingName, string>>;

interface SettingField<T> {
	/** The default, as text. */
	readonly default: string;
	/** A description in a few words. */
	readonly about: string;
	readonly allowed: string;
	readonly parse: (text: string) => T | undefined;
}

function duration(
	byDefault: string,
	about: string,
	{atLeast, atMost}: {atLeast?: string; atMost?: string} = {},
): SettingField<number> {
	const minMs = atLeast === undefined ? 1 : (parseDurationMs(atLeast) ?? 1);
	const maxMs = atMost === undefined ? Number.MAX_SAFE_INTEGER : (parseDurationMs(atMost) ?? 1);
	return {
		default: byDefault,
		about,
		allowed: [durationForm, atLeast && `at least ${atLeast}`, atMost && `at most ${atMost}`].filter(Boolean).join(', '),
		parse: text => {
			const ms = parseDurationMs(text);
			return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : undefined;
		},
	};
}

function count(byDefault: number, about: string, {from, to}: {from: number; to: number}): SettingField<number> {
	return {
		default: String(byDefault),
		about,
		allowed: `a whole number from ${from} to ${to}`,
		parse: text => (/^\d{1,7}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined),
	};
}

const alertLevels = ['degraded', 'failed', 'down'] as const;
const bells = ['off', 'down', 'any'] as const;
const blocks = {from: 0, to: 1_000_000};
const times = {from: 1, to: 1000};
const percent = {from: 1, to: 100};

/** Every setting: its default, description and allowed values. A setting without its row does not compile. */
export const settingFields: {readonly [S in SettingName]: SettingField<Settings[S]>} = {
	method: {
		default: 'api',
		about: 'check method',
		allowed: checkMethods.join(', '),
		parse: parseCheckMethod,
	},
	interval: duration('5s', 'time between check cycles', {atLeast: '1s', atMost: '24h'}),
	timeout: duration('3s', 'timeout of an RPC call', {atMost: '1h'}),
	port_timeout: duration('1s', 'timeout of the TCP connect in a port check', {atMost: '1h'}),
	concurrency: count(256, 'maximum number of concurrent checks', {from: 1, to: 10_000}),
	slow: duration('1s', 'response time above which a node is degraded'),
	busy_max: duration('30m', 'how long a busy process may stay silent'),
	busy_max_unseen: duration('5m', 'how long a node may stay silent if its process is not visible'),
	startup_max: duration('6h', 'how long a process that has never opened its port may stay silent'),
	crash_loop: count(3, 'number of starts that count as a crash loop', {from: 2, to: 20}),
	crash_loop_within: duration('10m', 'time window for crash_loop'),
	max_wallet_lag: count(5, 'maximum number of blocks a wallet may be behind its daemon', blocks),
	max_daemon_lag: count(3, 'maximum number of blocks a daemon may be behind the best known height', blocks),
	block_age: duration('30m', "age at which a daemon's last block counts as old"),
	fail_after: count(3, 'consecutive bad results before an alert', times),
	recover_after: count(2, 'consecutive good results before a recovery', times),
	alert_on: {
		default: 'down',
		about: 'lowest severity that alerts',
		allowed: alertLevels.join(', '),
		parse: text => alertLevels.find(level => level === text),
	},
	alert_daemons: {
		default: 'on',
		about: 'alert about a daemon that is unreachable or not synchronized, whatever alert_on is',
		allowed: 'on, off',
		parse: text => (text === 'on' ? true : text === 'off' ? false : undefined),
	},
	flap_start: count(20, 'percentage of weighted state changes in 21 checks at which a node is flapping', percent),
	flap_stop: count(5, 'percentage below which a flapping node has settled', percent),
	remind: {
		...duration('1h', 'interval between reminders of an open alert'),
		default: 'off',
		allowed: `off, or ${durationForm}`,
		parse: text => (text === 'off' ? 0 : parseDurationMs(text)),
	},
	bell: {
		default: 'down',
		about: 'state changes that ring the terminal bell in the live table',
		allowed: bells.join(', '),
		parse: text => bells.find(bell => bell === text),
	},
	self_check: {
		default: 'off',
		about: 'HOST:PORT that accepts connections while this monitor is online',
		allowed: 'off, or HOST:PORT',
		parse: text => (text === 'off' ? '' : /^(?:\[[\da-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/.test(text) ? text : undefined),
	},
};

/** The names of the settings, in the order in which they are listed. */
export const settingNames = Object.keys(settingFields) as SettingName[];

/** Parses the name of a setting; `undefined` if there is none of that name. */
export function parseSettingName(text: string): SettingName | undefined {
	return settingNames.find(name => name === text);
}

/**
 * Checks one setting.
 * @throws InputError with one line that names the setting, the value and what is allowed
 */
export function parseSetting<S extends SettingName>(name: S, text: unknown, where: string): Settings[S] {
	const field = settingFields[name];
	const value = typeof text === 'string' ? field.parse(text) : undefined;
	if (value === undefined) {
		throw new InputError(
			'invalid_setting',
			`${where}: ${name} ${quoteValue(text)} is invalid: expected ${field.allowed}`,
		);
	}

	return value;
}

/**
 * The effective settings: the defaults, overridden by each layer in turn.
 * @param layers the settings of the file, then those of the command line; absent settings do not override
 * @throws InputError for a setting that does not exist, or a value that is not allowed
 */
export function resolveSettings(
	...layers: ReadonlyArray<{readonly texts: SettingTexts; readonly where: string}>
): Settings {
	for (const {texts, where} of layers) {
		const unknown = Object.keys(texts).find(name => parseSettingName(name) === undefined);
		if (unknown !== undefined) {
			throw new InputError(
				'invalid_setting',
				`${where}: ${quoteValue(unknown)} is not a setting: ${settingNames.join(', ')}`,
			);
		}
	}

	const resolved: Record<string, unknown> = {};
	for (const name of settingNames) {
		resolved[name] = parseSetting(name, settingFields[name].default, 'default');
		for (const {texts, where} of layers) {
			if (texts[name] !== undefined) {
				resolved[name] = parseSetting(name, texts[name], where);
			}
		}
	}

	return resolved as unknown as Settings;
}
