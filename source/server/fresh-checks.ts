import type {AskedNodes} from '../application/poller.js';

/** When a check began and ended, in milliseconds since the epoch. */
export interface CheckTimes {
	readonly startedAtMs: number;
	readonly endedAtMs: number;
}

/** Checks that requests ask for, shared by those who ask at once. */
export interface FreshChecks {
	/**
	 * Checks one node, or every one that is watched.
	 * @returns when that check ran: it began after this call; `undefined` when it was closed before its end
	 */
	readonly ask: (nodeId?: number) => Promise<CheckTimes | undefined>;
	/** Lets everyone go who waits. */
	readonly close: () => void;
}

export interface FreshChecksOptions {
	/** Checks nodes by checks that begin after the call, never two of a node at once. */
	readonly check: (asked: AskedNodes) => Promise<void>;
	/** Told of every check that ended, before those who asked; with its times when it was of all nodes. */
	readonly onChecked: (times?: CheckTimes) => void;
	readonly nowMs: () => number;
	/** A check begins when for so long nobody else asked ... */
	readonly quietMs?: number;
	/** ... or when it was gathered for so long. */
	readonly mostGatherMs?: number;
	/** A check of all nodes waits for the end of the last one so long at most: it may have a silent wallet to wait for. */
	readonly mostQueueMs?: number;
}

/** What is asked for: one node, by id, or every one that is watched. */
type Target = number | 'all';

/** Those who asked for the same at about the same time. */
interface Asking {
	readonly done: Promise<CheckTimes | undefined>;
	readonly settle: (times: CheckTimes | undefined) => void;
}

/**
 * Gathers those who ask at about the same time and makes one check for all who want the same. It begins after they asked: what
 * was under way before may have seen a wallet that was killed in the meantime. Checks of single nodes wait for no other check, so
 * that nobody waits for a silent wallet who asked for another one.
 */
export function createFreshChecks(options: FreshChecksOptions): FreshChecks {
	const {check, onChecked, nowMs, quietMs = 25, mostGatherMs = 200, mostQueueMs = 1000} = options;
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
			// A busy machine may fire the timer before requests are read that have long arrived.
			await new Promise(resolve => setImmediate(resolve));
		} while (before !== askedTimes && performance.now() - startedMs < mostGatherMs);
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
			await endedWithin(lastOfAll, mostQueueMs);
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

/** Waits for an end, or until it took too long. */
async function endedWithin(ending: Promise<void>, withinMs: number): Promise<void> {
	await new Promise<void>(resolve => {
		const timer = setTimeout(resolve, withinMs);
		void ending.then(() => {
			clearTimeout(timer);
			resolve();
		});
	});
}
