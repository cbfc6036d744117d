import assert from 'node:assert/strict';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {takeLease} from '../../../source/adapters/alerts/lease.js';
import {firstLine, startChild, type TestChild} from '../../helpers/child-processes.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const owner = fileURLToPath(new URL('../../helpers/alert-owner.ts', import.meta.url));

function startOwner(context: TestContext, file: string): TestChild {
	return startChild(context, process.execPath, ['--import', 'tsx', owner, file]);
}

function fileIn(context: TestContext): string {
	return path.join(temporaryFolder(context), 'alerts.json');
}

function options(signal = new AbortController().signal) {
	const notes: string[] = [];
	return {notes, onNote: (note: string) => void notes.push(note), signal};
}

const refusal = (pid: number, file: string): string =>
	`process ${pid} already sends the alerts of ${file}: stop it, or use another --state-dir`;

test('a second process is refused by the pid of the first, which is replaced at once when it was killed', async context => {
	const file = fileIn(context);
	const first = startOwner(context, file);
	assert.equal(await firstLine(first.child), 'open');
	const {notes, ...rest} = options();
	const before = performance.now();
	await assert.rejects(takeLease(file, rest), {code: 'store_in_use', message: refusal(first.pid, file)});
	await first.end();
	const lease = await takeLease(file, rest);
	assert.ok(performance.now() - before < 2000);
	assert.deepEqual([lease.isHeld(), notes], [true, []]);
	await lease.release();
	assert.deepEqual(readdirSync(path.dirname(file)), [], 'nothing stays behind');
	assert.equal(lease.isHeld(), false);
});

test('a lock left behind by a process that was killed while it took the lease is outlived', async context => {
	const file = fileIn(context);
	mkdirSync(`${file}.lock`);
	const {notes, ...rest} = options();
	const lease = await takeLease(file, rest);
	assert.deepEqual([lease.isHeld(), notes], [true, []]);
	await lease.release();
});

test('of many that start at once over a dead owner exactly one gets it, and the others name it', async context => {
	const file = fileIn(context);
	const dead = startOwner(context, file);
	assert.equal(await firstLine(dead.child), 'open');
	await dead.end();
	const owners = Array.from({length: 4}, () => startOwner(context, file));
	const lines = await Promise.all(owners.map(async ({pid, child}) => ({pid, line: await firstLine(child)})));
	const winners = lines.filter(({line}) => line === 'open');
	assert.equal(winners.length, 1, JSON.stringify(lines));
	const [{pid} = assert.fail('no winner')] = winners;
	for (const {line} of lines.filter(one => one.pid !== pid)) {
		assert.equal(line, refusal(pid, file));
	}
});

test('what was given back is free at once', async context => {
	const file = fileIn(context);
	const first = startOwner(context, file);
	assert.equal(await firstLine(first.child), 'open');
	first.child.stdin?.end();
	await new Promise(resolve => first.child.once('exit', resolve));
	assert.equal(existsSync(`${file}.owner`), false);
	const lease = await takeLease(file, options());
	await lease.release();
});

test('an owner whose pid is another process by now is gone', async context => {
	const file = fileIn(context);
	const lease = await takeLease(file, options());
	const text = readFileSync(`${file}.owner`, 'utf8');
	await lease.release();
	const identity = JSON.parse(text);
	writeFileSync(`${file}.owner`, JSON.stringify({...identity, started_at: '2020-01-01T00:00:00.000Z', start_ticks: 1}));
	const next = await takeLease(file, options());
	assert.equal(next.isHeld(), true);
	await next.release();
});

test('an owner that was replaced knows it, and removes nothing of the new one', async context => {
	const file = fileIn(context);
	const lease = await takeLease(file, options());
	writeFileSync(`${file}.owner`, '{"pid":1,"started_at":"2020-01-01T00:00:00.000Z","host":"elsewhere"}');
	assert.equal(lease.isHeld(), false);
	await lease.release();
	assert.equal(existsSync(`${file}.owner`), true);
});

test('an owner of this host from before its start, silent for 15 s, is gone; one elsewhere that shows itself is not', async context => {
	const file = fileIn(context);
	const identity = {pid: 1, started_at: '2020-01-01T00:00:00.000Z', place: 'an earlier start'};
	const long = new Date(Date.now() - 60_000);
	writeFileSync(`${file}.owner`, JSON.stringify({...identity, host: hostname()}));
	utimesSync(`${file}.owner`, long, long);
	const lease = await takeLease(file, options());
	await lease.release();

	writeFileSync(`${file}.owner`, JSON.stringify({...identity, host: 'else\u001B[31mwhere'}));
	const {notes, ...rest} = options();
	const waiting = takeLease(file, {
		...rest,
		onNote: note => {
			rest.onNote(note);
			utimesSync(`${file}.owner`, long, long);
			setTimeout(() => utimesSync(`${file}.owner`, new Date(), new Date()), 150);
		},
	});
	await assert.rejects(waiting, {
		code: 'store_in_use',
		message: `process 1 on elsewhere already sends the alerts of ${file}: stop it, or use another --state-dir`,
	});
	assert.deepEqual(notes, [
		'process 1 on elsewhere may still be sending alerts from this state folder: checking for 15 s',
	]);
});

test('the waiting for an owner elsewhere ends with xmrtop', async context => {
	const file = fileIn(context);
	const controller = new AbortController();
	const {onNote} = options();
	writeFileSync(`${file}.owner`, '{');
	const waiting = takeLease(file, {
		signal: controller.signal,
		onNote: note => {
			onNote(note);
			controller.abort();
		},
	});
	const startedMs = performance.now();
	await assert.rejects(waiting, {code: 'store_in_use'});
	assert.ok(performance.now() - startedMs < 1000);
	assert.equal(readFileSync(`${file}.owner`, 'utf8'), '{', 'it is still whose it was');
});

test('what an owner that was killed has staged is removed', async context => {
	const file = fileIn(context);
	writeFileSync(`${file}.owner.new-1-abc`, '{');
	const lease = await takeLease(file, options());
	assert.deepEqual(readdirSync(path.dirname(file)), ['alerts.json.owner']);
	await lease.release();
});

test('an owner whose file was removed by hand puts it back; one whose file cannot be read now stays the owner', async context => {
	const file = fileIn(context);
	const lease = await takeLease(file, options());
	const text = readFileSync(`${file}.owner`, 'utf8');
	rmSync(`${file}.owner`);
	assert.equal(lease.isHeld(), true);
	assert.equal(readFileSync(`${file}.owner`, 'utf8'), text);
	assert.equal(statSync(`${file}.owner`).mode & 0o777, 0o600);
	rmSync(`${file}.owner`);
	mkdirSync(`${file}.owner`);
	assert.equal(lease.isHeld(), true, 'a folder cannot be read as a file');
	rmdirSync(`${file}.owner`);
	await lease.release();
	assert.deepEqual([lease.isHeld(), readdirSync(path.dirname(file))], [false, []]);
});
