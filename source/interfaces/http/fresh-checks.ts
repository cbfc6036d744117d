import type {AskedNodes} from '../../application/watcher.js';

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
	/** Checks nodes by checks that begin after the call. */
	readonly check: (asked: AskedNodes) => Promise<void>;
	/** Told of every check that ended, before those who asked; with its times when it was of all nodes. */
	readonly onChecked: (times?: CheckTimes) => void;
	readonly nowMs: () => number;
	/** A check begins when for so long nobody else asked ... */
	readonly quietMs?: number;
	/** ... or when it was gathered for so long. */
	readonly mostGatherMs?: number;
}

/** Those who asked at once, and what they asked for. */
interface Gathering {
	all: boolean;
	readonly ids: Set<number>;
	count: number;
	readonly done: Promise<CheckTimes | undefined>;
	readonly settle: (times: CheckTimes | undefined) => void;
}

/**
 * Gathers those who ask at about the same time and makes one check for them all, one after the other. Who asks while a check is
 * under way waits for the next one: what is under way may have seen a wallet that was killed in the meantime, and however many
 * ask, a wallet is asked again only when it has answered.
 */
export function createFreshChecks(options: FreshChecksOptions): FreshChecks {
	const {check, onChecked, nowMs, quietMs = 25, mostGatherMs = 200} = options;
	const open = new Set<Gathering>();
	let gathering: Gathering | undefined;
	let lastCheck: Promise<unknown> = Promise.resolve();
	let isClosed = false;

	const untilQuiet = async (gathered: Gathering): Promise<void> => {
		const startedMs = performance.now();
		let count: number;
		do {
			count = gathered.count;
			await new Promise(resolve => setTimeout(resolve, quietMs));
			// A busy machine may fire the timer before requests are read that have long arrived.
			await new Promise(resolve => setImmediate(resolve));
		} while (count !== gathered.count && performance.now() - startedMs < mostGatherMs);
	};

	const run = async (gathered: Gathering): Promise<void> => {
		await untilQuiet(gathered);
		await lastCheck;
		gathering = undefined;
		if (!isClosed) {
			const startedAtMs = nowMs();
			lastCheck = check(gathered);
			await lastCheck;
			const times = {startedAtMs, endedAtMs: nowMs()};
			onChecked(gathered.all ? times : undefined);
			gathered.settle(isClosed ? undefined : times);
		}

		open.delete(gathered);
	};

	const begin = (): Gathering => {
		let settle: Gathering['settle'] = () => {};
		const done = new Promise<CheckTimes | undefined>(resolve => {
			settle = resolve;
		});
		const begun: Gathering = {all: false, ids: new Set(), count: 0, done, settle};
		open.add(begun);
		void run(begun);
		return begun;
	};

	return {
		ask: async nodeId => {
			if (isClosed) {
				return undefined;
			}

			gathering ??= begin();
			gathering.count += 1;
			if (nodeId === undefined) {
				gathering.all = true;
			} else {
				gathering.ids.add(nodeId);
			}

			return gathering.done;
		},
		close: () => {
			isClosed = true;
			for (const {settle} of open) {
				settle(undefined);
			}
		},
	};
}
