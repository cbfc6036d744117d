import type {CheckResult, DaemonFacts} from '../check-result.js';
import {countWithNoun} from '../format.js';
import type {Node} from '../node/node.js';
import type {Settings} from '../settings.js';
import {type State, stateWords} from '../state.js';

/** The settings that control alerts. */
export interface AlertRules
	extends Pick<
		Settings,
		'fail_after' | 'recover_after' | 'alert_on' | 'alert_daemons' | 'remind' | 'flap_start' | 'flap_stop'
	> {
	/** Results further apart than this are not consecutive; milliseconds. */
	readonly coverMs: number;
}

/**
 * How a result counts. `neither`: the node does not work, but its state is not bad enough for an alert, such as `busy` with
 * `alert_on down`. An `unknown` result is `neither`: it does not open an alert and does not end one.
 */
export type Judgement = 'bad' | 'good' | 'neither';

const isBad: Readonly<Record<AlertRules['alert_on'], (state: State) => boolean>> = {
	degraded: state => state !== 'up',
	failed: state => !stateWords[state].works,
	down: state => state === 'down',
};

/** Classifies a result by the rules. */
export function judge(result: CheckResult, {alert_on: alertOn, alert_daemons: alertDaemons}: AlertRules): Judgement {
	const {status, details} = result;
	if (details.state === 'unknown') {
		return 'neither';
	}

	return isBad[alertOn](details.state) || (alertDaemons && hasDeadDaemon(result)) ? 'bad' : status ? 'good' : 'neither';
}

/** The daemon that causes the problem in a result, if any. */
export function causeOf({details}: CheckResult): string | undefined {
	return 'caused_by' in details ? details.caused_by : undefined;
}

/** Whether a node works, but its daemon cannot be reached or is not synchronized. */
function hasDeadDaemon({status, details}: CheckResult): boolean {
	const {daemon_reachable: isReachable, daemon_synchronized: isSynchronized}: DaemonFacts = details;
	return status && 'caused_by' in details && (isReachable === false || isSynchronized === false);
}

/** The number of recent checks of a node that decide whether it is flapping. */
const flapWindow = 21;

/** The last checks of a node, at most {@link flapWindow}: whether each was bad, oldest first. */
export interface FlapChecks {
	readonly bad: readonly boolean[];
	/** The time of the last check; ISO-8601 UTC. */
	readonly last_check: string;
}

/** Adds a check; after a gap the checks start again. */
function withFlapCheck(
	checks: FlapChecks | undefined,
	check: {readonly isBad: boolean; readonly at: string},
	coverMs: number,
): FlapChecks {
	const isNext = checks && Date.parse(check.at) - Date.parse(checks.last_check) <= coverMs;
	return {bad: [...(isNext ? checks.bad : []), check.isBad].slice(-flapWindow), last_check: check.at};
}

/** The number of changes between good and bad. */
function flapChanges({bad}: FlapChecks): number {
	return bad.filter((isBad, index) => index > 0 && isBad !== bad[index - 1]).length;
}

/** The percentage of changes in a full window, weighted as in Nagios: from 0.8 for the oldest to 1.2 for the newest. */
function flapPercent({bad}: FlapChecks): number {
	const pairs = flapWindow - 1;
	const weight = (index: number): number => 0.8 + (0.4 * (index - 1)) / (pairs - 1);
	const sum = bad.reduce((sum, isBad, index) => sum + (index > 0 && isBad !== bad[index - 1] ? weight(index) : 0), 0);
	return (100 * sum) / pairs;
}

/** Whether a node is flapping after a check. This changes only when the window is full. */
function isFlappingAfter(
	wasFlapping: boolean,
	checks: FlapChecks,
	{flap_start: start, flap_stop: stop}: Pick<AlertRules, 'flap_start' | 'flap_stop'>,
): boolean {
	return checks.bad.length < flapWindow ? wasFlapping : flapPercent(checks) >= (wasFlapping ? stop : start);
}

/** The last checks of every node, and which nodes are flapping. */
export class FlapBook {
	readonly #rules: AlertRules;
	readonly #checks = new Map<number, FlapChecks>();
	readonly #flapping: Set<number>;

	/** @param flapping the ids of nodes that were flapping before */
	constructor(rules: AlertRules, flapping: readonly number[]) {
		this.#rules = rules;
		this.#flapping = new Set(flapping);
	}

	/** Forgets the checks. A flapping node stays so until a full window of new checks shows otherwise. */
	clear(): void {
		this.#checks.clear();
	}

	/** Adds a result. An `unknown` result is ignored. */
	take({node: {id}, result}: {readonly node: Pick<Node, 'id'>; readonly result: CheckResult}): void {
		const {state, last_check: at} = result.details;
		if (state === 'unknown') {
			return;
		}

		const check = {isBad: judge(result, this.#rules) === 'bad', at};
		const checks = withFlapCheck(this.#checks.get(id), check, this.#rules.coverMs);
		this.#checks.set(id, checks);
		if (isFlappingAfter(this.#flapping.has(id), checks, this.#rules)) {
			this.#flapping.add(id);
		} else {
			this.#flapping.delete(id);
		}
	}

	isFlapping(nodeId: number): boolean {
		return this.#flapping.has(nodeId);
	}

	/** `flapping (4 changes in 21 checks)`; `undefined` for a node that is not flapping. */
	textOf(nodeId: number): string | undefined {
		const checks = this.#checks.get(nodeId);
		return checks && this.isFlapping(nodeId)
			? `flapping (${countWithNoun(flapChanges(checks), 'change')} in ${countWithNoun(checks.bad.length, 'check')})`
			: undefined;
	}
}
