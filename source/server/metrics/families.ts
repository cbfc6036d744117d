import {version} from '../../application/version.js';
import {countStates, fleetTipLag} from '../../domain/fleet.js';
import {reasonCodeOf} from '../../domain/reason-codes.js';
import {states} from '../../domain/state.js';
import {type DaemonSamples, durationBuckets, type MetricSamples, type NodeSamples, uptimeWindow} from './samples.js';

/** A family with one series for every daemon whose value is known. */
function ofDaemons(name: string, help: string, read: (daemon: DaemonSamples) => MetricReader): Family {
	return familyOfMembers({name: `monero_${name}`, help, labelNames: ['daemon']}, ({daemons}) => daemons, read);
}

/** When the last block was found; a check takes time, so it may be off by the duration of the check. */
function lastBlockSeconds({facts, seenAt}: DaemonSamples): number | undefined {
	return facts.block_age_s === undefined ? undefined : Math.floor(isoSeconds(seenAt)) - facts.block_age_s;
}

/** The metrics of every daemon, named as in monerod exporters. */
const daemonFamilies: readonly Family[] = [
	ofDaemons('up', 'Whether the daemon responds.', ({facts}) => facts.daemon_reachable),
	ofDaemons('info_height', "The height of the daemon's chain.", ({facts}) => facts.daemon_height),
	ofDaemons(
		'info_height_without_bootstrap',
		"The height of the daemon's own chain while it uses a bootstrap daemon.",
		({facts}) => facts.daemon_own_height,
	),
	ofDaemons('info_target_height', 'The height the daemon is syncing to (full only).', ({facts}) => facts.target_height),
	ofDaemons(
		'info_synchronized',
		'Whether the daemon reports that it is synchronized.',
		({facts}) => facts.daemon_synchronized,
	),
	ofDaemons('info_mainnet', 'Whether the daemon is on mainnet.', ({facts: {nettype}}) =>
		nettype === undefined ? undefined : nettype === 'mainnet',
	),
	ofDaemons('info_offline', 'Whether the daemon runs in offline mode (full only).', ({facts}) => facts.offline),
	ofDaemons(
		'info_incoming_connections',
		'Number of incoming peer connections of the daemon (full only; hidden by a restricted daemon).',
		({facts}) => facts.incoming_peers,
	),
	ofDaemons(
		'info_outgoing_connections',
		'Number of outgoing peer connections of the daemon (full only; hidden by a restricted daemon).',
		({facts}) => facts.outgoing_peers,
	),
	ofDaemons('daemon_lag_blocks', 'Number of blocks the daemon is behind.', ({facts}) => facts.daemon_lag),
	ofDaemons('lastblock_timestamp_seconds', "Timestamp of the daemon's last block.", lastBlockSeconds),
];

const nodeLabels = ['node', 'group'];

/** A family with one series for every node whose value is known. */
function ofNodes(name: string, help: string, read: (node: NodeSamples) => MetricReader): Family {
	return familyOfMembers({name: `monero_wallet_rpc_${name}`, help, labelNames: nodeLabels}, ({nodes}) => nodes, read);
}

/** The metrics of every node that is checked. */
const nodeFamilies: readonly Family[] = [
	ofNodes('up', 'Whether the wallet works: 1 if up or degraded, 0 if busy, unknown or down.', ({verdict}) =>
		verdict.result === undefined ? undefined : verdict.result.status,
	),
	{
		name: 'monero_wallet_rpc_state',
		type: 'gauge',
		help: `The state of the node: 1 for the current state, 0 for the others (${states.join(', ')}).`,
		labelNames: [...nodeLabels, 'state'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, verdict}) =>
				states.map(state => ({labels: {...labels, state}, value: Number(state === verdict.state)})),
			),
	},
	{
		name: 'monero_wallet_rpc_reason',
		type: 'gauge',
		help: 'Constant 1 while the node is not up, labelled with the reason as a code.',
		labelNames: [...nodeLabels, 'reason'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, verdict: {result}}) => {
				const reason = result && reasonCodeOf(result.details);
				return reason === undefined ? [] : [{labels: {...labels, reason}, value: 1}];
			}),
	},
	ofNodes('state_since_timestamp_seconds', 'Timestamp since when the node has been in its state.', ({since}) =>
		since === undefined ? undefined : isoSeconds(since),
	),
	ofNodes(
		'uptime_ratio',
		`Share of the monitored time of the last ${Number.parseInt(uptimeWindow, 10)} hours in which the wallet worked, 0 to 1.`,
		node => node.uptimeRatio,
	),
	ofNodes(
		'check_duration_seconds',
		'Duration of the last check until its response or timeout.',
		({verdict}) => verdict.result && seconds(verdict.result.details.latency_ms),
	),
	ofNodes(
		'last_check_timestamp_seconds',
		'Timestamp of the end of the last check.',
		({verdict}) => verdict.result && isoSeconds(verdict.result.details.last_check),
	),
	{
		name: 'monero_wallet_rpc_checks_total',
		type: 'counter',
		help: 'Number of checks since xmrtop started, by method and result (working or failed).',
		labelNames: [...nodeLabels, 'method', 'result'],
		seriesOf: ({nodes, snapshot}) =>
			nodes.flatMap(({labels, tally}) => {
				const methods = new Set([snapshot.method, ...tally.checks.keys()]);
				return [...methods].flatMap(method => {
					const {working, failed} = tally.checks.get(method) ?? {working: 0, failed: 0};
					return [
						{labels: {...labels, method, result: 'working'}, value: working},
						{labels: {...labels, method, result: 'failed'}, value: failed},
					];
				});
			}),
	},
	ofNodes('state_changes_total', 'Number of state changes since xmrtop started.', ({tally}) => tally.stateChanges),
	ofNodes('restarts_total', 'Number of observed restarts of the process since xmrtop started.', ({node, tally}) =>
		node.nodeState.process ? tally.restarts : undefined,
	),
	ofNodes('wallet_open', 'Whether a wallet is open.', ({facts}) => facts.wallet_open),
	ofNodes('height', 'Number of blocks the wallet has scanned.', ({facts}) => facts.wallet_height),
	ofNodes(
		'lag_blocks',
		'Number of blocks the wallet is behind the tip of the chain: its own lag plus that of its daemon.',
		({facts, verdict}) => fleetTipLag(facts, verdict.result?.status === true),
	),
	ofNodes(
		'process_start_time_seconds',
		'Timestamp of the start of the process behind the node, where it is seen.',
		({node: {nodeState}, verdict}) => verdict.result && nodeState.process && isoSeconds(nodeState.process.started_at),
	),
	ofNodes(
		'process_cpu_cores',
		'CPU cores used by the process behind the node, where it is seen.',
		({facts}) => facts.cpu_cores,
	),
	ofNodes(
		'process_resident_memory_bytes',
		'Resident memory of the process behind the node, where it is seen.',
		({facts}) => facts.memory_bytes,
	),
	{
		name: 'monero_wallet_rpc_link_info',
		type: 'gauge',
		help: "Constant 1, labelled with the state and the other side of the wallet's own connection to a daemon.",
		labelNames: [...nodeLabels, 'state', 'peer'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, facts: {link_state: state, link_peer: peer = ''}}) =>
				state === undefined ? [] : [{labels: {...labels, state, peer}, value: 1}],
			),
	},
	ofNodes(
		'link_bytes_per_second',
		"Bytes per second over the wallet's own connection to a daemon.",
		({facts}) => facts.link_bytes_per_s,
	),
	{
		name: 'monero_wallet_rpc_info',
		type: 'gauge',
		help: 'Constant 1, labelled with the RPC version of the wallet and its daemon, as in the metrics of daemons.',
		labelNames: [...nodeLabels, 'version', 'daemon'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, daemon = '', facts: {version_text: version = ''}}) =>
				version === '' && daemon === '' ? [] : [{labels: {...labels, version, daemon}, value: 1}],
			),
	},
];

/** One value with its labels. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
	/** What a histogram's series adds to the name of its family. */
	readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** All the series of one name. */
export interface Family {
	readonly name: string;
	readonly type: 'gauge' | 'counter' | 'histogram';
	readonly help: string;
	readonly labelNames: readonly string[];
	/** The series; unknown values have none. */
	readonly seriesOf: (samples: MetricSamples) => readonly Series[];
}

/** A number, a boolean as 1 or 0, or an unknown value. */
export type MetricReader = number | boolean | undefined;

/** A family with one series for every member whose value is known. */
function familyOfMembers<T extends {readonly labels: Series['labels']}>(
	family: Pick<Family, 'name' | 'help' | 'labelNames'>,
	membersOf: (samples: MetricSamples) => readonly T[],
	read: (member: T) => MetricReader,
): Family {
	return {
		...family,
		type: family.name.endsWith('_total') ? 'counter' : 'gauge',
		seriesOf: samples =>
			membersOf(samples).flatMap(member => {
				const value = Number(read(member) ?? Number.NaN);
				return Number.isFinite(value) ? [{labels: member.labels, value}] : [];
			}),
	};
}

/** Seconds, to the microsecond. */
export const seconds = (ms: number): number => Number((ms / 1000).toFixed(6));

/** Seconds since the epoch. @param iso ISO-8601 */
const isoSeconds = (iso: string): number => Date.parse(iso) / 1000;

/** A family about xmrtop itself. */
function ofItself(name: string, help: string, read: (samples: MetricSamples) => MetricReader): Family {
	const itself = (samples: MetricSamples) => [{labels: {}, samples}];
	return familyOfMembers({name: `xmrtop_${name}`, help, labelNames: []}, itself, ({samples}) => read(samples));
}

/** The metrics of xmrtop. */
const ownFamilies: readonly Family[] = [
	ofItself(
		'last_cycle_timestamp_seconds',
		'Timestamp of the end of the last check cycle.',
		({snapshot: {lastCycle}}) => lastCycle && lastCycle.endedAtMs / 1000,
	),
	ofItself(
		'cycle_duration_seconds',
		'Duration of the last check cycle.',
		({snapshot: {lastCycle}}) => lastCycle && seconds(lastCycle.durationMs),
	),
	{
		name: 'xmrtop_check_duration_seconds',
		type: 'histogram',
		help: 'Duration of the checks since xmrtop started, by method.',
		labelNames: ['method'],
		seriesOf: ({durations}) =>
			[...durations].flatMap(([method, {upTo, count, sumS}]) => [
				...durationBuckets.map((bound, index) => bucketOf(method, bucketText(bound), upTo[index] ?? 0)),
				bucketOf(method, '+Inf', count),
				{labels: {method}, value: seconds(sumS * 1000), suffix: '_sum'} as const,
				{labels: {method}, value: count, suffix: '_count'} as const,
			]),
	},
	{
		name: 'xmrtop_nodes',
		type: 'gauge',
		help: 'Number of nodes that are checked, by state.',
		labelNames: ['state'],
		seriesOf: ({snapshot}) => Object.entries(countStates(snapshot)).map(([state, value]) => ({labels: {state}, value})),
	},
	{
		name: 'xmrtop_method_info',
		type: 'gauge',
		help: 'Constant 1, labelled with the check method.',
		labelNames: ['method'],
		seriesOf: ({snapshot: {method}}) => [{labels: {method}, value: 1}],
	},
	ofItself('interval_seconds', 'Interval between check cycles.', ({snapshot}) => seconds(snapshot.intervalMs)),
	{
		name: 'xmrtop_build_info',
		type: 'gauge',
		help: 'Constant 1, labelled with the version of xmrtop.',
		labelNames: ['version'],
		seriesOf: () => [{labels: {version}, value: 1}],
	},
];

/** A bound written as OpenMetrics requires, so that its series is the same in both formats. */
const bucketText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));
const bucketOf = (method: string, le: string, value: number): Series => ({
	labels: {method, le},
	value,
	suffix: '_bucket',
});

/** A family about xmrtop's own process, with the standard names of Prometheus client libraries. */
function ofOwnProcess(name: string, help: string, read: (own: NonNullable<MetricSamples['own']>) => number): Family {
	return familyOfMembers(
		{name: `process_${name}`, help, labelNames: []},
		({own}) => (own ? [{labels: {}, own}] : []),
		({own}) => read(own),
	);
}

const ownProcessFamilies: readonly Family[] = [
	ofOwnProcess('cpu_seconds_total', 'Processor time used by xmrtop.', ({cpuS}) => cpuS),
	ofOwnProcess('resident_memory_bytes', 'Memory used by xmrtop.', ({residentBytes}) => residentBytes),
	ofOwnProcess('start_time_seconds', 'Timestamp of the start of xmrtop.', ({startedAtS}) => startedAtS),
];

/** Every metric, in the order of the output. The server and the README's table both use this list. */
export const families: readonly Family[] = [...nodeFamilies, ...daemonFamilies, ...ownFamilies, ...ownProcessFamilies];
