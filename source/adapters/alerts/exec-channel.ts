import {type ChildProcess, spawn} from 'node:child_process';
import {accessSync, constants, statSync} from 'node:fs';
import path from 'node:path';
import type {Alert} from '../../domain/alerts/alert.js';
import type {AlertChannel, Delivery} from '../../domain/alerts/outbox.js';
import {errnoWords} from '../../domain/errno-words.js';
import {durationText} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import {cleanText, quoteValue} from '../../domain/text.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';

/** The time limits of a hook, in milliseconds. */
const defaultBounds = {timeLimitMs: 30_000, graceMs: 2000};
/** How long a hook may take to end when xmrtop exits, in milliseconds. */
const stopGraceMs = 150;
/**
 * How long to wait for the rest of stderr after the hook has exited, in milliseconds: a process that it left running may
 * keep stderr open.
 */
const stderrWaitMs = 100;
const keptStderrBytes = 4096;

/** What a hook is started with. */
export interface HookOptions {
	/** The program's path, as {@link findHookProgram} found it. */
	readonly program: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The environment variables to hide from it, read again for each run. */
	readonly secretVariables: () => readonly string[];
	/** Default: 30 s to finish by itself, then 2 s after SIGTERM. */
	readonly bounds?: typeof defaultBounds;
}

/**
 * Runs a program for every alert, without a shell and without arguments. The alert is passed as JSON on stdin and in
 * `XMRTOP_*`.
 */
export function createHookChannel({program, env, secretVariables, bounds = defaultBounds}: HookOptions): AlertChannel {
	return {
		name: 'program',
		deliver: (alert, signal) => {
			const hidden = new Set([...secretVariables(), ...alertVariableNames]);
			const inherited = Object.entries(env).filter(([name]) => !hidden.has(name));
			const variables = {...Object.fromEntries(inherited), ...alertVariables(alert)};
			return run(program, {variables, input: `${JSON.stringify(alert)}\n`, bounds, signal});
		},
	};
}

interface Run {
	readonly variables: NodeJS.ProcessEnv;
	readonly input: string;
	readonly bounds: typeof defaultBounds;
	readonly signal: AbortSignal;
}

async function run(program: string, {variables, input, bounds, signal}: Run): Promise<Delivery> {
	let child: ChildProcess;
	try {
		// It leads its own process group, so that its children can be killed with it. Its stdout is discarded, so it cannot
		// block on it.
		child = spawn(program, {env: variables, stdio: ['pipe', 'ignore', 'pipe'], detached: true});
	} catch (error) {
		return {kind: 'failed', reason: startFailure(error)};
	}

	const readFirstLine = firstLineOf(child);
	child.stdin?.on('error', () => undefined).end(input);
	let endedBecause: string | undefined;
	let killing: NodeJS.Timeout | undefined;
	const end = (reason: string, graceMs: number): void => {
		endedBecause ??= reason;
		signalGroup(child, 'SIGTERM');
		// A hook that is already being stopped gets no more time than xmrtop's exit allows.
		clearTimeout(killing);
		killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
	};
	const limit = bounds.timeLimitMs;
	const timer = setTimeout(() => end(`it did not finish within ${durationText(limit)}`, bounds.graceMs), limit);
	const stop = (): void => {
		clearTimeout(timer);
		end('it was stopped because xmrtop is exiting', stopGraceMs);
	};
	signal.addEventListener('abort', stop, {once: true});
	if (signal.aborted) {
		stop();
	}

	const ending = await endingOf(child);
	clearTimeout(timer);
	clearTimeout(killing);
	signal.removeEventListener('abort', stop);
	if (endedBecause !== undefined) {
		// Kills children that it left running.
		signalGroup(child, 'SIGKILL');
	}

	// A child of it may hold its stdin open and never read it.
	child.stdin?.destroy();
	const words = await readFirstLine();
	const reason = endedBecause ?? ending;
	return reason === undefined
		? {kind: 'delivered'}
		: {kind: 'failed', reason: words === '' ? reason : `${reason}: ${words}`};
}

/** How a child ended; `undefined` for exit code 0. */
function endingOf(child: ChildProcess): Promise<string | undefined> {
	return new Promise(resolve => {
		child.once('error', error => resolve(startFailure(error)));
		child.once('exit', (code, byName) =>
			resolve(code === 0 ? undefined : code === null ? `killed by ${byName}` : `exit code ${code}`),
		);
	});
}

function startFailure(error: unknown): string {
	return `it cannot be started: ${systemErrorReason(error)}`;
}

function signalGroup({pid}: ChildProcess, name: NodeJS.Signals): void {
	try {
		if (pid !== undefined) {
			process.kill(-pid, name);
		}
	} catch {
		// Every process of the group has ended.
	}
}

/** Reads a child's stderr to its end, so that the child never blocks on it. @returns a function that gives the first line */
function firstLineOf({stderr}: ChildProcess): () => Promise<string> {
	let text = '';
	const ended = new Promise(resolve => stderr?.once('close', resolve));
	stderr?.setEncoding('utf8').on('error', () => undefined);
	stderr?.on('data', (more: string) => {
		if (text.length < keptStderrBytes) {
			text += more.slice(0, keptStderrBytes);
		}
	});
	return async () => {
		let timer: NodeJS.Timeout | undefined;
		const patience = new Promise(resolve => {
			// Reads what has already arrived first: this process may have had no processor time until now.
			timer = setTimeout(() => void setImmediate(resolve), stderrWaitMs);
		});
		await Promise.race([ended, patience]);
		clearTimeout(timer);
		stderr?.destroy();
		return cleanText(text.trimStart().split('\n')[0] ?? '', 200);
	};
}

/**
 * Finds the program of a hook: a path is used as it is, a name is looked up in the PATH.
 * @throws InputError naming what was given
 */
export function findHookProgram(given: string, searchPath = ''): string {
	const isPath = given.includes('/');
	const folders = searchPath.split(path.delimiter).filter(folder => folder !== '');
	const candidates = isPath ? [path.resolve(given)] : folders.map(folder => path.resolve(folder, given));
	const troubles: unknown[] = [];
	for (const candidate of given === '' ? [] : candidates) {
		try {
			if (statSync(candidate).isFile()) {
				accessSync(candidate, constants.X_OK);
				return candidate;
			}

			troubles.push(Object.assign(new Error(), {code: 'EISDIR'}));
		} catch (error) {
			troubles.push(error);
		}
	}

	const telling = troubles.find(error => systemErrorCode(error) !== 'ENOENT' && systemErrorCode(error) !== 'ENOTDIR');
	const why = telling
		? `it cannot be run: ${systemErrorReason(telling)}`
		: isPath
			? errnoWords('ENOENT')
			: 'not found in PATH';
	throw new InputError(
		'bad_usage',
		`--on-change ${quoteValue(given)} is invalid: expected an executable program; ${why}`,
	);
}

/** Linux allows at most 128 KiB per environment variable; the alert on stdin names every node. */
const maxNamesLength = 65_536;

/** The alert field that each environment variable of a program holds; for `nodes`, the names. */
export const fieldOfVariable = {
	XMRTOP_ALERT_ID: 'id',
	XMRTOP_KIND: 'kind',
	XMRTOP_TEXT: 'text',
	XMRTOP_AT: 'at',
	XMRTOP_NODE: 'node',
	XMRTOP_DAEMON: 'daemon',
	XMRTOP_NODES: 'nodes',
	XMRTOP_STATE: 'state',
	XMRTOP_FROM: 'from',
	XMRTOP_MESSAGE: 'message',
	XMRTOP_REASON: 'reason',
	XMRTOP_SINCE: 'since',
	XMRTOP_DOWNTIME_MS: 'downtime_ms',
} as const satisfies Readonly<Record<string, keyof Alert>>;

/** The names of the environment variables that tell a program about an alert. */
const alertVariableNames: readonly string[] = Object.keys(fieldOfVariable);

/** An alert as environment variables; a field that does not apply has none. */
export function alertVariables(alert: Alert): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(fieldOfVariable).flatMap(([name, field]) => {
			const value = field === 'nodes' ? joined(alert.nodes.map(node => node.name)) : alert[field];
			return value === undefined ? [] : [[name, String(value)]];
		}),
	);
}

function joined(names: readonly string[]): string {
	const text = names.join(' ');
	return text.length <= maxNamesLength ? text : text.slice(0, text.lastIndexOf(' ', maxNamesLength));
}
