import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createAttention} from '../../source/tui/attention.js';
import {fleetSnapshot, type NodeSpec} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';

const specs = (a: NodeSpec['state'], b: NodeSpec['state']): readonly NodeSpec[] => [
	{name: 'a', ...(a ? {state: a} : {})},
	{name: 'b', ...(b ? {state: b} : {})},
];

function openAttention(bell: 'off' | 'down' | 'any') {
	const store = screenStoreFixture(fleetSnapshot(specs('up', 'up')));
	let written = '';
	const attention = createAttention({
		getUiState: store.getUiState,
		write: bytes => {
			written += bytes;
		},
		bell,
	});
	const takeWritten = (): string => {
		const taken = written;
		written = '';
		return taken;
	};

	return {
		attention,
		takeWritten,
		become: (a: NodeSpec['state'], b: NodeSpec['state']): string => {
			store.snapshot = fleetSnapshot(specs(a, b));
			store.invalidate();
			attention.fleetChanged();
			return takeWritten();
		},
	};
}

test('the title shows the worst state of the fleet, and is restored at the end', () => {
	const {attention, become, takeWritten} = openAttention('off');
	attention.enter();
	assert.equal(takeWritten(), '\u001B[22;0t\u001B]2;xmrtop: 2 up\u0007');
	assert.equal(become('up', 'up'), '');
	assert.equal(become('down', 'degraded'), '\u001B]2;xmrtop: 1 down\u0007');
	assert.equal(become('up', 'degraded'), '\u001B]2;xmrtop: 1 degraded\u0007');
	attention.leave();
	assert.equal(takeWritten(), '\u001B[23;0t');
	assert.equal(become('down', 'down'), '', 'no output while another program has the terminal');
	attention.enter();
	assert.equal(takeWritten(), '\u001B[22;0t\u001B]2;xmrtop: 2 down\u0007');
});

test('the bell rings when a node goes down, and with "any" also at other changes', () => {
	const bells = (bell: 'off' | 'down' | 'any'): string => {
		const {attention, become} = openAttention(bell);
		attention.enter();
		const changes = [
			['up', 'up'],
			['down', 'up'],
			['down', 'up'],
			['down', 'degraded'],
			['up', 'down'],
		] as const;
		return changes
			.map(([a, b]) => {
				const [bell, title] = ['\u0007', '\u001B]2;'];
				const written = become(a, b);
				return written.startsWith(bell) && !written.startsWith(title) ? '!' : '.';
			})
			.join('');
	};

	assert.equal(bells('off'), '.....');
	assert.equal(bells('down'), '.!..!');
	assert.equal(bells('any'), '.!.!!');
});
