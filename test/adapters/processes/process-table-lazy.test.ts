import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

it('inspects a known pid without loading the modules that start programs', async t => {
	const folder = temporaryFolder(t);
	const source = fileURLToPath(new URL('../../../source/adapters/processes/process-table.ts', import.meta.url));
	const {outputFiles} = await build({
		entryPoints: [source],
		bundle: true,
		splitting: true,
		platform: 'node',
		format: 'esm',
		outdir: folder,
		outExtension: {'.js': '.mjs'},
		write: false,
	});
	for (const {path: file, contents} of outputFiles) {
		writeFileSync(file, contents);
	}

	const script = `
		import {openProcessTable} from ${JSON.stringify(path.join(folder, 'process-table.mjs'))};
		const loaded = () => process.moduleLoadList.includes('NativeModule child_process');
		const table = openProcessTable();
		await table.inspect(process.pid);
		await table.servesRpcPort(process.pid, '127.0.0.1', 18083);
		const before = loaded();
		await table.findByRpcPort('127.0.0.1', 18083);
		console.log(JSON.stringify([before, loaded()]));`;
	const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'});
	const isPsNeeded = process.platform !== 'linux';
	assert.deepEqual(JSON.parse(printed), [isPsNeeded, true]);
});
