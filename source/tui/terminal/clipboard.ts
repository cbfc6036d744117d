/**
 * The sequence (OSC 52) that asks a terminal to put a text on its clipboard. No terminal says whether it did.
 * GNU screen passes it on only when it is wrapped; tmux takes it as it is.
 */
export function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
	const sequence = `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
	return env.TERM?.startsWith('screen') && !env.TMUX ? `\u001BP${sequence}\u001B\\` : sequence;
}
