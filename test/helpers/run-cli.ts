import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';

/** The built program, as users run it. */
export const cliPath = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliOptions {
	/** Added to the environment; `undefined` removes a variable. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** The text of stdin; empty by default. */
	readonly stdin?: string;
	/** Folder of nodes.json and, without `--state-dir`, of the results. */
	readonly configDir?: string;
	/** Flags of Node.js itself. */
	readonly nodeFlags?: readonly string[];
	/** Another user to run as; needs root. */
	readonly uid?: number;
	/** Limit of open files (`ulimit -n`). */
	readonly openFiles?: number;
	/** The start of a command line that runs the program elsewhere, such as in a network namespace. */
	readonly launcher?: readonly string[];
}

/** How a run ended. */
export interface CliRun {
	/** `null` if it was ended by a signal. */
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** This process's environment without variables that affect a run: CI, colors, locale, Node's and xmrtop's own. */
export function cliEnvironment({env = {}, configDir}: CliOptions): NodeJS.ProcessEnv {
	const isOurs = (name: string): boolean =>
		/^(?:XMRTOP_|XDG_|NODE_|LC_|npm_)/.test(name) || ['CI', 'LANG', 'NO_COLOR', 'FORCE_COLOR', 'TERM'].includes(name);
	const own = Object.entries(process.env).filter(([name]) => !isOurs(name));
	return {
		...Object.fromEntries(own),
		LANG: 'C.UTF-8',
		TERM: 'xterm-256color',
		...(configDir === undefined ? {} : {XMRTOP_CONFIG_DIR: configDir}),
		...env,
	};
}

/** Starts the built program; the caller waits for it. */
export function startCli(args: readonly string[], options: CliOptions = {}): ChildProcessWithoutNullStreams {
	const command = [...(options.launcher ?? []), process.execPath, ...(options.nodeFlags ?? []), cliPath, ...args];
	const limited = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(options.openFiles), ...command];
	const [file = '', ...rest] = options.openFiles === undefined ? command : limited;
	const child = spawn(file, rest, {
		env: cliEnvironment(options),
		stdio: 'pipe',
		...(options.uid === undefined ? {} : {uid: options.uid, gid: options.uid}),
	});
	// A program that does not read stdin may exit before it is written.
	child.stdin.on('error', () => undefined);
	child.stdin.end(options.stdin ?? '');
	return child;
}

/** Runs the built program until it exits. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
	return finished(startCli(args, options));
}

/** Collects the output of a started program until it exits. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<CliRun> {
	return new Promise((resolve, reject) => {
		let stdout = '';
		let stderr = '';
		child.stdout.setEncoding('utf8').on('data', text => {
			stdout += text;
		});
		child.stderr.setEncoding('utf8').on('data', text => {
			stderr += text;
		});
		child.on('error', reject).on('close', code => resolve({code, stdout, stderr}));
	});
}

/** Runs `work` for all items, at most `atOnce` concurrently. @returns the results in the order of the items */
export async function runEach<T, R>(items: readonly T[], work: (item: T) => Promise<R>, atOnce = 4): Promise<R[]> {
	const results: R[] = new Array(items.length);
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < items.length) {
			const index = next;
			next += 1;
			results[index] = await work(items[index] as T);
		}
	};
	await Promise.all(Array.from({length: atOnce}, worker));
	return results;
}

/** A fingerprint of a folder, for detecting any write: names, contents, modes, change times. */
export function folderPrint(folder: string): string {
	if (!existsSync(folder)) {
		return 'missing';
	}

	return readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.sort()
		.map(name => {
			const file = path.join(folder, name);
			const {mode, mtimeNs} = statSync(file, {bigint: true});
			const hash = statSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder';
			return `${name} ${mode} ${mtimeNs} ${hash}`;
		})
		.join('\n');
}

/** A program that runs in the folder of one test. */
export interface FolderCli {
	readonly run: (args: readonly string[], options?: CliOptions) => Promise<CliRun>;
	/** Runs it and parses the JSON document on stdout. */
	// biome-ignore lint/suspicious/noExplicitAny: tests read documents of any shape.
	readonly json: (args: readonly string[], options?: CliOptions) => Promise<any>;
}

/** The program with a configuration folder. */
export function cliIn(configDir: string): FolderCli {
	const run: FolderCli['run'] = (args, options = {}) => runCli(args, {configDir, ...options});
	return {run, json: async (args, options) => JSON.parse((await run(args, options)).stdout)};
}

/** Kills a child after the test. */
export function endWithTest<C extends ChildProcessWithoutNullStreams>(context: TestContext, child: C): C {
	context.after(() => child.kill('SIGKILL'));
	return child;
}
