import type {NotedWatcher} from '../../application/create-watcher.js';

/** Whether every watched node was checked once in this run; before that there is nothing to answer from. */
export interface FirstResults {
	readonly are: () => boolean;
	/** @returns settles with true when they are there, with false when it is closed before */
	readonly until: () => Promise<boolean>;
	readonly close: () => void;
}

export function watchFirstResults(watcher: Pick<NotedWatcher, 'getSnapshot' | 'subscribe'>): FirstResults {
	let are = false;
	let settle: (are: boolean) => void = () => {};
	const settled = new Promise<boolean>(resolve => {
		settle = resolve;
	});
	const look = (): void => {
		const {lastCycle, nodes} = watcher.getSnapshot();
		// With a short interval a second cycle may end while a silent node of the first is still waited for.
		if (lastCycle && nodes.every(({disabled, result, checking}) => disabled || result || !checking)) {
			are = true;
			unsubscribe();
			settle(true);
		}
	};
	const unsubscribe = watcher.subscribe(look);
	return {
		are: () => are,
		until: () => settled,
		close: () => {
			unsubscribe();
			settle(false);
		},
	};
}
