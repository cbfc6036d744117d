import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {type AlertReceiver, type Post, startAlertReceiver} from '../helpers/alert-receiver.js';
import {setSettings} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {type Supervised, startSupervised} from '../helpers/supervised.js';
import {folderOf, type SwitchableWallet, startWallet} from '../helpers/switchable-wallet.js';
import {testWith} from '../helpers/test-with.js';

const programs = ['supervisord', 'supervisorctl'] as const;
const kills = 20;

interface Scene {
	readonly wallet: SwitchableWallet;
	readonly receiver: AlertReceiver;
	readonly supervised: Supervised;
	/** Ids of the undelivered alerts in alerts.json. */
	readonly outbox: () => readonly string[];
}

/**
 * A wallet that `watch` checks every second under supervisord, with a webhook; the first bad result alerts.
 * @param withWebhook enables one of the two ways that the example has as comments
 */
async function openScene(
	context: TestContext,
	withWebhook: (program: string, url: string, configDir: string) => string,
): Promise<Scene> {
	const wallet = await startWallet(context);
	const receiver = await startAlertReceiver(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	setSettings(configDir, {fail_after: '1', recover_after: '1', interval: '1s'});
	const supervised = startSupervised(context, configDir, program =>
		withWebhook(program.replace('startsecs=1', 'startsecs=0'), receiver.url, configDir),
	);
	const outbox = (): readonly string[] => {
		const file = path.join(supervised.folder, 'alerts.json');
		const document = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {outbox: []};
		return document.outbox.map(({alert}: {alert: {id: string}}) => alert.id);
	};

	return {wallet, receiver, supervised, outbox};
}

/** The same sequence in every run, as far as the timing of the machine allows. */
function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}

const countOfKind = (posts: readonly Post[], kind: string): number =>
	new Set(posts.filter(({alert}) => alert.kind === kind).map(({alert}) => alert.id)).size;

/**
 * Repeats an outage of the wallet until its alert arrived, and its end until its recovery arrived. @returns how many
 */
async function flap({wallet, receiver}: Scene, isEnough: () => boolean): Promise<number> {
	let outages = 0;
	while (!isEnough()) {
		outages += 1;
		await wallet.switchOff();
		await receiver.until(posts => countOfKind(posts, 'alert') === outages, `alert ${outages}`);
		await wallet.switchOn();
		await receiver.until(posts => countOfKind(posts, 'recovery') === outages, `recovery ${outages}`);
	}

	return outages;
}

interface Kill {
	readonly atMs: number;
	/** The undelivered alerts. */
	readonly outbox: readonly string[];
}

/** Kills it within a second of its start, every second time while an alert is being delivered. */
async function killAgainAndAgain(
	{receiver, supervised, outbox}: Scene,
	wasKilled: (kill: Kill) => void,
): Promise<void> {
	const random = seededRandom(18_081);
	let pid = await supervised.running();
	for (let count = 0; count < kills; count += 1) {
		if (count % 2 === 0) {
			await delay(random() * 1000);
		} else {
			const seen = receiver.posts().length;
			receiver.answerAfter(400);
			await receiver.until(posts => posts.length > seen, 'a delivery');
			await delay(random() * 500);
			receiver.answerAfter(0);
		}

		const atMs = performance.now();
		await supervised.kill();
		wasKilled({atMs, outbox: outbox()});
		pid = await supervised.running(pid);
	}
}

/** By the variable; a percent sign in the URL is doubled, as supervisord requires. */
function byVariable(program: string, url: string): string {
	return program.replace(/^; environment=.*$/m, `environment=XMRTOP_WEBHOOK="${url}?key=a%%20b"`);
}

function byFile(program: string, url: string, configDir: string): string {
	writeFileSync(path.join(configDir, 'webhook'), `${url}\n`, {mode: 0o600});
	return program.replace(/^command=.*\n/m, '').replace(/^; (?=command=)/m, '');
}

testWith(programs, 'kill -9 at any moment loses no alert, and repeats only one in delivery', async context => {
	const scene = await openScene(context, byVariable);
	const {receiver, supervised} = scene;
	const done: Kill[] = [];
	const flapping = flap(scene, () => done.length === kills);
	await killAgainAndAgain(scene, kill => void done.push(kill));
	const outages = await flapping;
	await supervised.shutdown();

	const distinct = receiver.posts().filter(({alert}, index, posts) => alert.id !== posts[index - 1]?.alert.id);
	assert.deepEqual(
		distinct.map(({alert}) => alert.kind),
		Array.from({length: 2 * outages}, (_, index) => (index % 2 === 0 ? 'alert' : 'recovery')),
		'one alert and one recovery of each outage, in order',
	);
	for (const {alert, key, target} of receiver.posts()) {
		assert.equal(target, '/hook?key=a%20b');
		assert.equal(key, alert.id);
		assert.equal(alert.id, `a-${alert.since}-${alert.kind}`);
	}

	assert.equal(new Set(receiver.posts().map(({alert}) => alert.since)).size, outages);
	const repeats = receiver.posts().flatMap(({alert, atMs}, index, posts) => {
		const before = posts.slice(0, index).findLast(post => post.alert.id === alert.id);
		return before ? [{id: alert.id, fromMs: before.atMs, toMs: atMs}] : [];
	});
	for (const {id, fromMs, toMs} of repeats) {
		const between = done.filter(kill => fromMs < kill.atMs + 50 && kill.atMs < toMs && kill.outbox.includes(id));
		assert.ok(between.length > 0, `${id} came again although no kill fell into its delivery`);
	}

	assert.ok(repeats.length <= kills, 'at most one for each kill');
	assert.match(
		readFileSync(path.join(supervised.folder, 'xmrtop.err.log'), 'utf8'),
		/^(?:xmrtop: watching 1 node.*\n)+$/,
	);
	context.diagnostic(
		`${outages} outages, ${receiver.posts().length} posts, ${repeats.length} repeats at ${kills} kills`,
	);
});

testWith(programs, 'alerts for a webhook that was down arrive later, in order and once', async context => {
	const {wallet, receiver, supervised, outbox} = await openScene(context, byFile);
	await supervised.running();
	await eventually(
		async () => readFileSync(path.join(supervised.folder, 'xmrtop.log'), 'utf8'),
		text => text !== '',
	);
	await receiver.close();
	const hasQueued = async (count: number): Promise<void> => {
		const queued = await eventually(
			async () => outbox().length,
			length => length === count,
		);
		assert.equal(queued, count);
	};

	for (const outage of [1, 2]) {
		await wallet.switchOff();
		await hasQueued(2 * outage - 1);
		await wallet.switchOn();
		await hasQueued(2 * outage);
	}

	const queued = outbox();
	assert.deepEqual(receiver.posts(), []);
	await receiver.reopen();
	await receiver.until(posts => posts.length === 4, 'what was queued');
	assert.deepEqual(
		receiver.posts().map(({alert}) => alert.id),
		queued,
	);
	assert.deepEqual(
		await eventually(
			async () => outbox(),
			ids => ids.length === 0,
		),
		[],
	);
	await supervised.shutdown();
	assert.equal(receiver.posts().length, 4);
});
