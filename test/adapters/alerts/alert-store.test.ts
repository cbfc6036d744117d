import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {createOpenAlertsReader, openAlertStore, readAlertsFile} from '../../../source/adapters/alerts/alert-store.js';
import {noAlertState} from '../../../source/domain/alerts/alert.js';
import {type AlertsFile, delivered, withAlerts} from '../../../source/domain/alerts/outbox.js';
import {alertFleetFixture} from '../../helpers/alert-fixture.js';
import {fillDisk, smallDisk} from '../../helpers/small-disk.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const nothing: AlertsFile = {state: noAlertState, outbox: []};

async function opened(context: TestContext, file: string) {
	const notes: string[] = [];
	const signal = new AbortController().signal;
	const store = await openAlertStore(file, {onNote: note => void notes.push(note), signal});
	context.after(store.close);
	return {...store, notes};
}

/** State with everything a fleet can leave: streaks, node and daemon incidents, doubts, former members and alerts. */
function fullFile(): AlertsFile {
	const fleet = alertFleetFixture(['a', 'b', 'c', 'd'], {fail_after: 2, recover_after: 2, alert_on: 'failed'});
	fleet.cycle({a: 'up', b: 'up', c: 'down', d: 'up'});
	fleet.cycle({a: 'up', b: 'down@h:1', c: 'down', d: 'down@h:1'});
	fleet.cycle({a: 'up', b: 'down@h:1', c: 'down', d: 'down@h:1'});
	fleet.cycle({a: 'up', b: 'up', c: 'down', d: 'down@h:1'});
	fleet.cycle({a: 'up', b: 'up', c: 'down', d: 'down@h:1'});
	fleet.cycle({a: 'down', b: 'up', c: 'up', d: 'down'});
	return {state: fleet.state(), outbox: withAlerts([], fleet.alerts(), ['program', 'webhook'])};
}

test('reads back what it saved, in a private file and folder that are replaced atomically', async context => {
	const folder = path.join(temporaryFolder(context), 'new');
	const file = path.join(folder, 'alerts.json');
	const first = await opened(context, file);
	assert.deepEqual(first.initial, nothing);
	const full = fullFile();
	const {streaks, incidents} = full.state;
	assert.deepEqual([streaks.size, incidents.length, incidents[1]?.former.size, full.outbox.length], [1, 2, 1, 2]);
	await first.save(nothing);
	const inode = statSync(file).ino;
	await first.save(full);
	assert.notEqual(statSync(file).ino, inode, 'the file is replaced, not overwritten');
	assert.deepEqual([statSync(file).mode & 0o777, statSync(folder).mode & 0o777], [0o600, 0o700]);
	assert.equal(JSON.parse(readFileSync(file, 'utf8')).schema_version, 1);
	await first.close();
	assert.deepEqual(readdirSync(folder), ['alerts.json']);
	const second = await opened(context, file);
	assert.deepEqual(second.initial, full);
	assert.deepEqual(second.notes, []);
});

test('keeps a symbolic link and removes the staged files of a killed process', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'real'));
	const real = path.join(folder, 'real', 'kept.json');
	writeFileSync(real, JSON.stringify({schema_version: 1, streaks: {}, incidents: [], outbox: []}));
	writeFileSync(`${real}.new-1-abc`, '{');
	const link = path.join(folder, 'alerts.json');
	symlinkSync(real, link);
	const store = await opened(context, link);
	await store.save(fullFile());
	await store.close();
	assert.deepEqual(readdirSync(path.join(folder, 'real')), ['kept.json']);
	assert.ok(readFileSync(real, 'utf8').includes('"incidents":[{'));
});

const whole = () => ({schema_version: 1, streaks: {}, incidents: [], outbox: []});
const streak = {count: 1, since: '2026-11-23T20:00:00.000Z', last_check: '2026-11-23T20:00:00.000Z'};
for (const [what, text] of [
	['nothing', ''],
	['half a document', '{"schema_version":1,"streaks":{'],
	['bytes', '\u0000\u0001'],
	['a list', '[]'],
	['another version', JSON.stringify({...whole(), schema_version: 0})],
	['no outbox', JSON.stringify({...whole(), outbox: undefined})],
	['an invalid id', JSON.stringify({...whole(), streaks: {a: streak}})],
	['a streak without a time', JSON.stringify({...whole(), streaks: {1: {...streak, since: 'soon'}}})],
	['an unknown method', JSON.stringify({...whole(), method: 'toString'})],
	['an incident without a node', JSON.stringify({...whole(), incidents: [{id: 'x', method: 'api', members: []}]})],
	['an invalid alert', JSON.stringify({...whole(), outbox: [{alert: {id: 'x'}, waiting: ['program']}]})],
] as const) {
	test(`renames a file that holds ${what} and notes it`, async context => {
		const folder = temporaryFolder(context);
		const file = path.join(folder, 'alerts.json');
		writeFileSync(file, text);
		const store = await opened(context, file);
		assert.deepEqual(store.initial, nothing);
		const aside = readdirSync(folder).find(name => name.startsWith('alerts.json.corrupt-')) ?? '';
		assert.match(aside, /^alerts\.json\.corrupt-\d{8}T\d{6}Z$/);
		assert.equal(readFileSync(path.join(folder, aside), 'utf8'), text);
		assert.equal(store.notes.length, 1);
		const [note = ''] = store.notes;
		assert.match(note.slice(file.length), /^ is corrupt \((not valid JSON: .+|unexpected structure)\); /);
		assert.ok(note.endsWith(`; renamed to ${path.join(folder, aside)}`), note);
	});
}

test('refuses the file of a newer xmrtop, leaves it untouched and takes no lease', async context => {
	const folder = temporaryFolder(context);
	const file = path.join(folder, 'alerts.json');
	const text = JSON.stringify({schema_version: 2, everything: 'else'});
	writeFileSync(file, text);
	await assert.rejects(opened(context, file), {
		code: 'newer_config',
		message: `${file} was written by a newer xmrtop`,
	});
	assert.equal(readFileSync(file, 'utf8'), text);
	assert.deepEqual(readdirSync(folder), ['alerts.json']);
});

test('refuses a folder in the place of the file', async context => {
	const file = path.join(temporaryFolder(context), 'alerts.json');
	mkdirSync(file);
	await assert.rejects(opened(context, file), {
		code: 'invalid_config',
		message: `${file} cannot be read: it is a folder`,
	});
});

test('refuses to save after another process has taken the lease', async context => {
	const file = path.join(temporaryFolder(context), 'alerts.json');
	const store = await opened(context, file);
	await store.save(nothing);
	const before = readFileSync(file, 'utf8');
	writeFileSync(`${file}.owner`, '{"pid":1,"started_at":"2020-01-01T00:00:00.000Z","host":"elsewhere"}');
	await assert.rejects(store.save(fullFile()), {code: 'store_in_use'});
	assert.equal(readFileSync(file, 'utf8'), before);
});

test('on a full disk, saving says why and keeps the old file, and works again once there is room', async context => {
	const disk = smallDisk(context);
	if (disk === undefined) {
		return;
	}

	const file = path.join(disk, 'alerts.json');
	const store = await opened(context, file);
	const full = fullFile();
	await store.save(full);
	const before = readFileSync(file, 'utf8');
	const makeSomeRoom = fillDisk(disk);
	await assert.rejects(store.save({...full, outbox: []}), {
		code: 'save_failed',
		message: `${file} cannot be saved: no space left on device`,
	});
	assert.equal(readFileSync(file, 'utf8'), before);
	await store.close();
	makeSomeRoom();
	const makeRoom = fillDisk(disk);
	const again = await opened(context, file);
	assert.deepEqual(again.initial, full);
	assert.equal(again.notes.length, 1);
	assert.match(again.notes[0] ?? '', /no space left on device; a second alerting process would not be detected$/);
	makeRoom();
	await again.save(nothing);
	assert.equal(existsSync(file) && readFileSync(file, 'utf8').includes('"incidents":[]'), true);
});

/** A thousand nodes that went down at once, each with its own alert. */
function largeFile(): AlertsFile {
	const names = Array.from({length: 1000}, (_, index) => `node-${index + 1}`);
	const fleet = alertFleetFixture(names, {fail_after: 1});
	fleet.cycle(Object.fromEntries(names.map(name => [name, 'down' as const])));
	return {state: fleet.state(), outbox: withAlerts([], fleet.alerts(), ['program', 'webhook'])};
}

test('appends only the deliveries of a large file, and reads them after a kill', async context => {
	const file = path.join(temporaryFolder(context), 'alerts.json');
	const marks = `${file}.delivered`;
	const first = await opened(context, file);
	const large = largeFile();
	await first.save(large);
	const {ino} = statSync(file);
	let outbox = large.outbox;
	for (const {alert} of large.outbox.slice(0, 100)) {
		outbox = delivered(outbox, alert.id, 'program');
		await first.saveDeliveries?.({...large, outbox}, [{id: alert.id, channel: 'program'}]);
	}

	const [one = assert.fail()] = large.outbox;
	outbox = delivered(outbox, one.alert.id, 'webhook');
	await first.saveDeliveries?.({...large, outbox}, [{id: one.alert.id, channel: 'webhook'}]);
	assert.equal(statSync(file).ino, ino, 'the file itself is unchanged');
	assert.ok(statSync(marks).size < 101 * 120, `${statSync(marks).size} bytes`);
	assert.equal(statSync(marks).mode & 0o777, 0o600);
	// A line that was cut off when the process was killed.
	writeFileSync(marks, `${readFileSync(marks, 'utf8')}{"id":"${large.outbox[500]?.alert.id}","chan`);
	assert.deepEqual(readAlertsFile(file).outbox, outbox);
	assert.deepEqual([outbox.length, outbox[0]?.waiting], [999, ['webhook']]);
	await first.save({...large, outbox});
	assert.equal(existsSync(marks), false);
	await first.saveDeliveries?.({...large, outbox: []}, []);
	assert.deepEqual(readAlertsFile(file).outbox, []);
});

test('rewrites a small file as a whole', async context => {
	const file = path.join(temporaryFolder(context), 'alerts.json');
	const store = await opened(context, file);
	const full = fullFile();
	await store.save(full);
	const [one = assert.fail()] = full.outbox;
	const outbox = delivered(full.outbox, one.alert.id, 'program');
	await store.saveDeliveries?.({...full, outbox}, [{id: one.alert.id, channel: 'program'}]);
	assert.equal(existsSync(`${file}.delivered`), false);
	assert.deepEqual(readAlertsFile(file).outbox, outbox);
});

test('reads the open alerts, also when the file changes, is corrupt or is missing', async context => {
	const file = path.join(temporaryFolder(context), 'alerts.json');
	const openAlerts = createOpenAlertsReader(file);
	assert.deepEqual(openAlerts(), []);
	const store = await opened(context, file);
	const full = fullFile();
	await store.save(full);
	const {incidents} = full.state;
	assert.ok(incidents.length > 0);
	assert.deepEqual(
		openAlerts().map(({nodeIds, daemon, since}) => ({nodeIds, daemon, since})),
		incidents.map(({members, daemon, since}) => ({nodeIds: [...members.keys()], daemon, since})),
	);
	assert.ok(openAlerts().every(({text}) => text.length > 0));
	assert.equal(openAlerts(), openAlerts());
	await store.save({...full, state: noAlertState});
	assert.deepEqual(openAlerts(), []);
	writeFileSync(file, '{');
	assert.deepEqual(openAlerts(), []);
});
