import assert from 'node:assert/strict';
import {test} from 'node:test';
import {firstWords} from '../../source/cli/command-table.js';
import {nodeChangesFromFlags} from '../../source/cli/commands/nodes.js';
import {parseCliArguments} from '../../source/cli/flags.js';
import {nodeJsonOutput} from '../../source/cli/output.js';
import type {NodeDefinition} from '../../source/domain/node/node.js';
import {commandNames} from '../../source/domain/node/parse-node.js';
import {nodeFixture} from '../helpers/store-fixture.js';

const base: NodeDefinition = {name: 'a', host: '127.0.0.1', port: 1, path: '/json_rpc', available: true};
const changes = (argv: readonly string[], before?: NodeDefinition, password?: string) =>
	nodeChangesFromFlags(parseCliArguments(argv).flags, before, password);

test('numbers become numbers, invalid text stays for the field to refuse, empty text clears a field', () => {
	assert.deepEqual(changes(['--port', '18082', '--pid', '7']), {port: 18_082, pid: 7});
	assert.deepEqual(changes(['--port', '1e3', '--pid=-1']), {port: '1e3', pid: '-1'});
	assert.deepEqual(changes(['--port=', '--title=']), {port: undefined, title: undefined});
	assert.deepEqual(changes([]), {});
	assert.deepEqual(changes(['--no-expect-wallet']), {expect_wallet: false});
	assert.deepEqual(changes(['--expect-wallet']), {expect_wallet: true});
});

test('a new password source replaces the old one; a login file also replaces the user name', () => {
	const cleared = {
		password: undefined,
		password_env: undefined,
		password_file: undefined,
		login_file: undefined,
		login_config: undefined,
	};
	const before = {...base, username: 'u', password: 'p'};
	assert.deepEqual(changes(['--password-env', 'P'], before), {...cleared, password_env: 'P'});
	assert.deepEqual(changes(['--login-file', '/l'], before), {...cleared, username: undefined, login_file: '/l'});
	assert.deepEqual(changes([], before, 'new'), {...cleared, password: 'new'});
	assert.deepEqual(changes(['--username', 'v'], before), {username: 'v'});
	assert.deepEqual(changes(['--password-env', 'P', '--password-file', '/p']), {password_env: 'P', password_file: '/p'});
});

test('any --tls-* implies --tls, an empty one clears its part, --no-tls clears all', () => {
	const tls = {ca_file: '/ca', insecure: true};
	assert.deepEqual(changes(['--tls']), {tls: {}});
	assert.deepEqual(changes(['--tls-insecure']), {tls: {insecure: true}});
	assert.deepEqual(changes(['--tls-ca-file', '/x'], {...base, tls}), {tls: {ca_file: '/x', insecure: true}});
	assert.deepEqual(changes(['--tls-ca-file='], {...base, tls}), {tls: {insecure: true}});
	assert.deepEqual(changes(['--no-tls-insecure'], {...base, tls}), {tls: {ca_file: '/ca'}});
	assert.deepEqual(changes(['--no-tls'], {...base, tls}), {tls: undefined});
	assert.deepEqual(changes(['--tls'], {...base, tls}), {tls});
});

test('the JSON of a node has no password, says that there is one, and has the last result', () => {
	const shown = nodeJsonOutput(nodeFixture('a', 1, {username: 'u', password: 'hunter2'}), {
		worked: false,
		latencies: [1],
	});
	assert.deepEqual(shown, {...nodeFixture('a', 1), username: 'u', has_password: true, worked: false});
	assert.deepEqual(nodeJsonOutput(nodeFixture('b', 2)), nodeFixture('b', 2));
});

test('no new node can have a name that the command line takes for a command', () => {
	for (const word of [...firstWords(), 'ls', 'rm']) {
		assert.ok(commandNames.includes(word), word);
	}
});
