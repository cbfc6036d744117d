import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const adapters = new URL('../../../source/adapters/store/', import.meta.url);

function evaluate(code: string) {
	const script = `const at = name => new URL(name, ${JSON.stringify(String(adapters))}).href;\n${code}`;
	return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
		cwd: fileURLToPath(new URL('../../..', import.meta.url)),
		encoding: 'utf8',
	});
}

test('saving leaves signals to the program: each arrives once, and the program may exit with code 0', () => {
	const {status, signal, stdout, stderr} = evaluate(`
		const {mkdtempSync, rmSync} = await import('node:fs');
		const folder = mkdtempSync('/tmp/xmrtop-test-');
		let arrived = 0;
		const alive = setInterval(() => undefined, 1000);
		const ended = new Promise(resolve => {
			process.on('SIGTERM', () => { arrived += 1; setTimeout(resolve, 50); });
		});
		const {createNodeStore} = await import(at('node-store.ts'));
		const {createResultStore} = await import(at('result-store.ts'));
		await createNodeStore(folder).update(file => ({...file, settings: {interval: '9s'}}));
		await createResultStore(folder).save([]);
		rmSync(folder, {recursive: true});
		process.kill(process.pid, 'SIGTERM');
		await ended;
		clearInterval(alive);
		console.log('arrived', arrived);
	`);
	assert.deepEqual({status, signal, stdout, stderr}, {status: 0, signal: null, stdout: 'arrived 1\n', stderr: ''});
});

test('reading loads neither conf nor proper-lockfile', () => {
	const {stdout, stderr} = evaluate(`
		const {createRequire} = await import('node:module');
		const {createNodeStore} = await import(at('node-store.ts'));
		const {createResultStore} = await import(at('result-store.ts'));
		createNodeStore('/nowhere').read();
		createResultStore('/nowhere').read();
		const loaded = Object.keys(createRequire(at('node-store.ts')).cache);
		console.log(loaded.filter(file => /node_modules.(ajv|semver|proper-lockfile|graceful-fs)/.test(file)).length);
	`);
	assert.deepEqual({stdout, stderr}, {stdout: '0\n', stderr: ''});
});
