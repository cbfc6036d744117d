import assert from 'node:assert/strict';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {createNodeStore} from '../../../source/adapters/store/node-store.js';
import {InputError, type InputErrorCode} from '../../../source/domain/input-error.js';
import {adding, nodeFixture} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const secret = 'hunter2-is-the-password';

function storeWith(context: TestContext, content: unknown) {
	const store = createNodeStore(temporaryFolder(context));
	writeFileSync(store.path, typeof content === 'string' ? content : JSON.stringify(content));
	return store;
}

function refusal(code: InputErrorCode, message: string) {
	return (error: unknown) => {
		assert.ok(error instanceof InputError, String(error));
		assert.deepEqual({code: error.code, message: error.message}, {code, message});
		assert.doesNotMatch(error.message, /\n|hunter2/);
		return true;
	};
}

test('without a file the fleet is empty, and reading creates nothing', context => {
	const folder = path.join(temporaryFolder(context), 'not-there');
	const store = createNodeStore(folder);
	assert.deepEqual(store.read(), {nodes: [], settings: {}, next_id: 1});
	assert.equal(store.read(), store.read());
	assert.equal(store.permissionWarning(), undefined);
	assert.equal(existsSync(folder), false);
});

test('reads what this or another store saved', async context => {
	const folder = path.join(temporaryFolder(context), 'a', 'b');
	const store = createNodeStore(folder);
	const saved = await store.update(adding('one', {tls: {}, password: secret, username: 'u'}));
	await store.update(file => ({...file, settings: {interval: '10s'}}));
	assert.equal(saved.next_id, 2);
	const expected = {
		nodes: [nodeFixture('one', 1, {tls: {}, password: secret, username: 'u'})],
		settings: {interval: '10s'},
		next_id: 2,
	};
	assert.deepEqual(store.read(), expected);
	assert.deepEqual(createNodeStore(folder).read(), expected);
	assert.deepEqual(JSON.parse(readFileSync(store.path, 'utf8')), {schema_version: 1, ...expected});
	assert.deepEqual(readdirSync(folder).sort(), ['nodes.json', 'nodes.json.bak']);
});

test('returns the same object until the file changes', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	const first = store.read();
	assert.equal(store.read(), first);
	await createNodeStore(path.dirname(store.path)).update(adding('two'));
	assert.deepEqual(
		store.read().nodes.map(({name}) => name),
		['one', 'two'],
	);
});

test('creates private files and folders; leaves existing modes alone and warns about them', async context => {
	const parent = temporaryFolder(context);
	const store = createNodeStore(path.join(parent, 'new'));
	await store.update(adding('one', {username: 'u', password: secret}));
	const modeOf = (file: string) => statSync(file).mode & 0o777;
	assert.deepEqual([path.join(parent, 'new'), store.path, `${store.path}.bak`].map(modeOf), [0o700, 0o600, 0o600]);
	assert.equal(store.permissionWarning(), undefined);

	chmodSync(store.path, 0o664);
	chmodSync(path.join(parent, 'new'), 0o755);
	await store.update(adding('two'));
	assert.deepEqual([path.join(parent, 'new'), store.path, `${store.path}.bak`].map(modeOf), [0o755, 0o664, 0o600]);
	assert.equal(
		store.permissionWarning(),
		`${store.path} contains a password and is readable by others (mode 0664): chmod 600 ${store.path}`,
	);

	await store.update(file => ({...file, nodes: file.nodes.filter(({name}) => name === 'two')}));
	assert.equal(store.permissionWarning(), undefined);
});

test('keeps the content before the last change as a backup; the backup of the first file is itself', async context => {
	const store = createNodeStore(temporaryFolder(context));
	const backup = () => readFileSync(`${store.path}.bak`, 'utf8');
	await store.update(adding('one'));
	const first = readFileSync(store.path, 'utf8');
	assert.equal(backup(), first);
	await store.update(adding('two'));
	assert.equal(backup(), first);
});

test('a change that throws, or returns its argument, writes nothing', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(file => file);
	assert.equal(existsSync(store.path), false);
	await store.update(adding('one'));
	const before = statSync(store.path, {bigint: true});
	const same = await store.update(file => file);
	assert.equal(same, store.read());
	await assert.rejects(
		store.update(() => {
			throw new InputError('node_not_found', 'no such node');
		}),
		refusal('node_not_found', 'no such node'),
	);
	assert.deepEqual(statSync(store.path, {bigint: true}), before);
	assert.equal(existsSync(`${store.path}.lock`), false);
});

test('ids are never reused, and next_id never goes down', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	await store.update(adding('two'));
	await store.update(file => ({...file, nodes: [], next_id: 1}));
	assert.equal(store.read().next_id, 3);
	await assert.rejects(
		store.update(file => ({...file, nodes: [nodeFixture('three', 2)]})),
		refusal('invalid_node', `${store.path}: id 2 was used before: ids are never reused`),
	);
	await store.update(adding('three'));
	assert.deepEqual(store.read(), {nodes: [nodeFixture('three', 3)], settings: {}, next_id: 4});
});

test('refuses an invalid change and writes nothing', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	const before = readFileSync(store.path, 'utf8');
	await assert.rejects(
		store.update(adding('one')),
		refusal('invalid_config', `${store.path}: name "one" is used by two nodes: it must be unique`),
	);
	await assert.rejects(
		store.update(adding('two', {port: 0})),
		refusal('invalid_config', `${store.path}: node "two": port 0 is invalid: expected a whole number from 1 to 65535`),
	);
	assert.equal(readFileSync(store.path, 'utf8'), before);
});

test('keeps a symbolic link that it writes through', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'real'));
	mkdirSync(path.join(folder, 'linked'));
	writeFileSync(path.join(folder, 'real', 'fleet.json'), '{"schema_version":1,"next_id":1,"nodes":[]}');
	const store = createNodeStore(path.join(folder, 'linked'));
	symlinkSync(path.join(folder, 'real', 'fleet.json'), store.path);
	await store.update(adding('one'));
	assert.equal(lstatSync(store.path).isSymbolicLink(), true);
	assert.equal(JSON.parse(readFileSync(path.join(folder, 'real', 'fleet.json'), 'utf8')).nodes.length, 1);
	assert.equal(store.read().nodes.length, 1);
});

test('the next change removes the staged files of a killed process', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	const leftovers = ['nodes.json.new-1-ab', 'nodes.json.new-1-ab.tmp-1234567890abcdef', 'nodes.json.bak.new-1-cd'];
	for (const name of leftovers) {
		writeFileSync(path.join(path.dirname(store.path), name), '{"nodes":');
	}

	await store.update(adding('two'));
	assert.deepEqual(readdirSync(path.dirname(store.path)).sort(), ['nodes.json', 'nodes.json.bak']);
});

const valid = {schema_version: 1, next_id: 2, nodes: [{id: 1, name: 'a', port: 18_088}], settings: {}};
const node = valid.nodes[0];

/** The content of the file, and the message about it after the file's path. */
const badFiles: ReadonlyArray<readonly [what: string, content: unknown, message: string, code?: InputErrorCode]> = [
	['an empty file', '', ' is not valid JSON: unexpected end at line 1, column 1'],
	[
		'a torn file with a password',
		`{"schema_version":1,"nodes":[{"password":"${secret}"`,
		' is not valid JSON: unexpected end at line 1, column 67',
	],
	[
		'a password without quotes',
		`{"nodes": [\n{"password": ${secret}}]}`,
		' is not valid JSON: unexpected character at line 2, column 14',
	],
	['an array', [], ' does not contain a JSON object with schema_version, next_id, nodes, settings'],
	['no version', {...valid, schema_version: undefined}, ': schema_version undefined is invalid: expected 1'],
	['a version that is text', {...valid, schema_version: '1'}, ': schema_version "1" is invalid: expected 1'],
	[
		'a newer version',
		{...valid, schema_version: 2, nodes: 'new shape'},
		' was written by a newer xmrtop (schema_version 2)',
		'newer_config',
	],
	[
		'an unknown field',
		{...valid, node: []},
		': "node" is not a field of this file: schema_version, next_id, nodes, settings',
	],
	['nodes missing', {...valid, nodes: undefined}, ': nodes is not an array'],
	['a node that is text', {...valid, nodes: ['a']}, ': node at position 1: a node is a JSON object with name and port'],
	[
		'a bad node',
		{...valid, nodes: [{...node, port: 70_000}]},
		': node "a": port 70000 is invalid: expected a whole number from 1 to 65535',
	],
	[
		'a bad node without a name',
		{...valid, nodes: [{id: 7, port: 1}]},
		": node 7: name is missing: 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name",
	],
	[
		'a bad password',
		{...valid, nodes: [{...node, username: 'u', password: `${secret}\n`}]},
		': node "a": password is invalid: expected 1 to 1024 characters on one line',
	],
	[
		'an id of zero',
		{...valid, nodes: [{...node, id: 0}]},
		': node "a": id 0 is invalid: expected a whole number from 1',
	],
	[
		'no id',
		{...valid, nodes: [{...node, id: undefined}]},
		': node "a": id undefined is invalid: expected a whole number from 1',
	],
	[
		'two nodes with the same id',
		{...valid, nodes: [node, {...node, name: 'b'}]},
		': id 1 is used by two nodes: it must be unique',
	],
	[
		'two nodes with the same name',
		{...valid, next_id: 3, nodes: [node, {...node, id: 2}]},
		': name "a" is used by two nodes: it must be unique',
	],
	['a next_id that is already used', {...valid, next_id: 1}, ': next_id 1 is invalid: expected a whole number from 2'],
	['no next_id', {...valid, next_id: undefined}, ': next_id undefined is invalid: expected a whole number from 2'],
	['settings that are a list', {...valid, settings: []}, ': settings is not an object'],
	[
		'an unknown setting',
		{...valid, settings: {intervall: '5s'}},
		': "intervall" is not a setting: method, interval, timeout, port_timeout, concurrency, slow, busy_max, busy_max_unseen, startup_max, crash_loop, crash_loop_within, max_wallet_lag, max_daemon_lag, block_age, fail_after, recover_after, alert_on, alert_daemons, flap_start, flap_stop, remind, bell, self_check',
	],
	[
		'a bad setting',
		{...valid, settings: {interval: '1ms'}},
		': interval "1ms" is invalid: expected a duration such as 500ms, 5s, 2m or 6h, at least 1s, at most 24h',
	],
];

for (const [what, content, message, code = 'invalid_config'] of badFiles) {
	test(`refuses a file every time and leaves it untouched: ${what}`, async context => {
		const store = storeWith(context, content);
		const before = readFileSync(store.path, 'utf8');
		const expected = refusal(code, `${store.path}${message}`);
		assert.throws(store.read, expected);
		assert.throws(store.read, expected);
		await assert.rejects(store.update(adding('new')), expected);
		assert.equal(readFileSync(store.path, 'utf8'), before);
		assert.deepEqual(readdirSync(path.dirname(store.path)), ['nodes.json']);
	});
}

test('names the backup when the file is no longer JSON', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	writeFileSync(store.path, '{"schema_version":1,');
	assert.throws(
		store.read,
		refusal(
			'invalid_config',
			`${store.path} is not valid JSON: unexpected end at line 1, column 21; the last valid copy is ${store.path}.bak`,
		),
	);
	assert.equal(JSON.parse(readFileSync(`${store.path}.bak`, 'utf8')).nodes.length, 1);
});

test('names the backup when the file is JSON but invalid', async context => {
	const store = createNodeStore(temporaryFolder(context));
	await store.update(adding('one'));
	for (const [content, message] of [
		[{...valid, nodes: [{...node, port: 0}]}, ': node "a": port 0 is invalid: expected a whole number from 1 to 65535'],
		[[], ' does not contain a JSON object with schema_version, next_id, nodes, settings'],
	] as const) {
		writeFileSync(store.path, JSON.stringify(content));
		assert.throws(
			store.read,
			refusal('invalid_config', `${store.path}${message}; the last valid copy is ${store.path}.bak`),
		);
	}
});

test('reports a path that cannot be a file', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'nodes.json'));
	const store = createNodeStore(folder);
	assert.throws(store.read, refusal('invalid_config', `${store.path} cannot be read: it is a folder`));

	writeFileSync(path.join(folder, 'file'), '');
	const inFile = createNodeStore(path.join(folder, 'file'));
	await assert.rejects(
		inFile.update(adding('one')),
		refusal('save_failed', `${inFile.path} cannot be saved: a file exists where a folder is needed`),
	);
});

test('a node that was disabled until a time of a clock that was ahead is checked once the clock is right', async context => {
	const configDir = temporaryFolder(context);
	const store = createNodeStore(configDir);
	const until = (ms: number) => new Date(Date.now() + ms).toISOString();
	await store.update(adding('a', {available: false, disabled_until: until(10 * 365 * 86_400_000)}));
	await store.update(adding('b', {available: false}));
	const availability = () =>
		store.read().nodes.map(({available, disabled_until: time}) => [available, time !== undefined]);
	const asWritten = store.read();
	assert.deepEqual(availability(), [
		[false, true],
		[false, false],
	]);
	assert.equal(store.read(), asWritten);
	const ahead = new Date(Date.now() + 9 * 365 * 86_400_000);
	utimesSync(store.path, ahead, ahead);
	assert.deepEqual(availability(), [
		[true, false],
		[false, false],
	]);
	assert.equal(store.read(), store.read());
	await store.update(adding('c'));
	assert.deepEqual(availability()[0], [true, false]);
});
