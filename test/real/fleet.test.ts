import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {Ajv2020} from 'ajv/dist/2020.js';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import type {ApiDetails, FullDetails} from '../../source/domain/check-result.js';
import type {NodeReport, StatusDocument} from '../../source/domain/status-document.js';
import {builtLibrary} from '../helpers/built-library.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {type RealDaemon, type RealWallet, realTest, startMonerod, startWallet} from '../helpers/real-monero.js';
import {type CliOptions, cliEnvironment, runCli, runEach} from '../helpers/run-cli.js';
import {startScripted} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const simple = {username: 'monero', password: 'correct-horse'};
const odd = {username: 'ops', password: 'pä:ss "w\\ö:rd" 密'};
const certificate = makeSelfSignedCertificate({commonName: 'wallet'});
const secrets = [simple.password, odd.password, 'pä:ss'];

/** The processes of the fleet; ended with the test. */
interface Fleet {
	readonly daemon: RealDaemon;
	readonly plain: RealWallet;
	readonly digest: RealWallet;
	readonly tls: RealWallet;
	readonly colon: RealWallet;
	readonly file: RealWallet;
}

async function startFleet(t: TestContext): Promise<Fleet> {
	const started: Array<{readonly stop: () => Promise<void>}> = [];
	t.after(() => Promise.all(started.map(({stop}) => stop())));
	const kept = async <S extends {readonly stop: () => Promise<void>}>(starting: Promise<S>): Promise<S> => {
		const server = await starting;
		started.push(server);
		return server;
	};
	const daemon = await kept(startMonerod());
	const wallets = [{}, {login: simple}, {login: simple, tls: certificate}, {login: odd}, {login: 'file'}] as const;
	const starting = wallets.map(options => kept(startWallet({...options, daemon})));
	// Wallets that started are ended even when others failed.
	await Promise.allSettled(starting);
	const [plain, digest, tls, colon, file] = (await Promise.all(starting)) as [
		RealWallet,
		RealWallet,
		RealWallet,
		RealWallet,
		RealWallet,
	];
	return {daemon, plain, digest, tls, colon, file};
}

/** Reports by name, after checking the properties of every document. */
async function statusOf(cli: Cli, ...flags: string[]) {
	const run = await cli(['--json', ...flags]);
	const document = JSON.parse(run.stdout) as StatusDocument;
	assert.equal(cli.isValid(document), true, JSON.stringify(cli.isValid.errors));
	assert.equal(document.failed, document.total - document.working);
	assert.equal(run.code, document.failed > 0 ? 1 : 0);
	const report = (name: string): NodeReport => {
		const found = document.nodes.find(node => node.name === name);
		assert.ok(found, name);
		return found;
	};
	return {...run, document, report};
}

async function openCli(configDir: string) {
	const env = {TEST_WALLET_PASSWORD: odd.password};
	const run = async (args: readonly string[], options: CliOptions = {}) => {
		const ended = await runCli(args, {configDir, env, ...options});
		for (const secret of secrets) {
			assert.equal(`${ended.stdout}${ended.stderr}`.includes(secret), false, 'a password in the output');
		}

		return ended;
	};
	const schema = JSON.parse((await run(['status', '--json-schema'])).stdout) as object;
	const isValid = new Ajv2020({strict: false, validateFormats: false}).compile(schema);
	return Object.assign(run, {isValid});
}

type Cli = Awaited<ReturnType<typeof openCli>>;

async function addNodes(cli: Cli, folder: string, {daemon, plain, digest, tls, colon, file}: Fleet): Promise<void> {
	const passwordFile = path.join(folder, 'password');
	writeFileSync(passwordFile, `${simple.password}\n`, {mode: 0o600});
	const flags: ReadonlyArray<readonly [string, RealWallet, readonly string[], string?]> = [
		['plain', plain, []],
		['digest', digest, ['--username', simple.username, '--password-stdin'], `${simple.password}\n`],
		[
			'tls',
			tls,
			['--username', simple.username, '--password-file', passwordFile, '--tls-fingerprint', certificate.fingerprint256],
		],
		['colon', colon, ['--username', odd.username, '--password-env', 'TEST_WALLET_PASSWORD']],
		['file', file, ['--login-file', path.join(file.cwd, `monero-wallet-rpc.${file.port}.login`)]],
	];
	for (const [name, {port}, more, stdin = ''] of flags) {
		const args = ['nodes', 'add', name, '--port', String(port), '--daemon', daemon.address, ...more];
		const {code, stderr} = await cli(args, {stdin});
		assert.equal(code, 0, stderr);
	}
}

/** CPU time used so far, in clock ticks of 10 ms. */
function ticksOf(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
		.replace(/^.*\) /s, '')
		.split(' ');
	return Number(fields[11]) + Number(fields[12]);
}

realTest('a fleet of real wallets, watched by the built program', async t => {
	const configDir = temporaryFolder(t);
	const fleet = await startFleet(t);
	await fleet.plain.createWallet();
	const cli = await openCli(configDir);
	await addNodes(cli, temporaryFolder(t), fleet);
	const {daemon, plain, digest, tls} = fleet;

	await t.test('every login works: all are up, version 1.25', async () => {
		const {document, code, stderr, report} = await statusOf(cli);
		assert.deepEqual([code, document.total, document.working, document.failed], [0, 5, 5, 0], JSON.stringify(document));
		assert.equal(stderr, '');
		for (const {status, state, message, version_text: version, details} of document.nodes) {
			assert.deepEqual([status, state, message, version], [true, 'up', 'API is responding', '1.25']);
			const {version: number, daemon: address, daemon_reachable: isReachable} = details as ApiDetails;
			assert.deepEqual([number, address, isReachable], [65_561, daemon.address, true]);
		}

		const facts = report('plain').details as ApiDetails;
		assert.deepEqual([facts.wallet_open, facts.wallet_height, facts.wallet_lag, facts.daemon_lag], [true, 1, 0, 0]);
		assert.equal((report('digest').details as ApiDetails).wallet_open, false);
	});

	await t.test('full: fully operational, the process found by its port, its command line redacted', async () => {
		const {report, code} = await statusOf(cli, '-m', 'full', 'digest', 'plain');
		assert.equal(code, 0);
		for (const [name, wallet] of [
			['digest', digest],
			['plain', plain],
		] as const) {
			const {message, details} = report(name);
			assert.equal(message, 'Process is fully operational');
			const {checks, summary, hint} = details as FullDetails;
			assert.deepEqual([checks.pid.details.pid, checks.pid.details.is_monero_process], [wallet.pid, true]);
			assert.match(checks.pid.details.cmdline ?? '', /monero-wallet-rpc .*--rpc-bind-port/);
			assert.ok(checks.pid.details.unit === undefined || checks.pid.details.unit.length > 0);
			assert.deepEqual(summary, {
				pid_alive: true,
				port_in_use: true,
				api_responding: true,
				daemon_reachable: true,
				daemon_synchronized: true,
				wallet_open: name === 'plain',
			});
			assert.equal(hint, undefined);
			assert.match(checks.daemon?.details.message ?? '', /height 1, synchronized, offline$/);
		}
	});

	await t.test(
		'Digest in one monitor: 50 polls take 51 requests on one connection, and one more when it drops',
		async t => {
			const proxy = await startCountingProxy(digest.port);
			t.after(proxy.close);
			const monitor = (await builtLibrary()).createMonitor({configDir: temporaryFolder(t)});
			t.after(monitor.close);
			const node = {
				name: 'proxied',
				host: '127.0.0.1',
				port: proxy.port,
				path: '/json_rpc',
				available: true,
				...simple,
			};
			const poll = async (times: number) => {
				for (let count = 0; count < times; count += 1) {
					assert.equal((await monitor.checkByApi(node)).details.state, 'up');
				}
			};
			await poll(50);
			assert.ok(proxy.requestCount() <= 51, String(proxy.requestCount()));
			assert.equal(proxy.connectionCount(), 1);
			const before = proxy.requestCount();
			await proxy.dropConnections();
			await poll(10);
			assert.deepEqual([proxy.connectionCount(), proxy.requestCount() - before], [2, 11]);
		},
	);

	await t.test('a wrong password: an error that names the login, one attempt per poll', async t => {
		const proxy = await startCountingProxy(digest.port);
		t.after(proxy.close);
		const monitor = (await builtLibrary()).createMonitor({configDir: temporaryFolder(t)});
		t.after(monitor.close);
		const wrong = {name: 'wrong', port: proxy.port, ...simple, password: 'correct-horsE'};
		for (const requests of [2, 3, 4]) {
			const {status, details} = await monitor.checkByApi(wrong);
			assert.deepEqual(
				[status, details.message, details.state, details.reason],
				[false, 'API returned error', 'down', 'login refused: wrong user or password'],
			);
			assert.equal(proxy.requestCount(), requests);
		}
	});

	await t.test("reports what is not a wallet: monerod's port, HTML, {}, no login configured", async t => {
		const strangers = temporaryFolder(t);
		const html = await startScripted(t, {get_version: '<html><body>It works!</body></html>'});
		const braces = await startScripted(t, {get_version: '{}'});
		const strange = await openCli(strangers);
		const rows = [
			['monerod', daemon.port, /^this is monerod \(RPC version 3\.\d+\), not monero-wallet-rpc$/],
			['html', html.port, /an HTML page$/],
			['braces', braces.port, /other JSON$/],
			['nobody', digest.port, /^login required: /],
		] as const;
		for (const [name, port] of rows) {
			assert.equal((await strange(['nodes', 'add', name, '--port', String(port)])).code, 0);
		}

		const {document, code, report} = await statusOf(strange);
		assert.deepEqual([code, document.working, document.failed], [1, 0, 4]);
		for (const [name, , reason] of rows) {
			assert.deepEqual([report(name).message, report(name).state], ['API returned error', 'down'], name);
			assert.match(report(name).reason ?? '', reason);
		}
	});

	await t.test('SIGSTOP: the port check passes, the API fails; works again after SIGCONT', async () => {
		fleet.colon.freeze();
		try {
			const port = await statusOf(cli, '-m', 'port', 'colon');
			assert.deepEqual([port.code, port.report('colon').message], [0, 'Port is in use']);
			const api = await statusOf(cli, '--timeout', '800ms', 'colon');
			const {message, state, reason, status} = api.report('colon');
			assert.deepEqual([api.code, status, message, state], [1, false, 'API check failed', 'down']);
			assert.match(reason ?? '', /stopped by a signal/);
		} finally {
			fleet.colon.thaw();
		}

		const {report} = await statusOf(cli, 'colon');
		assert.equal(report('colon').state, 'up');
	});

	await t.test('the wallet is idle after twenty checks over TLS', async () => {
		const codes = await runEach(Array.from({length: 20}), async () => (await cli(['--json', 'tls'])).code, 2);
		assert.deepEqual([...new Set(codes)], [0]);
		const before = ticksOf(tls.pid);
		await delay(1000);
		const used = ticksOf(tls.pid) - before;
		assert.ok(used < 20, `${used} ticks in a second`);
	});

	await t.test('without its daemon a wallet works but is degraded, and the daemon is named', async () => {
		await daemon.kill();
		const {document, code, report} = await statusOf(cli);
		assert.deepEqual([code, document.working], [0, 5]);
		for (const {name, status, state, reason, caused_by: causedBy} of document.nodes) {
			assert.deepEqual(
				[status, state, reason, causedBy],
				[true, 'degraded', `daemon ${daemon.address} does not answer: connection refused`, daemon.address],
				name,
			);
		}

		assert.equal((report('plain').details as ApiDetails).wallet_height, 1);
		assert.equal((await cli(['status', '--fail-on', 'degraded'])).code, 1);
	});

	await t.test('kill -9 of one: failed 1, exit code 1, connection refused', async () => {
		await digest.kill();
		const {document, code, report} = await statusOf(cli);
		assert.deepEqual([code, document.total, document.working, document.failed], [1, 5, 4, 1]);
		const {status, state, message, reason} = report('digest');
		assert.deepEqual([status, state, message, reason], [false, 'down', 'API check failed', 'connection refused']);
		const full = await statusOf(cli, '-m', 'full', 'digest');
		assert.deepEqual([full.code, full.report('digest').message], [1, 'Process is not running']);
	});

	await t.test('the live table shows down within one interval and one second', async t => {
		const intervalMs = 2000;
		const env = cliEnvironment({configDir, env: {TEST_WALLET_PASSWORD: odd.password}});
		const screen = openPtyScreen(t, {arguments: ['-i', '2s'], columns: 100, env: {...env, CI: undefined}});
		// The header also names nodes, after the daemon that causes their failure.
		const rowOf = (name: string) => screen.lines().find(line => new RegExp(`[a-z] +${name} `).test(line)) ?? '';
		await screen.until(() => /\bdegraded\b/.test(rowOf('file')), 'the wallet is there');
		const killedMs = performance.now();
		await fleet.file.kill();
		const isDown = () => /\bdown\b.*connection refused/.test(rowOf('file'));
		await screen.until(isDown, 'the wallet is down', intervalMs + 1000);
		t.diagnostic(`said so after ${Math.round(performance.now() - killedMs)} ms`);
		screen.press('q');
		assert.equal((await screen.exited).exitCode, 0);
	});
});
