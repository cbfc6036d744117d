/** Checks of long-busy wallets back off; their end is still noticed within two intervals. */
import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import {createChecker} from '../../source/application/checker.js';
import {createPoller} from '../../source/application/poller.js';
import {createRecorder} from '../../source/application/recorder.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {currentVerdict} from '../../source/domain/fleet.js';
import type {Node} from '../../source/domain/node/node.js';
import type {Ports} from '../../source/domain/ports.js';
import {resolveSettings} from '../../source/domain/settings.js';
import {eventually} from '../helpers/child-processes.js';
import {type RealWallet, realTest, started, startWallet} from '../helpers/real-monero.js';
import {nodeOf} from '../helpers/real-watch.js';

const intervalMs = 1000;
/**
 * With a visible process, a refusal is judged by two samples half a second apart; any further time is due to the load of this machine.
 */
const slackMs = 1000;

/** Watches one node as the program does, every second. */
function watch(t: TestContext, node: Node, changes: Partial<Ports> = {}) {
	const real = openPorts({renderRemedy});
	const ports: Ports = {...real, ...changes};
	const settings = resolveSettings({texts: {timeout: '500ms', interval: '1s'}, where: 'test'});
	const store = {read: () => new Map(), save: async () => [], saveTransitions: async () => []};
	const recorder = createRecorder({store, saving: 'never', onSaveProblem: () => undefined});
	let checks = 0;
	const checker = createChecker({ports, settings, recall: recorder.recall});
	const poller = createPoller({
		checker: {
			...checker,
			check: (...asked) => {
				checks += 1;
				return checker.check(...asked);
			},
		},
		recorder,
		ports,
		method: 'api',
		intervalMs,
		readNodes: () => ({fleet: [node], isShown: () => true, isChecked: () => true}),
	});
	t.after(async () => {
		await poller.stop();
		real.close();
	});
	poller.start();
	const verdict = () => {
		const [fleetNode] = poller.getSnapshot().nodes;
		assert.ok(fleetNode);
		return currentVerdict(fleetNode, 'api');
	};
	return {
		verdict,
		/**
		 * Waits until it was busy three times: the next check is then eight intervals away, and the last one has just
		 * ended.
		 */
		untilAtRest: async () => {
			let times = 0;
			let last: unknown;
			const look = async (): Promise<boolean> => {
				const {state, result} = verdict();
				if (result !== last) {
					last = result;
					times = state === 'busy' ? times + 1 : 0;
				}

				return times >= 3;
			};
			assert.ok(await eventually(look, Boolean, 40_000), verdict().text);
			return checks;
		},
		checks: () => checks,
		/** Milliseconds until a state is shown. */
		timeUntil: async (state: string) => {
			const fromMs = performance.now();
			await eventually(
				async () => verdict().state,
				now => now === state,
				20_000,
			);
			return performance.now() - fromMs;
		},
	};
}

/** A wallet whose only thread works for half a minute. */
async function startWorking(t: TestContext): Promise<RealWallet> {
	const wallet = await started(t, startWallet({extraArgs: ['--kdf-rounds=400']}));
	void wallet.createWallet().catch(() => {});
	return wallet;
}

realTest('a wallet killed while its checks back off is down within two intervals, process visible or not', async t => {
	const wallet = await startWorking(t);
	const seen = watch(t, nodeOf(wallet));
	const unseen = watch(t, nodeOf(wallet), {isLocalHost: () => false});
	const [before] = await Promise.all([seen.untilAtRest(), unseen.untilAtRest()]);
	await wallet.kill();
	const times = await Promise.all([seen.timeUntil('down'), unseen.timeUntil('down')]);
	t.diagnostic(`down after ${times.map(ms => Math.round(ms)).join(' and ')} ms`);
	assert.ok(Math.max(...times) < 2 * intervalMs + slackMs, times.join());
	assert.ok(seen.checks() - before <= 2, 'only its end triggers checks, the observations do not');
});

realTest('a wallet stopped by a signal while its checks back off is down within two intervals', async t => {
	const wallet = await startWorking(t);
	const {untilAtRest, timeUntil, verdict} = watch(t, nodeOf(wallet));
	await untilAtRest();
	wallet.freeze();
	const ms = await timeUntil('down');
	assert.match(verdict().text, /stopped by a signal/);
	assert.ok(ms < 2 * intervalMs + slackMs, String(ms));
	// It handles a SIGTERM only after its work.
	await wallet.kill();
});
