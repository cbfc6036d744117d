import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseConnectHosts} from '../../source/cli/commands/hosts.js';
import {InputError} from '../../source/domain/input-error.js';

const acceptable: ReadonlyArray<readonly [url: string, expected: object]> = [
	['ssh://db1', {kind: 'ssh', host: 'db1', url: 'ssh://db1', label: 'db1'}],
	['ssh://db1/', {kind: 'ssh', host: 'db1', url: 'ssh://db1', label: 'db1'}],
	['SSH://Db_1.lan', {kind: 'ssh', host: 'Db_1.lan', url: 'ssh://Db_1.lan', label: 'Db_1.lan'}],
	['ssh://op@db1:2222', {kind: 'ssh', user: 'op', host: 'db1', port: 2222, url: 'ssh://op@db1:2222', label: 'db1'}],
	['ssh://[::1]:22', {kind: 'ssh', host: '::1', port: 22, url: 'ssh://[::1]:22', label: '[::1]'}],
	['http://db2:8780', {kind: 'http', base: 'http://db2:8780', url: 'http://db2:8780', label: 'db2'}],
	[
		'https://db2/admin/monero/',
		{kind: 'http', base: 'https://db2/admin/monero', url: 'https://db2/admin/monero', label: 'db2'},
	],
	[
		'prometheus+http://p:9090',
		{kind: 'prometheus', base: 'http://p:9090', matchers: '', url: 'prometheus+http://p:9090', label: 'p'},
	],
	[
		'prometheus+https://p/prefix/?match={job="xmrtop", region=~"eu.+@x",}',
		{
			kind: 'prometheus',
			base: 'https://p/prefix',
			matchers: 'job="xmrtop", region=~"eu.+@x"',
			url: 'prometheus+https://p/prefix?match={job="xmrtop", region=~"eu.+@x"}',
			label: 'p',
		},
	],
	[
		'prometheus+http://p:9090?match=job%3D%22x%22',
		{
			kind: 'prometheus',
			base: 'http://p:9090',
			matchers: 'job="x"',
			url: 'prometheus+http://p:9090?match={job="x"}',
			label: 'p',
		},
	],
	['http://[::1]:8780/', {kind: 'http', base: 'http://[::1]:8780', url: 'http://[::1]:8780', label: '[::1]'}],
];

for (const [url, expected] of acceptable) {
	test(`${url} is a host`, () => {
		assert.deepEqual(parseConnectHosts([url]), [expected]);
	});
}

const refused: readonly string[] = [
	'',
	'db1',
	'ssh://',
	'ssh://-oProxyCommand=x',
	'ssh://-l@db1',
	'ssh://o p@db1',
	'ssh://db1 -oX=y',
	'ssh://db1\n',
	'ssh://db1:0',
	'ssh://db1:65536',
	'ssh://db1/path',
	'ssh://db1?x',
	'ssh://db1#x',
	'ssh://$(id)',
	'ssh://a;b',
	'ssh://[db1]',
	'ssh://op:hunter2hunter2@db1',
	'http://op:hunter2hunter2@db2',
	'http://hunter2hunter2@db2',
	'http://db2:8780/?x=1',
	'http://db2:8780/a/../b c',
	'http://db2:99999',
	'ftp://db2',
	'prometheus://p:9090',
	'prometheus+ssh://p',
	'prometheus+http://op:hunter2hunter2@p:9090',
	'prometheus+http://p:9090?query=x',
	'prometheus+http://p:9090?match=',
	'prometheus+http://p:9090?match={}',
	'prometheus+http://p:9090?match={job="x"} or vector(1)',
	'prometheus+http://p:9090?match={job="x"}&match={job="y"}',
	'prometheus+http://p:9090?match={job=x}',
	'prometheus+http://p:9090?match={job="\u001B[31m"}',
	'constructor://db2',
];

for (const url of refused) {
	test(`refuses ${JSON.stringify(url)} with one line that contains no password`, () => {
		assert.throws(
			() => parseConnectHosts([url]),
			(error: unknown) =>
				error instanceof InputError &&
				error.code === 'bad_usage' &&
				error.message.startsWith('--connect ') &&
				!error.message.includes('hunter2') &&
				!error.message.includes('\n'),
		);
	});
}

test('gives hosts the shortest labels that differ', () => {
	const labels = (...urls: string[]) => parseConnectHosts(urls).map(({label}) => label);
	assert.deepEqual(labels('ssh://a', 'http://b:1'), ['a', 'b']);
	assert.deepEqual(labels('ssh://a', 'http://a:8780'), ['ssh://a', 'a:8780']);
	assert.deepEqual(labels('http://a:1', 'http://a:2'), ['a:1', 'a:2']);
	assert.deepEqual(labels('ssh://x@a', 'ssh://y@a'), ['x@a', 'y@a']);
	assert.deepEqual(labels('http://a:1/one', 'http://a:1/two'), ['a:1/one', 'a:1/two']);
});

test('refuses the same host twice, and too many hosts', () => {
	assert.throws(() => parseConnectHosts(['ssh://a', 'ssh://a/']), /^InputError: --connect "ssh:\/\/a" is given twice/);
	assert.throws(() => parseConnectHosts(Array.from({length: 65}, (_, index) => `ssh://h${index}`)), /at most 64/);
});
