import type {State} from '../domain/state.js';
import {
	type DaemonPhase,
	daemonPhases,
	type Moment,
	type Script,
	timelineMoment,
	type WalletPhase,
	walletPhases,
} from './timeline.js';

/** The simulated daemons, by name. */
const daemonScripts = {
	eu: [['synchronized', 3600]],
	us: [
		['behind', 65],
		['syncing', 8],
		['synchronized', 45],
		['absent', 35],
		['synchronized', 40],
	],
} as const satisfies Record<string, Script<DaemonPhase>>;

/** The name of a simulated daemon. */
export type DaemonName = keyof typeof daemonScripts;

/** Where a node's definition has the password of its wallet. */
export type LoginSource = 'password' | 'password_file' | 'login_file';

/** One node of the simulated fleet. */
export interface ScriptedNode {
	readonly name: string;
	readonly title?: string;
	readonly group: string;
	/** The version in the answer of `get_version`. */
	readonly version: number;
	readonly script: Script<WalletPhase>;
	/** Absent: the wallet requires no login. */
	readonly login?: LoginSource;
	readonly tls?: boolean;
	/** Absent: the node has no daemon. */
	readonly daemon?: DaemonName;
	/** Whether the port belongs to a separate process that looks like `monero-wallet-rpc`. */
	readonly ownProcess?: boolean;
	/** A duration text. */
	readonly timeout?: string;
	readonly disabled?: boolean;
	/** How many blocks the wallet has to scan from the beginning of the demo. Default: some in each `wallet_behind` phase. */
	readonly lagBlocks?: number;
	/** As in the node's definition. */
	readonly expectWallet?: boolean;
}

/** monero-wallet-rpc 0.18.1.1, 0.18.3.4, 0.18.4.6 and 0.18.5.1. */
const [v125, v127, v129, v131] = [65_561, 65_563, 65_565, 65_567] as const;

/** The default twelve nodes, in an order in which the first few already show every state. */
export const scenarios: readonly ScriptedNode[] = [
	{
		name: 'hot-eu-1',
		group: 'hot',
		version: v129,
		login: 'login_file',
		daemon: 'eu',
		script: [
			['healthy', 60],
			['slow', 30],
			['healthy', 80],
		],
	},
	{
		name: 'hot-us-1',
		group: 'hot',
		version: v129,
		login: 'password_file',
		daemon: 'us',
		script: [['healthy', 3600]],
	},
	{
		name: 'cold-scan',
		group: 'cold',
		version: v127,
		login: 'password',
		daemon: 'eu',
		ownProcess: true,
		timeout: '2s',
		lagBlocks: 9214,
		script: [
			['busy', 90],
			['wallet_behind', 7],
		],
	},
	{
		name: 'refunds',
		title: '退款 refunds',
		group: 'ops',
		version: v129,
		daemon: 'eu',
		ownProcess: true,
		script: [
			['absent', 30],
			['healthy', 70],
			['absent', 25],
			['healthy', 45],
		],
	},
	{
		name: 'archive',
		group: 'cold',
		version: v125,
		disabled: true,
		script: [['healthy', 3600]],
	},
	{
		name: 'view-only',
		group: 'cold',
		version: v131,
		daemon: 'eu',
		script: [
			['slow', 45],
			['healthy', 30],
			['wallet_behind', 40],
			['healthy', 25],
		],
	},
	{
		name: 'payouts',
		group: 'ops',
		version: v129,
		login: 'password',
		daemon: 'eu',
		ownProcess: true,
		timeout: '2s',
		script: [
			['hung', 65],
			['healthy', 60],
		],
	},
	{
		name: 'cold-vault',
		group: 'cold',
		version: v125,
		login: 'password',
		script: [
			['wrong_login', 95],
			['healthy', 50],
		],
	},
	{
		name: 'shop',
		group: 'ops',
		version: v127,
		script: [
			['foreign', 55],
			['healthy', 80],
		],
	},
	{
		name: 'donations',
		title: 'Donations 💛',
		group: 'ops',
		version: v131,
		daemon: 'eu',
		expectWallet: true,
		script: [
			['monerod', 40],
			['healthy', 75],
			['no_wallet', 20],
			['healthy', 50],
		],
	},
	{
		name: 'hot-eu-2',
		group: 'hot',
		version: v131,
		login: 'login_file',
		daemon: 'eu',
		script: [['healthy', 3600]],
	},
	{
		name: 'hot-us-2',
		group: 'hot',
		version: v129,
		login: 'password_file',
		tls: true,
		daemon: 'us',
		script: [['healthy', 3600]],
	},
];

/** The phase of a wallet at a time. */
export function scriptedWalletMoment(
	{name, script}: ScriptedNode,
	elapsedMs: number,
	seed: number,
): Moment<WalletPhase> {
	return timelineMoment(script, elapsedMs, {name, seed});
}

/** The phase of a daemon at a time. */
export function scriptedDaemonMoment(name: DaemonName, elapsedMs: number, seed: number): Moment<DaemonPhase> {
	return timelineMoment<DaemonPhase>(daemonScripts[name], elapsedMs, {name: `daemon ${name}`, seed});
}

/** The state that a monitor should show for a node, once it had the time to check. */
export function expectedDemoState(scriptedNode: ScriptedNode, elapsedMs: number, seed: number): State {
	if (scriptedNode.disabled) {
		return 'unknown';
	}

	const state = walletPhases[scriptedWalletMoment(scriptedNode, elapsedMs, seed).phase];
	return state === 'up' && scriptedNode.daemon
		? daemonPhases[scriptedDaemonMoment(scriptedNode.daemon, elapsedMs, seed).phase]
		: state;
}
