import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {NoAnswerCause, RpcOutcome} from '../../../source/domain/ports.js';
import {
	blockAgeS,
	blockHashInAnswer,
	blockTimeInAnswer,
	daemonSummary,
	type Gap,
	isPlausibleGap,
	judgeDaemon,
} from '../../../source/domain/rpc/daemon-rpc.js';

const daemon = 'h:18081';
const judge = (outcome: RpcOutcome) => judgeDaemon(daemon, outcome, {timeoutMs: 3000, renderRemedy});
const result = (info: unknown): RpcOutcome => ({kind: 'result', latencyMs: 4, result: info});
const factsOf = (info: object) => judge(result({height: 100, ...info})).facts;

describe('an answer to get_info', () => {
	it('gives what a daemon reports of itself', () => {
		const hash = 'AB'.repeat(32);
		const info = {
			height: 100,
			target_height: 120,
			synchronized: false,
			nettype: 'mainnet',
			offline: false,
			busy_syncing: true,
			outgoing_connections_count: 8,
			incoming_connections_count: 3,
			adjusted_time: 1_700_000_000,
			version: '0.18.4.0-release',
			update_available: true,
			start_time: 1_600_000_000,
			database_size: 7,
			free_space: 9,
			top_block_hash: hash,
			wide_cumulative_difficulty: '0x10',
			cumulative_difficulty: 3,
			wide_difficulty: '0x2',
			difficulty: 1,
		};
		assert.deepEqual(judge(result(info)), {
			daemon,
			latencyMs: 4,
			facts: {
				daemon,
				daemon_reachable: true,
				daemon_height: 100,
				daemon_synchronized: false,
				nettype: 'mainnet',
				target_height: 120,
				offline: false,
				busy_syncing: true,
				database_bytes: 7,
				outgoing_peers: 8,
				incoming_peers: 3,
				daemon_version_text: '0.18.4.0-release',
				update_available: true,
				daemon_started_at: '2020-09-13T12:26:40.000Z',
				free_disk_bytes: 9,
			},
			tip: {height: 100, topHash: hash.toLowerCase(), work: 16n, difficulty: 2n},
			chainTimeS: 1_700_000_000,
		});
	});

	it('leaves out what a restricted port hides', () => {
		const info = {restricted: true, outgoing_connections_count: 0, version: 'x', free_space: 1, database_size: 7};
		assert.deepEqual(factsOf(info), {
			daemon,
			daemon_reachable: true,
			daemon_height: 100,
			database_bytes: 7,
			restricted: true,
		});
	});

	it('takes the difficulty of old daemons, which is a number', () => {
		const {tip} = judge(result({height: 5, cumulative_difficulty: 3, difficulty: 1}));
		assert.deepEqual(tip, {height: 5, work: 3n, difficulty: 1n});
	});

	for (const [what, info] of [
		['a hash of another length', {top_block_hash: 'ab'}],
		['a difficulty that is not hexadecimal', {wide_cumulative_difficulty: '10', wide_difficulty: 'x0x1'}],
		['a difficulty of more than 128 bits', {wide_cumulative_difficulty: `0x${'f'.repeat(33)}`}],
		['a difficulty of zero', {cumulative_difficulty: 0, difficulty: 0}],
		['a difficulty with a fraction', {cumulative_difficulty: 1.5}],
	] as const) {
		it(`leaves out ${what}`, () => assert.deepEqual(judge(result({height: 5, ...info})).tip, {height: 5}));
	}

	it('the target height is never below the height, and 0 means none', () => {
		assert.equal(factsOf({target_height: 99}).target_height, 100);
		assert.equal('target_height' in factsOf({target_height: 0}), false);
	});

	it('leaves out a time that cannot be one of the chain or of the program', () => {
		assert.equal(judge(result({height: 1, adjusted_time: 0})).chainTimeS, undefined);
		assert.equal(judge(result({height: 1, adjusted_time: 1})).chainTimeS, 1);
		for (const [start, text] of [
			[0, undefined],
			[1_396_999_999, undefined],
			[1_397_000_000, '2014-04-08T23:33:20.000Z'],
			[32_503_679_999, '2999-12-31T23:59:59.000Z'],
			[32_503_680_000, undefined],
		] as const) {
			assert.equal(factsOf({start_time: start}).daemon_started_at, text, String(start));
		}
	});

	it('cleans and limits texts, and leaves out empty ones', () => {
		assert.equal(factsOf({nettype: 'a\u001Bb'.repeat(20)}).nettype?.length, 20);
		assert.equal(factsOf({version: 'v'.repeat(50)}).daemon_version_text?.length, 40);
		assert.deepEqual(factsOf({version: '', update_available: false}), {
			daemon,
			daemon_reachable: true,
			daemon_height: 100,
			update_available: false,
		});
	});

	it('names the bootstrap daemon while its own chain is behind it', () => {
		const own = {height_without_bootstrap: 40, bootstrap_daemon_address: 'b:18081'};
		const both = {daemon_own_height: 40, bootstrap_daemon: 'b:18081'};
		const none = {daemon_own_height: undefined, bootstrap_daemon: undefined};
		for (const [info, expected] of [
			[{...own, was_bootstrap_ever_used: true}, both],
			[{...own, untrusted: true}, both],
			[own, none],
			[{...own, untrusted: true, height_without_bootstrap: 0}, none],
			[{...own, untrusted: true, height_without_bootstrap: 100}, none],
			[
				{...own, untrusted: true, height_without_bootstrap: 99},
				{...both, daemon_own_height: 99},
			],
			[
				{...own, untrusted: true, bootstrap_daemon_address: ''},
				{daemon_own_height: 40, bootstrap_daemon: undefined},
			],
		] as const) {
			const {daemon_own_height, bootstrap_daemon} = factsOf(info);
			assert.deepEqual({daemon_own_height, bootstrap_daemon}, expected, JSON.stringify(info));
		}
	});

	for (const height of [undefined, 0, -1, 1.5, '100']) {
		it(`a height of ${JSON.stringify(height)} is not of monerod`, () => {
			assert.deepEqual(judge(result({height})), {
				daemon,
				latencyMs: 4,
				failure: {
					reason: 'the server there is not monerod',
					error: 'get_info returned no usable height',
					answered: true,
				},
				facts: {daemon, daemon_reachable: false},
			});
		});
	}
});

describe('a daemon that does not report its height', () => {
	const noAnswer = (cause: NoAnswerCause): RpcOutcome => ({kind: 'no_answer', latencyMs: 4, cause, error: 'text'});
	const rpcError = (code: number, message: string): RpcOutcome => ({kind: 'rpc_error', latencyMs: 4, code, message});
	const httpError = (statusCode: number): RpcOutcome => ({
		kind: 'http_error',
		latencyMs: 4,
		statusCode,
		statusText: '',
	});
	const outcomes: ReadonlyArray<
		readonly [
			what: string,
			outcome: RpcOutcome,
			refusal: RegExp | undefined,
			isAccess?: boolean | undefined,
			needs?: string,
		]
	> = [
		[
			'requires a login',
			{kind: 'login_refused', latencyMs: 4, refusal: 'none_given'},
			/^requires a login, but none is configured, so its height cannot be read$/,
			true,
			'login',
		],
		[
			'refuses the login',
			{kind: 'login_refused', latencyMs: 4, refusal: 'wrong'},
			/^refuses the login: wrong user or password, so its height cannot be read$/,
			true,
			'login',
		],
		[
			'has an untrusted certificate',
			noAnswer('tls_untrusted'),
			/^has a certificate that is not signed by a trusted CA: pin it with .*--daemon-tls-fingerprint.*, or accept any with .*--daemon-tls-insecure/,
			true,
			'certificate',
		],
		[
			'has another certificate',
			noAnswer('tls_fingerprint'),
			/^has a certificate other than the pinned one: if it restarted, pin the new one with .*--daemon-tls-fingerprint/,
			true,
			'certificate',
		],
		['closes the connection', noAnswer('closed'), undefined, undefined, 'connection'],
		['refuses the connection', noAnswer('refused'), undefined],
		['does not answer in time', noAnswer('timeout'), undefined],
		['is busy', rpcError(-5, 'BUSY syncing'), /^is busy and does not report its height$/, false],
		[
			'requires payment',
			rpcError(-5, 'Client signature does not verify'),
			/^requires payment for RPC access, so its height cannot be read$/,
			true,
		],
		[
			'requires payment by HTTP',
			httpError(402),
			/^requires payment for RPC access, so its height cannot be read$/,
			true,
		],
		['has another status', rpcError(-5, 'Failed'), /^does not report its height: Failed$/, false],
		['has a status without text', rpcError(-5, ''), /^does not report its height: an error without text$/, false],
		[
			'answers with another error',
			rpcError(-7, 'odd'),
			/^answers with an error, so its height cannot be read: .*odd/,
			false,
		],
		['has no such method', rpcError(-32_601, 'Method not found'), undefined],
		['denies access', httpError(403), /^answers .*403.*, so its height cannot be read$/, true],
		['limits requests', httpError(429), /^answers .*429/, true],
		['fails internally', httpError(500), /^answers .*500.*, so its height cannot be read$/, false],
		['is behind a proxy that does not reach it', httpError(502), undefined],
		['is another server', httpError(404), undefined],
	];
	for (const [what, outcome, refusal, isAccess, needs] of outcomes) {
		it(what, () => {
			const {failure, timedOut, facts, latencyMs} = judge(outcome);
			assert.match(failure?.refusal ?? 'none', refusal ?? /^none$/);
			assert.deepEqual([failure?.isAccess, failure?.needs], [isAccess, needs]);
			assert.deepEqual(facts, {daemon, daemon_reachable: refusal !== undefined});
			assert.equal(failure?.answered, outcome.kind !== 'no_answer');
			assert.equal(timedOut, outcome.kind === 'no_answer' && outcome.cause === 'timeout');
			assert.equal(latencyMs, 4);
		});
	}

	it('a server without get_info is perhaps a wallet', () => {
		const {failure} = judge(rpcError(-32_601, 'Method not found'));
		assert.match(failure?.reason ?? '', /; a server without get_info is not monerod, perhaps a wallet$/);
	});

	it('a daemon that cannot be asked from here is not said to be down', () => {
		const {failure, uncheckable, facts} = judge(noAnswer('not_checkable'));
		assert.deepEqual([failure, facts], [undefined, {daemon}]);
		assert.match(uncheckable?.reason ?? '', /text/);
	});
});

describe('isPlausibleGap', () => {
	const gap = (more: Partial<Gap> = {}, blocks = 10): Gap => ({
		ahead: {height: 100 + blocks, work: 1000n + BigInt(blocks) * 16n},
		behind: {height: 100, work: 1000n, difficulty: 256n},
		blockAgeS: 15 * blocks,
		isAlone: false,
		...more,
	});
	const withoutWork = {ahead: {height: 110}, behind: {height: 100}};
	for (const [what, more, isPlausible] of [
		['the least work and time that the missing blocks need', {}, true],
		['a second less', {blockAgeS: 149}, false],
		['too little work', {ahead: {height: 110, work: 1159n}}, false],
		['no more work', {ahead: {height: 110, work: 1000n}, behind: {height: 100, work: 1000n}}, false],
		[
			'a little more work, where the difficulty is unknown',
			{ahead: {height: 110, work: 1001n}, behind: {height: 100, work: 1000n}},
			true,
		],
		['without work, twice the time', {...withoutWork, blockAgeS: 300}, true],
		['without work, a second less', {...withoutWork, blockAgeS: 299}, false],
		['work of one of them only', {...withoutWork, ahead: {height: 110, work: 9n}, blockAgeS: 299}, false],
		['alone, four times the time', {isAlone: true, blockAgeS: 600}, true],
		['alone, a second less', {isAlone: true, blockAgeS: 599}, false],
		['with work, at an unknown time', {blockAgeS: undefined, isAlone: true}, true],
		['without work, at an unknown time', {...withoutWork, blockAgeS: undefined}, true],
		['alone, without work, at an unknown time', {...withoutWork, blockAgeS: undefined, isAlone: true}, false],
	] as const) {
		it(`${what}: ${isPlausible}`, () => assert.equal(isPlausibleGap(gap(more)), isPlausible));
	}
});

describe('the last block', () => {
	const header = (fields: object): RpcOutcome => result({block_header: fields});
	it('has a timestamp not before the first block of the chain', () => {
		assert.equal(blockTimeInAnswer(header({timestamp: 1_397_000_000})), 1_397_000_000);
		assert.equal(blockTimeInAnswer(header({timestamp: 1_396_999_999, hash: 'x'})), undefined);
		assert.equal(blockTimeInAnswer({kind: 'rpc_error', latencyMs: 1, code: -5, message: 'busy'}), undefined);
		assert.equal(blockTimeInAnswer(result({})), undefined);
	});

	it('has a hash of 64 hex digits', () => {
		const hash = 'ab'.repeat(32);
		assert.equal(blockHashInAnswer({block_header: {hash: hash.toUpperCase()}}), hash);
		assert.equal(blockHashInAnswer({block_header: {hash: `${hash}0`}}), undefined);
		assert.equal(blockHashInAnswer({block_header: {hash: `x${hash}`}}), undefined);
		assert.equal(blockHashInAnswer({}), undefined);
	});

	it('has an age in whole seconds; up to two hours in the future counts as now', () => {
		const nowS = 1_700_000_000;
		for (const [blockS, ageS] of [
			[nowS - 90, 90],
			[nowS, 0],
			[nowS + 7200, 0],
			[nowS + 7201, undefined],
			[undefined, undefined],
		] as const) {
			assert.equal(blockAgeS(blockS, nowS * 1000 + 999), ageS, String(blockS));
		}
	});
});

describe('daemonSummary', () => {
	for (const [facts, text] of [
		[{}, 'h:18081: height unknown'],
		[{daemon_height: 1_234_567, daemon_synchronized: true}, 'h:18081: height 1,234,567, synchronized'],
		[
			{daemon_height: 100, daemon_own_height: 40, daemon_synchronized: false},
			'h:18081: height 100, from a bootstrap daemon; its own chain has 40, not synchronized',
		],
		[{daemon_height: 1, outgoing_peers: 1}, 'h:18081: height 1, 1 peer'],
		[{daemon_height: 1, outgoing_peers: 8, incoming_peers: 3}, 'h:18081: height 1, 11 peers'],
		[{daemon_height: 1, offline: true, outgoing_peers: 0}, 'h:18081: height 1, offline'],
		[
			{daemon_height: 1, busy_syncing: true, restricted: true, block_age_s: 90},
			'h:18081: height 1, busy syncing, restricted: peers are hidden, last block 1 m 30 s ago',
		],
	] as const) {
		it(text, () => assert.equal(daemonSummary(daemon, facts), text));
	}
});
