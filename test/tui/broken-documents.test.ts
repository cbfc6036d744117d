import assert from 'node:assert/strict';
import {test} from 'node:test';
import {statusDocument} from '../../source/domain/status-document.js';
import {fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {documentOf, type Json, nodesOf} from '../helpers/remote-document.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {plainLines} from '../helpers/screen-text.js';

test('no broken document breaks the screen', () => {
	let seed = 20_261_124;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor(seed / 65_536) % below;
	};
	const odd: readonly unknown[] = [
		null,
		'',
		-1,
		1e300,
		[],
		{},
		true,
		'\u001B[31m',
		[[]],
		{details: {}},
		'up',
		'full',
		'日本'.repeat(400),
	];
	const breakSomewhere = (value: Json): unknown => {
		if (typeof value !== 'object' || value === null || random(4) === 0) {
			return odd[random(odd.length)];
		}

		const keys = Object.keys(value);
		const key = keys[random(Math.max(1, keys.length))];
		return key === undefined ? value : Object.assign(value, {[key]: breakSomewhere(value[key])});
	};
	let accepted = 0;
	for (let round = 0; round < 1500; round += 1) {
		const document = documentOf();
		document.nodes[0] = breakSomewhere(document.nodes[0]);
		const nodes = nodesOf(round % 3 === 0 ? breakSomewhere(document) : document);
		if (nodes.length > 0) {
			accepted += 1;
			const store = screenStoreFixture({...fleetSnapshot([]), nodes});
			for (const command of ['open', 'json', 'transitions'] as const) {
				plainLines(store);
				store.dispatch({type: 'command', command});
			}

			statusDocument({method: 'api', checkedAtMs: fleetNowMs, durationMs: 1, nodes});
		}
	}

	assert.ok(accepted > 50, `${accepted} were accepted`);
});
