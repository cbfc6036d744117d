import assert from 'node:assert/strict';
import {test} from 'node:test';
import {containerText, isRestart, isSameProcess, restartsInHour} from '../../source/domain/process-identity.js';
import {at, fixtureStartMs} from '../helpers/fixture-time.js';

test('a container is named by its engine, and by its name or the short form of its id', () => {
	const id = '0123456789ab'.padEnd(64, 'c');
	for (const [process, text] of [
		[{}, undefined],
		[{container: id}, 'container 0123456789ab'],
		[{container: id, container_engine: 'podman'}, 'podman 0123456789ab'],
		[{container: id, container_name: 'shop', container_engine: 'docker'}, 'docker shop'],
		[{container: 'pod-7'}, 'container pod-7'],
		[{container: id.slice(1)}, `container ${id.slice(1)}`],
	] as const) {
		assert.equal(containerText(process), text);
	}
});

test('counts the restarts of the last hour', () => {
	const restarts = [at(-3601), at(-3600), at(-1)];
	assert.equal(restartsInHour(restarts, fixtureStartMs), 2);
	assert.equal(restartsInHour(undefined, fixtureStartMs), 0);
});

test('a process that started after the other was last seen replaced it', () => {
	const before = {process: {pid: 7, started_at: at(0)}, process_seen_at: at(100)};
	assert.equal(isRestart(before, {pid: 8, started_at: at(101)}), true);
	assert.equal(isRestart(before, {pid: 8, started_at: at(50)}), false, 'it is another wallet');
	assert.equal(isRestart(before, {pid: 7, started_at: at(0)}), false, 'it is the same');
	assert.equal(
		isRestart({process: before.process}, {pid: 8, started_at: at(50)}),
		true,
		'not known when it was last seen',
	);
	assert.equal(isRestart({}, {pid: 8, started_at: at(50)}), false);
});

test('the same pid is the same process only with the same start', () => {
	const process = {pid: 7, started_at: at(0)};
	assert.equal(isSameProcess(process, {...process}), true);
	assert.equal(isSameProcess(process, {...process, pid: 8}), false);
	assert.equal(isSameProcess(process, {...process, started_at: at(60)}), false);
});
