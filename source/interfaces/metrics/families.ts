import {states} from '../../domain/state.js';
import {lagOf} from '../columns.js';
import {version} from '../version.js';
import type {DaemonScene, NodeScene, Scene} from './scene.js';

/** One value under one set of labels. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

/** All the series of one name. */
export interface Family {
	readonly name: string;
	readonly type: 'gauge' | 'counter';
	readonly help: string;
	readonly labelNames: readonly string[];
	/** What is not known has no series. */
	readonly seriesOf: (scene: Scene) => readonly Series[];
}

type Maybe = number | boolean | undefined;

const nodeLabels = ['node', 'group'];

/** A family with one series for every node that the value is known of. */
function ofNodes(name: string, help: string, read: (node: NodeScene) => Maybe): Family {
	return eachOf({name: `monero_wallet_rpc_${name}`, help, labelNames: nodeLabels}, ({nodes}) => nodes, read);
}

/** A family with one series for every daemon that the value is known of. */
function ofDaemons(name: string, help: string, read: (daemon: DaemonScene) => Maybe): Family {
	return eachOf({name: `monero_${name}`, help, labelNames: ['daemon']}, ({daemons}) => daemons, read);
}

/** A family about xmrtop itself. */
function ofItself(name: string, help: string, read: (scene: Scene) => Maybe): Family {
	const itself = (scene: Scene) => [{labels: {}, scene}];
	return eachOf({name: `xmrtop_${name}`, help, labelNames: []}, itself, ({scene}) => read(scene));
}

function eachOf<T extends {readonly labels: Series['labels']}>(
	family: Pick<Family, 'name' | 'help' | 'labelNames'>,
	membersOf: (scene: Scene) => readonly T[],
	read: (member: T) => Maybe,
): Family {
	return {
		...family,
		type: family.name.endsWith('_total') ? 'counter' : 'gauge',
		seriesOf: scene =>
			membersOf(scene).flatMap(member => {
				const value = read(member);
				return value === undefined ? [] : [{labels: member.labels, value: Number(value)}];
			}),
	};
}

const seconds = (ms: number): number => Number((ms / 1000).toFixed(6));

const isoSeconds = (iso: string): number => Date.parse(iso) / 1000;

/** The last block's date; a check takes time, so it may be off by as much. */
function lastBlockSeconds({facts, seenAt}: DaemonScene): number | undefined {
	return facts.block_age_s === undefined ? undefined : Math.floor(isoSeconds(seenAt)) - facts.block_age_s;
}

/** Every metric, in the order they stand. What serves them and the README's table both read this one. */
export const families: readonly Family[] = [
	ofNodes('up', 'Whether the wallet works: 1 for up and degraded, 0 for busy, unknown and down.', ({verdict}) =>
		verdict.result === undefined ? undefined : verdict.result.status,
	),
	{
		name: 'monero_wallet_rpc_state',
		type: 'gauge',
		help: `The verdict: 1 for the state it is in, 0 for the others of ${states.join(', ')}.`,
		labelNames: [...nodeLabels, 'state'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, verdict}) =>
				states.map(state => ({labels: {...labels, state}, value: Number(state === verdict.state)})),
			),
	},
	ofNodes(
		'check_duration_seconds',
		'How long the last check took until its answer, or until it gave up.',
		({verdict}) => verdict.result && seconds(verdict.result.details.latency_ms),
	),
	ofNodes(
		'last_check_timestamp_seconds',
		'When the last check ended.',
		({verdict}) => verdict.result && isoSeconds(verdict.result.details.last_check),
	),
	{
		name: 'monero_wallet_rpc_checks_total',
		type: 'counter',
		help: 'The checks since xmrtop began, by method and by what they found: working or failed.',
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
	ofNodes('state_changes_total', 'The changes of state since xmrtop began.', ({tally}) => tally.stateChanges),
	ofNodes('restarts_total', 'The restarts of its process seen since xmrtop began.', ({node, tally}) =>
		node.memory.process ? tally.restarts : undefined,
	),
	ofNodes('wallet_open', 'Whether a wallet is open.', ({facts}) => facts.wallet_open),
	ofNodes('height', 'The blocks the wallet has scanned.', ({facts}) => facts.wallet_height),
	ofNodes('lag_blocks', "The blocks from the tip of the chain: the wallet's lag and its daemon's.", ({facts}) =>
		lagOf(facts),
	),
	{
		name: 'monero_wallet_rpc_info',
		type: 'gauge',
		help: 'Always 1: the version that the wallet answered with.',
		labelNames: [...nodeLabels, 'version'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, facts: {version_text: text}}) =>
				text === undefined ? [] : [{labels: {...labels, version: text}, value: 1}],
			),
	},
	ofDaemons('up', 'Whether the daemon answers.', ({facts}) => facts.daemon_reachable),
	ofDaemons('info_height', "The blocks of the daemon's chain.", ({facts}) => facts.daemon_height),
	ofDaemons(
		'info_target_height',
		'The height that the daemon is syncing to (full only).',
		({facts}) => facts.target_height,
	),
	ofDaemons(
		'info_synchronized',
		'Whether the daemon says that it is synchronized.',
		({facts}) => facts.daemon_synchronized,
	),
	ofDaemons('info_mainnet', 'Whether the daemon is on the main chain.', ({facts: {nettype}}) =>
		nettype === undefined ? undefined : nettype === 'mainnet',
	),
	ofDaemons('info_offline', 'Whether the daemon was told to stay offline (full only).', ({facts}) => facts.offline),
	ofDaemons(
		'info_incoming_connections',
		'The peers that connected to the daemon (full only; a restricted daemon hides them).',
		({facts}) => facts.incoming_peers,
	),
	ofDaemons(
		'info_outgoing_connections',
		'The peers that the daemon connected to (full only; a restricted daemon hides them).',
		({facts}) => facts.outgoing_peers,
	),
	ofDaemons('daemon_lag_blocks', 'The blocks that the daemon is behind.', ({facts}) => facts.daemon_lag),
	ofDaemons(
		'lastblock_timestamp_seconds',
		"When the daemon's last block was made, by the block's own clock.",
		lastBlockSeconds,
	),
	ofItself(
		'last_cycle_timestamp_seconds',
		'When the last cycle of checks ended.',
		({snapshot: {lastCycle}}) => lastCycle && lastCycle.endedAtMs / 1000,
	),
	ofItself(
		'cycle_duration_seconds',
		'How long the last cycle of checks took.',
		({snapshot: {lastCycle}}) => lastCycle && seconds(lastCycle.durationMs),
	),
	ofItself('interval_seconds', 'The time from one cycle of checks to the next.', ({snapshot}) =>
		seconds(snapshot.intervalMs),
	),
	{
		name: 'xmrtop_build_info',
		type: 'gauge',
		help: 'Always 1: the version of xmrtop.',
		labelNames: ['version'],
		seriesOf: () => [{labels: {version}, value: 1}],
	},
];
