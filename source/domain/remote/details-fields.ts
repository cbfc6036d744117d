import {parseCheckMethod} from '../check-method.js';
import type {Details} from '../check-result.js';
import {rungNames} from '../check-result.js';
import {parseState} from '../state.js';
import {isObject} from './clean-json.js';

type Is = (value: unknown) => boolean;

const isText: Is = value => typeof value === 'string';
const isBoolean: Is = value => typeof value === 'boolean';
const isNumber: Is = value => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
const isAmount: Is = value => isNumber(value) && (value as number) >= 0;
const isCount: Is = value => Number.isSafeInteger(value) && (value as number) >= 0;
const isState: Is = value => typeof value === 'string' && parseState(value) !== undefined;
const isTexts: Is = value => Array.isArray(value) && value.every(isText);

/** The time between these counts as possible: it is shown, and compared with the clock here. */
const isoTime = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Whether a value is a time as xmrtop writes it. */
export const isTime: Is = value => typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value));

const isRung: Is = value =>
	isObject(value) &&
	rungNames.some(name => name === value.rung) &&
	['passed', 'broken', 'not_reached'].some(state => state === value.state);

/** What known fields of `details` must be where they are present. Others are taken as they are. */
const kinds: Readonly<Record<string, Is>> = {
	message: isText,
	reason: isText,
	state: isState,
	latency_ms: isAmount,
	last_check: isTime,
	timestamp: isTime,
	url: isText,
	error: isText,
	status_code: isCount,
	host: isText,
	port: isCount,
	pid: isCount,
	started_at: isTime,
	start_ticks: isCount,
	unit: isText,
	unit_uid: isCount,
	container: isText,
	container_engine: isText,
	cmdline: isText,
	is_monero_process: isBoolean,
	stopped: isBoolean,
	version: isCount,
	version_text: isText,
	release: isBoolean,
	daemon: isText,
	daemon_reachable: isBoolean,
	daemon_synchronized: isBoolean,
	daemon_height: isCount,
	daemon_inferred: isBoolean,
	daemon_note: isText,
	daemon_own_height: isCount,
	bootstrap_daemon: isText,
	daemon_lag: isCount,
	daemon_fault: isText,
	daemon_blocks_per_s: isAmount,
	daemon_eta_s: isAmount,
	daemon_stalled_ms: isAmount,
	nettype: isText,
	block_age_s: isAmount,
	wallet_open: isBoolean,
	wallet_height: isCount,
	wallet_lag: isNumber,
	wallet_fell_at: isTime,
	wallet_fell_from: isCount,
	wallet_fell_to: isCount,
	catch_up_blocks_per_s: isAmount,
	eta_s: isAmount,
	stalled: isBoolean,
	stalled_ms: isAmount,
	restarts: isCount,
	restarted_at: isTime,
	version_before: isText,
	process_unseen: isText,
	caused_by: isText,
	cpu_cores: isAmount,
	silent_ms: isAmount,
	work: isObject,
	last_answer_at: isTime,
	facts_at: isTime,
	scanning: isBoolean,
	crash_loop_starts: isCount,
	crash_loop_ms: isAmount,
	stopped_by: isText,
	tracer: isText,
	hint: isText,
	notes: isTexts,
	rungs: value => Array.isArray(value) && value.every(isRung),
	summary: isObject,
};

/** What each method's details must have besides what all have. */
const required: Readonly<Record<Details['method'], readonly string[]>> = {
	pid: [],
	port: ['host', 'port'],
	api: ['url'],
	full: ['checks', 'summary', 'rungs', 'timestamp'],
};
const requiredOfAll = ['message', 'state', 'latency_ms', 'last_check'] as const;

/**
 * What is not as it should be in the details of a result.
 * @param details cleaned
 * @returns the first field that is wrong; `undefined` when all may be relied on
 */
export function wrongDetail(details: Readonly<Record<string, unknown>>): string | undefined {
	const method = typeof details.method === 'string' ? parseCheckMethod(details.method) : undefined;
	if (!method) {
		return 'method';
	}

	const missing = [...requiredOfAll, ...required[method]].find(name => details[name] === undefined);
	return missing ?? wrongField(details) ?? (method === 'full' ? wrongCheck(details.checks) : undefined);
}

function wrongField(details: Readonly<Record<string, unknown>>): string | undefined {
	return Object.entries(details).find(([name, value]) => value !== undefined && kinds[name]?.(value) === false)?.[0];
}

/** The parts of a `full` check. */
function wrongCheck(checks: unknown): string | undefined {
	if (!isObject(checks)) {
		return 'checks';
	}

	const names = ['pid', 'port', 'api', 'wallet', ...(checks.daemon === undefined ? [] : ['daemon'])];
	const wrong = names.find(name => {
		const part = checks[name];
		return !(isObject(part) && isBoolean(part.status) && isObject(part.details) && isPart(name, part.details));
	});
	return wrong && `checks.${wrong}`;
}

function isPart(name: string, details: Readonly<Record<string, unknown>>): boolean {
	const needed = ['message', 'state', ...(name === 'port' ? required.port : [])];
	return needed.every(field => details[field] !== undefined) && wrongField(details) === undefined;
}
