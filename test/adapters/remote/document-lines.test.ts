import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {createLineReader} from '../../../source/adapters/remote/document-lines.js';

function stage(t: TestContext) {
	t.mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000});
	const documents: unknown[] = [];
	const reader = createLineReader(value => void documents.push(value), Date.now);
	const say = (text: string): string | undefined => reader.take(Buffer.from(text));
	return {documents, reader, say};
}

test('documents are lines, wherever they are cut and whatever stands between them', t => {
	const {documents, reader, say} = stage(t);
	say('Welcome\r\n{"a":');
	say('"\u00e9');
	assert.deepEqual(documents, []);
	say('"}\n{broken\n');
	t.mock.timers.tick(100);
	assert.deepEqual([documents, reader.garbage()], [[{a: 'é'}], '{broken']);
});

test('of many at once, as after a standstill, the first and the last are read', t => {
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

test('a flood of documents is read ten times a second', t => {
	const {documents, say} = stage(t);
	for (let time = 0; time < 100; time += 1) {
		say(`{"n":${time}}\n`);
		t.mock.timers.tick(10);
	}

	assert.ok(documents.length >= 9 && documents.length <= 11, `${documents.length}`);
});
