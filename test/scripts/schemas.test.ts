import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {schemaFiles} from '../../scripts/schemas.js';
import {cliIn} from '../helpers/run-cli.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

test('the documents of the commands, an alert and nodes.json are what their schemas say', async context => {
	const ajv = new Ajv2020({strict: false, validateFormats: false});
	const fits = (name: string, document: unknown): void => {
		const file = readFileSync(`dist/schemas/${name}.json`, 'utf8');
		const schema = JSON.parse(file);
		assert.match(schema.$id, new RegExp(`/schemas/1/${name}\\.json$`));
		const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
		assert.ok(validate(document), `${name}: ${JSON.stringify(validate.errors)}`);
		// What promises nothing is no schema.
		assert.equal(validate({}), false, name);
		assert.equal(validate({schema_version: 2}), false, name);
	};
	const configDir = temporaryFolder(context);
	const {run, json} = cliIn(configDir);
	const wallet = await startScripted(context, walletScript(26));
	await run(['nodes', 'add', 'shop', '--port', String(wallet.port), '--group', 'hot']);
	await run(['nodes', 'add', 'dead', '--port', '1', '--tls', '--daemon', 'none', '--expect-wallet']);
	await run(['config', 'set', 'interval', '9s']);
	fits('status', await json(['status', '--json']));
	fits('status', await json(['status', 'nobody', '--json']));
	fits('history', await json(['history', '--json']));
	fits('history', await json(['history', 'nobody', '--json']));
	fits('discover', await json(['discover', '--json']));
	fits('nodes', await json(['nodes', 'list', '--json']));
	fits('nodes', await json(['nodes', 'export']));
	fits('info', await json(['info', '--json']));
	fits('nodes-file', JSON.parse(readFileSync(path.join(configDir, 'nodes.json'), 'utf8')));
	const receiver = await startReceiver(context);
	const {code, stderr} = await run(['alerts', 'test'], {env: {XMRTOP_WEBHOOK: `http://127.0.0.1:${receiver.port}/`}});
	assert.equal(code, 0, stderr);
	fits('alert', JSON.parse(receiver.posts[0]?.body ?? ''));
});

test('every schema is shipped as it is made', () => {
	for (const [file, text] of schemaFiles()) {
		assert.equal(readFileSync(`dist/schemas/${file}`, 'utf8'), text);
	}
});
