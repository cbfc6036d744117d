import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {builtLibrary, libraryPath} from '../helpers/built-library.js';
import {cliIn, folderPrint} from '../helpers/run-cli.js';
import {daemonScript, startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project that depends on xmrtop, as npm installs it. */
function consumerProject(t: TestContext): string {
	const folder = temporaryFolder(t);
	mkdirSync(path.join(folder, 'node_modules'));
	symlinkSync(root, path.join(folder, 'node_modules', 'xmrtop'));
	writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
	return folder;
}

/** A configuration folder with a working, a dead and a disabled node, and a monitor on it. */
async function openMonitor(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
	const configDir = temporaryFolder(t);
	const wallet = await startScripted(t, walletScript(26));
	const {run, json} = cliIn(configDir);
	for (const [name, port] of [
		['shop', wallet.port],
		['dead', 1],
		['old', 2],
	] as const) {
		assert.equal((await run(['nodes', 'add', name, '--port', String(port)])).code, 0);
	}

	assert.equal((await run(['nodes', 'disable', 'old'])).code, 0);
	const library = await builtLibrary();
	const monitor = library.createMonitor({configDir, settings});
	t.after(monitor.close);
	return {monitor, configDir, wallet, json, library};
}

/** The module resolutions by which compilers find types, and the programs each compiles. */
const resolutions = [
	['nodenext', {module: 'nodenext'}, ['consumer.ts', 'consumer.cts']],
	['node16', {module: 'node16'}, ['consumer.ts', 'consumer.cts']],
	['bundler', {module: 'esnext', moduleResolution: 'bundler'}, ['consumer.ts']],
] as const;

test('a program that depends on xmrtop compiles with its types', t => {
	const folder = consumerProject(t);
	writeFileSync(
		path.join(folder, 'consumer.cts'),
		`import xmrtop = require('xmrtop');
const monitor: xmrtop.Monitor = xmrtop.createMonitor();
const states: readonly xmrtop.State[] = xmrtop.states;
export = {monitor, states};
`,
	);
	writeFileSync(
		path.join(folder, 'consumer.ts'),
		`import {checkMethods, createMonitor, InputError, states} from 'xmrtop';
import type {CheckMethod, CheckResult, HistoryDocument, Monitor, MonitorOptions, NodeInput, Silence, State, StatusDocument, StoredNode, Transition, WatchListener} from 'xmrtop';

const options: MonitorOptions = {configDir: '/c', stateDir: '/s', settings: {timeout: '5s', method: 'full'}};
const monitor: Monitor = createMonitor(options);
createMonitor();
const definition = {name: 'shop', port: 18083} as const;
const pid = await monitor.checkByPid('shop');
const isWallet: boolean | undefined = pid.details.is_monero_process;
const port: string = (await monitor.checkByPort(1)).details.host;
const api = await monitor.checkByApi(definition);
const version: number | undefined = api.details.version;
const method: 'api' = api.details.method;
const full = await monitor.checkFull({...definition, username: 'u', password: 'p', tls: {fingerprint: 'F'}});
const alive: boolean = full.details.summary.pid_alive;
const hint: string | undefined = full.details.hint;
const result: CheckResult = await monitor.checkNodeStatus('shop', 'port');
const state: State = result.details.state;
const saved = await monitor.updateNodeStatus('shop', 'api');
const worked: boolean = saved.worked && saved.worked_data.state === 'up' && saved.available;
const all: StatusDocument = await monitor.checkAllNodesStatus();
const reasons: Array<string | undefined> = all.nodes.map(node => node.reason);
const methods: readonly CheckMethod[] = checkMethods;
const seen: Transition[] = [];
const listener: WatchListener = {onTransition: transition => seen.push(transition), onResult: (node, result) => node.id + result.details.latency_ms};
const stop: () => Promise<void> = monitor.watch(listener);
await stop();
const past: HistoryDocument = await monitor.history({nodes: ['shop', 2], limit: 5});
const added: StoredNode = await monitor.addNode({...definition, group: 'hot'});
await monitor.editNode(added.id, {group: undefined, title: 'Shop'});
const gone: StoredNode = await monitor.removeNode('shop');
const stored: readonly StoredNode[] = monitor.listNodes();
const silence: Silence = await monitor.silence({nodes: ['shop', 2], for: '2h', reason: 'new disk'});
const silences: readonly Silence[] = monitor.listSilences();
const ended: readonly Silence[] = await monitor.endSilences([silence.id, 'shop']);
await monitor.endSilences('all');
const closed: Promise<void> = monitor.close();
if (new Error() instanceof InputError) {}

// @ts-expect-error There is no such method.
await monitor.checkAllNodesStatus('ping');
// @ts-expect-error A node has a port.
const broken: NodeInput = {name: 'x'};
// @ts-expect-error The password of a stored node is not given back.
saved.password;
// @ts-expect-error A setting is a text, as a person writes it.
createMonitor({settings: {timeout: 5}});
// @ts-expect-error A silence ends.
await monitor.silence({all: true});
// @ts-expect-error There is no such field.
await monitor.editNode('shop', {color: 'red'});
export {alive, broken, ended, silences, gone, past, stored, closed, hint, isWallet, method, methods, port, reasons, state, states, version, worked};
`,
	);
	const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
	for (const [name, options, files] of resolutions) {
		const project = path.join(folder, `tsconfig.${name}.json`);
		const compilerOptions = {
			target: 'es2022',
			lib: ['es2022'],
			strict: true,
			exactOptionalPropertyTypes: true,
			noUncheckedIndexedAccess: true,
			skipLibCheck: false,
			types: [],
			noEmit: true,
			...options,
		};
		writeFileSync(project, JSON.stringify({compilerOptions, files}));
		const {status, stdout, stderr} = spawnSync(tsc, ['--project', project], {encoding: 'utf8', cwd: folder});
		assert.deepEqual({name, status, stdout, stderr}, {name, status: 0, stdout: '', stderr: ''});
	}
});

test('accepts an id, a name or an unsaved definition as node', async t => {
	const {monitor, wallet} = await openMonitor(t);
	for (const node of [1, 'shop', '1', {name: 'other', port: wallet.port}, {id: 1, name: 'shop', port: wallet.port}]) {
		const {status, details} = await monitor.checkByApi(node);
		assert.deepEqual([status, details.message, details.version], [true, 'API is responding', 65_561]);
	}

	assert.equal((await monitor.checkByPort('dead')).details.message, 'Port is not in use');
	assert.equal((await monitor.checkByPid('dead')).details.message, 'PID not set');
	const full = await monitor.checkFull('shop');
	assert.deepEqual([full.status, full.details.message], [true, 'Process is fully operational']);
	assert.equal((await monitor.checkNodeStatus('shop', 'port')).details.method, 'port');
	assert.equal((await monitor.checkNodeStatus('shop')).details.method, 'api');
	// A disabled node is checked when it is named.
	assert.equal((await monitor.checkByApi('old')).details.message, 'API check failed');
});

test('two unsaved definitions are two nodes, also at the same time', async t => {
	const {monitor, wallet} = await openMonitor(t);
	const [works, fails] = await Promise.all([
		monitor.checkByApi({name: 'same', port: wallet.port}),
		monitor.checkByApi({name: 'same', port: 1}),
	]);
	assert.deepEqual([works.status, fails.status], [true, false]);
});

test('checking saves nothing; updating saves and returns what it saved', async t => {
	const {monitor, configDir, json} = await openMonitor(t);
	const before = folderPrint(configDir);
	await monitor.checkByApi('shop');
	await monitor.checkFull('shop');
	await monitor.checkNodeStatus('shop');
	assert.equal(folderPrint(configDir), before);
	const saved = await monitor.updateNodeStatus('shop');
	assert.deepEqual(
		[saved.id, saved.name, saved.worked, saved.worked_data.message],
		[1, 'shop', true, 'API is responding'],
	);
	const {nodes} = await json(['nodes', 'list', '--json']);
	assert.deepEqual([nodes[0].worked, nodes[0].worked_data.message], [true, 'API is responding']);
	assert.equal(nodes[1].worked_data, undefined);
	assert.match(readFileSync(path.join(configDir, 'transitions.ndjson'), 'utf8'), /"node":"shop".*"to":"up"/);
});

test('checkAllNodesStatus returns the document of status --json and saves it', async t => {
	const {monitor, json} = await openMonitor(t);
	const document = await monitor.checkAllNodesStatus();
	assert.deepEqual(
		[document.schema_version, document.method, document.total, document.working, document.failed],
		[1, 'api', 2, 1, 1],
	);
	assert.deepEqual(
		document.nodes.map(({name, state}) => [name, state]),
		[
			['shop', 'up'],
			['dead', 'down'],
		],
	);
	const {nodes} = await json(['nodes', 'list', '--json']);
	assert.deepEqual(
		nodes.map((node: {worked?: boolean}) => node.worked),
		[true, false, undefined],
	);
	const printed = await json(['--json', '--no-save']);
	assert.deepEqual(Object.keys(printed), Object.keys(document));
	assert.equal((await monitor.checkAllNodesStatus('port')).method, 'port');
});

test('settings override the stored ones; the state folder can be another', async t => {
	const configDir = temporaryFolder(t);
	const stateDir = temporaryFolder(t);
	const {createMonitor} = await builtLibrary();
	const silent = await startScripted(t, {get_version: undefined});
	await cliIn(configDir).run(['nodes', 'add', 'hung', '--port', String(silent.port)]);
	const monitor = createMonitor({configDir, stateDir, settings: {timeout: '200ms', method: 'api'}});
	t.after(monitor.close);
	const {worked_data: details} = await monitor.updateNodeStatus('hung');
	assert.match(details.reason ?? '', /^no response within 200 ms/);
	assert.equal(existsSync(path.join(stateDir, 'results.json')), true);
	assert.equal(existsSync(path.join(configDir, 'results.json')), false);
});

test('a monitor learns from its own checks that a wallet was open', async t => {
	const configDir = temporaryFolder(t);
	const script = walletScript(26);
	const wallet = await startScripted(t, script);
	const daemon = await startScripted(t, daemonScript());
	await cliIn(configDir).run([
		'nodes',
		'add',
		'shop',
		'--port',
		String(wallet.port),
		'--daemon',
		`127.0.0.1:${daemon.port}`,
	]);
	const monitor = (await builtLibrary()).createMonitor({configDir});
	t.after(monitor.close);
	assert.equal((await monitor.checkAllNodesStatus()).nodes[0]?.state, 'up');
	script.get_height = {error: {code: -13, message: 'No wallet file'}};
	const [node] = (await monitor.checkAllNodesStatus()).nodes;
	assert.deepEqual([node?.state, node?.reason], ['degraded', 'no wallet is open']);
	assert.equal((await monitor.checkByApi('shop')).details.state, 'degraded');
});

test('bad input is an InputError with one line; failures of a node never reject', async t => {
	const {monitor, configDir, library} = await openMonitor(t);
	const {InputError, createMonitor} = library;
	const rejects = (promise: Promise<unknown>, code: string, message: RegExp) =>
		assert.rejects(promise, error => {
			assert.ok(error instanceof InputError);
			assert.equal(error.code, code);
			assert.match(error.message, message);
			return !error.message.includes('\n');
		});
	await rejects(
		monitor.checkByApi('nobody'),
		'node_not_found',
		/^node "nobody" is not in .*nodes\.json; known nodes: shop, dead, old$/,
	);
	await rejects(monitor.checkFull({name: 'x', port: 70_000}), 'invalid_node', /port 70000 is invalid/);
	await rejects(monitor.updateNodeStatus({name: 'stranger', port: 1}), 'node_not_found', /stranger/);
	const fast = 'fast' as 'full';
	for (const promise of [
		monitor.checkNodeStatus('shop', fast),
		monitor.updateNodeStatus('shop', fast),
		monitor.checkAllNodesStatus(fast),
	]) {
		await rejects(promise, 'bad_usage', /^method "fast" is invalid: expected pid, port, api, full$/);
	}

	assert.throws(() => createMonitor({configDir, settings: {timeout: 'soon'}}), InputError);
	assert.throws(
		() => createMonitor({configDir, settings: JSON.parse('{"timeuot": "5s"}')}),
		error => error instanceof InputError && /^createMonitor: "timeuot" is not a setting: method, /.test(error.message),
	);
	for (const nothing of ['null', 'true']) {
		const message = new RegExp(`^node ${nothing} is invalid: expected an id, a name or a definition$`);
		await rejects(monitor.checkByApi(JSON.parse(nothing)), 'invalid_node', message);
	}

	writeFileSync(path.join(configDir, 'nodes.json'), '{');
	assert.throws(() => createMonitor({configDir}), InputError);
});

test('a closed monitor saves nothing: a cancelled check is not an outage', async t => {
	const {monitor, json} = await openMonitor(t);
	assert.equal((await monitor.updateNodeStatus('shop')).worked, true);
	const closing = monitor.updateNodeStatus('shop');
	await monitor.close();
	await assert.rejects(closing, /^Error: the monitor is closed: nothing is saved$/);
	await assert.rejects(monitor.updateNodeStatus('shop'), /^Error: the monitor is closed: nothing is saved$/);
	await assert.rejects(monitor.checkAllNodesStatus(), /^Error: the monitor is closed: nothing is saved$/);
	const [shop] = (await json(['nodes', 'list', '--json'])).nodes;
	assert.equal(shop.worked, true);
});

test('close lets the process exit, without output', t => {
	const folder = temporaryFolder(t);
	const script = `
import {createServer} from 'node:http';
import {createMonitor} from ${JSON.stringify(libraryPath)};
const server = createServer((request, response) => {
	request.resume().on('end', () => response.end('{"jsonrpc":"2.0","id":"0","result":{"version":65561}}'));
}).listen(0, '127.0.0.1', async () => {
	server.unref();
	server.on('connection', socket => socket.unref());
	const monitor = createMonitor({configDir: ${JSON.stringify(folder)}});
	const {status} = await monitor.checkByApi({name: 'shop', port: server.address().port});
	console.log(status);
	await monitor.close();
	await monitor.close();
	const after = await monitor.checkByApi({name: 'shop', port: server.address().port});
	console.log(after.details.reason);
});
`;
	const {status, stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
		encoding: 'utf8',
		timeout: 20_000,
	});
	assert.deepEqual({status, stdout, stderr}, {status: 0, stdout: 'true\nthe check was cancelled\n', stderr: ''});
});

test('adds, changes, lists and removes nodes; invalid input writes nothing', async t => {
	const configDir = temporaryFolder(t);
	const {createMonitor, InputError} = await builtLibrary();
	const monitor = createMonitor({configDir});
	t.after(monitor.close);
	assert.deepEqual(monitor.listNodes(), []);
	const added = await monitor.addNode({
		name: 'shop',
		port: 18082,
		username: 'rpc',
		password: 'correct horse',
		group: 'hot',
	});
	assert.deepEqual([added.id, added.name, added.host, added.has_password], [1, 'shop', '127.0.0.1', true]);
	assert.ok(!JSON.stringify([added, monitor.listNodes()]).includes('correct horse'));
	const edited = await monitor.editNode('shop', {group: undefined, title: 'The shop', port: 18083});
	assert.deepEqual([edited.id, edited.group, edited.title, edited.port], [1, undefined, 'The shop', 18_083]);
	await monitor.addNode({name: 'refunds', port: 18084});
	const before = folderPrint(configDir);
	const wrongs = [
		monitor.addNode({name: 'shop', port: 1}),
		monitor.addNode({name: 'other', port: 70_000}),
		monitor.editNode('shop', {name: 'refunds'}),
		monitor.editNode('nobody', {port: 1}),
		monitor.removeNode(9),
	];
	await Promise.all(wrongs.map(wrong => assert.rejects(wrong, InputError)));

	assert.equal(folderPrint(configDir), before);
	assert.equal((await monitor.removeNode(1)).name, 'shop');
	assert.deepEqual(
		monitor.listNodes().map(({id, name}) => [id, name]),
		[[2, 'refunds']],
	);
	const {nodes} = await cliIn(configDir).json(['nodes', 'list', '--json']);
	assert.deepEqual(
		nodes.map(({name}: {name: string}) => name),
		['refunds'],
	);
});

/** A promise with its resolve function. */
function deferred(): {readonly promise: Promise<void>; readonly resolve: () => void} {
	let resolve = (): void => {};
	const promise = new Promise<void>(done => {
		resolve = done;
	});
	return {promise, resolve: () => resolve()};
}

test('silences alerts as the command line does, and ends silences', async t => {
	const {monitor, configDir, json, library} = await openMonitor(t);
	assert.deepEqual(monitor.listSilences(), []);
	const made = await monitor.silence({nodes: ['shop', 2], for: '2h', reason: 'new\n\u001B[31mdisk'});
	assert.deepEqual(
		[made.id, made.nodes, made.reason, Date.parse(made.until) - Date.parse(made.at)],
		[
			1,
			[
				{id: 1, name: 'shop'},
				{id: 2, name: 'dead'},
			],
			'new disk',
			7_200_000,
		],
	);
	const daemon = await monitor.silence({daemon: 'http://127.0.0.1:18081', for: '30m'});
	assert.equal(daemon.daemon, '127.0.0.1:18081');
	assert.deepEqual((await json(['silence', 'list', '--json'])).silences, monitor.listSilences());
	const status = await json(['status', 'shop', '--json', '--no-save']);
	assert.equal(status.nodes[0].silence.reason, 'new disk');
	const before = folderPrint(configDir);
	const wrongs: ReadonlyArray<readonly [() => Promise<unknown>, RegExp]> = [
		[() => monitor.silence({for: '2h'}), /^a silence needs one of nodes, group, daemon and all: true$/],
		[() => monitor.silence({nodes: [], for: '2h'}), /needs one of/],
		[() => monitor.silence({nodes: ['shop'], all: true, for: '2h'}), /needs one of/],
		[() => monitor.silence({all: true, for: 'long'}), /^for "long" is invalid: expected .*, at most 8784h$/],
		[() => monitor.silence({all: true} as never), /^for undefined is invalid/],
		[() => monitor.silence({nodes: ['nobody'], for: '2h'}), /^node "nobody" is not in /],
		[() => monitor.silence({group: 'hott', for: '2h'}), /^no node in .* is in the group "hott"/],
		[() => monitor.silence({daemon: 'none', for: '2h'}), /^daemon "none" is invalid: expected /],
		[() => monitor.endSilences(['shop', 99]), /^"99" is not silenced$/],
	];
	for (const [call, message] of wrongs) {
		await assert.rejects(call, error => error instanceof library.InputError && message.test(error.message));
	}

	assert.equal(folderPrint(configDir), before);
	const [ended] = await monitor.endSilences(['shop']);
	assert.equal(ended?.id, 1);
	assert.deepEqual(
		monitor.listSilences().map(({id}) => id),
		[2],
	);
	assert.equal((await monitor.endSilences('all')).length, 1);
	assert.deepEqual(monitor.listSilences(), []);
	writeFileSync(path.join(configDir, 'silences.json'), '{');
	assert.throws(() => monitor.listSilences(), library.InputError);
});

test('watch reports and saves every result and change until it ends; history has them', async t => {
	const configDir = temporaryFolder(t);
	const {createMonitor} = await builtLibrary();
	const script = walletScript(26);
	const wallet = await startScripted(t, script);
	const monitor = createMonitor({configDir, settings: {interval: '1s'}});
	t.after(monitor.close);
	await monitor.addNode({name: 'shop', port: wallet.port, daemon: 'none'});
	const seen: string[] = [];
	let next = deferred();
	const stop = monitor.watch({
		onTransition: ({node, from, to}) => {
			seen.push(`${node} ${from} ${to}`);
			next.resolve();
		},
		onResult: ({id}, {details}) => assert.deepEqual([id, details.method], [1, 'api']),
	});
	await next.promise;
	next = deferred();
	script.get_version = {error: {code: -1, message: 'broken'}};
	await next.promise;
	assert.deepEqual(seen, ['shop unknown up', 'shop up down']);
	await stop();
	await stop();
	const [shop] = (await monitor.history({nodes: ['shop'], limit: 1})).nodes;
	assert.deepEqual(
		shop?.transitions.map(({to}) => to),
		['down'],
	);
	assert.deepEqual(
		await cliIn(configDir)
			.json(['history', '--json', '--limit', '1'])
			.then(({nodes}) => nodes[0].transitions),
		shop?.transitions,
	);
	await assert.rejects(monitor.history({nodes: ['nobody']}), /nobody/);
});

test('close stops watching; a closed monitor cannot watch', async t => {
	const {monitor} = await openMonitor(t);
	const stop = monitor.watch({});
	await monitor.close();
	await stop();
	assert.throws(() => monitor.watch({}), /the monitor is closed/);
});

test('require gives the same library as import', () => {
	const paths = [path.join(root, 'dist/index.cjs'), libraryPath].map(each => JSON.stringify(each));
	const script = `import(${paths[1]}).then(imported => console.log(require(${paths[0]}).createMonitor === imported.createMonitor))`;
	const {stdout} = spawnSync(process.execPath, ['--input-type=commonjs', '-e', script], {encoding: 'utf8'});
	assert.equal(stdout, 'true\n');
});
