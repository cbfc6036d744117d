import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {detectCrashLoop, type ProcessLife, withProcessLife} from '../../../source/domain/past/crash-loop.js';
import {at as atSecond, fixtureStartMs} from '../../helpers/fixture-time.js';

const minuteMs = 60_000;
const at = (minutes: number): string => atSecond(minutes * 60);
const limits = {crash_loop: 3, crash_loop_within: 10 * minuteMs};

/** Runs that start a minute apart and work for these minutes; 0: it never answered. */
const livesOf = (...worked: readonly number[]): readonly ProcessLife[] =>
	worked.map((minutes, index) => ({
		started_at: at(index),
		...(minutes === 0 ? {} : {answered_from: at(index), answered_to: at(index + minutes)}),
	}));

describe('detectCrashLoop', () => {
	const detect = (lives: readonly ProcessLife[], nowMinutes: number, lastAnswer?: string) =>
		detectCrashLoop({lives, lastAnswer, nowMs: fixtureStartMs + nowMinutes * minuteMs}, limits);

	it('counts the starts within the period, and the time since the first of them', () => {
		assert.deepEqual(detect(livesOf(0, 0, 0), 2), {starts: 3, spanMs: 2 * minuteMs});
		assert.deepEqual(detect(livesOf(0, 0, 0, 0), 10), {starts: 4, spanMs: 10 * minuteMs}, 'at the end of the period');
		assert.deepEqual(detect(livesOf(0, 0, 0, 0), 10.01), {starts: 3, spanMs: 9.01 * minuteMs}, 'just after it');
		assert.equal(detect(livesOf(0, 0, 0), 10.01), undefined);
		assert.equal(detect(livesOf(0, 0), 2), undefined);
		assert.equal(detect([], 0), undefined);
	});

	it('a clock that was set back makes no negative time', () => {
		assert.deepEqual(detect(livesOf(0, 0, 0), -1), {starts: 3, spanMs: 0});
	});

	for (const [what, lives, workedMinutes, isLoop] of [
		['the newest has worked for less than a minute', livesOf(0, 0, 0), 0.99, true],
		['the newest has worked for a minute, and no other worked', livesOf(0, 0, 0), 1, false],
		['the newest has worked for less than twice as long as the longest', livesOf(0.5, 2, 0), 3.99, true],
		['the newest has worked for twice as long as the longest', livesOf(0.5, 2, 0), 4, false],
	] as const) {
		it(`${what}: ${isLoop ? 'still a loop' : 'over'}`, () => {
			const newest = {started_at: at(2), answered_from: at(2)};
			const all = [...lives.slice(0, -1), newest];
			assert.equal(detect(all, 7, at(2 + workedMinutes)) !== undefined, isLoop);
		});
	}

	it('is over at the latest when the newest has worked for the whole period', () => {
		const period = {crash_loop: 3, crash_loop_within: 3 * minuteMs};
		const lives = [...livesOf(2, 2), {started_at: at(2), answered_from: at(2)}];
		const isLoopAfter = (minutes: number) =>
			detectCrashLoop({lives, lastAnswer: at(2 + minutes), nowMs: fixtureStartMs + 3 * minuteMs}, period) !== undefined;
		assert.deepEqual([isLoopAfter(2.99), isLoopAfter(3)], [true, false]);
	});

	it('a process that has not answered has not worked', () => {
		assert.notEqual(detect(livesOf(0, 0, 0), 5, at(5)), undefined, 'the answer was not of the newest');
		const lives = [...livesOf(0, 0), {started_at: at(2), answered_from: at(2)}];
		assert.notEqual(detect(lives, 5), undefined);
	});
});

describe('withProcessLife', () => {
	const next = {started_at: at(30), isRestart: true};
	const life = (minutes: number, more: Partial<ProcessLife> = {}): ProcessLife => ({started_at: at(minutes), ...more});

	it('begins with the first process, and again with one that replaced none', () => {
		assert.deepEqual(withProcessLife(undefined, next, {}), [life(30)]);
		assert.deepEqual(withProcessLife([], next, {}), [life(30)]);
		assert.deepEqual(withProcessLife([life(0)], {...next, isRestart: false}, {}), [life(30)]);
	});

	it('closes a run that answered with its last answer', () => {
		const answered = life(0, {answered_from: at(1)});
		assert.deepEqual(withProcessLife([life(-5), answered], next, {lastAnswer: at(20), seenAt: at(25)}), [
			life(-5),
			{...answered, answered_to: at(20)},
			life(30),
		]);
		assert.deepEqual(withProcessLife([answered], next, {seenAt: at(25)}), [answered, life(30)]);
	});

	it('a run that never answered keeps no answer of the run before', () => {
		assert.deepEqual(withProcessLife([life(0)], next, {lastAnswer: at(-9), seenAt: at(0)})[0], life(0));
	});

	it('a restart soon after a run that never answered continues its start', () => {
		for (const [seenMinutes, since] of [
			[20, at(0)],
			[19.99, undefined],
		] as const) {
			const [, newest] = withProcessLife([life(0)], next, {seenAt: at(seenMinutes)});
			assert.equal(newest?.starting_since, since, `seen at ${seenMinutes}`);
		}

		const known = life(25, {starting_since: at(3)});
		assert.equal(
			withProcessLife([known], next, {})[1]?.starting_since,
			at(3),
			'if it is not known when it was last seen: from its start',
		);
		const answered = life(25, {answered_from: at(26)});
		assert.equal(withProcessLife([answered], next, {})[1]?.starting_since, undefined);
	});

	it('keeps the last twenty runs', () => {
		const lives = Array.from({length: 20}, (_, index) => life(index));
		const after = withProcessLife(lives, next, {});
		assert.deepEqual([after.length, after[0]?.started_at, after.at(-1)?.started_at], [20, at(1), at(30)]);
	});
});
