import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import {test} from 'node:test';
import {copyToClipboard} from '../../../source/tui/terminal/clipboard.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';
import {testWith} from '../../helpers/test-with.js';

/** What is written to the terminal for a text, and what is reported. */
async function copied(env: NodeJS.ProcessEnv, text = 'wallet'): Promise<readonly [written: string, said: string]> {
	let written = '';
	const said = await copyToClipboard(text, {
		env,
		write: bytes => {
			written += bytes;
		},
	});
	return [written, said];
}

const sequence = `\u001B]52;c;${Buffer.from('wallet').toString('base64')}\u0007`;

test('sends the text to the terminal, also through GNU screen', async () => {
	assert.deepEqual(await copied({}), [sequence, "sent to the terminal's clipboard"]);
	assert.deepEqual(await copied({TERM: 'screen-256color'}), [
		`\u001BP${sequence}\u001B\\`,
		"sent to the terminal's clipboard",
	]);
});

test('sends the text to the terminal when tmux cannot be reached', async () => {
	const env = {...process.env, TMUX: '/nowhere/tmux.sock,1,0'};
	assert.deepEqual(await copied(env), [sequence, "sent to the terminal's clipboard"]);
});

testWith(['tmux'], 'inside tmux, gives the text to tmux, and reports when its clipboard is disabled', async t => {
	const socket = path.join(temporaryFolder(t), 'tmux.sock');
	const tmux = (...args: string[]): string => spawnSync('tmux', ['-S', socket, ...args], {encoding: 'utf8'}).stdout;
	tmux('-f', '/dev/null', 'new-session', '-d', 'cat');
	const serverPid = Number(tmux('display-message', '-p', '#{pid}'));
	t.after(() => process.kill(serverPid));
	const env = {...process.env, TMUX: `${socket},${serverPid},0`};
	const text = '{"name": "日本語"}\n'.repeat(5000);
	assert.deepEqual(await copied(env, text), ['', 'sent to the clipboard by tmux']);
	assert.equal(tmux('show-buffer'), text);
	tmux('set-option', '-s', 'set-clipboard', 'off');
	assert.deepEqual(await copied(env), [
		'',
		'was not copied: tmux keeps the clipboard closed; run: tmux set -s set-clipboard external',
	]);
});
