import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {LockLostError} from '../../../source/adapters/store/file-lock.js';
import {createNodeStore} from '../../../source/adapters/store/node-store.js';
import {commitStagedFiles, stageTextFile} from '../../../source/adapters/store/staged-file.js';
import {InputError} from '../../../source/domain/input-error.js';
import {fillDisk, smallDisk} from '../../helpers/small-disk.js';
import {adding, nodeFixture} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';
import {runWorker, startWorker} from '../../helpers/worker-process.js';

test('many processes that change the file at once lose nothing', async context => {
	const folder = temporaryFolder(context);
	const workers = Array.from({length: 8}, (_, number) => startWorker(context, 'add', folder, `p${number}`, '10'));
	for (const {code, errors, lines} of await Promise.all(workers.map(({ended}) => ended))) {
		assert.deepEqual({code, errors, added: lines.length}, {code: 0, errors: '', added: 10});
	}

	const {nodes, next_id: nextId} = createNodeStore(folder).read();
	assert.equal(new Set(nodes.map(({name}) => name)).size, 80);
	assert.deepEqual(
		nodes.map(({id}) => id),
		Array.from({length: 80}, (_, index) => index + 1),
	);
	assert.equal(nextId, 81);
	assert.deepEqual(readdirSync(folder).sort(), ['nodes.json', 'nodes.json.bak']);
});

test('many changes at once in one process lose nothing', async context => {
	const folder = temporaryFolder(context);
	const stores = [createNodeStore(folder), createNodeStore(folder)];
	await Promise.all(Array.from({length: 40}, async (_, number) => stores[number % 2]?.update(adding(`n${number}`))));
	assert.equal(createNodeStore(folder).read().nodes.length, 40);
});

test('after a kill at any moment, the file parses and holds every acknowledged node', async context => {
	const folder = temporaryFolder(context);
	const store = createNodeStore(folder);
	const acknowledged: string[] = [];
	for (let round = 0; round < 16; round += 1) {
		const worker = startWorker(context, 'add', folder, `r${round}`, '100000');
		for (let line = 0; line < 1 + (round % 3); line += 1) {
			await worker.nextLine();
		}

		// A moment within one of the next updates, a different one each round: an update takes a few milliseconds.
		await new Promise(resolve => setTimeout(resolve, round * 1.3));
		worker.child.kill('SIGKILL');
		const {errors, lines} = await worker.ended;
		assert.equal(errors, '');
		// It almost always dies holding the lock; another test waits until that is stale.
		rmSync(`${store.path}.lock`, {recursive: true, force: true});
		acknowledged.push(...lines);
		const names = new Set(store.read().nodes.map(({name}) => name));
		assert.deepEqual(
			acknowledged.filter(name => !names.has(name)),
			[],
		);
	}

	await store.update(adding('last'));
	assert.deepEqual(readdirSync(folder).sort(), ['nodes.json', 'nodes.json.bak']);
});

test('one of many processes takes over the lock of a killed process', async context => {
	const folder = temporaryFolder(context);
	const store = createNodeStore(folder);
	const holder = startWorker(context, 'hold', store.path);
	assert.equal(await holder.nextLine(), 'held');
	holder.child.kill('SIGKILL');
	await holder.ended;
	await Promise.all([
		...Array.from({length: 6}, async (_, number) => createNodeStore(folder).update(adding(`n${number}`))),
		...[1, 2].map(async number => {
			const {code, errors} = await startWorker(context, 'add', folder, `w${number}`, '5').ended;
			assert.deepEqual({code, errors}, {code: 0, errors: ''});
		}),
	]);
	assert.equal(store.read().nodes.length, 16);
});

test('a process that lost its lock does not undo what another has written since', async context => {
	const folder = temporaryFolder(context);
	const store = createNodeStore(folder);
	await store.update(adding('before'));
	let turns = 0;
	await store.update(file => {
		turns += 1;
		if (turns === 1) {
			// As if this process were stopped here for longer than a lock lasts.
			rmdirSync(`${store.path}.lock`);
			runWorker('add', folder, 'other', '1');
		}

		return adding('slow')(file);
	});
	assert.equal(turns, 2);
	assert.deepEqual(
		store.read().nodes.map(({name}) => name),
		['before', 'other-1', 'slow'],
	);
});

test('files staged under a lost lock are not committed after another process took it over', async context => {
	const folder = temporaryFolder(context);
	const store = createNodeStore(folder);
	await store.update(adding('before'));
	const staged = stageTextFile(store.path, 'staged by a process that was stopped before its last step');
	await store.update(adding('other'));
	assert.throws(() => commitStagedFiles({isHeld: () => true}, [staged]), LockLostError);
	assert.equal(store.read().nodes.length, 2);
});

for (const freeBytes of [0, 4096, 8192, 16_384]) {
	test(`a change on a disk with ${freeBytes} free bytes fails, says why and loses nothing`, async context => {
		const folder = smallDisk(context);
		if (folder === undefined) {
			return;
		}

		const store = createNodeStore(folder);
		await store.update(adding('one', {title: 'kept'}));
		const before = readFileSync(store.path, 'utf8');
		const makeRoom = fillDisk(folder, freeBytes);
		const tooLarge = Array.from({length: 200}, (_, index) => nodeFixture(`n${index}`, index + 2));
		await assert.rejects(
			store.update(file => ({...file, nodes: [...file.nodes, ...tooLarge]})),
			isFull(store.path),
		);
		assert.equal(readFileSync(store.path, 'utf8'), before);
		assert.equal(store.read().nodes.length, 1);
		makeRoom();
		await store.update(adding('two'));
		assert.equal(store.read().nodes.length, 2);
		assert.deepEqual(readdirSync(folder).sort(), ['filler', 'nodes.json', 'nodes.json.bak']);
	});
}

test('on a full disk without a file, the first change fails and says why', async context => {
	const folder = smallDisk(context);
	if (folder !== undefined) {
		fillDisk(folder);
		const store = createNodeStore(path.join(folder, 'xmrtop'));
		await assert.rejects(store.update(adding('one')), isFull(store.path));
		assert.deepEqual(store.read().nodes, []);
	}
});

test('while a disk fills up, the file parses and holds every acknowledged node', async context => {
	const folder = smallDisk(context);
	if (folder === undefined) {
		return;
	}

	const store = createNodeStore(folder);
	const addMany = (first: number) =>
		store.update(file => ({
			...file,
			nodes: [
				...file.nodes,
				...Array.from({length: 100}, (_, index) =>
					nodeFixture(`n${first + index}`, first + index, {title: 'x'.repeat(100)}),
				),
			],
		}));
	let acknowledged = 0;
	await assert.rejects(async () => {
		for (;;) {
			await addMany(acknowledged + 1);
			acknowledged += 100;
		}
	}, isFull(store.path));
	assert.ok(acknowledged >= 500, `${acknowledged}`);
	assert.equal(store.read().nodes.length, acknowledged);
	assert.equal(createNodeStore(folder).read().nodes.length, acknowledged);
});

test('on a read-only file system, a change fails and says why', async context => {
	const folder = smallDisk(context);
	if (folder !== undefined) {
		const store = createNodeStore(folder);
		await store.update(adding('one'));
		spawnSync('mount', ['-o', 'remount,ro', folder]);
		await assert.rejects(store.update(adding('two')), {
			code: 'save_failed',
			message: `${store.path} cannot be saved: the file system is read-only`,
		});
		assert.equal(store.read().nodes.length, 1);
	}
});

function isFull(file: string) {
	return (error: unknown) => {
		assert.ok(error instanceof InputError, String(error));
		assert.equal(error.code, 'save_failed');
		assert.match(error.message, /^\S+ cannot be saved: no space left on device$/);
		assert.ok(error.message.startsWith(file));
		return true;
	};
}
