import assert from 'node:assert/strict';
import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {setSettings} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {examplesFolder} from '../helpers/example-files.js';
import {runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

test('the hook mails an alert, is retried when mail fails, and mails the recovery', async context => {
	const wallet = await startWallet(context);
	const folder = temporaryFolder(context);
	const mails = path.join(folder, 'mails');
	const failing = path.join(folder, 'failing');
	const mail = path.join(folder, 'mail');
	// A replacement for mail that records its input and fails the first time.
	writeFileSync(
		mail,
		`#!/bin/sh
printf '%s|' "$@" >>'${mails}'
printf '\\n' >>'${mails}'
cat >>'${mails}'
rm '${failing}' 2>/dev/null && exit 75
exit 0
`,
	);
	chmodSync(mail, 0o755);
	writeFileSync(failing, '');
	const configDir = folderOf(context, [{name: 'refunds', port: wallet.port}]);
	setSettings(configDir, {fail_after: '1', recover_after: '1'});
	const hook = path.join(examplesFolder, 'hooks/mail-alert');
	const args = ['watch', '--interval', '1s', '--on-change', hook, '--config-dir', configDir];
	const env = {PATH: `${folder}${path.delimiter}${process.env.PATH}`, MAILTO: 'ops@example.com'};
	const watching = runningCli(context, args, {env});
	await watching.until(() => watching.lines().length > 0, 'the first result');
	const mailed = async (count: number): Promise<string> => {
		const read = async (): Promise<string> => (existsSync(mails) ? readFileSync(mails, 'utf8') : '');
		return eventually(read, text => text.split('Alert:').length > count && text.endsWith('\n'));
	};

	await wallet.switchOff();
	const twice = await mailed(2);
	const [first = '', again] = twice.split(/(?=^-s\|)/m);
	assert.match(
		first,
		/^-s\|\[xmrtop\] ALERT: refunds\|ops@example\.com\|\nWhat: {3}refunds is down: connection refused\nSince: {2}\S+Z\nNodes: {2}refunds\nAlert: {2}refunds-\S+Z-alert\n$/,
	);
	assert.equal(again, first, 'the same alert again, because the mail failed');
	await wallet.switchOn();
	const [, , recovery = ''] = (await mailed(3)).split(/(?=^-s\|)/m);
	assert.match(recovery, /^-s\|\[xmrtop\] OK: refunds\|ops@example\.com\|\nWhat: {3}refunds is up again after \d+ s\n/);
	assert.equal((await watching.end('SIGTERM')).code, 0);
	assert.match(watching.stderr(), /alert delivery by --on-change failed: exit code 75; retrying/);
});
