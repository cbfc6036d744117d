// Installs what the installation tests need besides npm and this Node.js: other package managers and the other supported versions of
// Node.js. Without them these tests are skipped.
import {spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.cache/tools', import.meta.url));
const node = `node-${process.platform}-${process.arch}`;
const packages = {pnpm: '10', yarn: '1', node22: `npm:${node}@22`, node24: `npm:${node}@24`};
mkdirSync(folder, {recursive: true});
writeFileSync(`${folder}/package.json`, `${JSON.stringify({private: true, dependencies: packages})}\n`);
const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
process.exitCode = spawnSync('npm', args, {cwd: folder, stdio: 'inherit'}).status ?? 1;
