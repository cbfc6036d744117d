import type {AskedNodes} from '../application/poller.js';

/** When a check began and ended, in milliseconds since the epoch. */
export interface CheckTimes {
	readonly startedAtMs: number;
	readonly endedAtMs: number;
}

/** Checks made for requests; concurrent requests share them. */
export interface FreshChecks {
	/**
	 * Checks one node, or every watched node.
	 * @returns when that check ran, which began after this call; `undefined` when the server was closed before its end
	 */
	readonly ask: (nodeId?: number) => Promise<CheckTimes | undefined>;
	/** Ends the wait of every request. */
	readonly close: () => void;
}

export interface FreshChecksOptions {
	/** Checks nodes with checks that begin after the call, never two of a node at once. */
	readonly check: (asked: AskedNodes) => Promise<void>;
	/** Called after every check, before the requests are answered; with its times if it was of all nodes. */
	readonly onChecked: (times?: CheckTimes) => void;
	readonly nowMs: () => number;
	/** A check begins once no further request has come for this long, in milliseconds ... */
	readonly quietMs?: number;
	/** ... or once requests have been collected for this long. */
	readonly maxGatherMs?: number;
	/** The longest that a check of all nodes waits for the previous one, which may be waiting for a silent wallet. */
	readonly maxQueueMs?: number;
}

/** What is checked: one node, by id, or every watched node. */
type Target = number | 'all';

/** Concurrent requests for the same target. */
interface Asking {
	readonly done: Promise<CheckTimes | undefined>;
	readonly settle: (times: CheckTimes | undefined) => void;
}

/**
 * Collects concurrent requests and makes one check for all that ask for the same target. It begins after they came: a check
 * already in progress may have seen a wallet that was killed since. Checks of single nodes do not wait for other checks, so
 * that a silent wallet delays only requests for itself.
 */
export function createFreshChecks(options: FreshChecksOptions): FreshChecks {
	const {check, onChecked, nowMs, quietMs = 25, maxGatherMs = 200, maxQueueMs = 1000} = options;
	const gathering = new Map<Target, Asking>();
	const underWay = new Set<Asking>();
	let askedTimes = 0;
	let lastOfAll: Promise<void> = Promise.resolve();
	let isClosed = false;

	const untilQuiet = async (): Promise<void> => {
		const startedMs = performance.now();
		let before: number;
		do {
			before = askedTimes;
			await new Promise(resolve => setTimeout(resolve, quietMs));
			// On a busy machine the timer may fire before requests that arrived long ago are read.
			await new Promise(resolve => setImmediate(resolve));
		} while (before !== askedTimes && performance.now() - startedMs < maxGatherMs);
	};

	const run = async (target: Target, asking: Asking): Promise<void> => {
		const isOfAll = target === 'all';
		const startedAtMs = nowMs();
		underWay.add(asking);
		const checking = check({all: isOfAll, ids: new Set(isOfAll ? [] : [target])});
		if (isOfAll) {
			lastOfAll = checking;
		}

		await checking;
		underWay.delete(asking);
		const times = {startedAtMs, endedAtMs: nowMs()};
		onChecked(isOfAll ? times : undefined);
		asking.settle(isClosed ? undefined : times);
	};

	const gather = async (): Promise<void> => {
		await untilQuiet();
		if (gathering.has('all')) {
			await endedWithin(lastOfAll, maxQueueMs);
		}

		const gathered = isClosed ? [] : [...gathering];
		gathering.clear();
		for (const [target, asking] of gathered) {
			void run(target, asking);
		}
	};

	const join = (target: Target): Asking => {
		const asking = gathering.get(target) ?? newAsking();
		gathering.set(target, asking);
		askedTimes += 1;
		return asking;
	};

	return {
		ask: async nodeId => {
			if (isClosed) {
				return undefined;
			}

			if (gathering.size === 0) {
				void gather();
			}

			return join(nodeId ?? 'all').done;
		},
		close: () => {
			isClosed = true;
			for (const {settle} of [...gathering.values(), ...underWay]) {
				settle(undefined);
			}
		},
	};
}

function newAsking(): Asking {
	let settle: Asking['settle'] = () => {};
	const done = new Promise<CheckTimes | undefined>(resolve => {
		settle = resolve;
	});
	return {done, settle};
}

/** Waits for a promise, or until the time is over. */
async function endedWithin(ending: Promise<void>, withinMs: number): Promise<void> {
	await new Promise<void>(resolve => {
		const timer = setTimeout(resolve, withinMs);
		void ending.then(() => {
			clearTimeout(timer);
			resolve();
		});
	});
}
