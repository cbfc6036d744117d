import type {FullChecks} from '../../domain/check-result.js';
import {hostInUrl} from '../../domain/daemon-address.js';
import type {State} from '../../domain/state.js';
import {cleanText} from '../../domain/text.js';

/** One check of the diagnostics. */
export interface CheckRow {
	readonly name: string;
	/** Absent: not reached. */
	readonly state: State | undefined;
	/** Milliseconds; absent when not reached. */
	readonly tookMs: number | undefined;
	/** Verdict and evidence in one sentence. */
	readonly seen: string;
}

type Part = NonNullable<FullChecks[keyof FullChecks]>;

/** What a check saw besides what its message says. */
const evidenceOf: {
	readonly [P in keyof FullChecks]-?: (part: NonNullable<FullChecks[P]>) => ReadonlyArray<string | undefined>;
} = {
	pid: ({details: {pid, unit}}) => [pid === undefined ? undefined : `pid ${pid}`, unit],
	port: ({details: {host, port}}) => [`${hostInUrl(host)}:${port}`],
	api: ({status, details}) => [
		status && 'version_text' in details && details.version_text ? `version ${details.version_text}` : undefined,
	],
	daemon: () => [],
	wallet: () => [],
};

const order = ['pid', 'port', 'api', 'daemon', 'wallet'] as const satisfies ReadonlyArray<keyof FullChecks>;

/** The checks of a `full` result, in the order they build on each other. */
export function checkRows(checks: FullChecks): readonly CheckRow[] {
	return order.flatMap(name => {
		const part = checks[name];
		return part ? [rowOf(name, part)] : [];
	});
}

function rowOf(name: keyof FullChecks, part: Part): CheckRow {
	const {message, reason, state, latency_ms: tookMs} = part.details;
	const evidence = (evidenceOf[name] as (some: Part) => ReadonlyArray<string | undefined>)(part);
	const said = reason === undefined || reason === message ? message : `${message}: ${reason}`;
	return {
		name,
		state: message === 'not reached' ? undefined : state,
		tookMs,
		seen: cleanText([said, ...evidence.filter(Boolean)].join(', ')),
	};
}
