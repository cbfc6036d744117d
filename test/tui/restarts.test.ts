import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createRestartCounter} from '../../source/tui/restarts.js';
import {fleetNode} from '../helpers/screen-fleet.js';

const seen = (pid: number, ticks?: number, startedAt = '2026-11-23T09:00:00.000Z') => {
	const node = fleetNode({name: 'hot'});
	const identity = {pid, started_at: startedAt, ...(ticks === undefined ? {} : {start_ticks: ticks})};
	return [{...node, memory: {...node.memory, process: identity}}];
};

test('another pid, or the same one started at another time, is a restart; a moved clock is none', () => {
	const count = createRestartCounter();
	assert.equal(count([fleetNode({name: 'hot'})]).get(1), undefined);
	assert.equal(count(seen(10, 500)).get(1), undefined);
	assert.equal(count(seen(10, 500, '2026-11-23T09:00:01.000Z')).get(1), undefined);
	assert.equal(count(seen(11, 600)).get(1), 1);
	assert.equal(count(seen(11, 700)).get(1), 2);
	assert.equal(count(seen(11)).get(1), 2);
});
