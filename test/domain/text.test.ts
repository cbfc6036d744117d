import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	cleanText,
	isCleanText,
	redactArgv,
	redactSecrets,
	redactUrls,
	splitCommandLine,
} from '../../source/domain/text.js';

describe('cleanText', () => {
	const rows: ReadonlyArray<readonly [what: string, text: string, clean: string]> = [
		['leaves plain text', 'connection refused', 'connection refused'],
		['leaves other scripts and emoji', 'нода ノード 🚀', 'нода ノード 🚀'],
		['joins lines', ' a\r\n\tb\u2028c\u0085d\ve ', 'a b c d e'],
		['makes one space of many kinds', 'a \u00A0\u2003\u3000b', 'a b'],
		['removes colours whole', '\u001B[31;1mred\u001B[0m', 'red'],
		['removes 8-bit sequences whole', '\u009B31mred', 'red'],
		['removes window titles whole', '\u001B]0;evil\u0007text', 'text'],
		['removes links and keeps their text', '\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
		['removes device strings', '\u001BPq#0\u001B\\text', 'text'],
		['removes an unfinished sequence', 'text\u001B]52;c;AAAA', 'text'],
		['removes bells and backspaces', 'a\u0007\bb\u007F', 'ab'],
		['removes overrides of direction', 'user\u202Egnp.exe\u2066x\u2069', 'usergnp.exex'],
		['removes zero-width characters', 'a\u200Bb\u200D\u2060\uFEFFc\u00AD\uFE0Fd\u115F', 'abcd'],
		['removes tag characters', 'a\u{E0041}\u{E007F}b', 'ab'],
		['removes halves of pairs', 'a\uD83Db\uDE00c', 'abc'],
		['is not fooled by nesting', '\u001B\u200B[31mx', '[31mx'],
	];
	for (const [what, text, clean] of rows) {
		it(what, () => assert.equal(cleanText(text), clean));
	}

	it('ends long text with an ellipsis, never with half a character', () => {
		assert.equal(cleanText('x'.repeat(301)), `${'x'.repeat(299)}…`);
		assert.equal(cleanText('ab🚀cd', 4), 'ab…');
		assert.equal(cleanText('abcd', 4), 'abcd');
	});

	it('leaves nothing that could reach a terminal, in 10,000 random texts', () => {
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

/** The forbidden characters as Unicode lists them, independently of the expression under test. */
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

/** Repeatable pseudo-random numbers below 1 (mulberry32), so that a failure can be seen again. */
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

describe('redactArgv', () => {
	const rows: ReadonlyArray<readonly [what: string, argv: readonly string[], shown: string]> = [
		['both spellings', ['w', '--rpc-login', 'user:hunter2', '--password=hunter2'], 'w --rpc-login *** --password=***'],
		[
			'every secret flag',
			['w', '--daemon-login=a:hunter2', '--bitmessage-login', 'hunter2'],
			'w --daemon-login=*** --bitmessage-login ***',
		],
		[
			'keys',
			['w', '--rpc-client-secret-key', 'hunter2', '--electrum-seed=hunter2 hunter2'],
			'w --rpc-client-secret-key *** --electrum-seed=***',
		],
		['shortened flags', ['w', '--rpc-lo=user:hunter2', '--daemon-l', 'u:hunter2'], 'w --rpc-lo=*** --daemon-l ***'],
		['flags in capitals', ['w', '--RPC-LOGIN', 'hunter2'], 'w --RPC-LOGIN ***'],
		[
			'nothing else',
			['w', '--rpc-ssl', 'enabled', '--password-file', '/p', '--rpc-ssl-private-key=/k', '--rpc-bind-port', '18083'],
			'w --rpc-ssl enabled --password-file /p --rpc-ssl-private-key=/k --rpc-bind-port 18083',
		],
		[
			'flags without a value',
			['w', '--disable-rpc-login', '--prompt-for-password', '--offline'],
			'w --disable-rpc-login --prompt-for-password --offline',
		],
		['a value that looks like a flag', ['w', '--password', '--hunter2', '--offline'], 'w --password *** --offline'],
		[
			'a login after a flag that takes nothing',
			['w', '--prompt-for-pass', '--rpc-login', 'u:hunter2'],
			'w --prompt-for-pass *** ***',
		],
		['an empty secret', ['w', '--password', '', '--x'], 'w --password *** --x'],
		['a secret with spaces', ['w', '--rpc-login', 'user:my hunter2 word'], 'w --rpc-login ***'],
		[
			'proxies and daemons',
			['w', '--proxy', 'u:hunter2@127.0.0.1:9050', '--daemon-address=http://u:hunter2@h:18081'],
			'w --proxy ***@127.0.0.1:9050 --daemon-address=http://***@h:18081',
		],
		['a line in one argument', ['w --rpc-login user:my hunter2 --offline'], 'w --rpc-login *** --offline'],
		[
			'a shell that starts it',
			['sh', '-c', 'exec w --rpc-lo=user:hunter2 --offline'],
			'sh -c exec w --rpc-lo=*** --offline',
		],
		[
			'notifications',
			['w', '--tx-notify', "curl -H 'Authorization: Bearer hunter2' http://u:hunter2@h"],
			"w --tx-notify curl -H 'Authorization: Bearer ***' http://***@h",
		],
		[
			'other programs',
			['psql', 'PGPASSWORD=hunter2', '--api-key=hunter2', '--auth-token', 'hunter2'],
			'psql PGPASSWORD=*** --api-key=*** --auth-token ***',
		],
		['overlong arguments', ['w', 'x'.repeat(5000)], 'w …'],
		['overlong lists', ['w', ...Array.from({length: 200}, () => 'a')], `w ${'a '.repeat(99)}…`],
	];
	for (const [what, argv, shown] of rows) {
		it(`redacts: ${what}`, () => {
			assert.equal(redactArgv(argv).join(' '), shown);
			assert.ok(!redactArgv(argv).join(' ').includes('hunter2'));
		});
	}

	it('takes no time over a hostile command line', () => {
		const hostile = Array.from({length: 5000}, () => '=a:='.repeat(500));
		const startMs = performance.now();
		redactArgv(hostile);
		redactArgv(Array.from({length: 5000}, () => '=a:'.repeat(330)));
		assert.ok(performance.now() - startMs < 1000);
	});
});

describe('splitCommandLine', () => {
	it('keeps what stands between two flags together', () => {
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

describe('redactUrls', () => {
	const rows: ReadonlyArray<readonly [text: string, shown: string]> = [
		['http://user:pass@host:1/x', 'http://***@host:1/x'],
		['https://token@host/', 'https://***@host/'],
		['user:pass@host:18081', '***@host:18081'],
		['see "user:pass@host", (u:p@h) and <u:p@h>', 'see "***@host", (***@h) and <***@h>'],
		['http://u:p@ss@h/a', 'http://***@h/a'],
		['http://u:pa/ss@h/a', 'http://***@h/a'],
		['socks5://u:p@127.0.0.1:9050', 'socks5://***@127.0.0.1:9050'],
		['http://host:80/@scope/a', 'http://host:80/@scope/a'],
		['http://[::1]:18081/json_rpc', 'http://[::1]:18081/json_rpc'],
		['at 14:02:11 from 127.0.0.1:18081', 'at 14:02:11 from 127.0.0.1:18081'],
		['wallet@1.service', 'wallet@1.service'],
	];
	for (const [text, shown] of rows) {
		it(text, () => assert.equal(redactUrls(text), shown));
	}
});

describe('redactSecrets', () => {
	it('replaces every occurrence, the longest secret first', () => {
		assert.equal(redactSecrets('hunter2x hunter2 hunter2', ['hunter2', 'hunter2x']), '*** *** ***');
	});

	it('knows how URLs and JSON spell it', () => {
		assert.equal(redactSecrets('p%C3%A4ss%2Fword "qu\\"ote"', ['päss/word', 'qu"ote']), '*** "***"');
	});

	it('survives half a character, and leaves very short secrets to the other rules', () => {
		assert.equal(redactSecrets('abc a\uD800bcd', ['abc', 'a\uD800bcd']), 'abc ***');
	});
});
