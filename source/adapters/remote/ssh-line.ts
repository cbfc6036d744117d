import type {SshHost} from '../../domain/remote/host-spec.js';
import type {HistoryQuestion, Line, LineListener} from '../../domain/remote/lines.js';
import {createLineReader} from './document-lines.js';
import {startSsh} from './ssh-child.js';

/** Opens a line on which the other side's `xmrtop watch` sends its documents. */
export function openSshLine(host: SshHost, {onDocument, onEnd}: LineListener): Line {
	let isOver = false;
	const reader = createLineReader(value => {
		if (!isOver) {
			onDocument(value);
		}
	}, Date.now);
	const over = (complaint: string): void => {
		if (!isOver) {
			isOver = true;
			onEnd(complaint);
		}
	};
	const ssh = startSsh(host, ['xmrtop', 'watch', '--ndjson'], {
		onOutput: chunk => {
			const problem = reader.take(chunk);
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
			return ssh.end();
		},
	};
}

const endedText = (code: number | null): string =>
	code === null ? 'ssh was ended by a signal' : `ssh ended with exit code ${code} and said nothing`;

/** Runs `xmrtop history --json` on a host. Never rejects. */
export function readSshHistory(
	host: SshHost,
	{method, limit, timeoutMs}: HistoryQuestion,
): Promise<{readonly value: unknown} | {readonly complaint: string}> {
	const flags = [
		...(method === undefined ? [] : ['--method', method]),
		...(limit === undefined ? [] : ['--limit', String(limit)]),
	];
	return new Promise(resolve => {
		const done = (outcome: {readonly value: unknown} | {readonly complaint: string}): void => {
			clearTimeout(timer);
			resolve(outcome);
			void ssh.end();
		};
		const reader = documentReader();
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
		const timer = setTimeout(() => done({complaint: `no answer within ${timeoutMs / 1000} seconds`}), timeoutMs);
	});
}

/** A whole document over several lines, after whatever a login may print. */
function documentReader() {
	const most = 64 * 1024 * 1024;
	const chunks: Buffer[] = [];
	let length = 0;
	const text = (): string => Buffer.concat(chunks).toString('utf8');
	return {
		take: (chunk: Buffer): string | undefined => {
			chunks.push(chunk);
			length += chunk.length;
			return length > most ? 'its answer is too long' : undefined;
		},
		document: (): unknown => {
			const all = text();
			const begin = all.startsWith('{') ? 0 : all.indexOf('\n{') + 1;
			try {
				return JSON.parse(all.slice(begin));
			} catch {
				return undefined;
			}
		},
		garbage: () =>
			text()
				.split('\n')
				.map(line => line.trim())
				.filter(Boolean)
				.at(-1)
				?.slice(0, 200),
	};
}
