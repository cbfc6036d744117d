import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {chmodSync, existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {deadPort} from '../helpers/dead-port.js';
import {type DigestServer, startDigestServer} from '../helpers/digest-server.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {cliEnvironment, cliIn, cliPath, type FolderCli, folderPrint} from '../helpers/run-cli.js';
import {daemonScript, recordedBody, startScripted} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

interface Fleet {
	readonly configDir: string;
	readonly cli: FolderCli;
	readonly wallet: DigestServer;
}

/**
 * `good` answers, `html` is another program, `gone` refuses, `slow-chain` answers but its daemon does not, `off` is
 * disabled.
 */
async function startFleet(context: TestContext): Promise<Fleet> {
	const configDir = temporaryFolder(context);
	const wallet = await startDigestServer();
	const html = await listenOnLoopback(createServer((_, response) => response.end('<html>hello</html>')));
	const gone = await deadPort(context);
	context.after(() => Promise.all([wallet.close(), html.close()]));
	const defaults = {host: '127.0.0.1', path: '/json_rpc', available: true};
	const nodes = [
		{id: 1, name: 'good', port: wallet.port, group: 'a', ...defaults},
		{id: 2, name: 'html', port: html.port, group: 'b', ...defaults},
		{id: 3, name: 'gone', port: gone, group: 'b', ...defaults},
		{id: 4, name: 'slow-chain', port: wallet.port, group: 'a', daemon: `127.0.0.1:${gone}`, ...defaults},
		{id: 5, name: 'off', port: wallet.port, ...defaults, available: false},
	];
	writeFileSync(
		path.join(configDir, 'nodes.json'),
		JSON.stringify({schema_version: 1, next_id: 6, nodes, settings: {}}),
		{mode: 0o600},
	);
	return {configDir, cli: cliIn(configDir), wallet};
}

const noSave = '--no-save';

test('a table: worst first, then by name; the reason as message; no color without a terminal', async context => {
	const {cli} = await startFleet(context);
	const {code, stdout, stderr} = await cli.run(['status', noSave]);
	assert.deepEqual({code, stderr}, {code: 1, stderr: ''});
	const lines = stdout.trimEnd().split('\n');
	assert.match(lines[0] ?? '', /^STATE +NAME +GROUP +ADDRESS +VER +LATENCY +LAG +FOR +MESSAGE$/);
	assert.deepEqual(
		lines.slice(1).map(line => line.split(/ {2,}/).slice(0, 2)),
		[
			['✖ down', 'gone'],
			['✖ down', 'html'],
			['▲ degraded', 'slow-chain'],
			['● up', 'good'],
		],
	);
	assert.match(lines[1] ?? '', /connection refused$/);
	assert.match(lines[2] ?? '', /another service answers on this port, with an HTML page$/);
	assert.match(lines[3] ?? '', / 1\.25 .*daemon/);
	assert.match(lines[4] ?? '', / 1\.25 +[\d.]+ m?s .*API is responding$/);
});

test('--json is valid by its schema, for every method', async context => {
	const {cli} = await startFleet(context);
	const schema = await cli.json(['status', '--json-schema']);
	const validate = new Ajv2020({
		strict: false,
		formats: {'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/},
	}).compile(schema);
	for (const method of ['pid', 'port', 'api', 'full']) {
		const document = await cli.json(['status', '--json', noSave, '-m', method, '1', '2', '3', '4', '5']);
		const isValid: boolean = validate(document);
		assert.ok(isValid, `${method}: ${JSON.stringify(validate.errors)}`);
		assert.deepEqual(
			{method: document.method, total: document.total, sum: document.working + document.failed},
			{method, total: 5, sum: 5},
		);
	}

	assert.ok(validate(await cli.json(['status', '--json', 'nope'])), JSON.stringify(validate.errors));
	assert.ok(validate(await cli.json(['status', '--json', '--group', 'none'])), JSON.stringify(validate.errors));
	assert.equal(validate({schema_version: 1, nodes: []}), false);
});

test('--json: totals and fields of a node; unknown values are absent', async context => {
	const {cli} = await startFleet(context);
	const {code, stdout, stderr} = await cli.run(['--json', noSave]);
	assert.deepEqual({code, stderr}, {code: 1, stderr: ''});
	assert.equal(stdout.split('\n').length, 2);
	const document = JSON.parse(stdout);
	assert.deepEqual(
		{
			schema_version: document.schema_version,
			method: document.method,
			total: document.total,
			working: document.working,
			failed: document.failed,
		},
		{schema_version: 1, method: 'api', total: 4, working: 2, failed: 2},
	);
	const [good, html, gone, slowChain] = document.nodes;
	assert.deepEqual(
		[good, html, gone, slowChain].map(({id, name, status, state, message}) => [id, name, status, state, message]),
		[
			[1, 'good', true, 'up', 'API is responding'],
			[2, 'html', false, 'down', 'API returned error'],
			[3, 'gone', false, 'down', 'API check failed'],
			[4, 'slow-chain', true, 'degraded', 'API is responding'],
		],
	);
	assert.deepEqual([good.version_text, good.details.version, good.details.release], ['1.25', 65_561, false]);
	assert.equal('reason' in good, false);
	assert.equal('version_text' in gone, false);
	assert.equal(gone.reason, 'connection refused');
	assert.equal(slowChain.details.daemon_reachable, false);
	assert.match(slowChain.caused_by, /^127\.0\.0\.1:\d+$/);
});

test('--csv: RFC 4180, one line per node', async context => {
	const {cli} = await startFleet(context);
	const {code, stdout, stderr} = await cli.run(['status', '--csv', noSave]);
	assert.deepEqual({code, stderr}, {code: 1, stderr: ''});
	const lines = stdout.split('\r\n');
	assert.equal(lines[0], 'id,name,group,status,state,message,reason,version_text,latency_ms,since');
	assert.match(lines[1] ?? '', /^1,good,a,true,up,API is responding,,1\.25,[\d.]+,/);
	assert.match(lines[2] ?? '', /^2,html,b,false,down,API returned error,"another service answers on this port, with/);
	assert.deepEqual([lines.length, lines[5]], [6, '']);
});

test('--state lists some and counts all, --group and names select; a disabled node only when named', async context => {
	const {cli} = await startFleet(context);
	const names = async (...args: string[]): Promise<string> => {
		const {nodes, total} = await cli.json(['status', '--json', noSave, ...args]);
		return `${nodes.map(({name}: {name: string}) => name).join(' ')} of ${total}`;
	};
	assert.equal(await names('--state', 'down'), 'html gone of 4');
	assert.equal(await names('--state', 'busy'), ' of 4');
	assert.equal(await names('--group', 'a'), 'good slow-chain of 2');
	assert.equal(await names('--all'), 'good html gone slow-chain of 4');
	assert.equal(await names('off'), 'off of 1');
	assert.equal(await names('5', 'good', '1'), 'good off of 2');
	const none = await cli.run(['status', '--state', 'busy', noSave]);
	assert.deepEqual(none, {code: 1, stdout: '', stderr: 'xmrtop: no node is busy\n'});
});

test('--fail-on: the states that give exit code 1', async context => {
	const {cli} = await startFleet(context);
	// By pid: no process named monero-wallet-rpc serves that port, so the state is unknown.
	const rows: ReadonlyArray<readonly [args: readonly string[], degraded: number, failed: number, down: number]> = [
		[['good'], 0, 0, 0],
		[['slow-chain'], 1, 0, 0],
		[['gone'], 1, 1, 1],
		[['good', 'gone'], 1, 1, 1],
		[['good', '-m', 'pid'], 1, 1, 1],
	];
	for (const [args, ...codes] of rows) {
		for (const [index, level] of ['degraded', 'failed', 'down'].entries()) {
			const {code} = await cli.run(['status', noSave, '--json', '--fail-on', level, ...args]);
			assert.equal(code, codes[index], `${args.join(' ')} ${level}`);
		}
	}

	assert.equal((await cli.run(['status', noSave, 'slow-chain'])).code, 0, 'failed is the default');
});

test('an empty fleet: exit code 0, a note that names the file, nothing created', async context => {
	const configDir = path.join(temporaryFolder(context), 'new');
	const cli = cliIn(configDir);
	const note = `xmrtop: there are no nodes in ${configDir}/nodes.json; add one: xmrtop nodes add NAME --port N\n`;
	assert.deepEqual(await cli.run(['status']), {code: 0, stdout: '', stderr: note});
	const json = await cli.run(['status', '--json']);
	assert.deepEqual(
		{code: json.code, stderr: json.stderr, nodes: JSON.parse(json.stdout).nodes},
		{code: 0, stderr: note, nodes: []},
	);
	assert.equal(existsSync(configDir), false);
	await cli.run(['nodes', 'add', 'a', '--port', '1']);
	await cli.run(['nodes', 'disable', 'a']);
	const disabled = await cli.run(['status']);
	assert.deepEqual(disabled, {
		code: 0,
		stdout: '',
		stderr: `xmrtop: every node in ${configDir}/nodes.json is disabled; enable one: xmrtop nodes enable NODE\n`,
	});
	await cli.run(['nodes', 'enable', 'a']);
	assert.equal(
		(await cli.run(['status', '--group', '\u001B[31mx'])).stderr,
		`xmrtop: no node in ${configDir}/nodes.json is in the group "\\u001b[31mx"\n`,
	);
});

test('xmrtop alone without a terminal is status, and --json is status --json', async context => {
	const {cli} = await startFleet(context);
	const withoutTimes = (text: string): string => text.replace(/[\d.]+ m?s/g, 'TIME').replace(/ +/g, ' ');
	const [alone, status] = [await cli.run([noSave, 'good', 'gone']), await cli.run(['status', noSave, 'good', 'gone'])];
	assert.deepEqual([alone.code, withoutTimes(alone.stdout)], [status.code, withoutTimes(status.stdout)]);
	const [aloneJson, statusJson] = [
		await cli.json(['--json', noSave, 'gone']),
		await cli.json(['status', '--json', noSave, 'gone']),
	];
	assert.deepEqual(Object.keys(aloneJson), Object.keys(statusJson));
	assert.equal(aloneJson.nodes[0].message, statusJson.nodes[0].message);
});

test('a reader that closes the pipe early ends the output quietly', async context => {
	const {configDir} = await startFleet(context);
	for (const args of [['status', '--json-schema'], ['status', noSave], ['--help']]) {
		const child = spawn(process.execPath, [cliPath, ...args], {
			env: cliEnvironment({configDir}),
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		child.stdout.destroy();
		let stderr = '';
		child.stderr.setEncoding('utf8').on('data', text => {
			stderr += text;
		});
		const code = await new Promise(resolve => child.on('close', resolve));
		assert.equal(stderr, '', args.join(' '));
		assert.ok(code === 0 || code === 1, `${args.join(' ')}: ${code}`);
	}
});

test('color and ASCII by flag, environment and locale', async context => {
	const {cli} = await startFleet(context);
	const drawn = async (env: Record<string, string | undefined>, ...flags: string[]): Promise<string> => {
		const {stdout} = await cli.run(['status', noSave, 'gone', ...flags], {env});
		return `${stdout.includes('\u001B[') ? 'color' : 'plain'} ${stdout.includes('✖') ? 'unicode' : 'ascii'}`;
	};
	assert.equal(await drawn({}), 'plain unicode');
	assert.equal(await drawn({FORCE_COLOR: '1'}), 'color unicode');
	assert.equal(await drawn({FORCE_COLOR: '0'}), 'plain unicode');
	assert.equal(await drawn({FORCE_COLOR: '1', NO_COLOR: '1'}), 'plain unicode');
	assert.equal(await drawn({FORCE_COLOR: '1', NO_COLOR: ''}), 'color unicode');
	assert.equal(await drawn({FORCE_COLOR: '1'}, '--no-color'), 'plain unicode');
	assert.equal(await drawn({LC_ALL: 'C'}), 'plain ascii');
	assert.equal(await drawn({LANG: undefined}), 'plain ascii');
	assert.equal(await drawn({TERM: 'linux'}), 'plain ascii');
	assert.equal(await drawn({LC_ALL: 'C'}, '--unicode'), 'plain unicode');
	assert.equal(await drawn({}, '--ascii'), 'plain ascii');
	const {stdout} = await cli.run(['status', noSave], {env: {LC_ALL: 'C'}});
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is that the text is ASCII.
	assert.match(stdout, /^[\x0a\x20-\x7e]*$/);
});

test('saves results beside the definitions, where nodes list reads them; --no-save creates no file', async context => {
	const {cli, configDir} = await startFleet(context);
	const before = folderPrint(configDir);
	await cli.run(['status', noSave]);
	assert.equal(folderPrint(configDir), before);
	const checked = await cli.json(['status', '--json']);
	assert.deepEqual(readdirSync(configDir).sort(), ['nodes.json', 'results.json', 'transitions.ndjson']);
	const {nodes} = await cli.json(['nodes', 'list', '--json']);
	for (const node of checked.nodes) {
		const listed = nodes.find(({id}: {id: number}) => id === node.id);
		assert.deepEqual([listed.worked, listed.worked_data], [node.status, node.details]);
	}

	assert.equal('worked' in nodes[4], false);
	const transitions = readFileSync(path.join(configDir, 'transitions.ndjson'), 'utf8')
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line));
	assert.deepEqual(transitions.map(({node, method, from, to}) => [node, method, from, to]).sort(), [
		['gone', 'api', 'unknown', 'down'],
		['good', 'api', 'unknown', 'up'],
		['html', 'api', 'unknown', 'down'],
		['slow-chain', 'api', 'unknown', 'degraded'],
	]);
	const again = await cli.json(['status', '--json', 'good']);
	assert.equal(again.nodes[0].since, checked.nodes[0].since, 'the same state lasts');
});

test('saves results in the named state folder', async context => {
	const {cli, configDir} = await startFleet(context);
	const stateDir = path.join(temporaryFolder(context), 'state');
	await cli.run(['status', '--state-dir', stateDir]);
	assert.deepEqual(readdirSync(configDir), ['nodes.json']);
	assert.deepEqual(readdirSync(stateDir).sort(), ['results.json', 'transitions.ndjson']);
});

test('a state folder that cannot be written: prints the result and one note with the reason', async context => {
	const {cli} = await startFleet(context);
	const {code, stdout, stderr} = await cli.run(['status', '--json', 'good', '--state-dir', '/proc/nowhere']);
	assert.equal(JSON.parse(stdout).working, 1);
	assert.equal(stderr, 'xmrtop: /proc/nowhere/results.json cannot be saved: no such file or directory\n');
	assert.equal(code, 0);
});

test('folders of another user: read if permitted, never written, reported on one line', async context => {
	const {cli, configDir} = await startFleet(context);
	const uid = 65_534;
	if (process.getuid?.() !== 0 || (await cli.run(['--version'], {uid})).code !== 0) {
		context.skip('running as another user needs root, and a folder of the program that everyone may read');
		return;
	}

	const file = path.join(configDir, 'nodes.json');
	const forbidden = `xmrtop: ${file} cannot be read: permission denied\n`;
	assert.deepEqual(await cli.run(['status'], {uid}), {code: 2, stdout: '', stderr: forbidden});
	chmodSync(configDir, 0o755);
	assert.deepEqual(await cli.run(['nodes', 'list'], {uid}), {code: 2, stdout: '', stderr: forbidden});
	chmodSync(file, 0o644);
	const before = folderPrint(configDir);
	const {code, stdout, stderr} = await cli.run(['status', '--json', 'good'], {uid});
	assert.deepEqual([code, JSON.parse(stdout).working], [0, 1]);
	assert.equal(stderr, `xmrtop: ${configDir}/results.json cannot be saved: permission denied\n`);
	assert.deepEqual(await cli.run(['nodes', 'remove', 'good'], {uid}), {
		code: 2,
		stdout: '',
		stderr: `xmrtop: ${file} cannot be saved: permission denied\n`,
	});
	assert.equal(folderPrint(configDir), before);
});

test('warns when others can read a password', async context => {
	const {cli, configDir} = await startFleet(context);
	const file = path.join(configDir, 'nodes.json');
	await cli.run(['nodes', 'edit', 'good', '--username', 'u', '--password-stdin'], {stdin: 'p4ssword'});
	chmodSync(file, 0o644);
	const {code, stderr} = await cli.run(['status', '--json', noSave, 'good']);
	assert.equal(code, 0);
	assert.equal(
		stderr,
		`xmrtop: ${file} contains a password and is readable by others (mode 0644): chmod 600 ${file}\n`,
	);
});

test('renames a corrupt results.json, notes it, and checking continues', async context => {
	const {cli, configDir} = await startFleet(context);
	writeFileSync(path.join(configDir, 'results.json'), '{"nodes":');
	const {code, stdout, stderr} = await cli.run(['status', '--json', 'good']);
	assert.deepEqual([code, JSON.parse(stdout).working], [0, 1]);
	assert.equal(
		stderr,
		`xmrtop: ${configDir}/results.json is corrupt (not valid JSON: unexpected end at line 1, column 10); it will be renamed at the next save\n`,
	);
	assert.equal((await cli.run(['status', '--json', 'good'])).stderr, '');
	assert.ok(readdirSync(configDir).some(name => name.startsWith('results.json.corrupt-')));
});

test('--daemons lists each daemon once with its facts, whatever the state of its nodes, by the schema', async context => {
	const {cli} = await startFleet(context);
	const top_block_hash = '5034946c67b8e228085e3c468cdb70ad9fa2ce91d7e4149ad99dfe0c503974d6';
	const daemon = await startScripted(
		context,
		daemonScript({version: '0.18.4.0\u001b[31m', update_available: true, top_block_hash}),
	);
	const restricted = await startScripted(context, {get_info: recordedBody('monerod_restricted_get_info.http')});
	await cli.run(['nodes', 'edit', 'good', '--daemon', `127.0.0.1:${daemon.port}`]);
	await cli.run(['nodes', 'edit', 'gone', '--daemon', `127.0.0.1:${daemon.port}`]);
	await cli.run(['nodes', 'edit', 'html', '--daemon', `127.0.0.1:${restricted.port}`]);
	const validate = new Ajv2020({strict: false, validateFormats: false}).compile(
		await cli.json(['status', '--daemons', '--json-schema']),
	);
	const document = await cli.json(['status', '--daemons', '--json']);
	const isValid: boolean = validate(document);
	assert.ok(isValid, JSON.stringify(validate.errors));
	assert.deepEqual([document.total, document.working, document.failed], [3, 2, 1]);
	const [down, ...up] = document.daemons;
	assert.deepEqual(
		[down.state, down.status, down.nodes.map(({name}: {name: string}) => name)],
		['down', false, ['slow-chain']],
	);
	const known = up.find(({details}: {details: object}) => 'daemon_version_text' in details);
	const {daemon_version_text: version, update_available, tls, login, free_disk_bytes: free} = known.details;
	assert.deepEqual([version, update_available, tls, login], ['0.18.4.0', true, false, 'none']);
	assert.ok(free > 0);
	assert.deepEqual(
		known.nodes.map(({name, state}: {name: string; state: string}) => `${name} ${state}`),
		['gone down', 'good degraded'],
	);
	const hidden = up.find(({details}: {details: {restricted?: boolean}}) => details.restricted).details;
	for (const name of [
		'outgoing_peers',
		'daemon_version_text',
		'update_available',
		'free_disk_bytes',
		'daemon_started_at',
	]) {
		assert.equal(name in hidden, false, name);
	}

	const {code, stdout, stderr} = await cli.run(['status', '--daemons', 'good', 'gone']);
	assert.deepEqual({code, stderr}, {code: 0, stderr: ''});
	assert.match(stdout, /^● up {2}127\.0\.0\.1:\d+ for \d+s$/m);
	assert.match(stdout, /^ {2}version {2}0\.18\.4\.0, an update is available, started /m);
	assert.match(stdout, /^ {2}nodes {4}✖ down {2}gone for \d+s: connection refused$/m);
	assert.equal((await cli.run(['status', '--daemons', '--fail-on', 'degraded', 'slow-chain'])).code, 1);
	assert.match((await cli.run(['status', '--daemons', '--state', 'up', 'slow-chain'])).stderr, /no daemon is up/);
	const refused = await cli.run(['status', '--daemons', '--csv']);
	assert.deepEqual([refused.code, refused.stderr], [2, 'xmrtop: --daemons and --csv cannot be combined\n']);
});
