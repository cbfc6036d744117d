import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {createViewStore} from '../../../source/adapters/store/view-store.js';
import {defaultRememberedView} from '../../../source/domain/view/remembered-view.js';
import {oddFiles} from '../../helpers/odd-files.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const chosen = {
	...defaultRememberedView,
	sort: 'lag',
	inverted: true,
	filter: 'state:down',
	grouping: 'group',
	columns: {lag: 'shown'},
	method: 'port',
	interval: '10s',
	filter_history: ['hot', 'state:down'],
} as const;

test('the next run reads a saved view; only the owner may read the file', async t => {
	const folder = path.join(temporaryFolder(t), 'state');
	const store = createViewStore(folder);
	assert.deepEqual(store.read(), {view: defaultRememberedView});
	assert.equal(existsSync(folder), false, 'reading creates no file');
	await store.save(chosen);
	assert.deepEqual(createViewStore(folder).read(), {view: chosen});
	assert.deepEqual(JSON.parse(readFileSync(store.path, 'utf8')), {schema_version: 1, ...chosen});
	assert.equal(statSync(store.path).mode & 0o777, 0o600);
	assert.equal(statSync(folder).mode & 0o777, 0o700);
	await store.save(defaultRememberedView);
	assert.deepEqual(store.read(), {view: defaultRememberedView});
	assert.deepEqual(readdirSync(folder), ['view.json']);
});

test('the next save removes the staged files of a killed process', async t => {
	const folder = temporaryFolder(t);
	const store = createViewStore(folder);
	writeFileSync(`${store.path}.new-1-x`, '{');
	await store.save(chosen);
	assert.deepEqual(readdirSync(folder), ['view.json']);
});

const corrupt: ReadonlyArray<readonly [text: string, reason: RegExp]> = [
	['', /not valid JSON/],
	['{"sort":', /not valid JSON/],
	['[]', /unexpected structure/],
	['{"sort":"color"}', /unexpected structure/],
	['{"columns":{"lag":1}}', /unexpected structure/],
];

for (const [text, reason] of corrupt) {
	test(`${JSON.stringify(text)} gives one note and the default view, and the next save renames the file`, async t => {
		const folder = temporaryFolder(t);
		const store = createViewStore(folder);
		writeFileSync(store.path, text);
		const {view, note = ''} = store.read();
		assert.deepEqual(view, defaultRememberedView);
		assert.match(note, reason);
		assert.ok(note.startsWith(`${store.path} is corrupt (`) && !note.includes('\n'), note);
		await store.save(chosen);
		assert.deepEqual(store.read(), {view: chosen});
		const [aside = ''] = readdirSync(folder).filter(name => name.startsWith('view.json.corrupt-'));
		assert.equal(readFileSync(path.join(folder, aside), 'utf8'), text);
	});
}

test('does not overwrite the file of a newer version', async t => {
	const store = createViewStore(temporaryFolder(t));
	const text = '{"schema_version":2,"sort":"moon"}';
	writeFileSync(store.path, text);
	assert.match(store.read().note ?? '', /written by a newer xmrtop/);
	await assert.rejects(store.save(chosen), /written by a newer xmrtop/);
	assert.equal(readFileSync(store.path, 'utf8'), text);
});

for (const [what, put] of Object.entries(oddFiles)) {
	test(`reports ${what} in the place of view.json at once on one line, also when saving`, async t => {
		const store = createViewStore(temporaryFolder(t));
		await put(t, store.path);
		const {view, note = ''} = store.read();
		assert.deepEqual(view, defaultRememberedView);
		assert.match(note, /^\S+view\.json cannot be read: [^\n]+; default view$/);
		await assert.rejects(store.save(chosen), /view\.json cannot be saved: [^\n]+$/);
	});
}

test('reports a folder that cannot be written on one line', {skip: process.getuid?.() === 0 && 'root may'}, async t => {
	const folder = path.join(temporaryFolder(t), 'state');
	mkdirSync(folder);
	chmodSync(folder, 0o500);
	await assert.rejects(createViewStore(folder).save(chosen), /cannot be saved: [^\n]+$/);
});
