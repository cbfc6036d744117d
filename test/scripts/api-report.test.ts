import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('etc/xmrtop.api.md matches the library (npm run api writes it)', () => {
	const program = path.join(root, 'node_modules/@microsoft/api-extractor/bin/api-extractor');
	const args = [program, 'run', '--config', 'scripts/api-extractor.json'];
	const {status, stdout, stderr} = spawnSync(process.execPath, args, {cwd: root, encoding: 'utf8'});
	assert.equal(status, 0, stdout + stderr);
	const report = readFileSync(path.join(root, 'etc/xmrtop.api.md'), 'utf8');
	assert.doesNotMatch(report, /^\s*\/\/ Warning: \((?!ae-forgotten-export)/m);
	const [, monitor = ''] = /^export interface Monitor \{\n([\s\S]*?)^\}/m.exec(report) ?? [];
	assert.doesNotMatch(monitor, /undocumented/);
});

test('every method of the monitor documents its parameters and result, with an example', () => {
	const source = readFileSync(path.join(root, 'source/application/monitor-types.ts'), 'utf8');
	const [, monitor = ''] = /^export interface Monitor \{\n([\s\S]*?)^\}/m.exec(source) ?? [];
	const methods = [...monitor.matchAll(/\/\*\*([\s\S]*?)\*\/\n\treadonly (\w+): \((\w*)/g)];
	assert.equal(methods.length, [...monitor.matchAll(/^\treadonly /gm)].length);
	for (const [, comment = '', name, parameter] of methods) {
		assert.match(comment, /@example\n\s*\* ```ts\n[\s\S]*monitor\./, name);
		assert.equal(comment.includes('@param'), parameter !== '', `${name}: @param`);
	}
});
