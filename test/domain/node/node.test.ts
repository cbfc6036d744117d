import assert from 'node:assert/strict';
import {test} from 'node:test';
import {InputError} from '../../../source/domain/input-error.js';
import {findNode, isNodeAvailable, type NodeDefinition, nodeSecrets} from '../../../source/domain/node/node.js';
import {
	commandNames,
	nodeFields,
	parseNodeDefinition,
	refuseTakenNodeName,
} from '../../../source/domain/node/parse-node.js';

type FieldName = keyof NodeDefinition;

interface Row {
	/** Values as they are stored. */
	readonly accepted: readonly unknown[];
	/** Values that are stored in another form. */
	readonly rewritten?: ReadonlyArray<readonly [given: unknown, stored: unknown]>;
	readonly refused: readonly unknown[];
	/** The end of the message. */
	readonly allowed: string;
	/** The value must not be repeated. */
	readonly isSecret?: boolean | ((value: unknown) => boolean);
	/** Other fields that a definition with this field needs. */
	readonly beside?: Partial<NodeDefinition>;
}

const login = {username: 'u', password_file: '/etc/p'};
const text: Row = {
	accepted: ['a', 'Main wallet, №1 (hot)', 'ü'.repeat(100)],
	refused: ['', 'x'.repeat(101), 'two\nlines', 'bell\u0007', '\u001B[31mred', 'left\u202Eright', 5, null, [], {}],
	allowed: '1 to 100 characters, no control characters',
};
const filePath: Row = {
	accepted: ['/etc/secret', './relative', '~/home', 'with space'],
	refused: ['', 'nul\0', '/tmp/\u001B[31mred', '/tmp/\u009B31mred', '/tmp/\u202Eright', 5, null, ['/a'], true],
	allowed: 'the path of a file, without control characters',
};
const variable: Row = {
	accepted: ['WALLET_PASSWORD', '_x', 'a1'],
	refused: ['', '1A', 'A-B', 'A B', '$A', 'A=b', 5, null],
	allowed: 'the name of an environment variable (letters, digits, _)',
	isSecret: true,
};
const user: Row = {
	accepted: ['alice', 'with space', 'ü'],
	refused: ['', 'two\nlines', 'a\u0000', 'u:hunter2', 5, null],
	allowed: 'a user name without ":" or control characters',
	isSecret: value => typeof value !== 'string' || value.includes(':'),
};
const proxy: Row = {
	accepted: ['socks5h://127.0.0.1:9050', 'socks5h://[::1]:1080', 'socks5h://tor.example:9050'],
	rewritten: [
		['SOCKS5H://Tor.Example:9050/', 'socks5h://tor.example:9050'],
		['socks5h://[2001:DB8::1]:1', 'socks5h://[2001:db8::1]:1'],
	],
	refused: [
		'',
		'127.0.0.1:9050',
		'socks5://127.0.0.1:9050',
		'socks4://h:1',
		'http://h:1',
		'socks5h://h',
		'socks5h://h:0',
		'socks5h://h:65536',
		'socks5h://u:hunter2@h:1',
		'socks5h://h:1/x',
		'socks5h://h:1\n',
		9050,
		null,
	],
	allowed: 'socks5h://host:port, without a user',
	isSecret: value => typeof value !== 'string' || value.includes('@'),
};
const boolean: Row = {accepted: [true, false], refused: ['true', 'false', 0, 1, '', null], allowed: 'true or false'};
const duration = 'a duration such as 500ms, 5s, 2m or 6h';
const fingerprint = 'ab'.repeat(32);
const stored = Array.from({length: 32}, () => 'AB').join(':');

/** Every field of a definition: what the contract accepts and refuses, and the message. */
const rows: Readonly<Record<FieldName, Row>> = {
	kind: {accepted: ['daemon'], refused: ['Daemon', 'monerod', '', 1, null], allowed: 'wallet or daemon'},
	name: {
		accepted: ['a', 'A', '7up', 'wallet-1.main_x', 'x'.repeat(64), 'Status', 'node'],
		refused: [
			'',
			'x'.repeat(65),
			'42',
			'0',
			'-a',
			'.a',
			'_a',
			'a b',
			'a/b',
			'a:b',
			'ü',
			'a\n',
			5,
			null,
			'status',
			'help',
		],
		allowed: "1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name",
	},
	title: text,
	group: text,
	host: {
		accepted: ['127.0.0.1', '::1', 'fe80::1%eth0', 'localhost', 'a.example', 'wallet_1', 'a.example.'],
		rewritten: [
			['[::1]', '::1'],
			['A.Example', 'a.example'],
			['2001:DB8::1', '2001:db8::1'],
		],
		refused: [
			'',
			' ',
			'a b',
			'256.1.1.1',
			'1.2.3',
			'01.2.3.4',
			'1.2.3.4.5',
			'a..b',
			'-a',
			'a-',
			':::1',
			'[::1',
			'http://a',
			'a/b',
			'a\n',
			'x'.repeat(64),
			5,
			null,
		],
		allowed: 'an IPv4 address, an IPv6 address or a DNS name',
	},
	port: {
		accepted: [1, 18_088, 65_535],
		refused: [0, -1, 65_536, 1.5, '18088', '', null, [], true, 1e9],
		allowed: 'a whole number from 1 to 65535',
	},
	path: {
		accepted: ['/', '/json_rpc', '/wallet/1/json_rpc?x=y', '/%20'],
		refused: ['', 'json_rpc', '/a b', '/a#b', '/ü', '/a\r\nHost: b', 5, null],
		allowed: 'a URL path starting with "/", without spaces or "#"',
	},
	tls: {
		accepted: [{}, {ca_file: '/ca.pem'}, {insecure: true}, {ca_file: '/ca.pem', fingerprint: stored}],
		rewritten: [
			[{fingerprint}, {fingerprint: stored}],
			[{fingerprint: stored.toLowerCase()}, {fingerprint: stored}],
		],
		refused: [true, null, [], 'yes'],
		allowed: 'an object with ca_file, fingerprint or insecure',
	},
	proxy,
	username: {...user, beside: {password_file: '/etc/p'}},
	password: {
		accepted: ['p', 'with space: and "quotes"', 'x'.repeat(1024)],
		refused: ['', 'x'.repeat(1025), 'two\nlines', 'a\r', 'a\0', 5, null],
		allowed: '1 to 1024 characters on one line',
		isSecret: true,
		beside: {username: 'u'},
	},
	password_file: {...filePath, beside: {username: 'u'}},
	password_env: {...variable, beside: {username: 'u'}},
	login_file: filePath,
	login_config: filePath,
	daemon: {
		accepted: ['127.0.0.1:18081', 'https://node.example:443', '[::1]:18081', 'none'],
		rewritten: [
			['h', 'h:18081'],
			['NONE', 'none'],
			['localhost:28081', '127.0.0.1:28081'],
			['http://h:18081/json_rpc', 'h:18081'],
			['tcp://h:1', 'h:1'],
			['http://H:18081/', 'h:18081'],
			['h:18081', 'h:18081'],
			['http://h', 'h:80'],
			['https://h', 'https://h:443'],
		],
		refused: [
			'',
			'h:0',
			'h:65536',
			'u:hunter2@h:18081',
			'http://u:hunter2@h:18081',
			'http://h:18081?x=y',
			'http://h:18081/@x',
			'h:18081 ',
			18_081,
			null,
		],
		allowed: 'host, host:port or a URL, without user and password; or none',
		isSecret: value => typeof value !== 'string' || value.includes('@'),
	},
	daemon_username: {...user, beside: {daemon: 'h:1', daemon_password_file: '/etc/p'}},
	daemon_password_file: {...filePath, beside: {daemon: 'h:1', daemon_username: 'u'}},
	daemon_password_env: {...variable, beside: {daemon: 'h:1', daemon_username: 'u'}},
	daemon_tls: {
		accepted: [{}, {ca_file: '/ca.pem'}, {insecure: true}, {ca_file: '/ca.pem', fingerprint: stored}],
		rewritten: [[{fingerprint}, {fingerprint: stored}]],
		refused: [true, null, [], 'yes'],
		allowed: 'an object with ca_file, fingerprint or insecure',
		beside: {daemon: 'h:1'},
	},
	daemon_proxy: {...proxy, beside: {daemon: 'h:1'}},
	pid: {
		accepted: [1, 4_194_304, 2_147_483_647],
		refused: [0, -5, 1.5, '5', 2_147_483_648, null],
		allowed: 'a whole number from 1 to 2147483647',
	},
	pid_file: filePath,
	expect_wallet: boolean,
	timeout: {
		accepted: ['500ms', '3s', '1h'],
		refused: ['', '0s', '3', 3, '61m', 'off', null],
		allowed: `${duration}, at most 1h`,
	},
	busy_max: {accepted: ['5m', '30m', '48h'], refused: ['', '0m', '30', 30, null], allowed: duration},
	available: boolean,
	disabled_until: {
		accepted: ['2026-11-23T20:00:00.000Z'],
		rewritten: [['2026-11-23T21:00:00+01:00', '2026-11-23T20:00:00.000Z']],
		refused: ['', 'tomorrow', '30m', '2026-13-01T00:00:00Z', 1_764_000_000_000, null],
		allowed: 'a time such as 2026-11-23T20:00:00.000Z',
	},
};

const parse = (definition: unknown) => parseNodeDefinition(definition, 'nodes.json: node 3');

function refusal(message: string) {
	return (error: unknown) => {
		assert.ok(error instanceof InputError, String(error));
		assert.deepEqual({code: error.code, message: error.message}, {code: 'invalid_node', message});
		return true;
	};
}

test('the table has a row for every field', () => {
	assert.deepEqual(Object.keys(rows).sort(), Object.keys(nodeFields).sort());
});

for (const [field, row] of Object.entries(rows) as Array<[FieldName, Row]>) {
	const definition = (value: unknown) => ({name: 'a', port: 18_088, ...row.beside, [field]: value});
	test(`node ${field}: accepted values`, () => {
		const pairs = [...row.accepted.map(value => [value, value] as const), ...(row.rewritten ?? [])];
		for (const [given, kept] of pairs) {
			assert.deepEqual(parse(definition(given))[field], kept, JSON.stringify(given));
		}
	});

	test(`node ${field}: refused values and the message about them`, () => {
		for (const value of row.refused) {
			assert.throws(
				() => parse(definition(value)),
				error => {
					assert.ok(error instanceof InputError, `${JSON.stringify(value)}: ${error}`);
					const {code, message} = error;
					assert.equal(code, 'invalid_node');
					assert.ok(message.startsWith(`nodes.json: node 3: ${field} `), message);
					assert.ok(message.endsWith(` is invalid: expected ${row.allowed}`), message);
					assert.doesNotMatch(message, /[\p{Cc}\u202E]|hunter2/u);
					assert.equal(
						message === `nodes.json: node 3: ${field} is invalid: expected ${row.allowed}`,
						typeof row.isSecret === 'function' ? row.isSecret(value) : (row.isSecret ?? false),
					);
					return true;
				},
				JSON.stringify(value),
			);
		}
	});
}

const messages: ReadonlyArray<readonly [what: string, definition: unknown, message: string]> = [
	[
		'a number is shown as it is',
		{name: 'a', port: 70_000},
		'port 70000 is invalid: expected a whole number from 1 to 65535',
	],
	[
		'a text is shown in quotes',
		{name: 'a', port: 1, host: 'a b'},
		'host "a b" is invalid: expected an IPv4 address, an IPv6 address or a DNS name',
	],
	[
		'a login or token in an address is not shown',
		{name: 'a', port: 1, host: 'http://u:hunter2@h:1/?token=hunter2'},
		'host "http://***@h:1/?token=***" is invalid: expected an IPv4 address, an IPv6 address or a DNS name',
	],
	[
		'nor the query of a proxy',
		{name: 'a', port: 1, proxy: 'http://h:1/?token=hunter2'},
		'proxy "http://h:1/?token=***" is invalid: expected socks5h://host:port, without a user',
	],
	['no name', {port: 1}, `name is missing: ${rows.name.allowed}`],
	['no port', {name: 'a'}, 'port is missing: a whole number from 1 to 65535'],
	['nothing', undefined, 'a node is a JSON object with name and port'],
	['a list', [], 'a node is a JSON object with name and port'],
	['a text', 'a', 'a node is a JSON object with name and port'],
	[
		'an unknown field',
		{name: 'a', port: 1, hots: 'x'},
		`"hots" is not a field of a node: ${Object.keys(nodeFields).join(', ')}`,
	],
	[
		'a part of tls that does not exist',
		{name: 'a', port: 1, tls: {ca: '/ca.pem'}},
		'"ca" is not a field of tls: ca_file, fingerprint, insecure',
	],
	[
		'an empty ca_file',
		{name: 'a', port: 1, tls: {ca_file: ''}},
		'tls.ca_file "" is invalid: expected the path of a file, without control characters',
	],
	[
		'a path with control characters',
		{name: 'a', port: 1, pid_file: '/tmp/\u001B[31mx'},
		'pid_file "/tmp/\\u001b[31mx" is invalid: expected the path of a file, without control characters',
	],
	[
		'insecure as text',
		{name: 'a', port: 1, tls: {insecure: 'yes'}},
		'tls.insecure "yes" is invalid: expected true or false',
	],
	[
		'an invalid fingerprint',
		{name: 'a', port: 1, tls: {fingerprint: 'zz'}},
		'tls.fingerprint "zz" is invalid: expected the SHA-256 of a certificate: 64 hex digits, colons optional',
	],
	[
		'two sources for the password',
		{name: 'a', port: 1, ...login, password_env: 'P'},
		'password_file and password_env are given: only one source of the password is allowed',
	],
	[
		'a login file and a user',
		{name: 'a', port: 1, username: 'u', login_file: '/l'},
		'username is given with login_file: the file already contains the user name',
	],
	[
		'a user alone',
		{name: 'a', port: 1, username: 'u'},
		'username is given without a password: use password_file, password_env, login_file or password',
	],
	['a password alone', {name: 'a', port: 1, password: 'hunter2'}, 'password is given without username'],
	[
		'a pinned certificate and any certificate',
		{name: 'a', port: 1, tls: {fingerprint, insecure: true}},
		'tls has both fingerprint and insecure: use only one of them',
	],
	[
		'two sources of the daemon password',
		{name: 'a', port: 1, daemon: 'h:1', daemon_username: 'u', daemon_password_file: '/p', daemon_password_env: 'P'},
		'daemon_password_file and daemon_password_env are given: only one is allowed',
	],
	[
		'a daemon user alone',
		{name: 'a', port: 1, daemon: 'h:1', daemon_username: 'u'},
		'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
	],
	[
		'a daemon password alone',
		{name: 'a', port: 1, daemon: 'h:1', daemon_password_env: 'P'},
		'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
	],
	[
		'a daemon login without a daemon',
		{name: 'a', port: 1, daemon_username: 'u', daemon_password_env: 'P'},
		'daemon_username is given without daemon',
	],
	[
		'a daemon login with daemon none',
		{name: 'a', port: 1, daemon: 'none', daemon_username: 'u', daemon_password_env: 'P'},
		'daemon_username is given without daemon',
	],
	[
		'TLS of a daemon without a daemon',
		{name: 'a', port: 1, daemon_tls: {insecure: true}},
		'daemon_tls is given without daemon',
	],
	[
		'a pinned certificate of the daemon and any',
		{name: 'a', port: 1, daemon: 'h:1', daemon_tls: {insecure: true, fingerprint}},
		'daemon_tls has both fingerprint and insecure: use only one of them',
	],
];

for (const [what, definition, message] of messages) {
	test(`the message about ${what}`, () => {
		assert.throws(() => parse(definition), refusal(`nodes.json: node 3: ${message}`));
	});
}

test('fills in defaults; ignores id and undefined fields', () => {
	assert.deepEqual(parse({id: 9, name: 'a', port: 18_088, title: undefined}), {
		name: 'a',
		port: 18_088,
		host: '127.0.0.1',
		path: '/json_rpc',
		available: true,
	});
});

test('does not accept inherited property names as fields', () => {
	for (const field of ['toString', 'constructor', '__proto__']) {
		const definition = JSON.parse(`{"name":"a","port":1,"${field}":1}`);
		assert.throws(() => parse(definition), /is not a field of a node/);
	}
});

test('a new node cannot have the name of a command; a node that has it keeps it', () => {
	const kept = {id: 1, ...parseNodeDefinition({name: 'alerts', port: 1}, 'x')};
	for (const name of commandNames) {
		const message = `node "${name}": name "${name}" is invalid: expected ${nodeFields.name.allowed}`;
		assert.throws(() => refuseTakenNodeName([], name), new InputError('invalid_node', message));
	}

	refuseTakenNodeName([kept], 'alerts', 1);
	refuseTakenNodeName([kept], 'main', 1);
	assert.throws(() => refuseTakenNodeName([kept], 'hosts', 1), /^InputError: node "alerts": name "hosts" is invalid/);
});

test('finds a node by id or name', () => {
	const nodes = [
		{id: 1, name: 'a'},
		{id: 20, name: 'b1'},
	];
	const cases: ReadonlyArray<readonly [string, number | undefined]> = [
		['1', 1],
		['a', 1],
		['20', 20],
		['020', 20],
		['b1', 20],
		['2', undefined],
		['A', undefined],
		['', undefined],
	];
	for (const [typed, id] of cases) {
		assert.equal(findNode(nodes, typed)?.id, id, typed);
	}
});

test('the password is the secret of a node', () => {
	assert.deepEqual(nodeSecrets({username: 'u', password: 'hunter2'}), ['hunter2']);
	assert.deepEqual(nodeSecrets({password_env: 'P'}), []);
});

test('a node is available when it is enabled, or when the time until which it is disabled has come', () => {
	const nowMs = Date.parse('2026-11-23T20:00:00.000Z');
	const isAvailable = (fields: Partial<NodeDefinition>) =>
		isNodeAvailable({name: 'a', host: 'h', port: 1, path: '/', available: false, ...fields}, nowMs);
	assert.equal(isAvailable({available: true}), true);
	assert.equal(isAvailable({}), false);
	assert.equal(isAvailable({disabled_until: '2026-11-23T20:00:00.000Z'}), true);
	assert.equal(isAvailable({disabled_until: '2026-11-23T20:00:00.001Z'}), false);
});

test('a name that begins with digits is no id', () => {
	const nodes = [
		{id: 1, name: 'a'},
		{id: 2, name: '1a'},
	];
	assert.deepEqual([findNode(nodes, '1')?.name, findNode(nodes, '1a')?.id, findNode(nodes, '3')], ['a', 2, undefined]);
});
