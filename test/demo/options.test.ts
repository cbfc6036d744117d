import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseDemoArguments} from '../../source/demo/options.js';

test('defaults: twelve nodes', () => {
	assert.deepEqual(parseDemoArguments([]), {
		kind: 'run',
		options: {nodes: 12, seed: 1, calm: false, hung: 0, login: 'half', daemon: true},
	});
});

test('options of a fleet for measurements', () => {
	const argv = ['--nodes', '1000', '--calm', '--hung', '100', '--login', 'digest', '--config-dir', '/tmp/x'];
	assert.deepEqual(parseDemoArguments(argv), {
		kind: 'run',
		options: {nodes: 1000, configDir: '/tmp/x', seed: 1, calm: true, hung: 100, login: 'digest', daemon: false},
	});
});

const bad: ReadonlyArray<readonly [argv: readonly string[], message: RegExp]> = [
	[['--nodes', '0'], /^--nodes "0" is invalid: expected a whole number from 1 to 5000$/],
	[['--nodes', 'many'], /^--nodes "many" is invalid/],
	[['--nodes=-1'], /^--nodes "-1" is invalid/],
	[['--hung', '1'], /^--hung "1" is invalid: expected a whole number from 0 to 0$/],
	[['--nodes', '20', '--hung', '9'], /^--hung "9" is invalid: expected a whole number from 0 to 8$/],
	[['--login', 'basic'], /^--login "basic" is invalid: expected none, half, digest$/],
	[['--config-dir', ''], /^--config-dir "" is invalid/],
	[['--seed', '1.5'], /^--seed "1.5" is invalid/],
	[['--noodles'], /--noodles/],
	[['extra'], /extra/],
];

for (const [argv, message] of bad) {
	test(`refuses ${argv.join(' ')} with one line`, () => {
		const parsed = parseDemoArguments(argv);
		assert.equal(parsed.kind, 'bad_usage');
		assert.match(parsed.kind === 'bad_usage' ? parsed.message : '', message);
		assert.doesNotMatch(parsed.kind === 'bad_usage' ? parsed.message : '\n', /\n/);
	});
}

test('--help overrides everything else', () => {
	assert.deepEqual(parseDemoArguments(['--help']), {kind: 'help'});
});
