import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {FlapBook, judge} from '../../../source/domain/alerts/judgement.js';
import type {ApiDetails, CheckResult} from '../../../source/domain/check-result.js';
import type {State} from '../../../source/domain/state.js';
import {rulesFixture} from '../../helpers/alert-fixture.js';
import {at} from '../../helpers/fixture-time.js';
import {apiResult} from '../../helpers/snapshot-fixture.js';

describe('judge', () => {
	const withDaemons = {...rulesFixture, alert_daemons: true};
	const dead = {caused_by: 'h:18081', daemon_reachable: false} as const;
	for (const [what, state, facts, judgement] of [
		['works', 'up', {}, 'good'],
		['works with a daemon that does not answer', 'degraded', dead, 'bad'],
		[
			'works with a daemon that is behind',
			'degraded',
			{...dead, daemon_reachable: true, daemon_synchronized: false},
			'bad',
		],
		['works with a daemon that has another problem', 'degraded', {...dead, daemon_reachable: true}, 'good'],
		['works, and its daemon is not the cause', 'degraded', {daemon_reachable: false}, 'good'],
		['is busy because its daemon does not answer', 'busy', dead, 'neither'],
		['is unknown', 'unknown', dead, 'neither'],
		['is down', 'down', {}, 'bad'],
	] as ReadonlyArray<readonly [string, State, Partial<ApiDetails>, string]>) {
		it(`a node that ${what} is ${judgement}`, () =>
			assert.equal(judge(apiResult(state, facts), withDaemons), judgement));
	}

	it('without alert_daemons, a daemon that does not answer is no problem of its working node', () => {
		assert.equal(judge(apiResult('degraded', dead), rulesFixture), 'good');
	});
});

/** The results of node 1, ten seconds apart: `b` bad, `g` good, `?` unknown. */
function resultsOf(letters: string, startS = 0): readonly CheckResult[] {
	const states = {b: 'down', g: 'up', '?': 'unknown'} as const;
	return [...letters].map((letter, index) =>
		apiResult(states[letter as keyof typeof states], {last_check: at(startS + 10 * index)}),
	);
}

function bookAfter(
	letters: string,
	rules: Partial<typeof rulesFixture> = {},
	flapping: readonly number[] = [],
): FlapBook {
	const book = new FlapBook({...rulesFixture, ...rules}, flapping);
	for (const result of resultsOf(letters)) {
		book.take({node: {id: 1}, result});
	}

	return book;
}

const good = 'g'.repeat(20);

describe('FlapBook', () => {
	it('a change counts from 4 % for the oldest of 20 pairs to 6 % for the newest', () => {
		for (const [letters, percent] of [
			[`b${good}`, 4],
			[`${'g'.repeat(10)}${'b'.repeat(11)}`, 4.947],
			[`${good}b`, 6],
			[`${'gb'.repeat(10)}g`, 100],
			[`g${good}`, 0],
		] as const) {
			const isFlapping = [0, 0.01].map(more => bookAfter(letters, {flap_start: percent + more}).isFlapping(1));
			assert.deepEqual(isFlapping, [true, false], letters);
		}
	});

	it('looks at the last 21 checks only', () => {
		const rules = {flap_start: 0.01, flap_stop: 0.01};
		assert.equal(bookAfter(`${'gb'.repeat(10)}${good}`, rules).isFlapping(1), true);
		assert.equal(bookAfter(`${'gb'.repeat(10)}${good}g`, rules).isFlapping(1), false);
	});

	it('decides nothing before 21 checks', () => {
		assert.equal(bookAfter('gb'.repeat(10)).isFlapping(1), false);
		assert.equal(bookAfter(good, {}, [1]).isFlapping(1), true);
		assert.equal(bookAfter(`${good}g`, {}, [1]).isFlapping(1), false);
		assert.equal(bookAfter(good, {}, [1]).isFlapping(2), false);
	});

	it('a flapping node is flapping until less than flap_stop', () => {
		for (const [stop, isFlapping] of [
			[4, true],
			[4.01, false],
		] as const) {
			assert.equal(bookAfter(`b${good}`, {flap_start: 50, flap_stop: stop}, [1]).isFlapping(1), isFlapping);
		}
	});

	it('says how many changes in how many checks', () => {
		const rules = {flap_start: 1, flap_stop: 1};
		assert.equal(bookAfter(`${'gb'.repeat(10)}g`, rules).textOf(1), 'flapping (20 changes in 21 checks)');
		assert.equal(bookAfter(`${good}b`, rules).textOf(1), 'flapping (1 change in 21 checks)');
		assert.equal(bookAfter('b', rules, [1]).textOf(1), 'flapping (0 changes in 1 check)');
		assert.equal(bookAfter('gb', rules).textOf(1), undefined, 'it is not flapping');
		assert.equal(bookAfter('gb', rules, [1, 2]).textOf(2), undefined, 'nothing is known of it yet');
	});

	it('an unknown result is ignored', () => {
		assert.equal(bookAfter('g?b?', {}, [1]).textOf(1), 'flapping (1 change in 2 checks)');
	});

	it('after a gap, or when it is cleared, the checks start again', () => {
		for (const [gapMs, checks] of [
			[rulesFixture.coverMs, 3],
			[rulesFixture.coverMs + 1000, 1],
		] as const) {
			const book = bookAfter('gb', {}, [1]);
			const [next] = resultsOf('b', 10 + gapMs / 1000);
			assert.ok(next);
			book.take({node: {id: 1}, result: next});
			assert.match(book.textOf(1) ?? '', new RegExp(`in ${checks} check`));
		}

		const book = bookAfter('gb', {}, [1]);
		book.clear();
		assert.deepEqual([book.isFlapping(1), book.textOf(1)], [true, undefined]);
	});
});
