import type {NotedPoller} from '../application/poller.js';
import type {CheckMethod} from '../domain/check-method.js';
import type {CheckResult} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {currentVerdict, type FinishedCheck, type FleetNode} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import {nodeReport, type StatusDocument, statusDocument, statusDocumentHead} from '../domain/status-document.js';
import type {CheckTimes} from './fresh-checks.js';

/** The current status of the fleet, computed on first use and kept until it changes. */
export interface StatusView {
	/** What `status --json` prints. */
	readonly document: () => StatusDocument;
	/** The same, serialized. */
	readonly body: () => Buffer;
	/** When the last check of all nodes ran; absent before the first has ended. */
	readonly times?: CheckTimes;
}

export interface StatusViews {
	/** As of the last change that the poller announced. */
	readonly now: () => StatusView;
	/**
	 * Receives the result of a new check, which the poller may not have announced yet.
	 * @param times when it ran, if it was of all nodes
	 */
	readonly checkedAgain: (times?: CheckTimes) => void;
	readonly close: () => void;
}

/**
 * Keeps a view of the poller's results. While results arrive it changes as often as the poller announces them, not with every
 * result, and only changed nodes are serialized again.
 */
export function createHttpStatusViews(
	poller: Pick<NotedPoller, 'getSnapshot' | 'subscribe'>,
	nowMs: () => number,
): StatusViews {
	const serialize = createSerializer();
	let view: StatusView | undefined;
	let lastRequested: CheckTimes | undefined;
	const forget = (): void => {
		view = undefined;
	};

	const compose = (): StatusView => {
		const {method, nodes, lastCycle} = poller.getSnapshot();
		// A check made before the clock was set back would hide all later cycles.
		if (lastRequested && lastRequested.startedAtMs > nowMs()) {
			lastRequested = undefined;
		}

		const times =
			lastCycle && lastRequested
				? lastCycle.startedAtMs > lastRequested.startedAtMs
					? lastCycle
					: lastRequested
				: (lastCycle ?? lastRequested);
		const {startedAtMs, endedAtMs} = times ?? {startedAtMs: nowMs(), endedAtMs: nowMs()};
		const finished: FinishedCheck = {method, checkedAtMs: startedAtMs, durationMs: endedAtMs - startedAtMs, nodes};
		let document: StatusDocument | undefined;
		let body: Buffer | undefined;
		return compact({
			document: () => {
				document ??= statusDocument(finished);
				return document;
			},
			body: () => {
				body ??= serialize(finished);
				return body;
			},
			times,
		});
	};

	return {
		now: () => {
			view ??= compose();
			return view;
		},
		checkedAgain: times => {
			lastRequested = times ?? lastRequested;
			forget();
		},
		close: poller.subscribe(forget),
	};
}

interface Piece {
	readonly node: Node;
	readonly since: string | undefined;
	/** The node's report, preceded by a comma. */
	readonly text: Buffer;
	readonly status: boolean;
}

/** Serializes status documents, and caches the text of each result. */
function createSerializer(): (finished: FinishedCheck) => Buffer {
	const pieces = new WeakMap<CheckResult, Piece>();
	const pieceOf = (fleetNode: FleetNode, method: CheckMethod): Piece | undefined => {
		const {node} = fleetNode;
		const {result, since} = currentVerdict(fleetNode, method);
		if (!result) {
			return undefined;
		}

		const known = pieces.get(result);
		if (known?.node === node && known.since === since) {
			return known;
		}

		const text = Buffer.from(`,${JSON.stringify(nodeReport(fleetNode, method))}`);
		const piece = {node, since, text, status: result.status};
		pieces.set(result, piece);
		return piece;
	};

	return ({nodes, ...times}) => {
		const known = nodes.map(node => pieceOf(node, times.method)).filter(piece => piece !== undefined);
		const head = JSON.stringify(statusDocumentHead(times, known)).slice(0, -1);
		const texts = known.map(({text}, index) => (index === 0 ? text.subarray(1) : text));
		return Buffer.concat([Buffer.from(`${head},"nodes":[`), ...texts, Buffer.from(']}\n')]);
	};
}

/** Whether every watched node was checked once in this run; before that there is nothing to answer from. */
export interface FirstResults {
	readonly isComplete: () => boolean;
	/** @returns resolves to true when it is complete, to false when it is closed first */
	readonly untilComplete: () => Promise<boolean>;
	readonly close: () => void;
}

export function watchFirstResults(poller: Pick<NotedPoller, 'getSnapshot' | 'subscribe'>): FirstResults {
	let isComplete = false;
	let settle: (isComplete: boolean) => void = () => {};
	const settled = new Promise<boolean>(resolve => {
		settle = resolve;
	});
	const check = (): void => {
		const {lastCycle, nodes} = poller.getSnapshot();
		// With a short interval, a second cycle may end while a silent node of the first is still being checked.
		if (lastCycle && nodes.every(({disabled, result, checking}) => disabled || result || !checking)) {
			isComplete = true;
			unsubscribe();
			settle(true);
		}
	};
	const unsubscribe = poller.subscribe(check);
	return {
		isComplete: () => isComplete,
		untilComplete: () => settled,
		close: () => {
			unsubscribe();
			settle(false);
		},
	};
}
