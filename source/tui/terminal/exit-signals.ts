import process from 'node:process';

/** Signals that ask a program to end. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Errors of a terminal that is gone; nobody is left to read about them. */
const goneCodes = new Set(['EPIPE', 'EIO', 'ENXIO', 'EBADF', 'ERR_STREAM_DESTROYED']);

/** Gives the terminal back while `during` runs, then takes it again: Ink's own. */
export type SuspendTerminal = (during: () => void | Promise<void>) => Promise<unknown>;

export interface ExitSignalOptions {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** Ends the screen; with the error that forced it, if any. */
	readonly end: (error?: unknown) => void;
	readonly suspendTerminal: SuspendTerminal;
}

/** What arrived while the terminal is lent. */
export interface LentSignals {
	/** Ctrl-C was pressed. */
	readonly isInterrupted: boolean;
	/** This program is to end. */
	readonly isEnding: boolean;
}

export interface ExitSignals {
	/** Stops the program as Ctrl-Z does in a shell. */
	readonly suspend: () => void;
	/**
	 * Gives the terminal to another program while `work` runs. Its signals are then for that program alone, and what asks this one to
	 * end is obeyed afterwards.
	 * @param work is told what has arrived meanwhile
	 */
	readonly lend: (work: (arrived: LentSignals) => Promise<void>) => Promise<void>;
	/** Takes every listener away. */
	readonly close: () => void;
}

/** Watches every way a full-screen program can come to its end, and the one way it can be stopped and go on. */
export function watchExitSignals({stdin, stdout, end, suspendTerminal}: ExitSignalOptions): ExitSignals {
	let isStopped = false;
	/** While the terminal is lent: what arrived meanwhile. */
	let lent: {isInterrupted: boolean; isEnding: boolean} | undefined;
	const onSignal = (signal: string): void => {
		if (!lent) {
			end();
		} else if (signal === 'SIGINT' || signal === 'SIGQUIT') {
			lent.isInterrupted = true;
		} else {
			lent.isEnding = true;
		}
	};
	const onGone = (error: NodeJS.ErrnoException): void => end(goneCodes.has(error.code ?? '') ? undefined : error);
	const onCrash = (error: unknown): void => onGone(error as NodeJS.ErrnoException);
	const onEnd = (): void => end();
	const stop = async (whom: number): Promise<void> => {
		if (isStopped || lent) {
			return;
		}

		isStopped = true;
		// Before anybody stops: a shell that saw its child stop takes the terminal, and changing it from behind stops us halfway.
		await suspendTerminal(() => {
			process.off('SIGTSTP', onStop);
			// Without a listener the default holds: the process stops here until it is continued.
			process.kill(whom, 'SIGTSTP');
			process.on('SIGTSTP', onStop);
		});
		isStopped = false;
	};

	const onStop = (): void => void stop(process.pid).catch(end);
	// After SIGSTOP nothing could be restored in time; the shell has changed the terminal meanwhile.
	const onContinued = (): void => {
		if (!isStopped && !lent) {
			suspendTerminal(() => {}).catch(end);
		}
	};

	const listeners: ReadonlyArray<readonly [NodeJS.EventEmitter, string, (...told: never[]) => void]> = [
		...endingSignals.map(signal => [process, signal, onSignal] as const),
		[process, 'SIGTSTP', onStop],
		[process, 'SIGCONT', onContinued],
		[process, 'uncaughtException', onCrash],
		[process, 'unhandledRejection', onCrash],
		[stdin, 'error', onGone],
		[stdin, 'end', onEnd],
		[stdin, 'close', onEnd],
	];
	for (const [source, event, listener] of listeners) {
		source.on(event, listener as () => void);
	}

	// It stays for ever: what is still on its way may fail after we have left.
	stdout.on('error', onGone);
	return {
		// The whole foreground group stops, as when the terminal itself turns Ctrl-Z into a signal.
		suspend: () => void stop(0).catch(end),
		lend: async work => {
			if (isStopped || lent) {
				return;
			}

			const now = {isInterrupted: false, isEnding: false};
			lent = now;
			// Ctrl-Z stops this program together with the other one, as a shell expects.
			process.off('SIGTSTP', onStop);
			try {
				await suspendTerminal(() => work(now));
			} finally {
				lent = undefined;
				process.on('SIGTSTP', onStop);
				if (now.isEnding) {
					end();
				}
			}
		},
		close: () => {
			for (const [source, event, listener] of listeners) {
				source.off(event, listener as () => void);
			}

			// A lost terminal says so twice, by the system and by the shell; the second time must not cut off the saving.
			process.on('SIGHUP', () => {});
		},
	};
}
