import {states} from '../../domain/state.js';
import {lagOf} from '../columns.js';
import {eachOf, type Family, isoSeconds, type Reading, seconds} from './family.js';
import type {NodeScene} from './scene.js';

const nodeLabels = ['node', 'group'];

/** A family with one series for every node that the value is known of. */
function ofNodes(name: string, help: string, read: (node: NodeScene) => Reading): Family {
	return eachOf({name: `monero_wallet_rpc_${name}`, help, labelNames: nodeLabels}, ({nodes}) => nodes, read);
}

/** What is told of every node that is checked. */
export const nodeFamilies: readonly Family[] = [
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
		node.memory.process ? tally.restarts : undefined,
	),
	ofNodes('wallet_open', 'Whether a wallet is open.', ({facts}) => facts.wallet_open),
	ofNodes('height', 'Number of blocks the wallet has scanned.', ({facts}) => facts.wallet_height),
	ofNodes(
		'lag_blocks',
		'Number of blocks the wallet is behind the tip of the chain: its own lag plus that of its daemon.',
		({facts}) => lagOf(facts),
	),
	{
		name: 'monero_wallet_rpc_info',
		type: 'gauge',
		help: 'Constant 1, labelled with the RPC version of the wallet.',
		labelNames: [...nodeLabels, 'version'],
		seriesOf: ({nodes}) =>
			nodes.flatMap(({labels, facts: {version_text: text}}) =>
				text === undefined ? [] : [{labels: {...labels, version: text}, value: 1}],
			),
	},
];
