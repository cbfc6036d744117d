import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import process from 'node:process';
import {test} from 'node:test';
import {
	type ActionNode,
	commandText,
	expandCommand,
	isRestartAwaited,
	needsFreshCheck,
	type PlaceholderValues,
	parseAction,
	placeholders,
	placeholderValues,
	restartLoss,
	stateRefusal,
	withAction,
} from '../../source/domain/actions.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {InputError} from '../../source/domain/input-error.js';
import {fleetNode} from '../helpers/fleet-fixture.js';

const values = (given: Readonly<Record<string, string>> = {}): PlaceholderValues => ({
	...(Object.fromEntries(
		Object.keys(placeholders).map(name => [name, {missing: 'nobody knows'}]),
	) as PlaceholderValues),
	...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, {value}])),
});

const refused = (action: object, message: RegExp): void => {
	assert.throws(
		() => parseAction({name: 'a', command: ['echo'], ...action}, 'action "a"'),
		(error: unknown) => error instanceof InputError && /^[^\n]+$/.test(error.message) && message.test(error.message),
	);
};

test('keeps an action as given, without default values', () => {
	const restart = {
		name: 'restart',
		key: 'r',
		on: ['down', 'busy'],
		restarts: true,
		command: ['systemctl', 'restart', '{unit}'],
	};
	assert.deepEqual(parseAction({...restart, follow: false}, ''), restart);
	assert.deepEqual(parseAction({name: 'logs', command: ['x'], key: undefined, on: undefined}, ''), {
		name: 'logs',
		command: ['x'],
	});
});

test('refuses an invalid action with one line', () => {
	refused({name: 'a b'}, /^action "a": name "a b" is invalid: expected 1 to 64 of/);
	refused({name: '-rf'}, /name "-rf" is invalid/);
	for (const key of ['', 'ab', ' ', 'ä', '\u0001', 'q', 'j', 'G']) {
		refused({key}, /key ".*" is invalid: expected one printable ASCII character, but none of g G j k q/);
	}

	refused({on: ['foo']}, /on "foo" is invalid: expected states separated by commas: up, degraded, busy, unknown, down/);
	refused({on: []}, /on "" is invalid/);
	refused({restarts: 'yes'}, /"yes" is invalid: expected true or false/);
	refused({color: 'red'}, /"color" is not a field of an action/);
	refused({command: []}, /command is missing/);
	refused({command: ['echo', '{units}']}, /\{units\} is not a placeholder: \{name\}, .*; did you mean \{unit\}\?$/);
	refused({command: ['echo', '{Name}']}, /\{Name\} is not a placeholder/);
	refused({command: ['{unit}']}, /the program "\{unit\}" is invalid/);
	refused({command: ['echo', 'a\nb']}, /argument "a\\nb" contains a line break/);
	refused({command: ['echo', '\u202Eb']}, /contains a line break, or a control or invisible character/);
});

test('refuses a placeholder in a shell script, where its value would be run as code', () => {
	for (const command of [
		['sh', '-c', 'kill {pid}'],
		['sudo', '/bin/bash', '-ec', 'echo {name}'],
		['env', 'A=1', 'zsh', '-c', '{name}'],
	]) {
		refused({command}, /would be run as code: use "\$1" there/);
	}

	const harmless = ['sh', '-c', 'echo "$1"', 'sh', '{name}'];
	assert.deepEqual(parseAction({name: 'a', command: harmless}, '').command, harmless);
});

test('refuses a name or key that is already used', () => {
	const [one, two] = [
		{name: 'one', key: 'r', command: ['x']},
		{name: 'two', key: 'r', command: ['x']},
	] as const;
	assert.throws(
		() => withAction([one], two, 'action "two"'),
		/^InputError: action "two": key r is already used by the action one$/,
	);
	assert.throws(() => withAction([one], one, 'here'), /here: name one is already used by the action one$/);
	assert.equal(withAction([one], {name: 'two', command: ['x']}, '').length, 2);
});

/** Values that have a meaning for a shell, or for a program that splits words. */
const oddValues = [
	'plain',
	'two words',
	' edges ',
	"it's",
	'say "hi"',
	'$HOME $(id) `id` $x',
	'a;b|c&d>e<f',
	'* ? [a] ~ {a,b} !x',
	'back\\slash',
	'{name}',
	'$&$1$$',
	'ünï→',
];

test('any value stays one argument, and the shown command line reads back the same in a shell', () => {
	for (const value of oddValues) {
		const expanded = expandCommand(
			['printf', '[%s]', '{unit}', 'x{unit}y', '{name}'],
			values({unit: value, name: 'n'}),
		);
		assert.ok('argv' in expanded, value);
		assert.deepEqual(expanded.argv, ['printf', '[%s]', value, `x${value}y`, 'n']);
		const said = execFileSync('sh', ['-c', commandText(expanded.argv)], {
			encoding: 'utf8',
			env: {PATH: process.env.PATH},
		});
		assert.equal(said, `[${value}][x${value}y][n]`);
	}
});

test('refuses values with line breaks or control characters', () => {
	for (const value of ['', 'a\nb', 'a\r', 'a\0b', 'a\u001B[2J', 'a\u202Eb', 'a\u200Bb', 'a\tb']) {
		const expanded = expandCommand(['echo', '{container}'], values({container: value}));
		assert.ok('problem' in expanded, JSON.stringify(value));
		assert.match(expanded.problem, /^\{container\} is ".*", which is empty or contains a line break, or a control/);
	}
});

test('refuses a value that starts an option, unless -- stands directly before the values', () => {
	const odd = values({unit: '-rf', name: 'a'});
	const problem = (command: readonly string[]) => {
		const expanded = expandCommand(command, odd);
		return 'problem' in expanded ? expanded.problem : expanded.argv.join(' ');
	};
	assert.match(problem(['rm', '{unit}']), /^"-rf" would be taken for an option: put -- in front of \{unit\} where/);
	assert.match(problem(['sudo', '--', 'systemctl', 'restart', '{unit}']), /would be taken for an option/);
	assert.match(problem(['x', '{unit}', '--']), /would be taken for an option/);
	assert.equal(problem(['rm', '--', '{unit}']), 'rm -- -rf');
	assert.equal(problem(['rm', '--', '{name}', '{unit}']), 'rm -- a -rf');
	assert.equal(problem(['x', '-u{unit}']), 'x -u-rf');
	assert.equal(problem(['x', 'unit={unit}']), 'x unit=-rf');
	assert.match(
		problem(['x', '--', 'y', '{unit}']),
		/would be taken for an option/,
		'what follows is of another program',
	);
	assert.match(problem(['x', '{name}', '{unit}']), /would be taken for an option/);
});

test('names an unknown placeholder, with the reason', () => {
	assert.deepEqual(expandCommand(['systemctl', 'restart', '{unit}'], values()), {
		problem: '{unit} is not known: nobody knows',
	});
	assert.deepEqual(expandCommand(['docker', 'ps', '{{.Names}}', '{}', '{ x }', '{a b}'], values()), {
		argv: ['docker', 'ps', '{{.Names}}', '{}', '{ x }', '{a b}'],
	});
});

const placed = {pid: 4711, started_at: '2026-11-23T19:00:00.000Z', unit: 'wallet@hot.service'};

/** A node with facts in its result, and with remembered facts. */
function nodeWith(
	details: object = {},
	nodeState: object = {},
	state: 'up' | 'degraded' | 'busy' | 'down' = 'up',
): ActionNode {
	const known = fleetNode({name: 'hot-1', state, daemon: '10.0.0.5:18081'});
	const result = {status: true, details: {...known.result?.details, ...details}} as CheckResult;
	return {...known, result, nodeState: {...known.nodeState, ...nodeState}};
}

const valueFor = (seen: ActionNode, name: keyof PlaceholderValues): unknown => {
	const known = placeholderValues(seen)[name];
	return 'value' in known ? known.value : known;
};

test('placeholders have the values of the node and of its process', () => {
	const seen = nodeWith({...placed, container: 'a'.repeat(64)});
	const names = Object.keys(placeholders) as (keyof PlaceholderValues)[];
	assert.deepEqual(Object.fromEntries(names.map(name => [name, valueFor(seen, name)])), {
		name: 'hot-1',
		host: '127.0.0.1',
		port: '18083',
		pid: '4711',
		unit: 'wallet@hot.service',
		container: 'a'.repeat(12),
		daemon: '10.0.0.5:18081',
	});
});

test('an ended process has no pid, but still the unit and container it ran in', () => {
	const gone = nodeWith({}, {process: {...placed, container: 'hot'}}, 'down');
	assert.deepEqual(valueFor(gone, 'pid'), {missing: 'its process is not seen'});
	assert.equal(valueFor(gone, 'unit'), 'wallet@hot.service');
	assert.equal(valueFor(gone, 'container'), 'hot');
	assert.deepEqual(valueFor(nodeWith(), 'unit'), {missing: 'its process was not seen in a systemd unit'});
	assert.deepEqual(valueFor(nodeWith(), 'container'), {missing: 'its process was not seen in a container'});
});

test('the pid is that of a process which the last check saw as that of the node', () => {
	const pidIn = (details: object, status = true) => {
		const seen = nodeWith(details);
		return valueFor({...seen, result: {...seen.result, status} as CheckResult}, 'pid');
	};
	const missing = {missing: 'its process is not seen'};
	assert.deepEqual(pidIn({method: 'pid', pid: 4711}), '4711');
	assert.deepEqual(pidIn({method: 'pid', pid: 4711}, false), missing, 'the pid belongs to another program');
	assert.deepEqual(pidIn({method: 'api', pid: 4711}, false), '4711');
	assert.deepEqual(pidIn({method: 'api', pid: undefined}), missing);
	const pidPart = {pid: {status: true, details: {pid: 4711}}};
	assert.deepEqual(pidIn({method: 'full', checks: pidPart}), '4711');
	assert.deepEqual(pidIn({method: 'full', checks: {pid: {...pidPart.pid, status: false}}}), missing);
	assert.deepEqual(valueFor({...nodeWith(), result: undefined} as unknown as ActionNode, 'pid'), missing);
});

test('a restarted node is awaited for two minutes, one that is busy or catches up for fifteen', () => {
	for (const [state, waitMs] of [
		[undefined, 120_000],
		['down', 120_000],
		['unknown', 120_000],
		['busy', 900_000],
		['degraded', 900_000],
	] as const) {
		assert.deepEqual(
			[isRestartAwaited(state, waitMs - 1), isRestartAwaited(state, waitMs)],
			[true, false],
			String(state),
		);
	}
});

test('does not act on a unit that does not belong to the wallet', () => {
	for (const unit of ['ssh.service', 'docker.service', 'user@1000.service', 'cron.service', 'supervisor.service']) {
		assert.deepEqual(valueFor(nodeWith({...placed, unit}), 'unit'), {
			missing: `its process runs in ${unit}, which is not a unit of its own`,
		});
	}
});

test('refuses an action for a state that it does not name', () => {
	const action = {name: 'restart', command: ['x'], on: ['down', 'busy']} as const;
	assert.equal(stateRefusal(action, 'busy'), undefined);
	assert.equal(stateRefusal(action, 'up'), 'restart is for nodes that are down or busy; this one is up');
	assert.equal(stateRefusal({name: 'x', command: ['x']}, 'up'), undefined);
});

test('restarts and commands with {pid} need a fresh check', () => {
	assert.equal(needsFreshCheck({name: 'x', restarts: true, command: ['x']}), true);
	assert.equal(needsFreshCheck({name: 'x', command: ['kill', '{pid}']}), true);
	assert.equal(needsFreshCheck({name: 'x', command: ['journalctl', '-fu', '{unit}']}), false);
});

test('warns what a restart would lose only while a scan or a sync advances', () => {
	const loses = (details: object, state: 'up' | 'degraded' | 'busy' | 'down', nodeState: object = {}) =>
		restartLoss(nodeWith(details, nodeState, state), 5);
	assert.equal(
		loses({wallet_height: 2_911_004, wallet_lag: 90_000, catch_up_blocks_per_s: 61}, 'degraded'),
		'scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved',
	);
	assert.equal(
		loses({wallet_height: 2_911_004, wallet_lag: 90_000}, 'degraded'),
		'scanning at 2,911,004, 90,000 blocks behind; a kill loses what is not saved',
	);
	assert.equal(
		loses({scanning: true, catch_up_blocks_per_s: 61, wallet_lag: 9}, 'busy', {wallet_height: 2_911_004}),
		'scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved',
	);
	assert.equal(
		loses({reason: 'starting (98 % CPU)'}, 'busy', {wallet_height: 12}),
		'busy (starting (98 % CPU)); a kill loses what is not saved',
	);
	assert.match(loses({cpu_cores: 0.9, reason: 'no answer for more than 30 m'}, 'down') ?? '', /^busy \(no answer/);
	assert.match(loses({scanning: true, reason: 'scanning'}, 'busy') ?? '', /^scanning \(scanning\)/);
	assert.match(loses({catch_up_blocks_per_s: 61}, 'busy') ?? '', /^scanning 61 blocks\/s;/);
	for (const nothing of [
		loses({cpu_cores: 0, reason: 'process stopped'}, 'down'),
		loses({wallet_height: 5, wallet_lag: 90_000, stalled: true}, 'degraded'),
		loses({wallet_height: 5, wallet_lag: 3}, 'degraded'),
		loses({wallet_height: 5, wallet_lag: 0}, 'up'),
		restartLoss({...nodeWith(), result: undefined} as unknown as ActionNode, 5),
	]) {
		assert.equal(nothing, undefined);
	}
});

test('the help and the guide name every placeholder', () => {
	const help = readFileSync(new URL('../../source/cli/command-help.ts', import.meta.url), 'utf8');
	const guide = readFileSync(new URL('../../docs/actions.md', import.meta.url), 'utf8');
	for (const name of Object.keys(placeholders)) {
		assert.ok(help.includes(`{${name}}`), name);
		assert.ok(guide.includes(`\`{${name}}\``), name);
	}
});
