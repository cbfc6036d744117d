import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {parseWebhookUrl, readWebhookFile} from '../../../source/adapters/alerts/webhook-channel.js';
import {InputError} from '../../../source/domain/input-error.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const noNotes = (note: string): void => assert.fail(note);

function fileWith(context: TestContext, text: string, mode = 0o600): string {
	const file = path.join(temporaryFolder(context), 'webhook url');
	writeFileSync(file, text, {mode});
	return file;
}

for (const text of [
	'https://hooks.example/T000/B000?x=y\n',
	'\n  https://hooks.example/T000/B000?x=y  \r\n# a comment\n',
	'\uFEFFhttps://hooks.example/T000/B000?x=y',
]) {
	test(`reads the URL from a file that holds ${JSON.stringify(text)}`, async context => {
		assert.deepEqual(await readWebhookFile(fileWith(context, text), noNotes), {
			url: 'https://hooks.example/T000/B000?x=y',
		});
	});
}

test('warns about a file that others can read, says what to do and leaves out the URL', async context => {
	const notes: string[] = [];
	const file = fileWith(context, 'https://hooks.example/s3cr3t', 0o644);
	await readWebhookFile(file, note => notes.push(note));
	assert.equal(notes.length, 1);
	assert.match(notes[0] ?? '', /^--webhook-file .* can be read by .*; try: chmod 600 '.*'$/);
	assert.doesNotMatch(notes[0] ?? '', /s3cr3t/);
});

for (const [text, why] of [
	['', 'cannot be used: empty'],
	['\n', 'cannot be used: empty'],
	[' \n \n', 'is empty: expected an http or https URL'],
	['s3cr3t', 'does not contain a valid http or https URL'],
	['ftp://s3cr3t/', 'does not contain a valid http or https URL'],
	['file:///s3cr3t', 'does not contain a valid http or https URL'],
	['https://s3cr3t:99999/', 'does not contain a valid http or https URL'],
	[`https://s3cr3t/${'x'.repeat(9000)}`, 'does not contain a valid http or https URL'],
	[`https://s3cr3t/${'x'.repeat(70_000)}`, 'cannot be used: too long for a URL'],
] as const) {
	test(`refuses a file that holds ${JSON.stringify(text.slice(0, 30))}: ${why}`, async context => {
		const file = fileWith(context, text);
		const message = `--webhook-file ${file} ${why}`;
		await assert.rejects(readWebhookFile(file, noNotes), {code: 'bad_usage', message});
	});
}

test('refuses a missing file and a folder', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'folder'));
	for (const name of ['gone', 'folder']) {
		await assert.rejects(readWebhookFile(path.join(folder, name), noNotes), error => {
			assert.ok(error instanceof InputError && error.code === 'bad_usage');
			assert.match(error.message, new RegExp(`^--webhook-file ${folder}/${name} cannot be used: .+$`));
			return true;
		});
	}
});

test('removes user and password from the URL, percent-encoded or not', () => {
	const authorization = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
	for (const [login, expected] of [
		['user:pass', 'user:pass'],
		['t%C3%B6ken', 'töken:'],
		['u:50%', 'u:50%'],
	] as const) {
		assert.deepEqual(parseWebhookUrl(`https://${login}@h/x`, 'XMRTOP_WEBHOOK'), {
			url: 'https://h/x',
			authorization: authorization(expected),
		});
	}
});
