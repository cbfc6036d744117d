import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {AnswerBudget} from '../../../source/adapters/remote/bounded-answer.js';
import {createDocumentReader, createLineReader} from '../../../source/adapters/remote/ssh-line.js';

function stage(t: TestContext) {
	t.mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000});
	const documents: unknown[] = [];
	const reader = createLineReader({
		onDocument: value => void documents.push(value),
		monotonicMs: Date.now,
		budget: new AnswerBudget(),
	});
	const say = (text: string): string | undefined => reader.take(Buffer.from(text));
	return {documents, reader, say};
}

test('reads documents line by line, wherever chunks end and whatever text is between them', t => {
	const {documents, reader, say} = stage(t);
	say('Welcome\r\n{"a":');
	say('"\u00e9');
	assert.deepEqual(documents, []);
	say('"}\n{broken\n');
	t.mock.timers.tick(100);
	assert.deepEqual([documents, reader.garbage()], [[{a: 'é'}], '{broken']);
});

test('reads the first and the last of many documents that arrive at once, as after a pause', t => {
	const {documents, say} = stage(t);
	say('{"n":1}\n{"n":2}\n{"n":3}\n');
	assert.deepEqual(documents, [{n: 1}]);
	t.mock.timers.tick(100);
	assert.deepEqual(documents, [{n: 1}, {n: 3}]);
	t.mock.timers.tick(5000);
	say('{"n":4}\n');
	t.mock.timers.tick(5000);
	assert.deepEqual(documents, [{n: 1}, {n: 3}, {n: 4}]);
});

test('reads at most ten documents a second', t => {
	const {documents, say} = stage(t);
	for (let time = 0; time < 100; time += 1) {
		say(`{"n":${time}}\n`);
		t.mock.timers.tick(10);
	}

	assert.ok(documents.length >= 9 && documents.length <= 11, `${documents.length}`);
});

const mebibyte = 1024 * 1024;

/** Sends a text repeatedly until the reader reports a problem. @returns the problem, and after how many bytes */
function pour(take: (chunk: Buffer) => string | undefined, piece: string, maxBytes = 200 * mebibyte) {
	const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
	for (let bytes = chunk.length; bytes <= maxBytes; bytes += chunk.length) {
		const problem = take(chunk);
		if (problem !== undefined) {
			return {problem, mebibytes: Math.round(bytes / mebibyte)};
		}
	}

	return undefined;
}

test('gives up on a line that exceeds 48 MiB', t => {
	const {reader, say} = stage(t);
	say('{"a":"');
	assert.deepEqual(pour(reader.take, 'x'), {problem: 'its response exceeds 48 MiB', mebibytes: 48});
});

test('limits nesting and the number of values before parsing', t => {
	const nested = stage(t);
	nested.say('{"a":');
	assert.deepEqual(pour(nested.reader.take, '['), {
		problem: 'its response is nested deeper than 32 levels',
		mebibytes: 0,
	});
	t.mock.timers.reset();
	const numerous = stage(t);
	numerous.say('{"a":[');
	assert.deepEqual(pour(numerous.reader.take, '0,'), {
		problem: 'its response has more than 2500000 values',
		mebibytes: 5,
	});
	assert.deepEqual([nested.documents, numerous.documents], [[], []]);
});

test('gives up after 256 KiB without a document, also without a newline', t => {
	for (const piece of ['noise ', 'noise\n', '{broken\n']) {
		const {reader} = stage(t);
		let problem: string | undefined;
		for (let count = 0; count < 600 && problem === undefined; count += 1) {
			problem = reader.take(Buffer.from(piece.repeat(1000)));
			t.mock.timers.tick(100);
		}

		assert.match(problem ?? 'none', /^it does not send xmrtop documents; received: (?:noise|\{broken)/);
		t.mock.timers.reset();
	}
});

test('limits the responses of all hosts together, and frees the share of a closed connection', () => {
	const budget = new AnswerBudget(3 * mebibyte);
	const readers = [1, 2, 3, 4].map(() => createLineReader({onDocument: () => {}, monotonicMs: Date.now, budget}));
	const say = (index: number, text: string): string | undefined => readers[index]?.take(Buffer.from(text));
	const mebibyteOf = 'x'.repeat(mebibyte - 10);
	for (const index of [0, 1, 2]) {
		assert.equal(say(index, `{"a":"${mebibyteOf}`), undefined);
	}

	assert.equal(say(3, `{"a":"${mebibyteOf}`), 'the responses of all hosts together exceed 3 MiB');
	for (const index of [1, 2, 3]) {
		readers[index]?.release();
	}

	assert.equal(say(0, '"}\n'), undefined);
	budget.keep('a', 2 * mebibyte);
	assert.equal(say(0, `{"a":"${mebibyteOf}`), undefined);
	assert.equal(say(1, `{"a":"${mebibyteOf}`), 'the responses of all hosts together exceed 3 MiB');
	readers[1]?.release();
	budget.keep('a', 10);
	assert.equal(say(1, `{"a":"${mebibyteOf}`), undefined);
});

test('pauses after a document that took long to read', t => {
	t.mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000});
	const read: unknown[] = [];
	const reader = createLineReader({
		onDocument: value => {
			read.push(value);
			t.mock.timers.setTime(Date.now() + 1000);
		},
		monotonicMs: Date.now,
		budget: new AnswerBudget(),
	});
	reader.take(Buffer.from('{"n":1}\n{"n":2}\n'));
	t.mock.timers.tick(3900);
	assert.equal(read.length, 1);
	t.mock.timers.tick(200);
	assert.equal(read.length, 2);
});

test('reads a document of several lines after the output of a login', () => {
	const read = (...pieces: string[]): unknown => {
		const reader = createDocumentReader(new AnswerBudget());
		const problem = pieces.map(piece => reader.take(Buffer.from(piece))).find(Boolean);
		return problem ?? reader.document() ?? reader.garbage();
	};
	assert.deepEqual(read('{"a"', ':1}\n'), {a: 1});
	assert.deepEqual(read(`It's "noon`, '\n{', '\n "a": [1]\n}\n'), {a: [1]});
	assert.equal(read('Permission\ndenied\n'), 'denied');
	assert.equal(read('motd "[[[\n{', `"a":${'['.repeat(40)}`), 'its response is nested deeper than 32 levels');
	assert.match(String(read('x\n'.repeat(200_000))), /^it does not send an xmrtop document; received: x$/);
});
