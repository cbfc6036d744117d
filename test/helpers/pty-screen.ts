import type {TestContext} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import pty from '@lydell/node-pty';
import headless from '@xterm/headless';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface PtyScreenOptions {
	readonly columns?: number;
	readonly rows?: number;
	readonly arguments?: readonly string[];
	/** A program other than the built xmrtop. */
	readonly command?: readonly [file: string, ...args: string[]];
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly cwd?: string;
}

/** A program in a real terminal, and the visible screen. */
export interface PtyScreen {
	/** The visible lines, without trailing spaces. */
	readonly lines: () => string[];
	readonly text: () => string;
	/** Whether a row starts in inverse video. */
	readonly isInverse: (row: number) => boolean;
	readonly isAlternate: () => boolean;
	readonly isCursorHidden: () => boolean;
	/** Lines that scrolled out of the primary screen. */
	readonly scrolledLines: () => number;
	/** Waits until the condition holds for the screen's text. @throws on timeout, with the screen */
	readonly until: (condition: (text: string) => boolean, what: string, timeoutMs?: number) => Promise<void>;
	readonly press: (keys: string) => void;
	readonly resize: (columns: number, rows: number) => void;
	/** Everything the program has written so far. */
	readonly written: () => string;
	/** Resolves when the program has ended. */
	readonly exited: Promise<{readonly exitCode: number; readonly signal?: number}>;
	readonly hasExited: () => boolean;
	readonly pid: number;
	readonly kill: (signal: string) => void;
	/** Closes the terminal, as a lost SSH connection does. */
	readonly hangUp: () => void;
}

/** Starts a program in a terminal; it is killed after the test. */
export function openPtyScreen(t: TestContext, options: PtyScreenOptions = {}): PtyScreen {
	const {columns = 80, rows = 24, cwd = process.cwd()} = options;
	const [file, ...args] = options.command ?? [process.execPath, cli, ...(options.arguments ?? [])];
	const terminal = new headless.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 1000});
	const env: Record<string, string | undefined> = {...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...options.env};
	delete env.NO_COLOR;
	delete env.FORCE_COLOR;
	const child = pty.spawn(file, args, {
		name: options.env?.TERM ?? 'xterm-256color',
		cols: columns,
		rows,
		cwd,
		env,
	});
	let output = '';
	let isOver = false;
	let cursorHidden = false;
	let isFrameWhole = true;
	const waiting = new Set<() => void>();
	child.onData(data => {
		output += data;
		// Every piece of output is looked at, so that a text shown for a few seconds is seen even if this process was held up.
		terminal.write(data, () => {
			for (const check of waiting) {
				check();
			}
		});
	});
	terminal.parser.registerCsiHandler({prefix: '?', final: 'h'}, params => {
		cursorHidden = params.includes(25) ? false : cursorHidden;
		isFrameWhole = params.includes(2026) ? false : isFrameWhole;
		return false;
	});
	terminal.parser.registerCsiHandler({prefix: '?', final: 'l'}, params => {
		cursorHidden = params.includes(25) ? true : cursorHidden;
		isFrameWhole = params.includes(2026) ? true : isFrameWhole;
		return false;
	});
	const exited = new Promise<{exitCode: number; signal?: number}>(resolve => {
		child.onExit(status => {
			isOver = true;
			resolve(status);
		});
	});
	t.after(() => {
		if (!isOver) {
			child.kill('SIGKILL');
		}

		terminal.dispose();
	});

	const lines = (): string[] => {
		const {active} = terminal.buffer;
		return Array.from(
			{length: terminal.rows},
			(_, y) =>
				active
					.getLine(active.baseY + y)
					?.translateToString(true)
					.trimEnd() ?? '',
		);
	};

	const text = (): string => lines().join('\n');
	return {
		lines,
		text,
		isInverse: row => {
			const {active} = terminal.buffer;
			return (
				active
					.getLine(active.baseY + row)
					?.getCell(1)
					?.isInverse() !== 0
			);
		},
		isAlternate: () => terminal.buffer.active.type === 'alternate',
		isCursorHidden: () => cursorHidden,
		scrolledLines: () => terminal.buffer.normal.baseY,
		until: async (condition, what, timeoutMs = 10_000) => {
			let isSeen = false;
			const check = (): void => {
				isSeen ||= isFrameWhole && condition(text());
			};
			check();
			const deadlineMs = Date.now() + timeoutMs;
			waiting.add(check);
			try {
				while (!isSeen) {
					if (Date.now() > deadlineMs) {
						throw new Error(`${what} was not seen within ${timeoutMs} ms:\n${text()}`);
					}

					await sleep(20);
					// Conditions can also depend on more than the screen.
					check();
				}
			} finally {
				waiting.delete(check);
			}
		},
		press: keys => child.write(keys),
		resize: (newColumns, newRows) => {
			terminal.resize(newColumns, newRows);
			child.resize(newColumns, newRows);
		},
		written: () => output,
		exited,
		hasExited: () => isOver,
		pid: child.pid,
		kill: signal => process.kill(child.pid, signal),
		hangUp: () => {
			(child as unknown as {destroy?: () => void}).destroy?.();
		},
	};
}
