import assert from 'node:assert/strict';
import {test} from 'node:test';
import {nodeFields, parseNodeDefinition} from '../../../source/domain/node/parse-node.js';
import {
	definitionOf,
	type FormFieldName,
	fieldError,
	findFormProblem,
	formFieldNames,
	type NodeForm,
	openForm,
	showProblem,
	typeInForm,
} from '../../../source/tui/view/node-form.js';

const type = (form: NodeForm, keys: readonly string[]): NodeForm => keys.reduce(typeInForm, form);
const typed = (form: NodeForm, name: FormFieldName, text: string): NodeForm =>
	type({...form, focused: formFieldNames.indexOf(name), caret: 0}, ['ctrl-u', ...text]);

const edits: ReadonlyArray<readonly [keys: readonly string[], name: string, caret: number]> = [
	[[...'hot'], 'hot', 3],
	[[...'ht', 'left', 'o'], 'hot', 2],
	[[...'hott', 'backspace'], 'hot', 3],
	[[...'xhot', 'home', 'delete'], 'hot', 0],
	[[...'hot', 'ctrl-u'], '', 0],
	[[...'ot', 'ctrl-a', 'h', 'ctrl-e', '!'], 'hot!', 4],
	[['backspace', 'left', 'delete'], '', 0],
	[[...'a bc', 'ctrl-w'], 'a ', 2],
	[[...'a bc', 'ctrl-w', 'ctrl-w'], '', 0],
	[[...'ab cd', 'left', 'ctrl-w'], 'ab d', 3],
	[['ctrl-w'], '', 0],
	[[...'日本', 'left', '語'], '日語本', 2],
];

for (const [keys, name, caret] of edits) {
	test(`${keys.join(' ')} leaves ${JSON.stringify(name)}`, () => {
		const form = type(openForm(), keys);
		assert.deepEqual([form.values.name, form.caret], [name, caret]);
	});
}

test('Tab and arrows cycle through the fields', () => {
	assert.equal(type(openForm(), ['tab', 'down']).focused, 2);
	assert.equal(type(openForm(), ['backtab']).focused, formFieldNames.length - 1);
	assert.equal(type(openForm(), ['up', 'tab']).focused, 0);
});

const errors: ReadonlyArray<readonly [name: FormFieldName, text: string, isWrong: boolean]> = [
	['name', 'hot-1', false],
	['name', 'status', true],
	['name', '123', true],
	['port', '18083', false],
	['port', '70000', true],
	['port', 'x', true],
	['host', '::1', false],
	['host', '300.1.1.1', true],
	['daemon', '10.0.0.5:18081', false],
	['daemon', 'http://u:p@h:1', true],
	['timeout', '3s', false],
	['timeout', '3', true],
	['tls', 'yes', false],
	['tls', 'maybe', true],
	['tls_fingerprint', 'ab'.repeat(32), false],
	['tls_fingerprint', 'ab', true],
	['daemon', 'none', false],
	['daemon_tls_fingerprint', 'ab', true],
	['daemon_tls_insecure', 'maybe', true],
	['group', '', false],
];

for (const [name, text, isWrong] of errors) {
	test(`${name} ${JSON.stringify(text)} is ${isWrong ? 'refused with the allowed values' : 'accepted'}`, () => {
		assert.equal(fieldError(name, text) !== undefined, isWrong);
	});
}

test('a completed form is a definition', () => {
	const values: ReadonlyArray<readonly [FormFieldName, string]> = [
		['name', 'hot'],
		['port', '18083'],
		['daemon', 'http://H:18081/'],
		['username', 'u'],
		['password', 'p:ä'],
		['tls_insecure', 'yes'],
	];
	const form = values.reduce((filled, [name, text]) => typed(filled, name, text), openForm());
	assert.deepEqual(parseNodeDefinition(definitionOf(form), 'form'), {
		host: '127.0.0.1',
		path: '/json_rpc',
		available: true,
		name: 'hot',
		port: 18_083,
		daemon: 'h:18081',
		username: 'u',
		password: 'p:ä',
		tls: {insecure: true},
	});
});

const stored = {
	id: 4,
	name: 'hot',
	host: '10.0.0.1',
	port: 18_083,
	path: '/json_rpc',
	available: false,
	username: 'u',
	password: 'secret',
	daemon: 'h:18081',
	daemon_username: 'd',
	daemon_password_env: 'D',
	expect_wallet: true,
	tls: {fingerprint: Array(32).fill('AB').join(':')},
} as const;

test('opening and saving a form changes nothing, including fields it does not show', () => {
	const {id: _, ...definition} = stored;
	assert.deepEqual(parseNodeDefinition(definitionOf(openForm(stored), stored), 'form'), definition);
});

test('removes an emptied field, and a password that was edited and emptied', () => {
	const form = typed(typed(typed(openForm(stored), 'username', ''), 'password', ''), 'tls_fingerprint', '');
	const definition = parseNodeDefinition(definitionOf({...form, values: {...form.values, tls: 'no'}}, stored), 'form');
	assert.equal(definition.username, undefined);
	assert.equal(definition.password, undefined);
	assert.equal(definition.tls, undefined);
});

test('a stored password never enters the form', () => {
	assert.ok(!JSON.stringify(openForm(stored)).includes('secret'));
});

test('keeps the daemon and its certificate, and removes them when their fields are emptied', () => {
	const fingerprint = 'AB:'.repeat(32).slice(0, -1);
	const node = {
		id: 1,
		...parseNodeDefinition({name: 'a', port: 1, daemon: 'h:1', daemon_tls: {ca_file: '/c.pem', fingerprint}}, 'test'),
	};
	const form = openForm(node);
	assert.deepEqual(parseNodeDefinition(definitionOf(form, node), 'test').daemon_tls, node.daemon_tls);
	const bare = typed(typed(form, 'daemon_tls_fingerprint', ''), 'daemon_tls_ca_file', '');
	assert.equal(definitionOf(bare, node).daemon_tls, undefined);
	assert.equal(parseNodeDefinition(definitionOf(typed(bare, 'daemon', 'none'), node), 'test').daemon, 'none');
});

test('the form has every field of a definition', () => {
	const inForm: ReadonlySet<string> = new Set(formFieldNames.map(name => name.replace(/^((?:daemon_)?tls)_.*/, '$1')));
	assert.deepEqual(
		Object.keys(nodeFields).filter(name => !inForm.has(name)),
		[],
	);
});

const problems: ReadonlyArray<
	readonly [changes: Partial<Record<FormFieldName, string>>, field: FormFieldName, says: RegExp]
> = [
	[{}, 'name', /^name is missing: expected 1 to 64 of/],
	[{name: 'hot'}, 'port', /^port is missing: expected a whole number/],
	[{name: 'status', port: '1'}, 'name', /^name is invalid/],
	[{name: 'x y', port: '99999'}, 'name', /^name is invalid/],
	[{name: 'hot', port: '99999'}, 'port', /^port is invalid/],
	[{name: 'hot', port: '1', busy_max: 'long'}, 'busy_max', /^busy_max is invalid/],
	[{name: 'hot', port: '1', tls_fingerprint: 'ab'}, 'tls_fingerprint', /^tls_fingerprint is invalid/],
];

for (const [values, field, says] of problems) {
	test(`refuses to save ${JSON.stringify(values)} and puts the caret in ${field}`, () => {
		const form = {...openForm(), values, focused: 1};
		const problem = findFormProblem(form) ?? '';
		assert.match(problem, says);
		assert.equal(formFieldNames[showProblem(form, problem).focused], field);
	});
}

const refusals: ReadonlyArray<readonly [error: string, field: FormFieldName | undefined]> = [
	['node "port": username is given without a password: use password_file', 'username'],
	['node "hot": daemon_tls has both fingerprint and insecure: use only one of them', 'daemon_tls_fingerprint'],
	['node "hot": tls.fingerprint "x" is invalid', 'tls_fingerprint'],
	['node "hot" already exists (id 3): names must be unique', 'name'],
	['node "hot": daemon_username needs daemon_password_file', 'daemon_username'],
	['node "x y": name "x y" is invalid: expected 1 to 64 of', 'name'],
	['nodes.json cannot be saved: no space left on device', undefined],
];

for (const [error, field] of refusals) {
	test(`${error}: puts the caret in ${field ?? 'no other field'}`, () => {
		const form = {...openForm(), focused: 5};
		const {focused, error: said} = showProblem(form, error);
		assert.equal(said, error);
		assert.equal(formFieldNames[focused], field ?? formFieldNames[5]);
	});
}

test('the heading keeps the earlier name of the node', () => {
	const form = typed(openForm(stored), 'name', 'cold');
	assert.equal(form.heading, 'Edit hot');
	assert.equal(openForm().heading, 'Add a node');
});

test('a form with a daemon login is a definition', () => {
	const values = {
		name: 'a',
		port: '1',
		daemon: 'h:1',
		daemon_username: 'd',
		daemon_password_env: 'D',
		expect_wallet: 'no',
	};
	const definition = parseNodeDefinition(definitionOf({...openForm(), values}), 'form');
	assert.equal(definition.daemon_username, 'd');
	assert.equal(definition.expect_wallet, false);
});
