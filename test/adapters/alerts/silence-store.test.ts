import assert from 'node:assert/strict';
import {lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {createSilenceStore} from '../../../source/adapters/alerts/silence-store.js';
import {type Silence, withSilence} from '../../../source/domain/alerts/silences.js';
import {oddFiles} from '../../helpers/odd-files.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const more = (silences: readonly Silence[]): readonly Silence[] =>
	withSilence(silences, {by: 'ann@host', forMs: 3_600_000}, Date.now());

test('reports the file of a newer version, applies no silence and never writes the file', async context => {
	const store = createSilenceStore(path.join(temporaryFolder(context), 'silences.json'));
	const text = '{"schema_version":2,"silences":"elsewhere"}';
	writeFileSync(store.path, text);
	assert.deepEqual(store.read(), []);
	assert.match(store.problem() ?? '', /^\S+silences\.json was written by a newer xmrtop; it silences nobody$/);
	await assert.rejects(
		store.update(more),
		/^InputError: the silences were not changed: \S+ was written by a newer xmrtop$/,
	);
	assert.equal(readFileSync(store.path, 'utf8'), text);
	assert.deepEqual(readdirSync(path.dirname(store.path)), ['silences.json']);
});

test('reports a corrupt file, and the next change renames it', async context => {
	const store = createSilenceStore(path.join(temporaryFolder(context), 'silences.json'));
	assert.equal(store.problem(), undefined);
	writeFileSync(store.path, '{"schema_version":1,"sil');
	assert.deepEqual(store.read(), []);
	assert.match(store.problem() ?? '', /^\S+ is corrupt \(not valid JSON: .*\); it silences nobody$/);
	await store.update(more);
	assert.equal(store.problem(), undefined);
	assert.deepEqual(
		store.read().map(({id}) => id),
		[1],
	);
	assert.equal(readdirSync(path.dirname(store.path)).filter(name => name.includes('.corrupt-')).length, 1);
});

test('keeps every corrupt file that is renamed within one second', async context => {
	context.mock.timers.enable({apis: ['Date'], now: Date.parse('2026-11-26T20:00:00.000Z')});
	const store = createSilenceStore(path.join(temporaryFolder(context), 'silences.json'));
	for (const text of ['{1', '{2', '{3']) {
		writeFileSync(store.path, text);
		await store.update(more);
	}

	const folder = path.dirname(store.path);
	const aside = readdirSync(folder)
		.filter(name => name.includes('.corrupt-'))
		.toSorted();
	const name = 'silences.json.corrupt-20261126T200000Z';
	assert.deepEqual(aside, [name, `${name}-2`, `${name}-3`]);
	assert.deepEqual(
		aside.map(each => readFileSync(path.join(folder, each), 'utf8')),
		['{1', '{2', '{3'],
	);
});

for (const [what, put] of Object.entries(oddFiles)) {
	test(`reports ${what} in the place of silences.json at once on one line, and applies no silence`, async context => {
		const store = createSilenceStore(path.join(temporaryFolder(context), 'silences.json'));
		await put(context, store.path);
		assert.deepEqual(store.read(), []);
		assert.match(store.problem() ?? '', /^\S+silences\.json cannot be read: [^\n]+; it silences nobody$/);
		await assert.rejects(store.update(more), /silences\.json cannot be saved: [^\n]+$/);
	});
}

test('keeps a symbolic link and removes the staged files of a killed process', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'shared'));
	const target = path.join(folder, 'shared', 'silences.json');
	const store = createSilenceStore(path.join(folder, 'silences.json'));
	await createSilenceStore(target).update(more);
	writeFileSync(`${target}.new-1-x`, '{');
	symlinkSync(target, store.path);
	await store.update(more);
	assert.ok(lstatSync(store.path).isSymbolicLink());
	assert.equal(JSON.parse(readFileSync(target, 'utf8')).silences.length, 2);
	assert.deepEqual(readdirSync(path.dirname(target)), ['silences.json']);
});
