import type {SshHost} from '../../domain/remote/host-spec.js';
import type {HistoryQuestion, Line, LineListener} from '../../domain/remote/lines.js';
import type {AnswerBudget} from './bounded-answer.js';
import {createDocumentReader, createLineReader} from './document-lines.js';
import {startSsh} from './ssh-child.js';

/** Opens a line on which the other side's `xmrtop watch` sends its documents. */
export function openSshLine(host: SshHost, {onDocument, onEnd}: LineListener, budget: AnswerBudget): Line {
	let isOver = false;
	const reader = createLineReader({
		onDocument: (value, bytes) => {
			if (!isOver) {
				budget.keep(host.url, bytes);
				onDocument(value);
			}
		},
		nowMs: Date.now,
		budget,
	});
	const over = (complaint: string): void => {
		if (!isOver) {
			isOver = true;
			reader.release();
			onEnd(complaint);
		}
	};
	const ssh = startSsh(host, ['xmrtop', 'watch', '--ndjson'], {
		onOutput: chunk => {
			const problem = isOver ? undefined : reader.take(chunk);
			if (problem !== undefined) {
				over(problem);
				void ssh.end();
			}
		},
		onEnd: ({code, complaint}) => over(complaint ?? reader.garbage() ?? endedText(code)),
	});
	return {
		end: () => {
			isOver = true;
			reader.release();
			return ssh.end();
		},
	};
}

const endedText = (code: number | null): string =>
	code === null ? 'ssh was killed by a signal' : `ssh exited with code ${code} and no message`;

/** Runs `xmrtop history --json` on a host. Never rejects. */
export function readSshHistory(
	host: SshHost,
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
		const ssh = startSsh(host, ['xmrtop', 'history', '--json', ...flags], {
			onOutput: chunk => {
				const problem = reader.take(chunk);
				if (problem !== undefined) {
					done({complaint: problem});
				}
			},
			onEnd: ({code, complaint}) => {
				const value = reader.document();
				done(value === undefined ? {complaint: complaint ?? reader.garbage() ?? endedText(code)} : {value});
			},
		});
		const timer = setTimeout(() => done({complaint: `no response within ${timeoutMs / 1000} seconds`}), timeoutMs);
	});
}
