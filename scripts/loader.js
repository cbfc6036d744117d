#!/usr/bin/env node
// dist/cli.js: runs dist/core.cjs. Built-in modules are loaded without `import`, which creates a second namespace for each.
const fs = process.getBuiltinModule('node:fs');
const {createHash} = process.getBuiltinModule('node:crypto');
const {Script} = process.getBuiltinModule('node:vm');
const {env, version, arch} = process;
const filename = `${import.meta.dirname}/core.cjs`;
const source = fs.readFileSync(filename);
const sha256 = bytes => createHash('sha256').update(bytes).digest();

// V8's compiled code of the core is cached in the user's cache folder, under a name made of the source's hash and Node's version.
// It is only read if no other user can write the file or its folder. V8 rejects it if it does not match the source.
const folder = cacheFolder();
const compiledFile = folder && `${folder}/core-${sha256(source).toString('hex').slice(0, 32)}-${version}-${arch}`;
const cachedData = compiledFile && readCompiled(compiledFile);
const script = new Script(source.latin1Slice(), {filename, cachedData});
if (folder && isPrivate(folder, fs.constants.S_IFDIR)) {
	// From Node.js 22 on, Node itself caches the compiled code of the parts that are loaded later.
	process.getBuiltinModule('node:module').enableCompileCache?.(`${folder}/parts`);
}

if (compiledFile && (!cachedData || script.cachedDataRejected)) {
	// Saved only after a wallet has answered, when V8 has compiled the functions that the next check needs.
	process.getBuiltinModule('node:diagnostics_channel').subscribe('http.client.response.finish', keepAtExit);
}

const module = {exports: {}};
script.runInThisContext()(module, process.getBuiltinModule, import.meta, part => import(part));
/** The modules that the core shares with parts that are loaded later. */
export const core = module.exports;

function cacheFolder() {
	const {NODE_DISABLE_COMPILE_CACHE: disabled, XDG_CACHE_HOME: caches, HOME: home} = env;
	const base = caches?.startsWith('/') ? caches : home?.startsWith('/') ? `${home}/.cache` : undefined;
	return disabled || base === undefined ? undefined : `${base}/xmrtop`;
}

/** Whether a path or an open file has this type, belongs to this user and cannot be written by others. */
function isPrivate(place, kind) {
	try {
		const {uid, mode} = typeof place === 'number' ? fs.fstatSync(place) : fs.lstatSync(place);
		return (mode & fs.constants.S_IFMT) === kind && uid === process.geteuid?.() && (mode & 0o022) === 0;
	} catch {
		return false;
	}
}

/** Reads the compiled code, which is stored after its SHA-256; `undefined` when it is missing or damaged. */
function readCompiled(file) {
	try {
		const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK, S_IFREG} = fs.constants;
		const descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
		try {
			const bytes = isPrivate(descriptor, S_IFREG) ? fs.readFileSync(descriptor) : Buffer.alloc(0);
			const compiled = bytes.subarray(32);
			return compiled.length > 0 && sha256(compiled).equals(bytes.subarray(0, 32)) ? compiled : undefined;
		} finally {
			fs.closeSync(descriptor);
		}
	} catch {
		return undefined;
	}
}

function keepAtExit() {
	process.off('exit', keepCompiled).once('exit', keepCompiled);
}

/** In seconds. A process that ran for longer has compiled more than a check needs, which every later start would have to read. */
const maxUptimeS = 10;

/** Saves the compiled code. If it cannot be written, the next run compiles again. */
function keepCompiled() {
	if (process.uptime() > maxUptimeS) {
		return;
	}

	const unfinished = `${compiledFile}.${process.pid}`;
	try {
		fs.mkdirSync(folder, {recursive: true, mode: 0o700});
		if (!isPrivate(folder, fs.constants.S_IFDIR)) {
			return;
		}

		const compiled = script.createCachedData();
		fs.writeFileSync(unfinished, Buffer.concat([sha256(compiled), compiled]), {flag: 'wx', mode: 0o600});
		fs.renameSync(unfinished, compiledFile);
		removeOld();
	} catch {
		try {
			fs.rmSync(unfinished, {force: true});
		} catch {
			// The folder may not exist either.
		}
	}
}

/** Removes compiled code of other versions that is older than a month. */
function removeOld() {
	const monthMs = 30 * 24 * 60 * 60_000;
	for (const name of fs.readdirSync(folder)) {
		const file = `${folder}/${name}`;
		if (name.startsWith('core-') && Date.now() - fs.lstatSync(file).mtimeMs > monthMs) {
			fs.rmSync(file, {force: true});
		}
	}
}
