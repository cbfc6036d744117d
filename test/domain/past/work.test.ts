import assert from 'node:assert/strict';
import test from 'node:test';
import {processWorkBetween, type WorkCounters} from '../../../source/domain/past/work.js';

const over = (counters: Partial<WorkCounters>) => {
	const nothing: WorkCounters = {cpu_ms: 0, context_switches: 0, disk_read_bytes: 0, major_faults: 0, throttled: 0};
	const {seen, faint, isProgress = false} = processWorkBetween(nothing, {...nothing, ...counters}, 2500);
	return [seen ?? '', faint ?? '', isProgress];
};

test('what counts as work, what only where requests wait, and what gets a process on in any case', () => {
	assert.deepEqual(over({}), ['', '', false]);
	assert.deepEqual(over({cpu_ms: 150}), ['6 % CPU', '', true]);
	assert.deepEqual(over({cpu_ms: 10, throttled: 2}), ['0.4 % CPU, throttled by its CPU limit', '', true]);
	assert.deepEqual(over({context_switches: 30}), ['receiving data, 12 wakeups/s', '', false]);
	assert.deepEqual(over({context_switches: 5}), ['', 'receiving data, 2 wakeups/s', false]);
	assert.deepEqual(over({cpu_ms: 30}), ['', '1.2 % CPU', false]);
	// An attempt that fails reads some pages of its program again.
	assert.deepEqual(over({disk_read_bytes: 33_280}), ['', 'reading from disk, 13 KiB/s', false]);
	assert.deepEqual(over({disk_read_bytes: 2_560_000}), ['', 'reading from disk, 1000 KiB/s', true]);
	assert.deepEqual(over({major_faults: 10}), ['', 'swapping in, 4 page faults/s', false]);
	assert.deepEqual(over({major_faults: 100}), ['', 'swapping in, 40 page faults/s', true]);
	// Whatever waits for the disk is woken by it.
	const reading = {disk_read_bytes: 12_800_000, context_switches: 100};
	assert.deepEqual(over(reading), ['reading from disk, 5000 KiB/s', '', true]);
	assert.deepEqual(over({major_faults: 100, context_switches: 100}), ['swapping in, 40 page faults/s', '', true]);
	assert.deepEqual(over({disk_read_bytes: 33_280, context_switches: 30}), ['receiving data, 12 wakeups/s', '', false]);
});
