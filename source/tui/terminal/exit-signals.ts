import process from 'node:process';

/** Signals that ask a program to end. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Errors of a terminal that is gone; nobody is left to read about them. */
const goneCodes = new Set(['EPIPE', 'EIO', 'ENXIO', 'EBADF', 'ERR_STREAM_DESTROYED']);

export interface ExitSignalOptions {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** Ends the screen; with the error that forced it, if any. */
	readonly end: (error?: unknown) => void;
	/** Gives the terminal back while the program is stopped, and takes it again. */
	readonly leave: () => void;
	readonly enter: () => void;
}

export interface ExitSignals {
	/** Stops the program as Ctrl-Z does in a shell. */
	readonly suspend: () => void;
	/** Takes every listener away. */
	readonly close: () => void;
}

/** Watches every way a full-screen program can come to its end, and the one way it can be stopped and go on. */
export function watchExitSignals({stdin, stdout, end, leave, enter}: ExitSignalOptions): ExitSignals {
	const onSignal = (): void => end();
	const onGone = (error: NodeJS.ErrnoException): void => end(goneCodes.has(error.code ?? '') ? undefined : error);
	const onCrash = (error: unknown): void => onGone(error as NodeJS.ErrnoException);
	const onEnd = (): void => end();
	const stop = (whom: number): void => {
		// Before anybody stops: a shell that saw its child stop takes the terminal, and changing it from behind stops us halfway.
		leave();
		process.off('SIGTSTP', onStop);
		// Without a listener the default holds: the process stops here until it is continued.
		process.kill(whom, 'SIGTSTP');
		process.on('SIGTSTP', onStop);
		enter();
	};

	const onStop = (): void => stop(process.pid);

	const listeners: ReadonlyArray<readonly [NodeJS.EventEmitter, string, (...told: never[]) => void]> = [
		...endingSignals.map(signal => [process, signal, onSignal] as const),
		[process, 'SIGTSTP', onStop],
		// After SIGSTOP nothing could be restored in time; the shell has changed the terminal meanwhile.
		[process, 'SIGCONT', enter],
		[process, 'uncaughtException', onCrash],
		[process, 'unhandledRejection', onCrash],
		[process, 'exit', leave],
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
		suspend: () => stop(0),
		close: () => {
			for (const [source, event, listener] of listeners) {
				source.off(event, listener as () => void);
			}

			// A lost terminal says so twice, by the system and by the shell; the second time must not cut off the saving.
			process.on('SIGHUP', () => {});
		},
	};
}
