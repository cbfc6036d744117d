import assert from 'node:assert/strict';
import {test} from 'node:test';
import {openPorts} from '../../../source/adapters/open-ports.js';
import {parseMemoryAndThreads} from '../../../source/adapters/processes/proc-work.js';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import {startTrickling, startWorking} from '../../helpers/blocked-wallet.js';
import {eventually} from '../../helpers/child-processes.js';

const onLinux = {skip: process.platform === 'linux' ? false : 'reads /proc'};
const {readProcessWork, readProcessUsage, close} = openPorts({renderRemedy});

test('the counters rise of a process that computes and of one that wakes up often', onLinux, async context => {
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

test('reads no counters of a process that does not exist', onLinux, () => {
	assert.equal(readProcessWork(2 ** 22 + 1), undefined);
});

test('reads memory, threads and the limit of open files from the files in /proc', () => {
	const status = 'Name:\tmonero-wallet-r\nUmask:\t0022\nVmHWM:\t   40000 kB\nVmRSS:\t   33636 kB\nThreads:\t3\n';
	assert.deepEqual(parseMemoryAndThreads(status), {memory_bytes: 33_636 * 1024, threads: 3});
	assert.deepEqual(parseMemoryAndThreads('Name:\tkthreadd\nThreads:\t1\n'), {threads: 1});
	assert.deepEqual(parseMemoryAndThreads(''), {});
});

test('reads the usage of this process, and nothing of one that has ended', onLinux, () => {
	const usage = readProcessUsage(process.pid, true);
	assert.ok(
		(usage.memory_bytes ?? 0) > 1e6 && (usage.threads ?? 0) > 1 && (usage.open_files ?? 0) > 2,
		JSON.stringify(usage),
	);
	assert.match(usage.network_namespace ?? '', /^net:\[\d+\]$/);
	assert.deepEqual(Object.keys(readProcessUsage(process.pid)), ['memory_bytes']);
	assert.deepEqual(readProcessUsage(2 ** 22 + 1, true), {});
});
