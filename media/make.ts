// Makes the pictures of the README: runs the built program on its simulated fleet in a terminal and draws what is seen.
// `npm run media`, after `npm run build`.
import {writeFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import pty from '@lydell/node-pty';
import headless from '@xterm/headless';
import {screenMarkup, windowSvg} from './screen-svg.js';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const {CI: _, NO_COLOR: __, ...environment} = process.env;

/** What is pressed, what is then waited for, and the picture that is kept of it. */
type Scene = readonly [keys: string, seen: RegExp, name?: string];

/** Runs the demo in a terminal. @returns what was seen after each scene */
async function play(
	{columns, rows}: {readonly columns: number; readonly rows: number},
	scenes: readonly Scene[],
): Promise<void> {
	const terminal = new headless.Terminal({cols: columns, rows, allowProposedApi: true});
	const program = pty.spawn(process.execPath, [fileOf('../dist/cli.js'), 'demo'], {
		name: 'xterm-256color',
		cols: columns,
		rows,
		env: {...environment, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8'},
	});
	program.onData(data => terminal.write(data));
	const ended = new Promise<void>(resolve => {
		program.onExit(() => resolve());
	});
	const text = (): string =>
		Array.from({length: rows}, (_unused, y) => terminal.buffer.active.getLine(y)?.translateToString() ?? '').join('\n');
	const until = async (pattern: RegExp, timeoutMs = 30_000): Promise<void> => {
		const deadlineMs = Date.now() + timeoutMs;
		while (!pattern.test(text())) {
			if (Date.now() > deadlineMs) {
				throw new Error(`${pattern} was not seen:\n${text()}`);
			}

			await sleep(50);
		}
	};

	const size = {columns, rows, title: 'xmrtop demo', seconds: 3};
	const screens: string[] = [];
	// Every state is there in the fleet's first seconds, before the first of its nodes recovers.
	await until(/down .* busy .* degraded .* up/);
	await sleep(4000);
	for (const [keys, seen, name] of scenes) {
		for (const key of keys) {
			program.write(key);
			await sleep(120);
		}

		await until(seen);
		await sleep(300);
		const screen = screenMarkup(terminal);
		screens.push(screen);
		if (name !== undefined) {
			await writeFile(fileOf(name), windowSvg([screen], size));
		}
	}

	if (screens.length > 1) {
		await writeFile(fileOf('demo.svg'), windowSvg(screens, size));
	}

	program.write('\u0003');
	await ended;
}

await play({columns: 100, rows: 24}, [
	['', /down .* busy .* degraded .* up/, 'screenshot.svg'],
	['\r', /RESULT[\s\S]*Try: /, 'diagnostics.svg'],
	['\u001Bm', /Check method/],
	['\u001Bt', /nodes {2}/],
	['te', /problems only/],
]);
// A while later there is a past to show.
await play({columns: 200, rows: 60}, [['', /down → ● up {8}after/, 'wide.svg']]);
