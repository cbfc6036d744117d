import assert from 'node:assert/strict';
import {test} from 'node:test';
import {commandOf, commands, keyName, keyRows, type Mode} from '../../../source/tui/view/commands.js';

/** The keys of the contract, section 8. */
const contractKeys =
	'up down j k g G pageup pagedown home end enter escape left backspace m 1 2 3 4 r R p + - / e N S L V F I t a E x D y l c w ? q'.split(
		' ',
	);

test('every key of the contract is a command of the table or of a page', () => {
	for (const key of contractKeys) {
		assert.ok(commandOf('table', key), `${key} does nothing in the table`);
	}

	for (const key of ['[', ']', 'escape', 'left', 'backspace', 'y', 'l', 'r', 'c', 'w', '?', 'q']) {
		assert.ok(commandOf('details', key), `${key} does nothing in the diagnostics`);
	}
});

test('no key has two meanings in one place', () => {
	const modes: readonly Mode[] = [
		'table',
		'details',
		'json',
		'transitions',
		'help',
		'picker',
		'filter',
		'confirm',
		'form',
	];
	for (const mode of modes) {
		const keys = Object.values(commands)
			.filter(command => command.modes.includes(mode))
			.flatMap(command => command.keys);
		assert.equal(new Set(keys).size, keys.length, mode);
	}
});

test('the list of keys names every key once', () => {
	const listed = keyRows().flatMap(({keys}) => keys.split(' '));
	const expected = new Set([...Object.values(commands).flatMap(({keys}) => keys.map(keyName)), 'Ctrl-C']);
	assert.deepEqual(new Set(listed), expected);
	assert.equal(listed.length, new Set(listed).size);
	assert.deepEqual(keyRows()[0], {
		keys: '↑ ↓ g G PgUp PgDn k j Home End Ctrl-U Ctrl-D',
		does: 'move the selection, which follows the node',
	});
});
