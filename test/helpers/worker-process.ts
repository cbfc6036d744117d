import assert from 'node:assert/strict';
import {type ChildProcessByStdio, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';

const worker = fileURLToPath(new URL('store-worker.ts', import.meta.url));

/** A running worker process. */
export interface WorkerProcess {
	readonly child: ChildProcessByStdio<null, Readable, Readable>;
	/** The lines it has printed so far. */
	readonly lines: readonly string[];
	/** Resolves with the next line, or `undefined` when it has exited. */
	readonly nextLine: () => Promise<string | undefined>;
	/** Resolves when it has exited, with all its output. */
	readonly ended: Promise<{readonly code: number | null; readonly lines: readonly string[]; readonly errors: string}>;
}

/** Starts the store worker; it is killed after the test if it still runs. */
export function startWorker(context: TestContext, ...argv: readonly string[]): WorkerProcess {
	const child = spawn(process.execPath, ['--import', 'tsx', worker, ...argv], {stdio: ['ignore', 'pipe', 'pipe']});
	context.after(() => child.kill('SIGKILL'));
	const lines: string[] = [];
	let errors = '';
	const reader = createInterface({input: child.stdout});
	reader.on('line', line => lines.push(line));
	child.stderr.setEncoding('utf8').on('data', text => {
		errors += text;
	});
	const closed = once(child, 'close');
	return {
		child,
		lines,
		nextLine: async () => {
			const line = once(reader, 'line').then(([text]) => String(text));
			return Promise.race([line, closed.then(() => undefined)]);
		},
		ended: closed.then(([code]) => ({code: code as number | null, lines, errors})),
	};
}

/** Runs the store worker synchronously until it exits. */
export function runWorker(...argv: readonly string[]): void {
	const {status, stderr} = spawnSync(process.execPath, ['--import', 'tsx', worker, ...argv], {encoding: 'utf8'});
	assert.deepEqual({status, stderr}, {status: 0, stderr: ''});
}
