// Makes a Debian package of the built program: `npm run deb`. It contains the program, the manual and the systemd unit, and depends only
// on nodejs. The build is reproducible: all times are that of the last commit.
import {execFileSync} from 'node:child_process';
import {chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const {version, homepage} = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const committed = execFileSync('git', ['log', '-1', '--format=%ct'], {cwd: root, encoding: 'utf8'}).trim();
const maintainer = 'The xmrtop authors <noreply@xmrtop.invalid>';

const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-deb-'));
const at = (...parts) => path.join(folder, ...parts);
const read = file => readFile(path.join(root, file), 'utf8');
/** Compresses without a time stamp. */
const gzip = text => gzipSync(text, {level: 9});

try {
	const library = 'usr/lib/xmrtop';
	await mkdir(at(library), {recursive: true});
	await cp(path.join(root, 'dist'), at(library, 'dist'), {recursive: true});
	// The manual goes to its own folder, and the library is only in the npm package.
	await rm(at(library, 'dist/man'), {recursive: true});
	for (const part of ['index.js', 'index.cjs', 'library', 'types', 'types-cjs']) {
		await rm(at(library, 'dist', part), {recursive: true});
	}

	await writeFile(at(library, 'package.json'), `${JSON.stringify({name: 'xmrtop', version, type: 'module'})}\n`);
	await mkdir(at('usr/bin'), {recursive: true});
	await symlink('../lib/xmrtop/dist/cli.js', at('usr/bin/xmrtop'));

	await mkdir(at('usr/share/man/man1'), {recursive: true});
	for (const page of await readdir(path.join(root, 'dist/man'))) {
		await writeFile(at('usr/share/man/man1', `${page}.gz`), gzip(await read(`dist/man/${page}`)));
	}

	await mkdir(at('usr/lib/systemd/system'), {recursive: true});
	const unit = await read('examples/systemd/xmrtop.service');
	await writeFile(
		at('usr/lib/systemd/system/xmrtop.service'),
		unit
			.replaceAll('/usr/local/bin/xmrtop', '/usr/bin/xmrtop')
			.replaceAll('/etc/systemd/system/', '/usr/lib/systemd/system/'),
	);

	const docs = 'usr/share/doc/xmrtop';
	await mkdir(at(docs), {recursive: true});
	await cp(path.join(root, 'examples'), at(docs, 'examples'), {recursive: true});
	// Debian contains this licence, and its policy asks packages not to include a copy.
	const apache = /^\s*Apache License\s+Version 2\.0[\s\S]*?limitations under the License\.$/gm;
	const notices = (await read('THIRD-PARTY-NOTICES')).replace(
		apache,
		'Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0',
	);
	await writeFile(at(docs, 'copyright'), `${await read('LICENSE')}\n${notices}`);
	const date = new Date(Number(committed) * 1000).toUTCString().replace('GMT', '+0000');
	const entry = `xmrtop (${version}) unstable; urgency=medium\n\n  * See ${homepage}\n\n -- ${maintainer}  ${date}\n`;
	await writeFile(at(docs, 'changelog.gz'), gzip(entry));
	await writeFile(at(docs, 'CHANGELOG.md.gz'), gzip(await read('CHANGELOG.md')));

	const files = (await readdir(folder, {recursive: true, withFileTypes: true})).filter(entry => entry.isFile());
	const names = files.map(entry => path.relative(folder, path.join(entry.parentPath, entry.name))).toSorted();
	const sums = execFileSync('md5sum', names, {cwd: folder, encoding: 'utf8'});
	const programs = new Set([`${library}/dist/cli.js`, `${docs}/examples/hooks/mail-alert`]);
	for (const name of names) {
		await chmod(at(name), programs.has(name) ? 0o755 : 0o644);
	}

	const kilobytes = execFileSync('du', ['-sk', '--apparent-size', folder], {encoding: 'utf8'}).split('\t')[0];
	await mkdir(at('DEBIAN'));
	await writeFile(at('DEBIAN/md5sums'), sums);
	await writeFile(
		at('DEBIAN/control'),
		[
			'Package: xmrtop',
			`Version: ${version}`,
			'Section: net',
			'Priority: optional',
			'Architecture: all',
			'Depends: nodejs (>= 20.19)',
			'Suggests: openssh-client',
			`Installed-Size: ${kilobytes}`,
			`Maintainer: ${maintainer}`,
			`Homepage: ${homepage.replace(/#.*/, '')}`,
			'Description: monitor for fleets of monero-wallet-rpc',
			' It shows in a terminal, also over SSH, whether Monero wallet services work.',
			' It logs in with HTTP Digest, asks the wallet and its daemon, looks at the',
			' process, and says in one sentence what is wrong: as a live table, as JSON,',
			' over HTTP, as Prometheus metrics and as alerts.',
			'',
		].join('\n'),
	);
	const file = path.join(root, `xmrtop_${version}_all.deb`);
	execFileSync('chmod', ['-R', 'u=rwX,go=rX', folder]);
	execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', folder, file], {
		stdio: ['ignore', 'ignore', 'inherit'],
		env: {...process.env, SOURCE_DATE_EPOCH: committed},
	});
	console.log(file);
} finally {
	await rm(folder, {recursive: true, force: true});
}
