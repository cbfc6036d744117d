import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {type JsonCommand, schemaFiles, schemaOfCommand} from '../../scripts/schemas.js';
import {docsAddress} from '../../source/cli/help.js';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

/** A schema that allows no undescribed fields; the shipped schemas allow fields that later versions add. */
function closed(schema: unknown): unknown {
	if (Array.isArray(schema)) {
		return schema.map(closed);
	}

	if (typeof schema !== 'object' || schema === null) {
		return schema;
	}

	const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
	const isClosed = 'type' in schema && schema.type === 'object' && 'properties' in schema;
	return {...inner, ...(isClosed ? {additionalProperties: false} : {})};
}

/** Validates documents by the shipped schemas. */
function createValidator() {
	const ajv = new Ajv2020({strict: false, validateFormats: false});
	return (name: string, document: unknown): void => {
		const schema = JSON.parse(readFileSync(`dist/schemas/${name}.json`, 'utf8'));
		assert.equal(schema.$id, `${docsAddress}/schemas/1/${name}.json`);
		const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
		assert.ok(validate(document), `${name}: ${JSON.stringify(validate.errors)}`);
		// An empty document must not be valid.
		assert.equal(validate({}), false, name);
		assert.equal(validate({schema_version: 2}), false, name);
		const whole =
			ajv.getSchema(`${name}-closed`) ?? ajv.compile({...(closed(schema) as object), $id: `${name}-closed`});
		assert.ok(whole(document), `${name} describes every field: ${JSON.stringify(whole.errors)}`);
	};
}

test('the documents of every command, an alert and nodes.json are valid by their schemas', async context => {
	const fits = createValidator();
	const configDir = temporaryFolder(context);
	const {run} = cliIn(configDir);
	const wallet = await startScripted(context, walletScript(26));
	const receiver = await startReceiver(context);
	const webhook = {XMRTOP_WEBHOOK: `http://127.0.0.1:${receiver.port}/`};
	await run(['nodes', 'add', 'shop', '--port', String(wallet.port), '--group', 'hot', '--pid', String(process.pid)]);
	await run(['nodes', 'add', 'dead', '--port', '1', '--tls', '--daemon', 'none', '--expect-wallet']);
	await run(['config', 'set', 'fail_after', '1']);
	// An alert that waits because no channel accepts it.
	const unreachable = {XMRTOP_WEBHOOK: `http://127.0.0.1:${await deadPort(context)}/`};
	const watching = runningCli(context, ['watch', '--interval', '1s', '--config-dir', configDir], {env: unreachable});
	await watching.until(() => /retrying/.test(watching.stderr()), 'an alert that is not delivered');
	await watching.end('SIGTERM');
	const listed = JSON.parse((await run(['alerts', 'list', '--json'])).stdout).alerts;
	assert.deepEqual(
		listed.map(({status}: {status: string}) => status),
		['open', 'waiting'],
	);
	const file = path.join(configDir, 'more.json');
	writeFileSync(file, '[{"name": "more", "port": 2}]');

	const calls: ReadonlyArray<readonly [JsonCommand, ...(readonly string[])]> = [
		['', '-m', 'full'],
		['status'],
		['status', '-m', 'pid'],
		['status', '-m', 'port'],
		['wait', 'shop', '--for', 'ok', '--timeout', '20s'],
		['demo'],
		['history'],
		['alerts list'],
		['alerts show', listed[1].id],
		['alerts test'],
		['silence', 'dead', '--for', '1h', '--reason', 'new disk'],
		['alerts list'],
		['silence', '--group', 'hot', '--for', '1h'],
		['silence', '--daemon', '127.0.0.1:1', '--for', '1h'],
		['silence list'],
		['status'],
		['silence end', '--all'],
		['nodes list'],
		['nodes show', 'shop'],
		[
			'nodes add',
			'third',
			'--port',
			'3',
			'--username',
			'u',
			'--password-env',
			'P',
			'--tls-fingerprint',
			'ab'.repeat(32),
		],
		['nodes edit', 'third', '--title', 'Third', '--busy-max', '5m', '--login-file', '/nowhere', '--username', ''],
		['nodes disable', 'third', '--for', '1h'],
		['nodes list'],
		['nodes export'],
		['nodes enable', 'third'],
		['nodes remove', 'third', '--yes'],
		['nodes import', file],
		['nodes import', file, '--prune', '--dry-run'],
		['actions add', 'log', '--key', 'l', '--on', 'up,down', '--restarts', '--follow', '--', 'tail', '{name}'],
		['actions list'],
		['actions suggest'],
		['run', 'log', 'shop', '--dry-run'],
		['actions remove', 'log'],
		['hosts add', 'eu', 'http://eu1:8780', 'local'],
		['hosts list'],
		['hosts remove', 'eu'],
		['discover'],
		['config list'],
		['config get', 'interval'],
		['config set', 'interval', '9s'],
		['info'],
	];
	for (const [command, ...rest] of calls) {
		const words = command.split(' ').filter(Boolean);
		const args = [...words, '--json', ...rest];
		const {stdout, stderr} = await run(args, {env: webhook});
		assert.notEqual(stdout, '', `${args.join(' ')}: ${stderr}`);
		const document = JSON.parse(stdout);
		assert.equal(document.error, undefined, `${args.join(' ')}: ${stdout}`);
		fits(schemaOfCommand[command], document);
	}

	assert.deepEqual([...new Set(calls.map(([command]) => command))].toSorted(), Object.keys(schemaOfCommand).toSorted());
	// The document of an error.
	for (const [command, name] of Object.entries(schemaOfCommand)) {
		const {stdout, code} = await run([...command.split(' ').filter(Boolean), '--nope', '--json']);
		assert.equal(code, 2, command);
		fits(name, JSON.parse(stdout));
	}

	fits('version', JSON.parse((await run(['version', '--json'])).stdout));
	await run(['actions', 'add', 'log', '--key', 'l', '--', 'tail', '{name}']);
	fits('actions', JSON.parse(readFileSync(path.join(configDir, 'actions.json'), 'utf8')));
	fits('nodes-file', JSON.parse(readFileSync(path.join(configDir, 'nodes.json'), 'utf8')));
	fits('alert', JSON.parse(receiver.posts[0]?.body ?? ''));
	const lines = runningCli(context, ['watch', '--ndjson', '--config-dir', configDir]);
	await lines.until(() => lines.lines().length > 0, 'a document');
	await lines.end('SIGTERM');
	fits('status', JSON.parse(lines.lines()[0] ?? ''));
});

test('the shipped schemas are the generated ones', () => {
	for (const [file, text] of schemaFiles()) {
		assert.equal(readFileSync(`dist/schemas/${file}`, 'utf8'), text);
	}
});
