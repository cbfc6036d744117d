import assert from 'node:assert/strict';
import {copyFileSync, mkdirSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {networkInterfaces} from 'node:os';
import path from 'node:path';
import {describe, it} from 'node:test';
import {openLinuxProcessTable, openPsProcessTable} from '../../../source/adapters/processes/process-table.js';
import type {LiveProcess, ProcessTable} from '../../../source/domain/ports.js';
import {eventually, firstLine, startChild, startListener, startNamed} from '../../helpers/child-processes.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const wallet = 'monero-wallet-rpc';
const isLinux = process.platform === 'linux';
/** These processes bind no port, so the numbers only have to differ from real ones and from each other. */
let nextPort = 20_000 + (process.pid % 9000);
const freshPort = () => (nextPort += 1);

async function alive(table: ProcessTable, pid: number): Promise<LiveProcess> {
	const observation = await table.inspect(pid);
	assert.equal(observation.kind, 'alive');
	return (observation as {process: LiveProcess}).process;
}

const find = async (table: ProcessTable, port: number, host = '127.0.0.1') =>
	(await table.findByRpcPort(host, port)).pid;
const serves = (table: ProcessTable, pid: number, port: number) => table.servesRpcPort(pid, '127.0.0.1', port);

/** Tests that both process tables must pass. */
const tables: ReadonlyArray<readonly [name: string, open: () => ProcessTable, skip: boolean]> = [
	['the table on /proc', openLinuxProcessTable, !isLinux],
	['the table on ps-list', openPsProcessTable, process.platform === 'win32'],
];
for (const [name, open, skip] of tables) {
	describe(name, {skip}, () => {
		it('reads the arguments, the executable and the start time of a process', async t => {
			const beforeMs = Date.now();
			const {pid} = startNamed(t, wallet, ['--rpc-login', 'user:a', '--offline']);
			const facts = await alive(open(), pid);
			assert.equal(facts.pid, pid);
			assert.equal(facts.argv[0], wallet);
			assert.deepEqual(facts.argv.slice(-3), ['--rpc-login', 'user:a', '--offline']);
			assert.ok(Math.abs(Date.parse(facts.started_at) - beforeMs) < 2000, facts.started_at);
			assert.equal(facts.stopped, false);
		});

		it('notices that a process has ended', async t => {
			const {pid, end} = startNamed(t, wallet);
			await end();
			assert.deepEqual(await open().inspect(pid), {kind: 'gone'});
		});

		it('recognizes a zombie process', async t => {
			// cat never waits for the child that it inherits from the shell.
			const parent = startChild(t, '/bin/sh', ['-c', 'sleep 1000 & echo $!; exec cat']);
			const pid = Number(await firstLine(parent.child));
			await eventually(
				async () => (await alive(open(), parent.pid)).argv[0],
				argv0 => argv0 === 'cat',
			);
			process.kill(pid, 'SIGKILL');
			const observation = await eventually(
				() => open().inspect(pid),
				({kind}) => kind === 'gone',
			);
			assert.deepEqual(observation, {kind: 'gone', zombie: true});
		});

		it('finds a wallet by its flag, in both forms', async t => {
			const [one, other] = [freshPort(), freshPort()];
			const first = startNamed(t, wallet, ['--rpc-bind-port', String(one)]);
			const second = startNamed(t, `/opt/${wallet}`, [`--rpc-bind-port=${other}`]);
			startNamed(t, 'monero-wallet-cli', ['--rpc-bind-port', String(one)]);
			const table = open();
			assert.equal(await find(table, one), first.pid);
			assert.equal(await find(table, other), second.pid);
			assert.equal(await find(table, freshPort()), undefined);
			assert.equal(await serves(table, first.pid, one), true);
			assert.equal(await serves(table, first.pid, other), false);
		});

		it('finds a wallet by its configuration file', async t => {
			const file = path.join(temporaryFolder(t), 'wallet.conf');
			const port = freshPort();
			writeFileSync(file, `rpc-login=user:a\nrpc-bind-port = ${port} # the port\n`);
			const {pid} = startNamed(t, wallet, ['--config-file', file]);
			const table = open();
			assert.equal(await find(table, port), pid);
			assert.equal(await serves(table, pid, port), true);
			assert.equal(await serves(table, pid, freshPort()), false);
		});

		it('an ended process serves nothing', async t => {
			const {pid, end} = startNamed(t, wallet, ['--rpc-bind-port', '18083']);
			await end();
			assert.equal(await serves(open(), pid, 18_083), false);
		});

		it('lists the processes only once', async t => {
			const table = open();
			const port = freshPort();
			assert.equal(await find(table, port), undefined);
			const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
			assert.equal(await find(table, port), undefined);
			assert.equal(await find(open(), port), pid);
		});
	});
}

describe('only /proc gives', {skip: !isLinux}, () => {
	const open = openLinuxProcessTable;

	it('the exact arguments, with spaces, and the executable', async t => {
		const {pid} = startNamed(t, wallet, ['--wallet-dir', '/a  b', '', 'x\ny']);
		const facts = await alive(open(), pid);
		assert.deepEqual(facts.argv, [wallet, '-c', 'read line', 'sh', '--wallet-dir', '/a  b', '', 'x\ny']);
		assert.match(facts.executable ?? '', /^\/.*sh$/);
		assert.ok(Number.isInteger(facts.start_ticks));
		assert.equal(typeof facts.cpuMs, 'number');
	});

	it('whether a process is stopped', async t => {
		const {pid, child} = startNamed(t, wallet);
		child.kill('SIGSTOP');
		const facts = await eventually(
			() => alive(open(), pid),
			({stopped}) => stopped,
		);
		assert.equal(facts.stopped, true);
	});

	it('the executable of a process whose file was replaced by an upgrade', async t => {
		const folder = temporaryFolder(t);
		const file = path.join(folder, wallet);
		copyFileSync(realpathSync('/bin/cat'), file);
		const {pid} = startChild(t, file, [], {argv0: 'renamed'});
		rmSync(file);
		assert.equal((await alive(open(), pid)).executable, file);
	});

	it('the name of a kernel thread', {skip: process.getuid?.() !== 0}, async t => {
		const observation = await open().inspect(2);
		if (observation.kind !== 'alive') {
			t.skip('kernel threads are not visible here');
			return;
		}

		assert.deepEqual(observation.process.argv, ['[kthreadd]']);
	});

	it('the wallet that owns a listening socket', async t => {
		const {pid, port} = await startListener(t);
		assert.equal(await find(open(), port), pid);
		assert.equal(await serves(open(), pid, port), true);
		assert.equal(await serves(open(), pid, freshPort()), false);
	});

	it('the wallet that listens on IPv6 only', async t => {
		if (!Object.values(networkInterfaces()).some(list => list?.some(({address}) => address === '::1'))) {
			t.skip('there is no IPv6 loopback here');
			return;
		}

		const {pid, port} = await startListener(t, [], '::1');
		assert.equal(await find(open(), port, '::1'), pid);
		assert.equal(await find(open(), port, 'localhost'), pid);
		assert.equal(await find(open(), port), undefined);
	});

	it('the process that listens, of several with the same port in their arguments', async t => {
		const {pid, port} = await startListener(t);
		startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		startNamed(t, wallet, [`--rpc-bind-port=${port}`]);
		assert.equal(await find(open(), port), pid);
	});

	it('the process that started last, of several with the same port of which none listens', async t => {
		const port = String(freshPort());
		const first = startNamed(t, wallet, ['--rpc-bind-port', port]);
		// Start times are counted in ticks of 10 ms.
		const firstTicks = (await alive(open(), first.pid)).start_ticks ?? 0;
		let last = first;
		for (let tries = 0; tries < 200 && last === first; tries += 1) {
			const next = startNamed(t, wallet, ['--rpc-bind-port', port]);
			if (((await alive(open(), next.pid)).start_ticks ?? 0) > firstTicks) {
				last = next;
			} else {
				await next.end();
			}
		}

		assert.equal(await find(open(), Number(port)), last.pid);
	});

	it('the port that a wallet still serves after its configuration file changed', async t => {
		const file = path.join(temporaryFolder(t), 'wallet.conf');
		const {pid, port} = await startListener(t, ['--config-file', file]);
		const other = freshPort();
		writeFileSync(file, `rpc-bind-port=${other}\n`);
		assert.equal(await find(open(), port), pid);
		assert.equal(await serves(open(), pid, port), true);
	});

	it('the port in a configuration file relative to the folder of the process', async t => {
		const folder = temporaryFolder(t);
		const port = freshPort();
		mkdirSync(path.join(folder, 'sub'));
		writeFileSync(path.join(folder, 'sub', 'w.conf'), `rpc-bind-port=${port}\n`);
		const {pid} = startNamed(t, wallet, ['--config-file=sub/w.conf'], {cwd: folder});
		assert.equal(await find(open(), port), pid);
	});

	it('no port from a file that is not a configuration file', async t => {
		const {pid} = startNamed(t, wallet, ['--config-file', '/dev/zero']);
		assert.equal(await serves(open(), pid, freshPort()), false);
	});

	it('wallets when ps is missing', async t => {
		const port = freshPort();
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		const {PATH} = process.env;
		process.env.PATH = temporaryFolder(t);
		try {
			assert.equal(await find(open(), port), pid);
		} finally {
			process.env.PATH = PATH;
		}
	});

	it('processes that end while they are inspected, without failing', async t => {
		const table = open();
		for (let round = 0; round < 30; round += 1) {
			const {pid, child} = startChild(t, '/bin/sh', ['-c', 'exit 0']);
			const ended = new Promise(resolve => child.once('exit', resolve));
			let isOver = false;
			void ended.then(() => {
				isOver = true;
			});
			while (!isOver) {
				const {kind} = await table.inspect(pid);
				assert.ok(['alive', 'gone'].includes(kind), kind);
				await new Promise(setImmediate);
			}

			assert.equal((await table.inspect(pid)).kind, 'gone');
		}
	});
});
