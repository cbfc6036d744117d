import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import type {NodeReport} from '../../source/domain/status-document.js';
import {eventually} from '../helpers/child-processes.js';
import {serveMetrics, simulatedMetrics} from '../helpers/metrics-instances.js';
import {findProgram, startOnFreePort, startProcess} from '../helpers/real-process.js';
import {scrapeConfig} from '../helpers/real-prometheus.js';
import {cliIn, runCli} from '../helpers/run-cli.js';
import {startServe} from '../helpers/running-server.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const password = 'hunter2hunter2';
/** The password above, by bcrypt. */
const hash = '$2b$04$abcdefghijklmnopqrstuuGVoEaTZE4J7DDP8KzFiBdlJoony9TfC';

/** A certificate for 127.0.0.1 that signed itself. */
function certify(folder: string): {readonly cert: string; readonly key: string} {
	const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
	const subject = ['-subj', '/CN=prometheus', '-addext', 'subjectAltName=IP:127.0.0.1'];
	const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
	const {status, stderr} = spawnSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert]);
	assert.equal(status, 0, stderr.toString());
	return {cert, key};
}

/** Starts a Prometheus with a configuration of its own. @returns the port and the process */
async function startServer(t: TestContext, ports: readonly number[], args: readonly string[] = []) {
	const folder = temporaryFolder(t);
	const config = path.join(folder, 'prometheus.yml');
	writeFileSync(config, scrapeConfig(ports));
	const {process: server, port} = await startOnFreePort(
		at =>
			startProcess(
				findProgram('prometheus') ?? 'prometheus',
				[
					`--config.file=${config}`,
					`--storage.tsdb.path=${folder}/data`,
					`--web.listen-address=127.0.0.1:${at}`,
					...args,
				],
				{cwd: folder, home: folder},
			),
		async at =>
			readFileSync('/proc/net/tcp', 'utf8').includes(
				`0100007F:${at.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`,
			),
	);
	t.after(server.stop);
	return {port, pid: server.pid};
}

testWith(['prometheus', 'openssl'], 'https with its own authority, a login, a prefix and a selector', async t => {
	const text = await simulatedMetrics(3, () => 'up');
	const instance = await serveMetrics(() => text);
	t.after(instance.close);
	const folder = temporaryFolder(t);
	const {cert, key} = certify(folder);
	const webConfig = path.join(folder, 'web.yml');
	writeFileSync(
		webConfig,
		`tls_server_config: {cert_file: ${cert}, key_file: ${key}}\nbasic_auth_users: {ops: '${hash}'}\n`,
	);
	const {port} = await startServer(t, [instance.port], [`--web.config.file=${webConfig}`, '--web.route-prefix=/prom']);
	const login = path.join(folder, 'login');
	writeFileSync(login, `ops:${password}\n`, {mode: 0o600});
	const url = (tail: string): string => `prometheus+https://127.0.0.1:${port}${tail}`;
	const ask = async (tail: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
		const options = {configDir: folder, env: {SSL_CERT_FILE: cert, ...env}};
		const {stdout, stderr} = await runCli(['status', '--json', '--connect', url(tail), ...args], options);
		assert.doesNotMatch(stdout + stderr, /hunter2/);
		return JSON.parse(stdout);
	};
	const withLogin = ['--basic-auth-file', login];
	const document = await eventually(
		() => ask('/prom?match={job="xmrtop"}', withLogin),
		({total}) => total === 3,
		20_000,
	);
	assert.equal(document.working, 3);
	const reasonOf = async (...given: Parameters<typeof ask>): Promise<string> => (await ask(...given)).nodes[0]?.reason;
	assert.equal(
		await reasonOf('/prom'),
		'login refused (HTTP 401): a login is required: use --token-file or --basic-auth-file',
	);
	const wrong = path.join(folder, 'wrong');
	writeFileSync(wrong, 'ops:hunter2\n', {mode: 0o600});
	assert.match(await reasonOf('/prom', ['--basic-auth-file', wrong]), /^login refused \(HTTP 401\): wrong token, user/);
	assert.match(
		await reasonOf('', withLogin),
		/^HTTP (?:404: Prometheus is not there, or it uses another path prefix|302)/,
	);
	assert.match(await reasonOf('/prom', withLogin, {SSL_CERT_FILE: '/nonexistent'}), /self-signed|not trusted/);
	assert.equal((await ask('/prom?match={job="other"}', withLogin)).total, 0);
});

testWith(['prometheus'], 'a Prometheus or a serve that stands still is noticed, and since when is said', async t => {
	const wallet = await startWallet(t);
	const serve = await startServe(t, ['-i', '1s'], {configDir: folderOf(t, [{name: 'one', port: wallet.port}])});
	const {port, pid} = await startServer(t, [serve.port]);
	const cli = cliIn(temporaryFolder(t));
	const connect = ['--connect', `prometheus+http://127.0.0.1:${port}`, '--timeout', '2s'];
	const look = async () => JSON.parse((await cli.run(['status', '--json', ...connect])).stdout);
	const name = `127.0.0.1:${serve.port}/one`;
	const stateOf = (document: {readonly nodes: readonly NodeReport[]}): NodeReport | undefined =>
		document.nodes.find(node => node.name === name);
	await eventually(look, document => stateOf(document)?.state === 'up', 20_000);

	process.kill(serve.serve.child.pid ?? 0, 'SIGSTOP');
	const frozen = await eventually(look, document => stateOf(document)?.state === 'unknown', 30_000);
	const row = stateOf(frozen);
	assert.match(row?.reason ?? '', /^no response from \S+ since [\d:]{8}: Prometheus cannot scrape it$/);
	assert.ok(Date.parse(row?.since ?? '') <= Date.now());
	assert.deepEqual(frozen.silent_hosts, [`127.0.0.1:${serve.port}`]);

	process.kill(pid, 'SIGSTOP');
	const hung = await look();
	process.kill(pid, 'SIGCONT');
	process.kill(serve.serve.child.pid ?? 0, 'SIGCONT');
	assert.deepEqual([hung.nodes[0].state, hung.nodes[0].reason], ['down', 'no response within 2 seconds']);
});
