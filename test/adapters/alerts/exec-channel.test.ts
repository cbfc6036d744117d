import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {
	alertVariables,
	createHookChannel,
	findHookProgram,
	type HookOptions,
} from '../../../source/adapters/alerts/exec-channel.js';
import type {Alert} from '../../../source/domain/alerts/alert.js';
import type {Delivery} from '../../../source/domain/alerts/outbox.js';
import {alertFleetFixture} from '../../helpers/alert-fixture.js';
import {eventually, isRunning} from '../../helpers/child-processes.js';
import {alertFixture, type Hook, hookFixture} from '../../helpers/hook-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const alert = alertFixture();
const quick = {timeLimitMs: 300, graceMs: 100};

interface Started {
	readonly alert?: Alert;
	readonly signal?: AbortSignal;
	readonly options?: Partial<HookOptions>;
}

function deliver({program}: Pick<Hook, 'program'>, started: Started = {}): Promise<Delivery> {
	const env = {PATH: process.env.PATH, HOME: '/nowhere'};
	const channel = createHookChannel({program, env, secretVariables: () => [], ...started.options});
	return channel.deliver(started.alert ?? alert, started.signal ?? new AbortController().signal);
}

const openPipes = (): number => process.getActiveResourcesInfo().filter(name => name === 'PipeWrap').length;

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
	const startedMs = performance.now();
	return [await work, performance.now() - startedMs];
}

async function assertEnds(pid: number): Promise<void> {
	assert.ok(pid > 0);
	const isGone = await eventually(
		async () => !isRunning(pid),
		gone => gone,
	);
	assert.ok(isGone, `process ${pid} still runs`);
}

/** Ends the process that a hook left running on purpose. */
function endAfter(context: TestContext, pid: number): void {
	context.after(() => {
		try {
			process.kill(pid, 'SIGKILL');
		} catch {
			// It has already ended.
		}
	});
}

test('passes the alert on standard input as JSON and in XMRTOP_* variables, without a shell or arguments', async context => {
	const hook = hookFixture(context, 'cat > stdin; env > env; echo "$#" > count');
	assert.deepEqual(await deliver(hook), {kind: 'delivered'});
	assert.deepEqual(JSON.parse(hook.text('stdin')), alert);
	assert.ok(hook.text('stdin').endsWith('}\n'));
	assert.equal(hook.text('count'), '0\n');
	assert.deepEqual(
		hook
			.lines('env')
			.filter(line => line.startsWith('XMRTOP_'))
			.sort(),
		[
			`XMRTOP_ALERT_ID=${alert.id}`,
			`XMRTOP_AT=${alert.at}`,
			'XMRTOP_FROM=up',
			'XMRTOP_KIND=alert',
			'XMRTOP_MESSAGE=API check failed',
			'XMRTOP_NODE=a',
			'XMRTOP_NODES=a',
			'XMRTOP_REASON=connection refused',
			`XMRTOP_SINCE=${alert.since}`,
			'XMRTOP_STATE=down',
			'XMRTOP_TEXT=a is down: connection refused',
		],
	);
});

test('passes the environment without secrets, which are looked up at each alert, and without old XMRTOP_* variables', async context => {
	const hook = hookFixture(context, 'env > env');
	const env = {PATH: '/bin:/usr/bin', KEPT: 'yes', PASSWORD_A: 'sesame', XMRTOP_TOKEN: 'token', XMRTOP_DAEMON: 'old'};
	let secret = ['XMRTOP_TOKEN'];
	const channel = createHookChannel({program: hook.program, env, secretVariables: () => secret});
	secret = ['XMRTOP_TOKEN', 'PASSWORD_A'];
	assert.deepEqual(await channel.deliver(alert, new AbortController().signal), {kind: 'delivered'});
	assert.match(hook.text('env'), /^KEPT=yes$/m);
	assert.doesNotMatch(hook.text('env'), /sesame|token|XMRTOP_DAEMON/i);
});

for (const [script, reason] of [
	['exit 3', 'exit code 3'],
	['echo; echo "  no mail server" >&2; echo more >&2; exit 1', 'exit code 1: no mail server'],
	['printf "\\033[31mred\\033[0m\\007 \\302\\233 \\342\\200\\256x\\r\\n" >&2; exit 1', 'exit code 1: red x'],
	['kill -9 $$', 'killed by SIGKILL'],
	['exit 0 <&-', undefined],
	['echo all is well >&2', undefined],
] as const) {
	test(`a hook that does ${JSON.stringify(script)}: ${reason ?? 'delivered'}`, async context => {
		const expected = reason === undefined ? {kind: 'delivered'} : {kind: 'failed', reason};
		assert.deepEqual(await deliver(hookFixture(context, script)), expected);
	});
}

test('ends a hook that hangs and all its children, and reports its last line', async context => {
	const hook = hookFixture(context, 'sleep 600 & echo $! > pid; echo waiting >&2; wait');
	// A timer counts from the start of its turn of the event loop.
	await new Promise(setImmediate);
	const [outcome, tookMs] = await timed(deliver(hook, {options: {bounds: quick}}));
	assert.deepEqual(outcome, {kind: 'failed', reason: 'it did not finish within 300ms: waiting'});
	// A timer may fire a moment early.
	assert.ok(tookMs > 290 && tookMs < 2000, `${tookMs} ms`);
	await assertEnds(Number(hook.text('pid')));
});

test('kills a hook that ignores SIGTERM, and its children', async context => {
	const hook = hookFixture(context, 'trap "" TERM; sleep 600 & echo $! > pid; wait; wait');
	await new Promise(setImmediate);
	const [outcome, tookMs] = await timed(deliver(hook, {options: {bounds: quick}}));
	assert.deepEqual(outcome, {kind: 'failed', reason: 'it did not finish within 300ms'});
	assert.ok(tookMs >= 400 && tookMs < 2000, `${tookMs} ms`);
	await assertEnds(Number(hook.text('pid')));
});

test('kills a hook within 250 ms when xmrtop exits, even one that is already being terminated', async context => {
	const script = 'trap "echo > term" TERM; echo > x; while :; do sleep 0.05; done';
	for (const [begun, timeLimitMs] of [
		['x', 60_000],
		['term', 200],
	] as const) {
		const hook = hookFixture(context, script);
		const controller = new AbortController();
		const bounds = {timeLimitMs, graceMs: 60_000};
		const running = deliver(hook, {signal: controller.signal, options: {bounds}});
		await eventually(
			async () => hook.text(begun),
			text => text !== '',
		);
		controller.abort();
		const [outcome, tookMs] = await timed(running);
		assert.equal(outcome.kind, 'failed');
		assert.ok(tookMs < 600, `${tookMs} ms`);
	}
});

test('leaves no hook running when the signal was aborted before the start', async context => {
	const hook = hookFixture(context, 'sleep 600');
	const [outcome, tookMs] = await timed(deliver(hook, {signal: AbortSignal.abort()}));
	assert.deepEqual(outcome, {kind: 'failed', reason: 'it was stopped because xmrtop is exiting'});
	assert.ok(tookMs < 1000, `${tookMs} ms`);
});

test('hundreds of megabytes on stdout and stderr neither block the hook nor fill memory', async context => {
	const flood = 'head -c 200000000 /dev/zero | tr "\\0" x';
	const hook = hookFixture(context, `${flood} & ${flood} >&2; wait; exit 1`);
	const before = process.memoryUsage().rss;
	const outcome = await deliver(hook);
	const grownBy = process.memoryUsage().rss - before;
	assert.equal(outcome.kind, 'failed');
	assert.match(outcome.kind === 'failed' ? outcome.reason : '', /^exit code 1: x{150,200}…$/);
	assert.ok(grownBy < 100_000_000, `${grownBy} bytes`);
});

test('a hook may ignore its standard input, however long the alert is', async context => {
	const nodes = Array.from({length: 5000}, (_, index) => ({...alert.nodes[0], id: index + 1, name: `node-${index}`}));
	const long = {...alert, nodes} as Alert;
	assert.deepEqual(await deliver(hookFixture(context, 'exit 0'), {alert: long}), {kind: 'delivered'});
	const reader = hookFixture(context, 'cat > stdin; printf %s "$XMRTOP_NODES" > names');
	assert.deepEqual(await deliver(reader, {alert: long}), {kind: 'delivered'});
	assert.deepEqual(JSON.parse(reader.text('stdin')), long);
	const names = reader.text('names').split(' ');
	assert.ok(names.length > 4000 && names.every((name, index) => name === `node-${index}`));
});

test('a process that a hook leaves running holds no pipe of xmrtop open', async context => {
	const nodes = Array.from({length: 5000}, (_, index) => ({...alert.nodes[0], id: index + 1, name: `node-${index}`}));
	const hook = hookFixture(context, 'sleep 600 <&0 & echo $! > pid; exit 0');
	const before = openPipes();
	const [outcome, tookMs] = await timed(deliver(hook, {alert: {...alert, nodes} as Alert}));
	endAfter(context, Number(hook.text('pid')));
	assert.deepEqual(outcome, {kind: 'delivered'});
	assert.ok(tookMs < 2000, `${tookMs} ms`);
	assert.ok(isRunning(Number(hook.text('pid'))), 'a hook may start a long-running process');
	const after = await eventually(
		async () => openPipes(),
		count => count === before,
	);
	assert.equal(after, before, 'it does not prevent xmrtop from exiting');
});

test('a hook that is missing, or whose interpreter is missing, is a failure, not a crash', async context => {
	const folder = temporaryFolder(context);
	const broken = path.join(folder, 'broken');
	writeFileSync(broken, '#!/no/such/interpreter\n', {mode: 0o755});
	for (const program of [path.join(folder, 'gone'), broken]) {
		assert.deepEqual(await deliver({program}), {
			kind: 'failed',
			reason: 'it cannot be started: no such file or directory',
		});
	}
});

test('accepts a path or a name on the PATH as program and refuses anything else', context => {
	const folder = temporaryFolder(context);
	const file = (name: string, mode: number): string => {
		writeFileSync(path.join(folder, name), '#!/bin/sh\n', {mode});
		return path.join(folder, name);
	};
	const good = file('good', 0o755);
	file('plain', 0o644);
	mkdirSync(path.join(folder, 'folder'));
	const searched = `/no/such:${folder}`;
	assert.equal(findHookProgram(good), good);
	assert.equal(findHookProgram('good', searched), good);
	assert.equal(findHookProgram(path.relative(process.cwd(), good)), good);
	chmodSync(good, 0o711);
	assert.equal(findHookProgram('good', searched), good);
	const allowed = 'is invalid: expected an executable program;';
	for (const [given, why] of [
		['', 'not found in PATH'],
		['gone', 'not found in PATH'],
		['plain', 'it cannot be run: permission denied'],
		['folder', 'it cannot be run: it is a folder'],
		['good --flag', 'not found in PATH'],
		[`${folder}/gone`, 'no such file or directory'],
		[`${folder}/plain`, 'it cannot be run: permission denied'],
		[`${folder}/folder`, 'it cannot be run: it is a folder'],
	] as const) {
		const message = `--on-change ${JSON.stringify(given)} ${allowed} ${why}`;
		assert.throws(() => findHookProgram(given, searched), {code: 'bad_usage', message}, given);
	}
});

test('alert variables: leaves out what does not apply, and cuts values at the limit of the system', () => {
	const fleet = alertFleetFixture(['a'], {fail_after: 1, recover_after: 1});
	fleet.cycles('up down up');
	const [alert, recovery] = fleet.alerts();
	assert.ok(alert && recovery);
	assert.deepEqual(alertVariables(alert), {
		XMRTOP_ALERT_ID: alert.id,
		XMRTOP_KIND: 'alert',
		XMRTOP_TEXT: 'a is down: connection refused',
		XMRTOP_AT: alert.at,
		XMRTOP_NODE: 'a',
		XMRTOP_NODES: 'a',
		XMRTOP_STATE: 'down',
		XMRTOP_FROM: 'up',
		XMRTOP_MESSAGE: 'API check failed',
		XMRTOP_REASON: 'connection refused',
		XMRTOP_SINCE: alert.since,
	});
	assert.equal(alertVariables(recovery).XMRTOP_DOWNTIME_MS, '10000');
	const nodes = Array.from({length: 20_000}, (_, index) => ({...alert.nodes[0], name: `node-${index}`}));
	const {XMRTOP_NODES: names = ''} = alertVariables({...alert, nodes} as Alert);
	assert.ok(names.length <= 65_536 && names.length > 60_000 && / node-\d+$/.test(names));
});
