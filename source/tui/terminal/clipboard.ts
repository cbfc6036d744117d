import {spawn} from 'node:child_process';
import {once} from 'node:events';

export interface ClipboardOptions {
	readonly env: NodeJS.ProcessEnv;
	/** Writes bytes to the terminal outside of drawing. */
	readonly write: (bytes: string) => void;
}

/**
 * Copies a text to the terminal's clipboard. Inside tmux the command `tmux` is used, because tmux forwards the sequence of a
 * program only if configured to.
 * @returns the outcome, as text to follow `JSON of hot-1`
 */
export async function copyToClipboard(text: string, {env, write}: ClipboardOptions): Promise<string> {
	if (env.TMUX) {
		const setting = (await runTmux(['show-options', '-sv', 'set-clipboard'], '', env))?.trim();
		if (setting === 'off') {
			return 'was not copied: tmux keeps the clipboard closed; run: tmux set -s set-clipboard external';
		}

		if ((await runTmux(['load-buffer', '-w', '-'], text, env)) !== undefined) {
			return 'sent to the clipboard by tmux';
		}
	}

	write(clipboardSequence(text, env));
	return "sent to the terminal's clipboard";
}

/** @returns tmux's output; `undefined` when it failed */
async function runTmux(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
	const child = spawn('tmux', args, {env, stdio: ['pipe', 'pipe', 'ignore'], timeout: 3000});
	let output = '';
	child.stdout.setEncoding('utf8').on('data', (piece: string) => {
		output += piece;
	});
	// If tmux exits before reading all input, writing fails; its exit code tells that too.
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	try {
		const [code] = await once(child, 'close');
		return code === 0 ? output : undefined;
	} catch {
		return undefined;
	}
}

/**
 * The sequence (OSC 52) that asks a terminal to copy a text to its clipboard. Terminals do not confirm it.
 * GNU screen forwards it only when it is wrapped; tmux does not need that.
 */
function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
	const sequence = `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
	return env.TERM?.startsWith('screen') && !env.TMUX ? `\u001BP${sequence}\u001B\\` : sequence;
}
