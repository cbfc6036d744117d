// npm runs this before it packs or installs this folder. A fresh clone has no development dependencies yet, and
// `npm install --global .` does not install them, so they are installed here first, without running their scripts.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, realpathSync, unlinkSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = ['esbuild', 'typescript', 'ink'];

/** Runs a Node program in this folder; if it fails, exits with its exit code. */
function run(args, env) {
	const {status} = spawnSync(process.execPath, args, {cwd: root, env, stdio: 'inherit'});
	if (status !== 0) {
		console.error(`xmrtop could not be built: "node ${args.join(' ')}" failed in ${root}`);
		process.exit(status ?? 1);
	}
}

if (tools.some(name => !existsSync(new URL(`../node_modules/${name}/package.json`, import.meta.url)))) {
	const npm = process.env.npm_execpath;
	if (!npm || !/npm-cli\.[cm]?js$/.test(npm)) {
		console.error(`the build tools are missing: run "npm ci" in ${root} first`);
		process.exit(1);
	}

	// npm's options for the package being installed must not apply to the installation of the build tools.
	const isOfThisInstall = name =>
		/^npm_config_(?:global|prefix|local_prefix|global_prefix|location|omit|include|only|production|dry_run|package|workspace|engine_strict)/i.test(
			name,
		) || name === 'NODE_ENV';
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfThisInstall(name)));
	run([npm, 'ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], env);
}

run(['scripts/build.js']);

// For `npm install --global git+...`, npm makes a clone and first installs that globally as a link (npm/cli#8440). It then unpacks
// the package through the link into the clone and removes the clone, which leaves an installation without files. Here the link
// is replaced with a folder, so that npm unpacks into the folder.
const {npm_config_global: isGlobal, npm_config_prefix: prefix} = process.env;
if (isGlobal === 'true' && prefix && /[\\/]_cacache[\\/]tmp[\\/]git-clone/.test(root)) {
	const link = path.join(prefix, 'lib', 'node_modules', 'xmrtop');
	if (existsSync(link) && realpathSync(link) === realpathSync(root)) {
		unlinkSync(link);
		cpSync(path.join(root, 'dist'), path.join(link, 'dist'), {recursive: true});
		cpSync(path.join(root, 'package.json'), path.join(link, 'package.json'));
	}
}
