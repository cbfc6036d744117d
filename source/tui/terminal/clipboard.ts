import {spawn} from 'node:child_process';
import {once} from 'node:events';

export interface ClipboardOptions {
	readonly env: NodeJS.ProcessEnv;
	/** Sends the terminal something besides what is drawn. */
	readonly write: (bytes: string) => void;
}

/**
 * Hands a text to the clipboard: of the terminal, or by tmux, which passes on what programs send only where it was told to.
 * @returns what became of it, to follow `JSON of hot-1`
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

/** @returns what tmux said; `undefined` when it failed */
async function runTmux(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
	const child = spawn('tmux', args, {env, stdio: ['pipe', 'pipe', 'ignore'], timeout: 3000});
	let said = '';
	child.stdout.setEncoding('utf8').on('data', (piece: string) => {
		said += piece;
	});
	// One that ends before it has read everything has failed, and says so by its code.
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	try {
		const [code] = await once(child, 'close');
		return code === 0 ? said : undefined;
	} catch {
		return undefined;
	}
}

/**
 * The sequence (OSC 52) that asks a terminal to put a text on its clipboard. No terminal says whether it did.
 * GNU screen passes it on only when it is wrapped; tmux takes it as it is.
 */
function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
	const sequence = `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
	return env.TERM?.startsWith('screen') && !env.TMUX ? `\u001BP${sequence}\u001B\\` : sequence;
}
