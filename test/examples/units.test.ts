import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {networkInterfaces} from 'node:os';
import path from 'node:path';
import {eventually, startChild} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {readExample} from '../helpers/example-files.js';
import {findProgram} from '../helpers/real-process.js';
import {ask} from '../helpers/running-server.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {testWith} from '../helpers/test-with.js';
import {sandboxedCli, sandboxOf} from '../helpers/unit-sandbox.js';

const programs = ['bwrap', 'setpriv', 'python3'];
const service = readExample('systemd/xmrtop.service');
const status = readExample('systemd/xmrtop-status.service');
/** An address of this machine other than loopback, so that xmrtop asks for its own addresses. */
const ownAddress =
	Object.values(networkInterfaces())
		.flatMap(list => list ?? [])
		.find(({internal, family}) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';

testWith(programs, 'the service runs in its sandbox, also when it cannot read its own addresses', async t => {
	const wallet = await startWallet(t);
	const nodes = [
		{name: 'well', port: wallet.port},
		{name: 'gone', host: ownAddress, port: await deadPort(t)},
	];
	const credentials = {'nodes.json': path.join(folderOf(t, nodes), 'nodes.json')};
	for (const families of [undefined, 'AF_INET AF_INET6 AF_UNIX']) {
		const unit = sandboxOf(t, service, credentials, families);
		const looks = [
			"try {os.networkInterfaces(); console.log('addresses')} catch {console.log('no addresses')}",
			"try {fs.writeFileSync('/etc/x', ''); console.log('writes')} catch ({code}) {console.log(code)}",
			"console.log(fs.readdirSync('/root').length, process.getuid(), fs.existsSync('/dev/mem'))",
			"console.log(/CapEff:\\s*0+\\n/.test(fs.readFileSync('/proc/self/status', 'utf8')))",
		].join(';');
		const inside = spawnSync(findProgram(unit.file) ?? '', unit.argv(unit.program, '-e', looks), {encoding: 'utf8'});
		assert.equal(
			inside.stdout,
			`${families ? 'no ' : ''}addresses\nEROFS\n0 61999 false\ntrue\n`,
			`the sandbox holds: ${inside.stderr}`,
		);

		const args = unit.argv(unit.program, sandboxedCli, ...unit.execArgs, '--listen', '127.0.0.1:0', '-i', '1s');
		const shell = ['-c', 'exec "$@" 2>&1', 'sh', findProgram(unit.file) ?? '', ...args];
		const serve = startChild(t, '/bin/sh', shell);
		let said = '';
		serve.child.stdout?.setEncoding('utf8').on('data', text => {
			said += text;
		});
		const saysAll = (text: string): boolean =>
			[/listening on \S+:\d+\n/, /well unknown -> up/, /gone unknown -> down: connection refused/].every(line =>
				line.test(text),
			);
		assert.ok(saysAll(await eventually(async () => said, saysAll, 30_000)), said);
		const port = Number(/listening on \S+:(\d+)\n/.exec(said)?.[1]);
		assert.equal((await ask({host: '127.0.0.1', port}, '/livez')).status, 200);
		assert.doesNotMatch(said, /\bat \S+ \(|cannot be saved/, 'no stack, and its folder can be written');
		await serve.end();
	}
});

testWith(programs, 'the single check runs in its sandbox, and fails when a wallet is down', async t => {
	const wallet = await startWallet(t);
	const nodesFile = (nodes: Parameters<typeof folderOf>[1]): Record<string, string> => ({
		'nodes.json': path.join(folderOf(t, nodes), 'nodes.json'),
	});
	const run = (credentials: Record<string, string>) => {
		const unit = sandboxOf(t, status, credentials);
		const args = unit.argv(unit.program, sandboxedCli, ...unit.execArgs);
		return spawnSync(findProgram(unit.file) ?? '', args, {encoding: 'utf8'});
	};
	// A wallet in this process cannot answer while spawnSync blocks it, so only the dead node is checked synchronously.
	const gone = run(nodesFile([{name: 'gone', host: ownAddress, port: await deadPort(t)}]));
	assert.deepEqual([gone.status, gone.stderr], [1, '']);
	assert.match(gone.stdout, /down +gone .*connection refused/);
	const unit = sandboxOf(t, status, nodesFile([{name: 'well', port: wallet.port}]));
	const child = startChild(t, findProgram(unit.file) ?? '', unit.argv(unit.program, sandboxedCli, ...unit.execArgs));
	let said = '';
	child.child.stdout?.setEncoding('utf8').on('data', text => {
		said += text;
	});
	const code = await new Promise(resolve => child.child.once('close', resolve));
	assert.equal(code, 0, said);
	assert.match(said, /up +well/);
});
