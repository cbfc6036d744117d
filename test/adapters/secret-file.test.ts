import assert from 'node:assert/strict';
import {chmodSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileExposure, readFileExposure} from '../../source/adapters/secret-file.js';
import {exposedFiles, exposedFilesNote} from '../../source/domain/secret-files.js';
import {nodeFixture} from '../helpers/store-fixture.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

test('reports who besides the owner may read a file, once per file', t => {
	const folder = temporaryFolder(t);
	const file = (name: string, mode: number): string => {
		const at = path.join(folder, name);
		writeFileSync(at, 'secret');
		chmodSync(at, mode);
		return at;
	};
	const [open, group, own] = [file('open', 0o644), file('group file', 0o640), file('own', 0o600)];
	const missing = path.join(folder, 'own', 'missing');
	assert.deepEqual([open, group, own, missing].map(readFileExposure), ['everyone', 'its group', undefined, undefined]);

	const nodes = [
		nodeFixture('a', 1, {username: 'u', password_file: open}),
		nodeFixture('b', 2, {login_file: own, daemon_password_file: group}),
		nodeFixture('c', 3, {username: 'u', password_file: open}),
	];
	const files = exposedFiles(nodes, readFileExposure);
	assert.deepEqual(
		files.map(({warning}) => warning),
		[
			`password_file ${open} can be read by everyone; try: chmod 600 ${open}`,
			`daemon_password_file ${group} can be read by its group; try: chmod 600 '${group}'`,
		],
	);
	assert.equal(exposedFilesNote(files), `${files[0]?.warning}; and 1 more file`);
	assert.equal(exposedFilesNote(files.slice(1)), files[1]?.warning);
	assert.equal(exposedFilesNote([]), undefined);
});

test('does not warn about a group that may read a file of another user, such as a systemd credential', () => {
	const [root, service, other] = [0, 990, 991];
	const seen = (mode: number, uid: number, ownUid: number) => fileExposure({mode, uid}, ownUid);
	assert.equal(seen(0o440, root, service), undefined);
	assert.equal(seen(0o640, service, service), 'its group');
	assert.equal(seen(0o640, other, root), 'its group');
	assert.equal(seen(0o444, root, service), 'everyone');
});
