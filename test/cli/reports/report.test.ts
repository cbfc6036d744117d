import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseCliArguments} from '../../../source/cli/flags.js';
import {detectOutputStyle} from '../../../source/cli/output.js';
import {csvCell, statusCsv} from '../../../source/cli/reports/text-table.js';
import {readStateFlag, resolveRunSettings} from '../../../source/cli/run-settings.js';
import {InputError} from '../../../source/domain/input-error.js';
import {type State, states, stateWords} from '../../../source/domain/state.js';
import {failLevels, hasFailingNode, type NodeReport} from '../../../source/domain/status-document.js';
import {statusDocumentFixture} from '../../helpers/status-document-fixture.js';

test('quotes CSV cells where needed, and writes no formula and no control character', () => {
	const rows: ReadonlyArray<readonly [value: string | number | boolean | undefined, cell: string]> = [
		['plain', 'plain'],
		['', ''],
		[undefined, ''],
		[true, 'true'],
		[3.2, '3.2'],
		[-1, '-1'],
		['a,b', '"a,b"'],
		['say "hi"', '"say ""hi"""'],
		['two\nlines', 'two lines'],
		['a\u0000\u001B[31mb', 'ab'],
		['=1+1', "'=1+1"],
		['+1', "'+1"],
		['-1', "'-1"],
		['@SUM(A1)', "'@SUM(A1)"],
		['\t=1', "'=1"],
		['\r=1', "'=1"],
		['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
		['a=1', 'a=1'],
	];
	for (const [value, cell] of rows) {
		assert.equal(csvCell(value), cell, JSON.stringify(value));
	}
});

function report(state: State, more: Partial<NodeReport> = {}): NodeReport {
	const status = stateWords[state].works;
	return {id: 1, name: 'n', status, state, message: 'm', latency_ms: 1, details: {} as NodeReport['details'], ...more};
}

test('CSV: a header and a line per node, ending in CRLF', () => {
	assert.equal(
		statusCsv(statusDocumentFixture(report('down', {group: '=x', reason: 'a, "b"', version_text: '1.25', since: 's'}))),
		'id,name,group,status,state,message,reason,version_text,latency_ms,since\r\n' +
			'1,n,\'=x,false,down,m,"a, ""b""",1.25,1,s\r\n',
	);
	assert.equal(statusCsv(statusDocumentFixture()).split('\r\n').length, 2);
});

test('--fail-on: the states that fail at each level', () => {
	const beyond = {degraded: 'degraded busy unknown down', failed: 'busy unknown down', down: 'unknown down'};
	for (const level of failLevels) {
		const failing = states.filter(state => hasFailingNode(statusDocumentFixture(report('up'), report(state)), level));
		assert.equal(failing.join(' '), beyond[level], level);
		assert.equal(hasFailingNode(statusDocumentFixture(), level), false, 'an empty fleet fails nothing');
	}
});

test('color: flag, NO_COLOR, FORCE_COLOR, TERM=dumb or no terminal, in this order', () => {
	const rows: ReadonlyArray<
		readonly [flag: boolean | undefined, env: Record<string, string>, tty: boolean, color: boolean]
	> = [
		[undefined, {}, true, true],
		[undefined, {}, false, false],
		[undefined, {TERM: 'dumb'}, true, false],
		[undefined, {TERM: 'dumb', FORCE_COLOR: '1'}, true, true],
		[undefined, {FORCE_COLOR: '1'}, false, true],
		[undefined, {FORCE_COLOR: 'true'}, false, true],
		[undefined, {FORCE_COLOR: '0'}, true, false],
		[undefined, {FORCE_COLOR: 'false'}, true, false],
		[undefined, {FORCE_COLOR: ''}, true, true],
		[undefined, {NO_COLOR: '1'}, true, false],
		[undefined, {NO_COLOR: '0'}, true, false],
		[undefined, {NO_COLOR: ''}, true, true],
		[undefined, {NO_COLOR: '1', FORCE_COLOR: '3'}, true, false],
		[undefined, {NO_COLOR: '', FORCE_COLOR: '3'}, false, true],
		[false, {FORCE_COLOR: '3'}, true, false],
		[true, {NO_COLOR: '1'}, false, true],
	];
	for (const [color, env, isTerminal, expected] of rows) {
		const style = detectOutputStyle({color}, env, isTerminal);
		assert.equal(style.color, expected, JSON.stringify([color, env, isTerminal]));
	}
});

test('ASCII: flag, TERM=linux, or no UTF-8 locale; LC_ALL before LC_CTYPE before LANG', () => {
	const rows: ReadonlyArray<
		readonly [flags: {ascii?: boolean; unicode?: boolean}, env: Record<string, string>, ascii: boolean]
	> = [
		[{}, {LANG: 'en_US.UTF-8'}, false],
		[{}, {LANG: 'C.utf8'}, false],
		[{}, {}, true],
		[{}, {LANG: 'C'}, true],
		[{}, {LC_ALL: 'C', LANG: 'en_US.UTF-8'}, true],
		[{}, {LC_CTYPE: 'en_US.UTF-8', LANG: 'C'}, false],
		[{}, {LC_ALL: '', LANG: 'en_US.UTF-8'}, false],
		[{}, {LANG: 'en_US.UTF-8', TERM: 'linux'}, true],
		[{unicode: true}, {TERM: 'linux'}, false],
		[{ascii: true}, {LANG: 'en_US.UTF-8'}, true],
		[{ascii: true, unicode: true}, {LANG: 'en_US.UTF-8'}, true],
	];
	for (const [flags, env, ascii] of rows) {
		assert.equal(detectOutputStyle(flags, env, true).ascii, ascii, JSON.stringify([flags, env]));
	}
});

test('the settings of a run: defaults, then the file, then flags', () => {
	const file = {nodes: [], next_id: 1, settings: {interval: '9s', method: 'pid', slow: '2s'}} as const;
	const settings = (...argv: string[]) => resolveRunSettings(file, parseCliArguments(argv).flags, 'nodes.json');
	const {interval, method, slow, timeout, concurrency} = settings();
	assert.deepEqual([interval, method, slow, timeout, concurrency], [9000, 'pid', 2000, 3000, 256]);
	const flagged = settings('-i', '2m', '--method', 'full', '--timeout=500ms', '--concurrency', '8');
	assert.deepEqual(
		[flagged.interval, flagged.method, flagged.slow, flagged.timeout, flagged.concurrency],
		[120_000, 'full', 2000, 500, 8],
	);
	assert.throws(
		() => resolveRunSettings({...file, settings: {interval: 'x'}}, parseCliArguments([]).flags, 'nodes.json'),
		(error: unknown) => error instanceof InputError && error.message.startsWith('nodes.json: interval "x" is invalid'),
	);
	assert.equal(readStateFlag(parseCliArguments([]).flags), undefined);
	assert.equal(readStateFlag(parseCliArguments(['--state', 'busy']).flags), 'busy');
});

test('parses a command line', () => {
	const {input, flags, unknown} = parseCliArguments([
		'status',
		'-m',
		'full',
		'a',
		'--no-save',
		'--title=',
		'--pid',
		'-5',
		'--',
		'-x',
	]);
	assert.deepEqual(input, ['status', 'a', '-x']);
	assert.deepEqual(unknown, []);
	assert.deepEqual([...flags.given].toSorted(), ['method', 'pid', 'save', 'title']);
	assert.deepEqual([flags.text('method'), flags.text('title'), flags.text('pid')], ['full', '', '-5']);
	assert.deepEqual([flags.isOn('save'), flags.isOn('json'), flags.text('group')], [false, undefined, undefined]);
	assert.deepEqual(parseCliArguments(['1', '007', '1e3']).input, ['1', '007', '1e3'], 'numbers stay as typed');
	assert.deepEqual(parseCliArguments(['--nope', '--__proto__', '-x']).unknown, ['--nope', '--__proto__', '-x']);
});
