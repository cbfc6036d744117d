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

test('refuses a second process and names the pid of the first; takes the lease at once after the first was killed', async context => {
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
	assert.deepEqual(readdirSync(path.dirname(file)), [], 'no file is left');
	assert.equal(lease.isHeld(), false);
});

test('takes over the lock of a process that was killed while it took the lease', async context => {
	const file = fileIn(context);
	mkdirSync(`${file}.lock`);
	const {notes, ...rest} = options();
	const lease = await takeLease(file, rest);
	assert.deepEqual([lease.isHeld(), notes], [true, []]);
	await lease.release();
});

test('when several processes start after the owner died, exactly one gets the lease and the others name it', async context => {
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

test('a released lease is free at once', async context => {
	const file = fileIn(context);
	const first = startOwner(context, file);
	assert.equal(await firstLine(first.child), 'open');
	first.child.stdin?.end();
	await new Promise(resolve => first.child.once('exit', resolve));
	assert.equal(existsSync(`${file}.owner`), false);
	const lease = await takeLease(file, options());
	await lease.release();
});

test('takes over when the pid of the owner now belongs to another process', async context => {
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

test('notices that another process took the lease, and does not remove its file', async context => {
	const file = fileIn(context);
	const lease = await takeLease(file, options());
	writeFileSync(`${file}.owner`, '{"pid":1,"started_at":"2020-01-01T00:00:00.000Z","host":"elsewhere"}');
	assert.equal(lease.isHeld(), false);
	await lease.release();
	assert.equal(existsSync(`${file}.owner`), true);
});

test('takes over after 15 s of silence from an earlier boot of this host, not from a live owner on another host', async context => {
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

test('stops waiting for an owner on another host when xmrtop exits', async context => {
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
	assert.equal(readFileSync(`${file}.owner`, 'utf8'), '{', 'the owner is unchanged');
});

test('removes the staged files of an owner that was killed', async context => {
	const file = fileIn(context);
	writeFileSync(`${file}.owner.new-1-abc`, '{');
	const lease = await takeLease(file, options());
	assert.deepEqual(readdirSync(path.dirname(file)), ['alerts.json.owner']);
	await lease.release();
});

test('restores its owner file after someone removed it, and keeps the lease while the file cannot be read', async context => {
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
