// Makes a release: `npm run release -- 0.2.0`. Sets the version in CHANGELOG.md and package.json, runs the required checks, commits,
// tags, packs, and writes the checksums. Nothing is pushed or published: the last lines of output explain how.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [version = '', ...flags] = process.argv.slice(2);

function fail(line) {
	console.error(`release: ${line}`);
	process.exit(2);
}

function run(program, ...args) {
	const {status, stdout} = spawnSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']});
	if (status !== 0) {
		fail(`${program} ${args.join(' ')} failed`);
	}

	return stdout.trim();
}

if (!/^\d+\.\d+\.\d+$/.test(version)) {
	fail('expected a version: npm run release -- 0.2.0');
}

if (run('git', 'status', '--porcelain') !== '') {
	fail('there are changes that are not committed');
}

if (run('git', 'tag', '--list', `v${version}`) !== '') {
	fail(`v${version} exists already`);
}

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const heading = /^## \[Unreleased\].*$/m;
const section = changelog.split(heading)[1]?.split(/^## /m)[0]?.trim();
if (!section) {
	fail('CHANGELOG.md has nothing under Unreleased');
}

if (!flags.includes('--no-tests')) {
	run('npm', 'run', '--silent', 'lint');
	run('npm', 'run', '--silent', 'types');
	run('npm', 'test');
}

const today = new Date().toISOString().slice(0, 10);
writeFileSync('CHANGELOG.md', changelog.replace(heading, `## [Unreleased]\n\n## [${version}] - ${today}`));
run('npm', 'version', '--no-git-tag-version', '--ignore-scripts', version);
run('git', 'commit', '--all', '--message', `Release ${version}`);
run('git', 'tag', '--annotate', `v${version}`, '--cleanup=verbatim', '--message', `xmrtop ${version}\n\n${section}\n`);
run('node', 'scripts/build.js');
const packed = [run('npm', 'pack', '--silent', '--ignore-scripts').split('\n').at(-1)];
if (spawnSync('dpkg-deb', ['--version']).status === 0) {
	run('node', 'scripts/deb.js');
	packed.push(`xmrtop_${version}_all.deb`);
}

const sums = packed.map(file => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file}\n`).join('');
writeFileSync('SHA256SUMS', sums);
process.stdout.write(`${sums}\nNow: git push --follow-tags && npm publish ${packed[0]}\n`);
