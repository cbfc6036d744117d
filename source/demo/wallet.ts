import {compact} from '../domain/compact.js';
import {daemonVersionMethods, simulatedDaemonHeight} from './daemon.js';
import type {ServerLogin} from './digest-server.js';
import {type DaemonName, type ScriptedNode, scriptedWalletMoment} from './scenarios.js';
import type {Behavior, RpcMethods, RpcReply} from './shared-server.js';
import {type DemoContext, demoElapsedMs, type Moment, pseudoRandomFraction, type WalletPhase} from './timeline.js';

/** Which of the generated nodes require a login. */
export const loginShares = ['none', 'half', 'digest'] as const;

/** One of {@link loginShares}. */
export type LoginShare = (typeof loginShares)[number];

/** The properties of the generated nodes. */
export interface GeneratedFleet {
	/** The number in the name of the first one. */
	readonly from: number;
	readonly count: number;
	/** How many of them accept connections and never answer, spread evenly. */
	readonly hung: number;
	readonly login: LoginShare;
	/** The daemon of all of them, if any. */
	readonly daemon?: DaemonName;
}

const groups = ['hot', 'cold', 'ops'] as const;
const versions = [65_565, 65_565, 65_565, 65_567, 65_563] as const;
const asksLogin: Readonly<Record<LoginShare, (index: number) => boolean>> = {
	none: () => false,
	half: index => index % 2 === 0,
	digest: () => true,
};

/** Creates nodes that never change, named `node-0013` and so on. */
export function generateScriptedNodes({from, count, hung, login, daemon}: GeneratedFleet): ScriptedNode[] {
	return Array.from({length: count}, (_, index): ScriptedNode => {
		const isHung = Math.floor(((index + 1) * hung) / count) > Math.floor((index * hung) / count);
		return {
			name: `node-${String(from + index).padStart(4, '0')}`,
			group: groups[index % groups.length] ?? groups[0],
			version: versions[index % versions.length] ?? versions[0],
			script: [[isHung ? 'hung' : 'healthy', 3600]],
			...(asksLogin[login](index) ? {login: 'password'} : {}),
			...(daemon ? {daemon} : {}),
		};
	});
}

/** How many blocks per second a wallet scans while catching up. */
const blocksPerSecond = 12;
const usualLagBlocks = 600;
/** Still enough to count as behind. */
const minLagBlocks = 10;
const slowestMs = 2000;
const quickestSlowMs = 1200;

/** One wallet of the fleet, as its server simulates it. */
export interface SimulatedWallet {
	readonly scriptedNode: ScriptedNode;
	readonly context: DemoContext;
	readonly login?: ServerLogin;
}

/** What the server of a wallet does with a request that arrives now. */
export function simulateWalletAnswers(wallet: SimulatedWallet): Behavior {
	return behaviors[momentOf(wallet).phase](wallet);
}

/** The behavior in each phase. */
const behaviors: Readonly<Record<WalletPhase, (wallet: SimulatedWallet) => Behavior>> = {
	healthy: answering,
	wallet_behind: answering,
	slow: wallet => ({...answering(wallet), delayMs: slowDelayMs(wallet)}),
	no_wallet: wallet => rpc(wallet, {...methodsOf(wallet), get_height: () => noWallet}),
	wrong_login: wallet => ({
		...answering(wallet),
		login: {username: wallet.login?.username ?? 'monero', password: 'changed by somebody else'},
	}),
	busy: () => ({kind: 'silent'}),
	hung: () => ({kind: 'silent'}),
	// Its port is closed; a request can only have been sent before that.
	absent: () => ({kind: 'silent'}),
	foreign: () => ({kind: 'web_site'}),
	monerod: () => ({kind: 'rpc', methods: daemonVersionMethods}),
};

const noWallet: RpcReply = {error: {code: -13, message: 'No wallet file'}};

function answering(wallet: SimulatedWallet): Extract<Behavior, {kind: 'rpc'}> {
	return rpc(wallet, methodsOf(wallet));
}

function rpc({login}: SimulatedWallet, methods: RpcMethods): Extract<Behavior, {kind: 'rpc'}> {
	return compact({kind: 'rpc', methods, login});
}

/** Only the two that a monitor may send, so that sending any other is noticed at once. */
function methodsOf(wallet: SimulatedWallet): RpcMethods {
	return {
		get_version: () => ({result: {release: true, version: wallet.scriptedNode.version}}),
		get_height: () => ({result: {height: walletHeight(wallet)}}),
	};
}

function walletHeight(wallet: SimulatedWallet): number {
	return simulatedDaemonHeight(wallet.scriptedNode.daemon ?? 'eu', wallet.context) - lagBlocks(wallet);
}

function lagBlocks(wallet: SimulatedWallet): number {
	const {scriptedNode, context} = wallet;
	const {phase, sinceMs} = momentOf(wallet);
	if (phase !== 'wallet_behind') {
		return 0;
	}

	const scanned = (ms: number): number => Math.floor((ms / 1000) * blocksPerSecond);
	// A long scan starts again shortly before it is finished.
	return scriptedNode.lagBlocks === undefined
		? Math.max(minLagBlocks, usualLagBlocks - scanned(sinceMs))
		: scriptedNode.lagBlocks - (scanned(demoElapsedMs(context)) % (scriptedNode.lagBlocks - minLagBlocks));
}

function slowDelayMs({scriptedNode, context}: SimulatedWallet): number {
	const share = pseudoRandomFraction(`${scriptedNode.name} ${Math.floor(context.nowMs() / 1000)}`);
	return quickestSlowMs + share * (slowestMs - quickestSlowMs);
}

function momentOf({scriptedNode, context}: SimulatedWallet): Moment<WalletPhase> {
	return scriptedWalletMoment(scriptedNode, demoElapsedMs(context), context.seed);
}
