import assert from 'node:assert/strict';
import {test} from 'node:test';
import {openPorts} from '../../../source/adapters/open-ports.js';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import {startTrickling, startWorking} from '../../helpers/blocked-wallet.js';
import {eventually} from '../../helpers/child-processes.js';

const onLinux = {skip: process.platform === 'linux' ? false : 'reads /proc'};
const {readProcessWork, close} = openPorts({renderRemedy});

test('the counters of a process that computes and of one that is woken rise', onLinux, async context => {
	context.after(close);
	const [working, trickling] = await Promise.all([startWorking(context), startTrickling(context, 50)]);
	const look = async () => ({
		cpuMs: readProcessWork(working.pid)?.counters.cpu_ms ?? 0,
		wakes: readProcessWork(trickling.pid)?.counters.context_switches ?? 0,
	});
	const first = await look();
	const later = await eventually(look, ({cpuMs, wakes}) => cpuMs - first.cpuMs >= 100 && wakes - first.wakes >= 10);
	assert.ok(later.cpuMs - first.cpuMs >= 100, `${later.cpuMs} ms`);
	assert.ok(later.wakes - first.wakes >= 10, `${later.wakes} wakeups`);
});

test('a process that does not exist has no counters', onLinux, () => {
	assert.equal(readProcessWork(2 ** 22 + 1), undefined);
});
