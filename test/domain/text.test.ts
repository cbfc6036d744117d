import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	cleanText,
	isCleanText,
	quoteValue,
	redactSecrets,
	splitCommandLine,
	withoutUrlQuery,
	withoutUrlSecrets,
} from '../../source/domain/text.js';

describe('cleanText', () => {
	const rows: ReadonlyArray<readonly [what: string, text: string, clean: string]> = [
		['leaves plain text', 'connection refused', 'connection refused'],
		['leaves other scripts and emoji', 'нода ノード 🚀', 'нода ノード 🚀'],
		['joins lines', ' a\r\n\tb\u2028c\u0085d\ve ', 'a b c d e'],
		['makes one space of many kinds', 'a \u00A0\u2003\u3000b', 'a b'],
		['removes colors whole', '\u001B[31;1mred\u001B[0m', 'red'],
		['removes 8-bit sequences whole', '\u009B31mred', 'red'],
		['removes window titles whole', '\u001B]0;evil\u0007text', 'text'],
		['removes links and keeps their text', '\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
		['removes device strings', '\u001BPq#0\u001B\\text', 'text'],
		['removes an unfinished sequence', 'text\u001B]52;c;AAAA', 'text'],
		['removes bells and backspaces', 'a\u0007\bb\u007F', 'ab'],
		['removes direction overrides', 'user\u202Egnp.exe\u2066x\u2069', 'usergnp.exex'],
		['removes zero-width characters', 'a\u200Bb\u200D\u2060\uFEFFc\u00AD\uFE0Fd\u115F', 'abcd'],
		['removes tag characters', 'a\u{E0041}\u{E007F}b', 'ab'],
		['removes lone surrogates', 'a\uD83Db\uDE00c', 'abc'],
		['removes nested sequences', '\u001B\u200B[31mx', '[31mx'],
	];
	for (const [what, text, clean] of rows) {
		it(what, () => assert.equal(cleanText(text), clean));
	}

	it('cuts long text with an ellipsis, never within a character', () => {
		assert.equal(cleanText('x'.repeat(301)), `${'x'.repeat(299)}…`);
		assert.equal(cleanText('ab🚀cd', 4), 'ab…');
		assert.equal(cleanText('abcd', 4), 'abcd');
	});

	it('leaves no terminal control in 10,000 random texts', () => {
		const random = randomNumbers(20_261_123);
		for (let round = 0; round < 10_000; round += 1) {
			const text = randomText(random);
			const clean = cleanText(text);
			const bad = [...clean].find(isForbidden);
			assert.equal(bad, undefined, `${JSON.stringify(text)} became ${JSON.stringify(clean)}`);
			assert.ok(clean.length <= 300);
			assert.equal(clean, clean.trim());
			assert.equal(cleanText(clean), clean, 'cleaning twice changes nothing');
			assert.ok(isCleanText(clean));
		}
	});
});

/** The forbidden characters as listed by Unicode, independent of the expression under test. */
const forbidden: ReadonlyArray<readonly [first: number, last: number]> = [
	[0x00, 0x1f],
	[0x7f, 0x9f],
	[0xad, 0xad],
	[0x34f, 0x34f],
	[0x61c, 0x61c],
	[0x115f, 0x1160],
	[0x17b4, 0x17b5],
	[0x180b, 0x180f],
	[0x200b, 0x200f],
	[0x2028, 0x202e],
	[0x2060, 0x206f],
	[0x3164, 0x3164],
	[0xd800, 0xdfff],
	[0xfe00, 0xfe0f],
	[0xfeff, 0xfeff],
	[0xffa0, 0xffa0],
	[0xfff0, 0xfffb],
	[0xe0000, 0xe0fff],
];

function isForbidden(character: string): boolean {
	const code = character.codePointAt(0) ?? 0;
	return forbidden.some(([first, last]) => code >= first && code <= last);
}

/** Repeatable pseudo-random numbers below 1 (mulberry32), so that a failure can be reproduced. */
function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const pieces = [
	'\u001B',
	'[',
	']',
	'\u001B[',
	'\u001B]0;',
	'P',
	'31',
	';',
	'm',
	'\\',
	'\u0007',
	' ',
	'\n',
	'é',
	'🚀',
	'text',
];

function randomText(random: () => number): string {
	const below = (limit: number) => Math.floor(random() * limit);
	const kinds = [
		() => pieces[below(pieces.length)] ?? '',
		() => {
			const [first, last] = forbidden[below(forbidden.length)] ?? [0, 0];
			return String.fromCodePoint(first + below(last - first + 1));
		},
		() => String.fromCharCode(below(0x1_0000)),
		() => String.fromCodePoint(below(0x11_0000)),
		() => String.fromCharCode(below(0x80)),
	];
	return Array.from({length: below(60)}, () => kinds[below(kinds.length)]?.() ?? '').join('');
}

describe('splitCommandLine', () => {
	it('keeps the words between two flags together', () => {
		assert.deepEqual(splitCommandLine('/usr/bin/w -x --rpc-login u:a b  c --offline --a=b c'), [
			'/usr/bin/w',
			'-x',
			'--rpc-login',
			'u:a b  c',
			'--offline',
			'--a=b c',
		]);
		assert.deepEqual(splitCommandLine(''), []);
	});
});

describe('withoutQuery', () => {
	it('hides what follows the question mark', () => {
		assert.equal(withoutUrlQuery('http://h:1/json_rpc'), 'http://h:1/json_rpc');
		assert.equal(withoutUrlQuery('https://h/x?token=hunter2&a=b?c'), 'https://h/x?***');
	});
});

describe('withoutUrlSecrets', () => {
	for (const [url, shown] of [
		['http://h:1/prefix', 'http://h:1/prefix'],
		['http://u:hunter2@h:1', 'http://***@h:1'],
		['u:hunter2@h:1', '***@h:1'],
		['socks5h://u:hunter2@h', 'socks5h://***@h'],
		['http://h/?token=hunter2', 'http://h/?token=***'],
		['h:1/?x&key=hunter2&b=hunter2', 'h:1/?x&key=***'],
		['http://h:1?x', 'http://h:1?x'],
		['prometheus+http://h/?match={job=}', 'prometheus+http://h/?match={job=}'],
	] as const) {
		it(`shows ${url} as ${shown}`, () => assert.equal(withoutUrlSecrets(url), shown));
	}
});

describe('redactSecrets', () => {
	it('replaces every occurrence, the longest secret first', () => {
		assert.equal(redactSecrets('hunter2x hunter2 hunter2', ['hunter2', 'hunter2x']), '*** *** ***');
	});

	it('also replaces the forms a secret has in URLs and JSON', () => {
		assert.equal(redactSecrets('p%C3%A4ss%2Fword "qu\\"ote"', ['päss/word', 'qu"ote']), '*** "***"');
	});

	it('handles lone surrogates, and leaves very short secrets to the other rules', () => {
		assert.equal(redactSecrets('abc a\uD800bcd', ['abc', 'a\uD800bcd']), 'abc ***');
	});
});

describe('quoteValue', () => {
	it('writes what cannot be seen as escapes', () => {
		assert.equal(quoteValue('a\u202Ebc\u009B31m\u001B[1m\u200B'), String.raw`"a\u202ebc\u009b31m\u001b[1m\u200b"`);
	});

	it('is short', () => {
		assert.equal(quoteValue('\u202E'.repeat(100)).length, 80);
	});
});
