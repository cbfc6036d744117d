import assert from 'node:assert/strict';
import {lstatSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {oddFiles} from '../helpers/odd-files.js';
import {runEach} from '../helpers/run-cli.js';
import {type RunningCli, runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

/** Prints the memory used at exit, in KiB. */
const tellMemory = 'process.on("exit",()=>console.error("maxrss "+process.resourceUsage().maxRSS))';
const nodeFlags = ['--import', `data:text/javascript,${tellMemory}`];
const maxRssKib = 220 * 1024;
/** Far more than needed when many tests run at once; a read from a pipe without a writer never ends. */
const soonMs = 15_000;

async function setUp(context: TestContext) {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const inFolder = (name: string): string => path.join(configDir, name);
	const start = (args: readonly string[]): RunningCli => runningCli(context, args, {configDir, nodeFlags});
	return {wallet, configDir, inFolder, start};
}

/** Checks that it exited soon and without much memory. @returns the code and what was printed */
async function endOf(cli: RunningCli, what: string) {
	const {code, signal, afterMs} = await cli.ending();
	const said = cli.stderr().split('\n').slice(0, -1);
	const nodeState = Number(/^maxrss (\d+)$/.exec(said.at(-1) ?? '')?.[1]);
	assert.equal(signal, null, what);
	assert.ok(afterMs < soonMs, `${what}: ended after ${afterMs} ms`);
	assert.ok(nodeState < maxRssKib, `${what}: ${nodeState} KiB`);
	return {code, out: cli.lines(), errors: said.slice(0, -1)};
}

const reason =
	'(?:it is a folder|it is not a regular file|it is larger than \\d+ [KM]iB|too many levels of symbolic links)';

interface Row {
	readonly file: string;
	readonly args: readonly string[];
	readonly code: number;
	/** Whether the command still prints its answer. */
	readonly answers: boolean;
	/** The text before the reason, on the only line. */
	readonly says: string;
}

const rows: readonly Row[] = [
	...[['status'], ['status', '--json'], ['nodes', 'list'], ['nodes', 'add', 'b', '--port', '18083'], ['watch']].map(
		args => ({
			file: 'nodes.json',
			args,
			code: 2,
			answers: args.includes('--json'),
			says: 'nodes\\.json cannot be read',
		}),
	),
	{file: 'nodes.json', args: ['status', '--nagios'], code: 3, answers: true, says: 'nodes\\.json cannot be read'},
	{
		file: 'nodes.json',
		args: ['serve', '--listen', '127.0.0.1:0'],
		code: 2,
		answers: false,
		says: 'nodes\\.json cannot be read',
	},
	{
		file: 'nodes.json.bak',
		args: ['nodes', 'add', 'b', '--port', '18083'],
		code: 2,
		answers: false,
		says: 'nodes\\.json\\.bak cannot be saved',
	},
];

for (const [what, put] of Object.entries(oddFiles)) {
	test(`${what} in the place of nodes.json or its backup is reported at once on one line`, async context => {
		await runEach(rows, async ({file, args, code, answers, says}) => {
			const {inFolder, start, configDir} = await setUp(context);
			const place = inFolder(file);
			rmSync(place, {force: true});
			await put(context, place);
			const end = await endOf(start(args), `${args.join(' ')}, ${file} is ${what}`);
			if (file.endsWith('.bak') && lstatSync(place).isFile()) {
				// A file of any size is replaced by the next backup.
				assert.equal(end.code, 0);
				return;
			}

			assert.equal(end.code, code, `${args.join(' ')} ${file}: ${end.errors.join()}`);
			assert.equal(end.out.length > 0, answers);
			const lines = answers ? [end.out.join('')] : end.errors;
			assert.equal(lines.length, 1, lines.join('\n'));
			assert.match(lines[0] ?? '', new RegExp(`${configDir}/${says}: ${reason}`));
		});
	});

	test(`${what} in the place of the results or the log is noted, and checking continues`, async context => {
		await runEach(['results.json', 'transitions.ndjson'], async file => {
			const {inFolder, start, wallet} = await setUp(context);
			await put(context, inFolder(file));
			const saying = new RegExp(
				`^xmrtop: \\S+/${file} cannot be (?:read|saved): ${reason}(?:; results are not saved)?$`,
			);
			for (const args of [
				['status'],
				['status', '--nagios'],
				['wait', 'a', '--for', 'up', '--json'],
				['nodes', 'list'],
			]) {
				const end = await endOf(start(args), `${args.join(' ')}, ${file} is ${what}`);
				assert.equal(end.code, 0, args.join(' '));
				assert.ok(end.out.length > 0, args.join(' '));
				const errors = end.errors.filter(line => !line.includes('waiting until'));
				assert.equal(errors.length, args[0] === 'nodes' ? 0 : 1, `${args.join(' ')}: ${errors.join('\n')}`);
				assert.match(errors[0] ?? 'xmrtop: /results.json cannot be read: it is a folder', errors[0] ? saying : /./);
			}

			const history = await endOf(start(['history']), `history, ${file} is ${what}`);
			assert.equal(history.code, file === 'results.json' ? 0 : 2);
			assert.equal(history.errors.length, 1);
			const watch = start(['watch', '-i', '1s']);
			await watch.until(() => watch.lines().length === 1, 'the first state');
			await wallet.switchOff();
			await watch.until(() => watch.lines().length === 2, 'the change');
			watch.child.kill('SIGTERM');
			const end = await endOf(watch, `watch, ${file} is ${what}`);
			assert.equal(end.code, 0);
			assert.equal(end.errors.filter(line => saying.test(line)).length, 1, end.errors.join('\n'));
		});
	});

	test(`${what} in the place of alerts.json or its owner file is reported on one line, and SIGTERM works`, async context => {
		const {inFolder, start} = await setUp(context);
		const args = ['watch', '-i', '1s', '--on-change', '/bin/true'];
		await put(context, inFolder('alerts.json'));
		const refused = await endOf(start(args), `alerts.json is ${what}`);
		assert.deepEqual([refused.code, refused.errors.length], [2, 1], refused.errors.join('\n'));
		assert.match(refused.errors[0] ?? '', new RegExp(`alerts\\.json cannot be read: ${reason}`));
		rmSync(inFolder('alerts.json'), {recursive: true, force: true});

		await put(context, inFolder('alerts.json.owner'));
		const watch = start(args);
		await watch.until(() => watch.lines().length === 1, 'the first state');
		watch.child.kill('SIGTERM');
		const end = await endOf(watch, `alerts.json.owner is ${what}`);
		assert.equal(end.code, 0, end.errors.join('\n'));
	});

	test(`${what} in the place of a secret file is reported at once on one line`, async context => {
		const {inFolder, start, wallet} = await setUp(context);
		const place = inFolder('secret');
		await put(context, place);
		const commands = [
			['serve', '--listen', '127.0.0.1:0', '--token-file', place],
			['watch', '--webhook-file', place],
		];
		await runEach(commands, async args => {
			const end = await endOf(start(args), `${args.join(' ')}, ${what}`);
			assert.deepEqual([end.code, end.errors.length], [2, 1], end.errors.join('\n'));
		});
		const node = {id: 1, name: 'a', host: '127.0.0.1', port: wallet.port, path: '/json_rpc', available: true};
		for (const more of [
			{username: 'u', password_file: place},
			{login_file: place},
			{tls: {ca_file: place}},
			{pid_file: place},
		]) {
			const file = {schema_version: 1, next_id: 2, nodes: [{...node, ...more}], settings: {}};
			writeFileSync(inFolder('nodes.json'), JSON.stringify(file), {mode: 0o600});
			const method = 'pid_file' in more ? 'pid' : 'api';
			const end = await endOf(start(['status', '--json', '-m', method]), `${JSON.stringify(more)}, ${what}`);
			const {nodes} = JSON.parse(end.out.join(''));
			assert.ok(['unknown', 'down', 'up'].includes(nodes[0].state));
		}
	});
}

test('reads through a link to a regular file, and writes to its target', async context => {
	const {inFolder, start, configDir} = await setUp(context);
	for (const name of ['nodes.json', 'results.json', 'transitions.ndjson']) {
		await start(['status']).ending();
		renameSync(inFolder(name), inFolder(`real-${name}`));
		symlinkSync(`real-${name}`, path.join(configDir, name));
	}

	const end = await endOf(start(['status']), 'links');
	assert.deepEqual([end.code, end.errors], [0, []]);
});

test('if nodes.json becomes a pipe during a loop: reports it, keeps checking known nodes, and SIGTERM works', async context => {
	const {inFolder, start} = await setUp(context);
	const watch = start(['watch', '-i', '1s']);
	await watch.until(() => watch.lines().length === 1, 'the first state');
	rmSync(inFolder('nodes.json'));
	await oddFiles['a pipe']?.(context, inFolder('nodes.json'));
	await watch.until(
		() => watch.stderr().includes('it is not a regular file; still watching the previous list of nodes'),
		'the note',
	);
	watch.child.kill('SIGTERM');
	assert.equal((await endOf(watch, 'nodes.json is a pipe')).code, 0);
});
