const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What keeps this process alive, and for how long. */
export interface Shutdown {
	/**
	 * Resolves when the process is to end: its standard input has ended or its channel is closed, which happens even
	 * when the parent is killed, or a signal came.
	 */
	readonly ended: Promise<void>;
	/** Lets go: nothing of it keeps the process alive any longer. */
	readonly release: () => void;
}

/** Takes hold of standard input, the channel to the parent and the signals. */
export function watchDemoShutdown(): Shutdown {
	const {stdin, stdout} = process;
	// Nobody may be left to read what is printed.
	stdout.on('error', () => {});
	const ended = new Promise<void>(resolve => {
		const end = (): void => {
			resolve();
		};
		for (const signal of signals) {
			process.on(signal, end);
		}

		stdin.on('end', end).on('close', end).on('error', end).resume();
		if (process.connected) {
			process.once('disconnect', end);
		}
	});
	return {
		ended,
		release: () => {
			stdin.destroy();
			if (process.connected) {
				process.disconnect();
			}
		},
	};
}
