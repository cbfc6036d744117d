/** Lines a person should know of, and those who want to hear when anything changes. */
export interface Notes {
	/** Shows a line under a name; `undefined` withdraws it. */
	readonly setNote: (name: string, note: string | undefined) => void;
	readonly notes: () => readonly string[];
	/** @returns the way to end it */
	readonly subscribe: (listener: () => void) => () => void;
	/** Tells the listeners, soon: what comes in the meantime is told with it. */
	readonly announce: () => void;
	/** Tells nobody any more. */
	readonly close: () => void;
}

/**
 * @param everyMs listeners hear at most this often
 * @param onNote called when the notes have changed, before the listeners are told
 */
export function createPollerNotes(everyMs: number, onNote: () => void): Notes {
	const notes = new Map<string, string>();
	const listeners = new Set<() => void>();
	let timer: NodeJS.Timeout | undefined;
	const announce = (): void => {
		timer ??= setTimeout(() => {
			timer = undefined;
			for (const listener of listeners) {
				listener();
			}
		}, everyMs);
	};

	return {
		setNote: (name, note) => {
			if (notes.get(name) !== note) {
				if (note === undefined) {
					notes.delete(name);
				} else {
					notes.set(name, note);
				}

				onNote();
				announce();
			}
		},
		notes: () => [...new Set(notes.values())],
		subscribe: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		announce,
		close: () => {
			clearTimeout(timer);
			listeners.clear();
		},
	};
}
