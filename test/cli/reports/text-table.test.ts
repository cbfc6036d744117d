import assert from 'node:assert/strict';
import {test} from 'node:test';
import stringWidth from 'string-width';
import {makeTableRow, type Row} from '../../../source/cli/reports/columns.js';
import {alignColumns, textTable} from '../../../source/cli/reports/text-table.js';
import type {Details} from '../../../source/domain/check-result.js';
import {compareNames, type FleetNode} from '../../../source/domain/fleet.js';
import {nodeFixture} from '../../helpers/store-fixture.js';

const nowMs = Date.parse('2026-11-23T20:00:00.000Z');
const style = {ascii: false, color: false, nowMs};

function row(name: string, more: Partial<Row> = {}): Row {
	const host = '127.0.0.1';
	return {id: 1, name, host, address: '127.0.0.1:1', state: 'up', disabled: false, text: 'API is responding', ...more};
}

const linesOf = (rows: readonly Row[], options: Partial<Parameters<typeof textTable>[1]> = {}): string[] =>
	textTable(rows, {...style, ...options})
		.trimEnd()
		.split('\n');

const full = row('main-node', {
	versionText: '1.25',
	latencyMs: 3.2,
	lagBlocks: 12_345,
	sinceMs: nowMs - 3_600_000,
	group: 'prod',
});

test('shows every column, aligned, numbers to the right', () => {
	assert.deepEqual(linesOf([full, row('b', {state: 'down', text: 'connection refused'})]), [
		'STATE   NAME       GROUP  ADDRESS       VER  LATENCY     LAG  FOR  MESSAGE',
		'✖ down  b                 127.0.0.1:1     –        –       –    –  connection refused',
		'● up    main-node  prod   127.0.0.1:1  1.25   3.2 ms  12,345   1h  API is responding',
	]);
});

test('ASCII: no symbols, no dashes', () => {
	const [, first, second] = linesOf([full, row('b', {state: 'down', text: 'connection refused'})], {ascii: true});
	assert.match(first ?? '', /^x down {2}b .* - +- +- +- +connection refused$/);
	assert.match(second ?? '', /^\+ up {4}main-node /);
});

test('sorts worst first, then by name in natural order; disabled nodes last', () => {
	const states = ['up', 'degraded', 'busy', 'unknown', 'down'] as const;
	const rows = [...states.map(state => row(state, {state})), row('off', {state: 'unknown', disabled: true})];
	rows.push(row('n10', {state: 'down'}), row('n2', {state: 'down'}));
	assert.deepEqual(
		linesOf(rows)
			.slice(1)
			.map(line => line.split(/ +/)[2]),
		['down', 'n2', 'n10', 'unknown', 'busy', 'degraded', 'up', 'off'],
	);
	assert.ok(compareNames('node-2', 'node-10') < 0);
});

test('a wide terminal also shows what the process uses, if known; a narrower one and a pipe do not', () => {
	const used = row('used', {cpuPercent: 12.4, memoryBytes: 38_313_984, openFiles: 22, openFilesLimit: 1024});
	const titles = (rows: readonly Row[], width?: number) =>
		(linesOf(rows, {...(width && {width})})[0] ?? '').split(/ +/);
	const isUsage = (title: string) => ['CPU', 'MEM', 'FILES'].includes(title);
	assert.deepEqual(titles([used, full], 140).filter(isUsage), ['CPU', 'MEM', 'FILES']);
	assert.match(linesOf([used], {width: 140})[1] ?? '', / 12% +37M +22\/1024 +API is responding$/);
	assert.deepEqual(titles([full], 140).filter(isUsage), []);
	assert.deepEqual(titles([used], 139).filter(isUsage), []);
	assert.deepEqual(titles([used]).filter(isUsage), []);
});

test('narrow: removes the least important columns first, and no line exceeds the terminal', () => {
	const shown: string[] = [];
	for (let width = 100; width >= 20; width -= 1) {
		const titles = (linesOf([full], {width})[0] ?? '').trim().split(/ +/);
		const text = titles.slice(1, -1).join(' ');
		if (shown.at(-1) !== text && titles.at(-1) === 'MESSAGE') {
			shown.push(text);
		}
	}

	assert.deepEqual(shown, [
		'NAME GROUP ADDRESS VER LATENCY LAG FOR',
		'NAME GROUP VER LATENCY LAG FOR',
		'NAME VER LATENCY LAG FOR',
		'NAME LATENCY LAG FOR',
		'NAME LAG FOR',
		'NAME LAG',
		'NAME',
	]);
	for (let width = 10; width <= 120; width += 1) {
		for (const line of linesOf([full, row('x'.repeat(64), {text: '很长的消息'.repeat(10)})], {width})) {
			assert.ok(stringWidth(line) <= width, `${width}: ${stringWidth(line)} ${line}`);
		}
	}
});

test('a message that does not fit ends in an ellipsis', () => {
	const [, line] = linesOf([row('a', {text: 'x'.repeat(200)})], {width: 60});
	assert.match(line ?? '', /x…$/);
	assert.match(linesOf([row('a', {text: 'x'.repeat(200)})], {width: 60, ascii: true})[1] ?? '', /x~$/);
});

test('wide and combining characters keep the columns aligned', () => {
	const groups = ['生产环境', 'é', '👩‍👩‍👧', 'ab'];
	const lines = linesOf(groups.map((group, index) => row(`n${index}`, {group, text: 'END'})));
	const starts = lines.slice(1).map(line => stringWidth(line.slice(0, line.indexOf('END'))));
	assert.deepEqual(new Set(starts).size, 1, lines.join('\n'));
	const plain = alignColumns([['GROUP', 'NEXT'], ...groups.map(group => [group, 'END'])], 4)
		.trimEnd()
		.split('\n');
	const plainStarts = plain.slice(1).map(line => stringWidth(line.slice(0, line.indexOf('END'))));
	assert.deepEqual(new Set(plainStarts).size, 1, plain.join('\n'));
});

test('colors only lines with a problem, and changes nothing else', () => {
	const rows = [full, row('b', {state: 'down'}), row('c', {disabled: true, state: 'unknown'})];
	const painted = linesOf(rows, {color: true});
	const plain = linesOf(rows);
	assert.deepEqual(painted, [plain[0], `\u001B[1;31m${plain[1]}\u001B[0m`, plain[2], `\u001B[2m${plain[3]}\u001B[0m`]);
});

test('the row of a node: reason instead of message, the lag of wallet and daemon, no unknown values', () => {
	const details = {
		method: 'api',
		message: 'API is responding',
		reason: 'daemon is 4 blocks behind',
		state: 'degraded',
		latency_ms: 3,
		last_check: '2026-11-23T19:59:59.000Z',
		url: 'x',
		version: 65_561,
		version_text: '1.25',
		wallet_lag: 2,
		daemon_lag: 4,
	} as Details;
	const fleetNode: FleetNode = {
		node: nodeFixture('a', 7, {host: '::1', port: 5, title: 'A', daemon: 'h:1'}),
		nodeState: {states: {api: {state: 'degraded', since: '2026-11-23T19:00:00.000Z', last_check: details.last_check}}},
		result: {status: true, details},
		checking: false,
		disabled: false,
	};
	assert.deepEqual(makeTableRow(fleetNode, 'api'), {
		id: 7,
		name: 'a',
		title: 'A',
		host: '::1',
		address: '[::1]:5',
		daemon: 'h:1',
		state: 'degraded',
		disabled: false,
		text: 'daemon is 4 blocks behind',
		versionText: '1.25',
		latencyMs: 3,
		lagBlocks: 6,
		sinceMs: Date.parse('2026-11-23T19:00:00.000Z'),
	});
	const unchecked = makeTableRow({node: nodeFixture('b', 8), nodeState: {}, checking: false, disabled: false}, 'api');
	assert.deepEqual(unchecked, {
		id: 8,
		name: 'b',
		host: '127.0.0.1',
		address: '127.0.0.1:18088',
		state: 'unknown',
		disabled: false,
		text: 'not checked yet',
	});
});
