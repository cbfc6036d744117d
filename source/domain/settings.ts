import {type CheckMethod, checkMethods, parseCheckMethod} from './check-method.js';
import {durationForm, parseDurationMs} from './format.js';
import {InputError} from './input-error.js';
import {quoteValue} from './text.js';

/** The settings as the program uses them: durations in milliseconds. Defaults are in `settingFields`. */
export interface Settings {
	/** How nodes are checked. Default `api`. */
	readonly method: CheckMethod;
	/** Time between cycles. Default 5 s, at least 1 s. */
	readonly interval: number;
	/** Bounds an RPC call. Default 3 s. */
	readonly timeout: number;
	/** Bounds a TCP connect of the port check. Default 1 s. */
	readonly port_timeout: number;
	/** Checks under way at once. Default 256. */
	readonly concurrency: number;
	/** An answer that takes longer is degraded. Default 1 s. */
	readonly slow: number;
	/** How long a working process may leave checks without an answer. Default 30 min. */
	readonly busy_max: number;
	/** The same where no process can be seen. Default 5 min. */
	readonly busy_max_unseen: number;
	/** The same while a process has never yet opened its port. Default 6 h. */
	readonly startup_max: number;
	/** Starts of a process that make a crash loop. Default 3. */
	readonly crash_loop: number;
	/** The time in which they do. Default 10 min. */
	readonly crash_loop_within: number;
	/** Blocks a wallet may be behind its daemon. Default 5. */
	readonly max_wallet_lag: number;
	/** Blocks a daemon may be behind the fleet's tip. Default 3. */
	readonly max_daemon_lag: number;
	/** Age at which a daemon's last block is old. Default 30 min. */
	readonly block_age: number;
	/** Bad results before an alert. Default 3. */
	readonly fail_after: number;
	/** Good results before a recovery. Default 2. */
	readonly recover_after: number;
	/** The mildest state that alerts. Default `down`. */
	readonly alert_on: 'degraded' | 'failed' | 'down';
	/** Whether a daemon that nodes depend on alerts as itself, whatever `alert_on` is. Default on. */
	readonly alert_daemons: boolean;
	/** Weighted changes among the last 21 checks at which a node flaps, in percent. Default 20. */
	readonly flap_start: number;
	/** Those below which it has settled. Default 5. */
	readonly flap_stop: number;
	/** Time between repeats of an alert; 0 is off, the default. */
	readonly remind: number;
	/** What rings the terminal's bell in the live table: a node that goes down, any change of state, or nothing. Default `down`. */
	readonly bell: 'off' | 'down' | 'any';
	/** The address that tells whether this monitor is cut off, as `host:port`; `''` is none, the default. */
	readonly self_check: string;
}

/** The name of a setting. */
export type SettingName = keyof Settings;

/** Settings as a person writes them: in nodes.json and on the command line. */
export type SettingTexts = Partial<Record<SettingName, string>>;

interface SettingField<T> {
	/** The default, as a person would write it. */
	readonly default: string;
	/** What it is for, in a few words. */
	readonly about: string;
	readonly allowed: string;
	readonly parse: (text: string) => T | undefined;
}

function duration(
	byDefault: string,
	about: string,
	{atLeast, atMost}: {atLeast?: string; atMost?: string} = {},
): SettingField<number> {
	const least = atLeast === undefined ? 1 : (parseDurationMs(atLeast) ?? 1);
	const most = atMost === undefined ? Number.MAX_SAFE_INTEGER : (parseDurationMs(atMost) ?? 1);
	return {
		default: byDefault,
		about,
		allowed: [durationForm, atLeast && `at least ${atLeast}`, atMost && `at most ${atMost}`].filter(Boolean).join(', '),
		parse: text => {
			const ms = parseDurationMs(text);
			return ms !== undefined && ms >= least && ms <= most ? ms : undefined;
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

/** Every setting: default, meaning and what it allows. A setting without its row does not compile. */
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

/** The settings' names, in the order they are listed. */
export const settingNames = Object.keys(settingFields) as SettingName[];

/** Narrows a word to a setting's name, or `undefined`. */
export function parseSettingName(text: string): SettingName | undefined {
	return settingNames.find(name => name === text);
}

/**
 * Checks one setting.
 * @throws InputError one line naming the setting, the value and what is allowed
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
 * The settings in force: the defaults, overridden by each given layer in turn.
 * @param layers the file's settings, then the command line's; absent ones are skipped
 * @throws InputError for a value that is not allowed
 */
export function resolveSettings(
	...layers: ReadonlyArray<{readonly texts: SettingTexts; readonly where: string}>
): Settings {
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
