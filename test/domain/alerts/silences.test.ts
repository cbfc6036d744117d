import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	findMeantSilences,
	isActiveSilence,
	parseSilenceMs,
	readActiveSilences,
	type Silence,
	type SilenceStore,
	silenceDurationForm,
	silenceOf,
	silenceSubject,
	silenceText,
	withSilence,
	withSilencesEnded,
} from '../../../source/domain/alerts/silences.js';
import {InputError} from '../../../source/domain/input-error.js';
import {fixtureStartMs as startMs} from '../../helpers/fixture-time.js';
import {nodeFixture} from '../../helpers/store-fixture.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const at = (ms: number): string => new Date(startMs + ms).toISOString();

/** A silence of every node that lasts an hour from the start. */
const silence = (more: Partial<Silence> = {}): Silence => ({
	id: 1,
	by: 'ann@host',
	at: at(0),
	until: at(hourMs),
	...more,
});

describe('isActiveSilence', () => {
	for (const [what, ms, isActive] of [
		['at its start', 0, true],
		['one millisecond before its end', hourMs - 1, true],
		['at its end', hourMs, false],
		['after the clock was set back by an hour', -hourMs, true],
		['after the clock was set back by more than an hour', -hourMs - 1, false],
	] as const) {
		it(`${what}: ${isActive}`, () => assert.equal(isActiveSilence(silence(), startMs + ms), isActive));
	}
});

describe('silenceOf', () => {
	const node = nodeFixture('a', 3, {group: 'hot'});
	for (const [what, about, daemon, isAbout] of [
		['all nodes', {}, undefined, true],
		['the node, by its id, whatever its name was', {nodes: [{id: 3, name: 'former'}]}, undefined, true],
		[
			'the node among others',
			{
				nodes: [
					{id: 1, name: 'b'},
					{id: 3, name: 'a'},
				],
			},
			undefined,
			true,
		],
		['another node with the same name', {nodes: [{id: 4, name: 'a'}]}, undefined, false],
		['its group', {group: 'hot'}, undefined, true],
		['another group', {group: 'cold'}, undefined, false],
		['the daemon that causes its problem, with or without TLS', {daemon: 'h:18081'}, 'https://h:18081', true],
		['another daemon', {daemon: 'i:18081'}, 'h:18081', false],
		['a daemon while its problem has no cause', {daemon: 'h:18081'}, undefined, false],
	] as const) {
		it(`${what}: ${isAbout}`, () => {
			const one = silence(about);
			assert.equal(silenceOf([one], node, daemon), isAbout ? one : undefined);
		});
	}

	it('finds the one that expires last', () => {
		const [early, late] = [silence({id: 1}), silence({id: 2, until: at(2 * hourMs)})];
		assert.deepEqual([silenceOf([early, late], node)?.id, silenceOf([late, early], node)?.id], [2, 2]);
		assert.equal(silenceOf([early, silence({id: 3})], node)?.id, 1, 'of two with the same end, the first');
		assert.equal(silenceOf([], node), undefined);
	});

	it('the silence of a daemon applies to every form of its address', () => {
		const daemon = '10.0.0.5:18081';
		const isSilenced = (silenced: string, cause?: string) =>
			silenceOf([silence({daemon: silenced})], node, cause) !== undefined;
		assert.equal(isSilenced(daemon, `https://${daemon}`), true);
		assert.equal(isSilenced(`https://${daemon}`, daemon), true);
		assert.equal(isSilenced(daemon, daemon), true);
		assert.equal(isSilenced(daemon, 'i:18081'), false);
		assert.equal(isSilenced(daemon), false);
	});
});

describe('parseSilenceMs', () => {
	for (const [text, ms] of [
		['2h', 2 * hourMs],
		['8784h', 366 * dayMs],
		['8785h', undefined],
		['soon', undefined],
	] as const) {
		it(`${text}: ${ms}`, () => assert.equal(parseSilenceMs(text), ms));
	}

	it('says what is allowed', () => assert.match(silenceDurationForm, /^a duration such as .*, at most 8784h$/));
});

describe('readActiveSilences', () => {
	const store = (silences: readonly Silence[], problem?: string): SilenceStore => ({
		path: '/silences.json',
		whoAmI: () => 'ann@host',
		read: () => silences,
		problem: () => problem,
		update: async change => change(silences),
	});

	it('leaves out those that have ended', () => {
		const past = silence({id: 2, until: at(1)});
		const ids = readActiveSilences(store([silence(), past]), startMs + 2).map(({id}) => id);
		assert.deepEqual(ids, [1]);
	});

	it('throws if the file cannot be read', () => {
		assert.throws(
			() => readActiveSilences(store([], '/silences.json is not readable'), startMs),
			error =>
				error instanceof InputError &&
				error.code === 'invalid_config' &&
				error.message === '/silences.json is not readable',
		);
	});
});

describe('findMeantSilences', () => {
	const silences = [
		silence({id: 1, nodes: [{id: 7, name: 'old'}]}),
		silence({
			id: 2,
			nodes: [
				{id: 8, name: 'b'},
				{id: 9, name: 'c'},
			],
		}),
		silence({id: 12, group: 'hot'}),
	];
	const configured = [
		{id: 7, name: 'new'},
		{id: 8, name: 'b'},
		{id: 10, name: 'old'},
	];
	const found = (...words: readonly string[]) =>
		findMeantSilences(silences, words, configured, word => new InputError('bad_usage', `no ${word}`)).map(({id}) => id);
	for (const [what, words, ids] of [
		['by its id', ['2'], [2]],
		['an id of two digits', ['12'], [12]],
		['by the name of a node', ['b'], [2]],
		['by the name of a second node, which is no longer configured', ['c'], [2]],
		['by the present name of a renamed node', ['new'], [1]],
		['several, each once, in their order', ['b', '1', '2'], [1, 2]],
	] as const) {
		it(what, () => assert.deepEqual(found(...words), ids));
	}

	for (const [what, words, missing] of [
		['an unknown id', ['1', '3'], '3'],
		['an unknown name', ['nope'], 'nope'],
		['a former name that another node has now', ['old'], 'old'],
		['an id within a word', ['x1'], 'x1'],
		['a word that begins with an id', ['1x'], '1x'],
	] as const) {
		it(`${what} is an error`, () => assert.throws(() => found(...words), {message: `no ${missing}`}));
	}
});

describe('withSilence', () => {
	const fresh = {by: 'bob@host', reason: 'restart', group: 'hot', forMs: 2 * hourMs} as const;

	it('adds it last, with the next id', () => {
		const all = withSilence([silence({id: 5}), silence({id: 3})], fresh, startMs);
		assert.deepEqual(
			all.map(({id}) => id),
			[5, 3, 6],
		);
		assert.deepEqual(all[2], {
			id: 6,
			by: 'bob@host',
			reason: 'restart',
			group: 'hot',
			at: at(0),
			until: at(2 * hourMs),
		});
	});

	it('gives the first one the id 1', () => assert.equal(withSilence([], fresh, startMs)[0]?.id, 1));

	it('removes those that ended more than a day ago, and never reuses their ids', () => {
		const all = withSilence([silence({id: 1, until: at(0)}), silence({id: 9, until: at(-1)})], fresh, startMs + dayMs);
		assert.deepEqual(
			all.map(({id}) => id),
			[1, 10],
		);
	});
});

describe('withSilencesEnded', () => {
	it('ends those that are meant and would last longer', () => {
		const [one, other, short] = [silence({id: 1}), silence({id: 2}), silence({id: 3, until: at(1000)})];
		assert.deepEqual(
			withSilencesEnded([one, other, short], ({id}) => id !== 2, startMs + 1000),
			[{...one, until: at(1000), ended: true}, other, short],
		);
	});
});

describe('in words', () => {
	for (const [about, words] of [
		[{}, 'all nodes'],
		[{group: 'hot'}, 'group hot'],
		[{daemon: 'h:18081'}, 'daemon h:18081'],
		[
			{
				nodes: [
					{id: 1, name: 'a'},
					{id: 2, name: 'b'},
				],
			},
			'a, b',
		],
	] as const) {
		it(words, () => assert.equal(silenceSubject(about), words));
	}

	it('its end, author and reason', () => {
		const {until} = silence();
		assert.equal(silenceText({until, by: 'ann@host'}), 'until 2026-11-23 21:00 UTC by ann@host');
		assert.equal(
			silenceText({until, by: 'ann@host', reason: 'restart'}),
			'until 2026-11-23 21:00 UTC by ann@host: restart',
		);
	});
});
