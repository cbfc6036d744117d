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
];
