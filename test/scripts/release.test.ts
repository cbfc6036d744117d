import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {cpSync, readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A repository with one commit of the tree. */
function repository(context: TestContext) {
	const folder = path.join(temporaryFolder(context), 'xmrtop');
	const left = ['node_modules', 'dist', '.git', '.stryker-tmp', 'THIRD-PARTY-NOTICES'].map(name =>
		path.join(root, name),
	);
	cpSync(root, folder, {
		recursive: true,
		filter: file => !left.includes(path.resolve(file)) && !/\.(?:deb|tgz)$/.test(file),
	});
	symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
	const git = (...args: readonly string[]) =>
		execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
			cwd: folder,
			encoding: 'utf8',
		}).trim();
	git('init', '--quiet');
	git('config', 'user.name', 'T');
	git('config', 'user.email', 't@example.com');
	git('add', '--all');
	git('commit', '--quiet', '--message', 'Begin');
	const release = (...args: readonly string[]) =>
		spawnSync(process.execPath, ['scripts/release.js', ...args], {cwd: folder, encoding: 'utf8'});
	return {folder, git, release};
}

testWith(
	['git', 'npm', 'dpkg-deb'],
	'makes a release: version, changelog, tag, packages and their checksums',
	async context => {
		const {folder, git, release} = repository(context);
		assert.match(release('next').stderr, /expected a version/);
		const {status, stdout, stderr} = release('7.8.9', '--no-tests');
		assert.equal(status, 0, stderr);
		assert.equal(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version, '7.8.9');
		assert.match(
			readFileSync(path.join(folder, 'CHANGELOG.md'), 'utf8'),
			/^## \[Unreleased\]\n\n## \[7\.8\.9\] - \d{4}-/m,
		);
		assert.match(git('log', '-1', '--format=%s'), /^Release 7\.8\.9$/);
		assert.match(git('tag', '--list', '-n9', 'v7.8.9'), /### Added/);
		const sums = readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n');
		assert.equal(sums.length, 2);
		for (const line of sums) {
			const [sum, file = ''] = line.split('  ');
			assert.equal(
				createHash('sha256')
					.update(readFileSync(path.join(folder, file)))
					.digest('hex'),
				sum,
			);
		}

		assert.match(stdout, /npm publish xmrtop-7\.8\.9\.tgz\n$/);
		assert.match(release('7.8.9', '--no-tests').stderr, /v7\.8\.9 exists already/);
		const deb = path.join(folder, 'xmrtop_7.8.9_all.deb');
		const unpacked = temporaryFolder(context);
		execFileSync('dpkg-deb', ['-x', deb, unpacked]);
		const program = path.join(unpacked, 'usr/bin/xmrtop');
		assert.equal(execFileSync(program, ['version'], {encoding: 'utf8'}), '7.8.9\n');
		const unit = readFileSync(path.join(unpacked, 'usr/lib/systemd/system/xmrtop.service'), 'utf8');
		assert.match(unit, /^ExecStart=\/usr\/bin\/xmrtop serve /m);
		assert.match(execFileSync('dpkg-deb', ['--field', deb, 'Depends'], {encoding: 'utf8'}), /^nodejs /);
	},
);
