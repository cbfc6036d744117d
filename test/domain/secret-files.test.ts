import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {errnoWords} from '../../source/domain/errno-words.js';
import type {Exposure} from '../../source/domain/ports.js';
import {exposedFiles, exposedFilesNote, exposureWarning, withAbsolutePaths} from '../../source/domain/secret-files.js';
import {nodeFixture} from '../helpers/store-fixture.js';

describe('files with secrets that others may read', () => {
	const who = 'every user' as Exposure;

	it('are found in every field that names one, each file once', () => {
		const asked: string[] = [];
		const nodes = [
			nodeFixture('a', 1, {password_file: '/p', daemon_password_file: '/d'}),
			nodeFixture('b', 2, {login_file: '/l', daemon_password_file: '/p'}),
			nodeFixture('c', 3, {login_config: '/c w'}),
			nodeFixture('d', 4),
		];
		const found = exposedFiles(nodes, path => {
			asked.push(path);
			return path === '/d' ? undefined : who;
		});
		assert.deepEqual(asked, ['/p', '/d', '/l', '/c w']);
		assert.deepEqual(found, [
			{path: '/p', warning: 'password_file /p can be read by every user; try: chmod 600 /p'},
			{path: '/l', warning: 'login_file /l can be read by every user; try: chmod 600 /l'},
			{path: '/c w', warning: "login_config /c w can be read by every user; try: chmod 600 '/c w'"},
		]);
	});

	it('are one line, whatever their number', () => {
		const file = (path: string) => ({path, warning: exposureWarning('password_file', path, who)});
		const first = 'password_file /a can be read by every user; try: chmod 600 /a';
		assert.equal(exposedFilesNote([]), undefined);
		assert.equal(exposedFilesNote([file('/a')]), first);
		assert.equal(exposedFilesNote([file('/a'), file('/b')]), `${first}; and 1 more file`);
		assert.equal(exposedFilesNote([file('/a'), file('/b'), file('/c')]), `${first}; and 2 more files`);
	});
});

describe('the paths of a definition', () => {
	const absolute = (path: string): string => (path.startsWith('/') ? path : `/here/${path}`);

	it('become absolute, also those of CA files', () => {
		const node = nodeFixture('a', 1, {
			password_file: 'p',
			login_file: '/l',
			daemon_password_file: 'd',
			tls: {ca_file: 'ca.pem'},
			daemon_tls: {ca_file: 'daemon.pem'},
			path: '/json_rpc',
			title: 'p',
		});
		assert.deepEqual(withAbsolutePaths(node, absolute), {
			...node,
			password_file: '/here/p',
			daemon_password_file: '/here/d',
			tls: {ca_file: '/here/ca.pem'},
			daemon_tls: {ca_file: '/here/daemon.pem'},
		});
	});

	it('that are absolute leave the object as it is', () => {
		const node = nodeFixture('a', 1, {password_file: '/p', tls: {ca_file: '/ca.pem'}, daemon_tls: {insecure: true}});
		assert.equal(withAbsolutePaths(node, absolute), node);
	});
});

describe('system error codes', () => {
	for (const [code, words] of [
		['ENOENT', 'no such file or directory'],
		['ENOTDIR', 'part of the path is not a folder'],
		['EACCES', 'permission denied'],
		['EPERM', 'permission denied'],
		['EMFILE', 'too many open files'],
		['ECONNREFUSED', 'connection refused'],
		['ETIMEDOUT', 'no answer'],
		['toString', undefined],
		[undefined, undefined],
	] as const) {
		it(`${code}: ${words}`, () => assert.equal(errnoWords(code), words));
	}
});
