import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';
import type {HistoryQuestion, HostLine, LineListener, LocalHost, SshHost} from '../../domain/remote/remote-nodes.js';
import {cleanText} from '../../domain/text.js';
import {type AnswerBudget, BoundedAnswer} from './bounded-answer.js';

/** Runs `xmrtop watch` on the host and reads the documents it prints. */
export function openSshLine(
	host: SshHost | LocalHost,
	{onDocument, onEnd}: LineListener,
	budget: AnswerBudget,
): HostLine {
	let isOver = false;
	const reader = createLineReader({
		onDocument: (value, bytes) => {
			if (!isOver) {
				budget.keep(host.url, bytes);
				onDocument(value);
			}
		},
		monotonicMs: () => performance.now(),
		budget,
	});
	const over = (complaint: string): void => {
		if (!isOver) {
			isOver = true;
			reader.release();
			onEnd(complaint);
		}
	};
	const ssh = startXmrtop(host, ['watch', '--ndjson'], {
		onOutput: chunk => {
			const problem = isOver ? undefined : reader.take(chunk);
			if (problem !== undefined) {
				over(problem);
				void ssh.end();
			}
		},
		onEnd: ({code, complaint}) => over(endedText(host, code, complaint ?? reader.garbage())),
	});
	return {
		end: () => {
			isOver = true;
			reader.release();
			return ssh.end();
		},
	};
}

/** Runs xmrtop on another host over ssh, or this program on this machine. */
function startXmrtop(host: SshHost | LocalHost, words: readonly string[], listener: SshListener): SshChild {
	return host.kind === 'ssh'
		? startSsh(host, ['xmrtop', ...words], listener)
		: startOwnProgram([...words, ...host.flags], listener);
}

function endedText({kind}: SshHost | LocalHost, code: number | null, said: string | undefined): string {
	const ended = code === null ? 'was killed by a signal' : `exited with code ${code} and no message`;
	// A shell that does not find a program exits with 127.
	return code === 127 && kind === 'ssh' && said?.includes('xmrtop')
		? `${said} there: install it, or add its folder to the PATH of commands run by ssh`
		: (said ?? `${kind === 'ssh' ? 'ssh' : 'xmrtop'} ${ended}`);
}

/** Runs `xmrtop history --json` on a host. Never rejects. */
export function readSshHistory(
	host: SshHost | LocalHost,
	{method, limit, timeoutMs}: HistoryQuestion,
	budget: AnswerBudget,
): Promise<{readonly value: unknown} | {readonly complaint: string}> {
	const flags = [
		...(method === undefined ? [] : ['--method', method]),
		...(limit === undefined ? [] : ['--limit', String(limit)]),
	];
	return new Promise(resolve => {
		const done = (outcome: {readonly value: unknown} | {readonly complaint: string}): void => {
			clearTimeout(timer);
			reader.release();
			resolve(outcome);
			void ssh.end();
		};
		const reader = createDocumentReader(budget);
		const ssh = startXmrtop(host, ['history', '--json', ...flags], {
			onOutput: chunk => {
				const problem = reader.take(chunk);
				if (problem !== undefined) {
					done({complaint: problem});
				}
			},
			onEnd: ({code, complaint}) => {
				const value = reader.document();
				done(value === undefined ? {complaint: endedText(host, code, complaint ?? reader.garbage())} : {value});
			},
		});
		const timer = setTimeout(() => done({complaint: `no response within ${timeoutMs / 1000} seconds`}), timeoutMs);
	});
}

/** How long ssh may take to end after SIGTERM, in milliseconds. */
const graceMs = 500;
/**
 * How long to wait for stderr after ssh has ended, in milliseconds: a shared connection (ControlPersist) may hold it open.
 */
const stderrWaitMs = 300;
const keptComplaint = 4096;

/** Messages of ssh and of the remote shell that explain nothing. */
const uninformative =
	/^(?:warning:|\*\* |@+|pseudo-terminal|killed by signal|connection to \S+ closed\.?$|shared connection|debug\d:|transferred:|bytes per second)/i;

/** The message of a healthy xmrtop on the host, which explains nothing. */
const greeting = /^xmrtop: watching /;

const running = new Set<ChildProcess>();
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Each ssh runs in its own session, so it does not get the signals that end this program. */
function endAll(name: NodeJS.Signals): void {
	for (const child of running) {
		signal(child, 'SIGTERM');
	}

	listen(false);
	if (process.listenerCount(name) === 0) {
		process.kill(process.pid, name);
	}
}

function listen(isWanted: boolean): void {
	for (const name of endingSignals) {
		process.off(name, endAll);
		if (isWanted) {
			process.on(name, endAll);
		}
	}
}

/** A running ssh. */
export interface SshChild {
	/** Ends it and its children, by pid; resolves when it is gone. The listener is not called afterwards. */
	readonly end: () => Promise<void>;
}

export interface SshListener {
	/** Called with the bytes that the remote command prints. */
	readonly onOutput: (chunk: Buffer) => void;
	/** Called when it ended by itself; `complaint` is its last useful line, absent when it printed none. */
	readonly onEnd: (ending: {readonly code: number | null; readonly complaint: string | undefined}) => void;
}

/**
 * Runs a command on a host with the user's own ssh. ssh has no terminal, so it can neither prompt nor draw on the screen.
 * @param words of the command: only letters, digits and dashes, because ssh passes them to a remote shell
 */
function startSsh({user, host, port}: SshHost, words: readonly string[], listener: SshListener): SshChild {
	const target = user === undefined ? host : `${user}@${host}`;
	const args = ['-T', ...(port === undefined ? [] : ['-p', String(port)]), target, ...words];
	return startProgram('ssh', args, envForSsh(process.env), listener);
}

/** Runs this program on this machine, without the variables for the alerts of another process. */
function startOwnProgram(words: readonly string[], listener: SshListener): SshChild {
	const alerting = /^(?:XMRTOP_(?:WEBHOOK|WEBHOOK_FORMAT|HEARTBEAT|TOKEN)|NOTIFY_SOCKET|WATCHDOG_USEC)$/;
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !alerting.test(name)));
	return startProgram(process.execPath, [process.argv[1] ?? '', ...words], env, listener);
}

function startProgram(
	program: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv,
	listener: SshListener,
): SshChild {
	// Done first: a signal right after the start would leave the child running.
	listen(true);
	const child = spawn(program, args, {
		// A session of its own, without a terminal to prompt on, and a process group that can be killed as a whole.
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env,
	});
	if (child.pid !== undefined) {
		running.add(child);
		child.once('exit', () => {
			running.delete(child);
			listen(running.size > 0);
		});
	} else {
		listen(running.size > 0);
	}

	let stderr = '';
	let isOver = false;
	const ended = new Promise<void>(resolve => {
		const over = (code: number | null, complaint: string | undefined): void => {
			if (!isOver) {
				isOver = true;
				listener.onEnd({code, complaint});
			}

			resolve();
		};
		child.once('error', error => over(null, startFailure(error)));
		child.once('exit', code => setTimeout(() => over(code, usefulLine(stderr)), stderrWaitMs).unref());
		child.once('close', code => over(code, usefulLine(stderr)));
	});
	child.stdout?.on('data', chunk => {
		if (!isOver) {
			listener.onOutput(chunk);
		}
	});
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		stderr = (stderr + text).slice(-keptComplaint);
	});
	return {
		end: async () => {
			isOver = true;
			signal(child, 'SIGTERM');
			const timer = setTimeout(() => signal(child, 'SIGKILL'), graceMs);
			// Children of it may keep the pipes open.
			child.stdout?.destroy();
			child.stderr?.destroy();
			await ended;
			clearTimeout(timer);
		},
	};
}

/** Removes xmrtop's variables, which may be secret, from what ssh's configuration (SendEnv, ProxyCommand) and the host see. */
function envForSsh(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const others = Object.entries(env).filter(([name]) => !name.startsWith('XMRTOP_'));
	// Also keeps a window from asking for a password again and again.
	return {...Object.fromEntries(others), SSH_ASKPASS_REQUIRE: 'never'};
}

function signal({pid, exitCode, signalCode}: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
	if (pid !== undefined && exitCode === null && signalCode === null) {
		try {
			process.kill(-pid, name);
		} catch {
			// It has just ended.
		}
	}
}

function startFailure(error: NodeJS.ErrnoException): string {
	return error.code === 'ENOENT' ? 'ssh is not in PATH: install an ssh client' : `ssh cannot be started: ${error.code}`;
}

/** The last line that explains something, else the last line. */
function usefulLine(stderr: string): string | undefined {
	const lines = stderr
		.split(/[\r\n]+/)
		.map(line => cleanText(line, 200))
		.filter(line => line !== '' && !greeting.test(line));
	return lines.findLast(line => !uninformative.test(line)) ?? lines.at(-1);
}

/** The most bytes outside documents, such as a short motd. */
const maxGarbageBytes = 256 * 1024;
/** How much of a line that is not a document is kept: enough to recognize it. */
const keptGarbageBytes = 1024;
/** Of documents that arrive faster than this, in milliseconds, only the last is read. */
const minGapMs = 100;
/** The pause after reading a document, as a multiple of the time that took: for drawing and keys. */
const gapPerReadingTime = 4;

const newline = 10;
const whitespace: ReadonlySet<number> = new Set([9, 13, 32]);

/** Reads lines of text in which documents are expected. */
export interface LineReader {
	/** Takes the next bytes. @returns what is wrong with them, if no more documents can be expected */
	readonly take: (chunk: Buffer) => string | undefined;
	/** The last line that was not a document, cleaned. */
	readonly garbage: () => string | undefined;
	/** Frees what was received. */
	readonly release: () => void;
}

export interface LineReaderOptions {
	/** @param bytes the length of the document as received */
	readonly onDocument: (value: unknown, bytes: number) => void;
	/** A clock that is never set. */
	readonly monotonicMs: () => number;
	readonly budget: AnswerBudget;
}

/** Reads a stream of JSON documents, one per line, which may have other text between them. */
export function createLineReader({onDocument, monotonicMs, budget}: LineReaderOptions): LineReader {
	let document: BoundedAnswer | undefined;
	let newest: BoundedAnswer | undefined;
	let line: Buffer[] = [];
	let garbageBytes = 0;
	let garbage: string | undefined;
	let nextMs = Number.NEGATIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;

	const isGarbage = (text: string): void => {
		garbage = cleanText(text, 200) || garbage;
	};

	/** @returns what is wrong, if anything */
	const addToLine = (piece: Buffer): string | undefined => {
		const start = document || line.length > 0 ? piece : trimmedStart(piece);
		if (start.length === 0) {
			return undefined;
		}

		if (!document && line.length === 0 && start[0] === 123) {
			document = new BoundedAnswer(budget);
		}

		if (document) {
			return document.take(start);
		}

		garbageBytes += start.length;
		line.push(Buffer.from(start.subarray(0, keptGarbageBytes)));
		return tooMuchGarbage();
	};

	const tooMuchGarbage = (): string | undefined => {
		const words = (): string => cleanText(Buffer.concat(line).toString(), 200) || (garbage ?? '');
		return garbageBytes > maxGarbageBytes ? `it does not send xmrtop documents; received: ${words()}` : undefined;
	};

	const endLine = (): void => {
		isGarbage(Buffer.concat(line).toString());
		line = [];
		const ended = document;
		document = undefined;
		if (ended) {
			newest?.release();
			newest = ended;
			if (monotonicMs() >= nextMs) {
				readNewest();
			} else {
				timer ??= setTimeout(readNewest, nextMs - monotonicMs());
			}
		}
	};

	const readNewest = (): void => {
		clearTimeout(timer);
		timer = undefined;
		const answer = newest;
		newest = undefined;
		if (!answer) {
			return;
		}

		const beganMs = monotonicMs();
		const {bytes} = answer;
		const text = answer.text();
		answer.release();
		const value = parseOrUndefined(text);
		if (value === undefined) {
			garbageBytes += bytes;
			isGarbage(text.slice(0, keptGarbageBytes));
			return;
		}

		garbageBytes = 0;
		onDocument(value, bytes);
		nextMs = beganMs + Math.max(minGapMs, (monotonicMs() - beganMs) * (1 + gapPerReadingTime));
	};

	return {
		take: chunk => {
			let from = 0;
			for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
				const problem = addToLine(chunk.subarray(from, at));
				if (problem !== undefined) {
					return problem;
				}

				endLine();
				const garbageProblem = tooMuchGarbage();
				if (garbageProblem !== undefined) {
					return garbageProblem;
				}

				from = at + 1;
			}

			return addToLine(chunk.subarray(from));
		},
		garbage: () => garbage,
		release: () => {
			clearTimeout(timer);
			document?.release();
			newest?.release();
			document = undefined;
			newest = undefined;
		},
	};
}

function trimmedStart(piece: Buffer): Buffer {
	const start = piece.findIndex(byte => !whitespace.has(byte));
	return start === -1 ? piece.subarray(piece.length) : piece.subarray(start);
}

function parseOrUndefined(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}

/** Reads one document over several lines, after anything that a login may print. */
export interface DocumentReader extends Pick<LineReader, 'take' | 'garbage' | 'release'> {
	/** The document; `undefined` when there is none, or it is incomplete. */
	readonly document: () => unknown;
}

/** Reads everything from the first line that begins like a document as one document. */
export function createDocumentReader(budget: AnswerBudget): DocumentReader {
	let answer: BoundedAnswer | undefined;
	let before = Buffer.alloc(0);
	const take = (chunk: Buffer): string | undefined => {
		if (answer) {
			return answer.take(chunk);
		}

		before = Buffer.concat([before, chunk]);
		const begin = before[0] === 123 ? 0 : before.indexOf('\n{') + 1;
		if (before[begin] === 123) {
			answer = new BoundedAnswer(budget);
			return answer.take(before.subarray(begin));
		}

		return before.length > maxGarbageBytes
			? `it does not send an xmrtop document; received: ${lastLine(before)}`
			: undefined;
	};
	return {
		take,
		document: () => (answer ? parseOrUndefined(answer.text()) : undefined),
		garbage: () => lastLine(before) || undefined,
		release: () => answer?.release(),
	};
}

function lastLine(bytes: Buffer): string {
	const lines = bytes.subarray(-keptGarbageBytes).toString().split('\n');
	return lines.map(line => cleanText(line, 200)).findLast(line => line !== '') ?? '';
}
