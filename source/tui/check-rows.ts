import type {FullChecks} from '../domain/check-result.js';
import {countOf, countText} from '../domain/quantity.js';
import type {State} from '../domain/state.js';

/** One check of the diagnostics. */
export interface CheckRow {
	readonly name: string;
	/** Absent: not reached. */
	readonly state: State | undefined;
	/** Milliseconds. */
	readonly tookMs: number;
	/** Verdict and evidence in one sentence. */
	readonly seen: string;
}

type Part = NonNullable<FullChecks[keyof FullChecks]>['details'];

/** What a check adds to its message: the evidence. */
const evidenceOf: {
	readonly [P in keyof FullChecks]-?: (
		details: NonNullable<FullChecks[P]>['details'],
	) => ReadonlyArray<string | undefined>;
} = {
	pid: ({pid, unit, started_at: started}) => [
		pid === undefined ? undefined : `pid ${pid}`,
		started && `since ${started.slice(0, 16).replace('T', ' ')}`,
		unit,
	],
	port: ({host, port}) => [`${host}:${port}`],
	api: details => ('version_text' in details ? [details.version_text && `version ${details.version_text}`] : []),
	daemon: details => [
		details.daemon_height === undefined ? undefined : `height ${countText(details.daemon_height)}`,
		details.daemon_synchronized === undefined
			? undefined
			: details.daemon_synchronized
				? 'synchronized'
				: 'not synchronized',
		details.daemon_lag ? `${countOf(details.daemon_lag, 'block')} behind` : undefined,
		details.outgoing_peers === undefined
			? undefined
			: countOf(details.outgoing_peers + (details.incoming_peers ?? 0), 'peer'),
		details.nettype,
	],
	wallet: details =>
		'wallet_height' in details
			? [
					details.wallet_height === undefined ? undefined : `height ${countText(details.wallet_height)}`,
					details.wallet_lag && details.wallet_lag > 0 ? `${countOf(details.wallet_lag, 'block')} behind` : undefined,
				]
			: [],
};

const order = ['pid', 'port', 'api', 'daemon', 'wallet'] as const satisfies ReadonlyArray<keyof FullChecks>;

/** The checks of a `full` result, in the order they build on each other. */
export function checkRows(checks: FullChecks): readonly CheckRow[] {
	return order.flatMap(name => {
		const part = checks[name];
		return part ? [rowOf(name, part.details)] : [];
	});
}

function rowOf(name: keyof FullChecks, details: Part): CheckRow {
	const {message, reason, state, latency_ms: tookMs} = details;
	const isReached = message !== 'not reached';
	const evidence = (evidenceOf[name] as (some: Part) => ReadonlyArray<string | undefined>)(details);
	const said = [
		reason === undefined || reason === message
			? message
			: isReached
				? `${message}: ${reason}`
				: `${message}: ${reason}`,
	];
	return {
		name,
		state: isReached ? state : undefined,
		tookMs,
		seen: [...said, ...evidence.filter(Boolean)].join(', '),
	};
}
