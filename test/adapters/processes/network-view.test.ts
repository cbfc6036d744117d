import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {test} from 'node:test';
import {openListeningPorts} from '../../../source/adapters/processes/network-view.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

test('tells which ports are listened on, read once per view', {skip: process.platform !== 'linux'}, async () => {
	const {port, close} = await listenOnLoopback(createServer());
	const before = openListeningPorts();
	assert.equal(before(process.pid, port), true);
	await close();
	assert.equal(before(process.pid, port), true, 'the view does not change');
	assert.equal(openListeningPorts()(process.pid, port), false);
});

test('knows nothing of a process that has ended', {skip: process.platform !== 'linux'}, () => {
	assert.equal(openListeningPorts()(2 ** 22 + 1, 80), undefined);
});
