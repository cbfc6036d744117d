import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {test} from 'node:test';
import type {Command} from '../../source/cli/command.js';
import {commandTable, findCommand} from '../../source/cli/command-table.js';
import {nodeChangesFromFlags} from '../../source/cli/commands/nodes.js';
import {flagTable, parseCliArguments} from '../../source/cli/flags.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {
	type NodeChanges,
	type NodeField,
	type ProgramOption,
	type Remedy,
	setField,
} from '../../source/domain/hints/remedy.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import {parseSetting} from '../../source/domain/settings.js';

/** A value for every field that a remedy can set: a new field does not compile without one. */
const values = {
	name: 'shop-2',
	title: "the shop's",
	group: 'eu west',
	host: '2001:db8::5',
	port: 18_083,
	path: '/json_rpc',
	username: 'ops',
	password: 'typed',
	password_env: 'WALLET_PW',
	password_file: '/run/secrets/my pw',
	login_file: '/w/x.login',
	login_config: '/etc/my wallet.conf',
	proxy: 'socks5h://127.0.0.1:9050',
	daemon: '[2001:db8::9]:18081',
	daemon_username: 'ops',
	daemon_password_env: 'DAEMON_PW',
	daemon_password_file: '/run/secrets/d',
	daemon_proxy: 'socks5h://127.0.0.1:9050',
	pid: 77,
	pid_file: '/run/w.pid',
	timeout: '5s',
	busy_max: '30m',
	expect_wallet: false,
	tls: true,
	'tls.ca_file': '/etc/my ca.pem',
	'tls.fingerprint': 'ab'.repeat(32),
	'tls.insecure': true,
	daemon_tls: undefined,
	kind: 'daemon',
	'daemon_tls.ca_file': '/etc/d.pem',
	'daemon_tls.fingerprint': 'cd'.repeat(32),
	'daemon_tls.insecure': true,
} as const satisfies Readonly<Record<NodeField | 'daemon_tls', string | number | boolean | undefined>>;

const changes = Object.entries(values)
	.filter(([, value]) => value !== undefined)
	.flatMap(([field, value]): NodeChanges[] =>
		typeof value === 'boolean' ? [{[field]: true}, {[field]: false}] : [{[field]: value}],
	);

/** Every kind of remedy, without combinations of fields: a new kind does not compile without its row. */
const remedies: {readonly [K in Remedy['kind']]: ReadonlyArray<Extract<Remedy, {kind: K}>>} = {
	'watch-node': [{kind: 'watch-node', node: 'shop'}],
	'show-node': [{kind: 'show-node', node: 'shop'}],
	'edit-node': changes.map(each => ({kind: 'edit-node', node: 'shop', changes: each})),
	'add-node': [
		...changes
			.filter(each => each.name === undefined)
			.map(each => ({kind: 'add-node', node: 'shop', changes: each}) as const),
		{
			kind: 'add-node',
			node: 'shop',
			changes: {host: 'h', port: 'N', tls: true, username: 'USER', password_file: 'FILE'},
		},
	],
	'set-field': [],
	'set-setting': [{kind: 'set-setting', setting: 'concurrency', value: '32'}],
	'set-option': [],
};

/** The words of a command, as a shell splits it. */
function wordsOf(command: string): string[] {
	const words = execFileSync('bash', ['-c', `printf '%s\\0' ${command}`], {encoding: 'utf8'});
	return words.split('\0').slice(0, -1);
}

/** How xmrtop parses a command that was pasted into a shell. */
function parsed(command: string) {
	const [program, ...argv] = wordsOf(command);
	assert.equal(program, 'xmrtop', command);
	const {input, flags, unknown} = parseCliArguments(argv);
	assert.deepEqual(unknown, [], command);
	const found = findCommand(input);
	assert.ok(found, command);
	const {flags: allowed, input: count}: Command = commandTable[found.words];
	assert.deepEqual(
		flags.given.filter(name => !allowed.includes(name)),
		[],
		command,
	);
	assert.ok(found.rest.length >= count[0] && found.rest.length <= count[1], command);
	return {...found, flags};
}

for (const [kind, rows] of Object.entries(remedies)) {
	test(`xmrtop accepts the command of every remedy "${kind}", with any folder`, () => {
		for (const remedy of rows) {
			assert.equal(parsed(renderRemedy(remedy)).flags.text('config-dir'), undefined);
			assert.equal(parsed(renderRemedy(remedy, "/srv/it's mine")).flags.text('config-dir'), "/srv/it's mine");
		}
	});
}

test('the command changes exactly the fields of the remedy', () => {
	const definition = parseNodeDefinition({name: 'shop', port: 1}, 'test');
	for (const remedy of remedies['edit-node']) {
		const {flags, rest} = parsed(renderRemedy(remedy));
		const done: Readonly<Record<string, unknown>> = nodeChangesFromFlags(flags, definition, 'hunter2');
		const [[field = '', value] = []] = Object.entries(remedy.changes);
		const [name = '', part] = field.split('.');
		assert.deepEqual(rest, ['shop']);
		if (field === 'password') {
			assert.ok(flags.isOn('password-stdin'));
		} else if (part !== undefined) {
			const {[part]: set} = (done[name] ?? {}) as Readonly<Record<string, unknown>>;
			assert.equal(set, value === false ? undefined : value, field);
		} else if (field === 'tls') {
			assert.deepEqual(done.tls, value ? {} : undefined);
		} else {
			assert.equal(done[field], value, field);
		}
	}
});

test('the flag of a field is the one of nodes edit', () => {
	for (const [field, value] of Object.entries(values)) {
		if (value !== undefined) {
			const flag = renderRemedy(setField(field as NodeField), '/srv/never named');
			assert.ok((commandTable['nodes edit'].flags as readonly string[]).includes(flag.slice(2)), flag);
			assert.match(flag, /^--[a-z-]+$/);
		}
	}
});

test('a setting exists and accepts the value', () => {
	for (const {setting, value} of remedies['set-setting']) {
		assert.doesNotThrow(() => parseSetting(setting, value, 'test'));
	}
});

test('the bare command has no arguments', () => {
	assert.equal(renderRemedy({kind: 'add-node'}), 'xmrtop nodes add');
	assert.ok(Object.hasOwn(commandTable, 'nodes add'));
});

test('a program option is rendered as an existing flag, a token also as a variable', () => {
	const options = {
		listen: '--listen',
		prefix: '--prefix',
		token: '--token-file or XMRTOP_TOKEN',
		'token-file': '--token-file',
	};
	for (const [option, expected] of Object.entries(options) as ReadonlyArray<[ProgramOption, string]>) {
		const rendered = renderRemedy({kind: 'set-option', option}, '/srv/config');
		assert.equal(rendered, expected);
		assert.ok(Object.hasOwn(flagTable, rendered.split(' ')[0]?.slice(2) ?? ''), rendered);
	}
});
