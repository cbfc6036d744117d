/** Lines that the user should see, with listeners for any change. */
export interface Notes {
	/** Shows a line under a name; `undefined` removes it. */
	readonly setNote: (name: string, note: string | undefined) => void;
	readonly notes: () => readonly string[];
	/** @returns a function that unsubscribes */
	readonly subscribe: (listener: () => void) => () => void;
	/** Notifies the listeners soon; further changes until then are included. */
	readonly announce: () => void;
	/** Removes all listeners. */
	readonly close: () => void;
}

/**
 * @param everyMs the shortest time between two notifications
 * @param onNote called when the notes have changed, before the listeners are notified
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
