import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {chmodSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {folderWithProgram} from '../helpers/example-files.js';
import {cliEnvironment, finished} from '../helpers/run-cli.js';
import {daemonScript, startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

/** The lines of the shell blocks of a page. Installation has its own tests (install.test.ts). */
function shellLines(file: string): string[] {
	const blocks = [...readFileSync(file, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
	return blocks
		.flatMap(([, code = '']) => code.replaceAll(/\\\n */g, '').split('\n'))
		.filter(line => line.trim() !== '' && !/^(?:npm|git) /.test(line));
}

/** The machine of a new user: an empty home folder, and the wallets, daemon and receiver of the pages. */
async function freshMachine(context: TestContext) {
	const home = temporaryFolder(context);
	const [shop, refunds, daemon, receiver] = [
		await startScripted(context, walletScript(26)),
		await startScripted(context, walletScript(26)),
		await startScripted(context, daemonScript()),
		await startReceiver(context),
	];
	writeFileSync(path.join(home, 'monero-wallet-rpc.18082.login'), 'monero:secret', {mode: 0o600});
	writeFileSync(path.join(home, '.xmrtop-webhook'), `http://127.0.0.1:${receiver.port}/`, {mode: 0o600});
	const programs = folderWithProgram(context);
	// Runs the remote command here.
	writeFileSync(path.join(programs, 'ssh'), '#!/bin/sh\nwhile [ "$1" != xmrtop ]; do shift; done\nexec "$@"\n');
	for (const name of ['systemctl', 'mail', 'mail-alert']) {
		writeFileSync(path.join(programs, name), '#!/bin/sh\nexit 0\n');
	}

	for (const name of ['ssh', 'systemctl', 'mail', 'mail-alert']) {
		chmodSync(path.join(programs, name), 0o755);
	}

	writeFileSync(path.join(home, '.xmrtop-token'), 'a-token-of-this-test-0123456789', {mode: 0o600});
	const here: ReadonlyArray<readonly [RegExp, string]> = [
		[/--port 18082\b/g, `--port ${shop.port}`],
		[/--port 18085\b/g, `--port ${refunds.port}`],
		[/127\.0\.0\.1:18081/g, `127.0.0.1:${daemon.port}`],
		[/wallets\.example\.com/g, '127.0.0.1'],
		[/https:\/\/ntfy\.example\.com/g, `http://127.0.0.1:${receiver.port}`],
		// Other programs on this machine are not part of the test.
		[/discover --add/g, 'discover --add --config-dir ~/found'],
		[/xmrtop serve(?=$| --webhook-file)/g, 'xmrtop serve --listen 127.0.0.1:0'],
		[/0\.0\.0\.0:8780/g, '0.0.0.0:0'],
		[/unix:\/run\//g, `unix:${home}/`],
		[/\/usr\/local\/bin\//g, `${programs}/`],
		[/http:\/\/db2:8780/g, 'ssh://db2'],
		[/WALLET\.onion/g, `${'a'.repeat(56)}.onion`],
	];
	const env = cliEnvironment({
		env: {HOME: home, PATH: `${programs}:${process.env.PATH}`, REFUNDS_PASSWORD: 'correct horse'},
	});
	/** Runs a line; one that keeps running is ended once it reports that it works. */
	const run = async (line: string) => {
		const command = here.reduce((text, [from, to]) => text.replaceAll(from, to), line.replace(/ +# .*$/, ''));
		const child = spawn('bash', ['-c', `exec ${command}`.replace(/^exec (?!xmrtop [^|&;]*$)/, '')], {
			cwd: home,
			env,
			stdio: 'pipe',
		});
		context.after(() => child.kill('SIGKILL'));
		child.stdin.end();
		child.stderr.on('data', (text: Buffer) => {
			if (/watching \d+ node/.test(text.toString())) {
				child.kill('SIGTERM');
			}
		});
		return {command, ...(await finished(child))};
	};
	return {run, receiver};
}

/** Commands whose exit code depends on the wallets. */
const tellsByCode = /^xmrtop(?: status\b.*| [^a-z].*| --.*)?$/;

for (const page of ['README.md', 'docs/getting-started.md']) {
	test(`every command of ${page} works, in order, for a new user`, async context => {
		const {run} = await freshMachine(context);
		const lines = shellLines(page);
		assert.ok(lines.length > 8, `${lines.length} lines`);
		for (const line of lines) {
			const {command, code, stdout, stderr} = await run(line);
			const isRight = code === 0 || (code === 1 && tellsByCode.test(command));
			assert.ok(isRight, `${command}: exit ${code}\n${stdout}${stderr}`);
		}
	});
}

/** The other guides with commands; the nodes they use are already added. */
const guides = ['actions', 'alerts', 'commands', 'prometheus', 'several-hosts', 'troubleshooting', 'upgrading'];
/** Lines that need more than a home folder: another host, a service. They have their own tests. */
const needsMore = /^(?:sudo|systemctl|journalctl) |^xmrtop run |prometheus\+http/;

test('every command of the guides works, in order, once the wallets are added', async context => {
	for (const guide of guides) {
		const {run} = await freshMachine(context);
		for (const name of ['shop', 'hot-eu-1', 'refunds', 'hot-1']) {
			const {code, stderr} = await run(`xmrtop nodes add ${name} --port 18082 --daemon none`);
			assert.equal(code, 0, stderr);
		}

		const lines = shellLines(`docs/${guide}.md`).filter(line => !needsMore.test(line));
		assert.ok(lines.length > 0, guide);
		for (const line of lines) {
			const {command, code, stdout, stderr} = await run(line);
			const isRight = code === 0 || (code === 1 && tellsByCode.test(command));
			assert.ok(isRight, `docs/${guide}.md: ${command}: exit ${code}\n${stdout}${stderr}`);
		}
	}
});

test('the tests run every page with commands', () => {
	const pages = readdirSync('docs').filter(name => shellLines(`docs/${name}`).length > 0);
	// The commands of systemd.md install a service, those of containers.md need Docker; tests of the examples cover
	// both.
	assert.deepEqual(
		pages.toSorted(),
		[...guides, 'containers', 'getting-started', 'systemd'].map(name => `${name}.md`).toSorted(),
	);
});

test('a command with a mistake would be noticed', async context => {
	const {run} = await freshMachine(context);
	assert.equal((await run('xmrtop status --metod api')).code, 2);
	assert.equal((await run('xmrtpo status')).code, 127);
});
