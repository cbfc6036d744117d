import type {CheckResult, DaemonFacts} from '../check-result.js';
import {countWithNoun} from '../format.js';
import type {Node} from '../node/node.js';
import type {Settings} from '../settings.js';
import {type State, stateWords} from '../state.js';

/** The settings that decide about alerts. */
export interface AlertRules
	extends Pick<
		Settings,
		'fail_after' | 'recover_after' | 'alert_on' | 'alert_daemons' | 'remind' | 'flap_start' | 'flap_stop'
	> {
	/** Results that are further apart are not in a row, in milliseconds. */
	readonly coverMs: number;
}

/**
 * How a result counts. `neither`: it neither works nor is it bad enough, such as `busy` where only `down` alerts. What is not
 * known neither opens an alert nor ends one.
 */
export type Judgement = 'bad' | 'good' | 'neither';

const isBad: Readonly<Record<AlertRules['alert_on'], (state: State) => boolean>> = {
	degraded: state => state !== 'up',
	failed: state => !stateWords[state].works,
	down: state => state === 'down',
};

/** Judges a result by the rules. */
export function judge(result: CheckResult, {alert_on: alertOn, alert_daemons: alertDaemons}: AlertRules): Judgement {
	const {status, details} = result;
	if (details.state === 'unknown') {
		return 'neither';
	}

	return isBad[alertOn](details.state) || (alertDaemons && hasDeadDaemon(result)) ? 'bad' : status ? 'good' : 'neither';
}

/** The daemon that explains a result, when one does. */
export function causeOf({details}: CheckResult): string | undefined {
	return 'caused_by' in details ? details.caused_by : undefined;
}

/** Whether a node works and its daemon does not: it cannot be reached, or is not synchronized. */
function hasDeadDaemon({status, details}: CheckResult): boolean {
	const {daemon_reachable: isReachable, daemon_synchronized: isSynchronized}: DaemonFacts = details;
	return status && 'caused_by' in details && (isReachable === false || isSynchronized === false);
}

/** How many checks of a node flapping is judged by. */
export const flapWindow = 21;

/** The last checks of a node, at most {@link flapWindow}: whether each was bad, oldest first. */
export interface FlapChecks {
	readonly bad: readonly boolean[];
	/** The last one; ISO-8601 UTC. */
	readonly last_check: string;
}

/** The checks after one more; what lies before a gap does not count. */
export function withFlapCheck(
	checks: FlapChecks | undefined,
	check: {readonly isBad: boolean; readonly at: string},
	coverMs: number,
): FlapChecks {
	const isNext = checks && Date.parse(check.at) - Date.parse(checks.last_check) <= coverMs;
	return {bad: [...(isNext ? checks.bad : []), check.isBad].slice(-flapWindow), last_check: check.at};
}

/** How often the checks changed. */
export function flapChanges({bad}: FlapChecks): number {
	return bad.filter((isBad, index) => index > 0 && isBad !== bad[index - 1]).length;
}

/** How much of a full window are changes, in percent, as Nagios weighs them: the newest counts 1.2, the oldest 0.8. */
export function flapPercent({bad}: FlapChecks): number {
	const pairs = flapWindow - 1;
	const weight = (index: number): number => 0.8 + (0.4 * (index - 1)) / (pairs - 1);
	const sum = bad.reduce((sum, isBad, index) => sum + (index > 0 && isBad !== bad[index - 1] ? weight(index) : 0), 0);
	return (100 * sum) / pairs;
}

/** Whether a node flaps after a check. Only a full window says so, either way. */
export function isFlappingAfter(
	wasFlapping: boolean,
	checks: FlapChecks,
	{flap_start: start, flap_stop: stop}: Pick<AlertRules, 'flap_start' | 'flap_stop'>,
): boolean {
	return checks.bad.length < flapWindow ? wasFlapping : flapPercent(checks) >= (wasFlapping ? stop : start);
}

/** The last checks of every node, and which of them flap. */
export class FlapBook {
	readonly #rules: AlertRules;
	readonly #checks = new Map<number, FlapChecks>();
	readonly #flapping: Set<number>;

	/** @param flapping the nodes that did before */
	constructor(rules: AlertRules, flapping: readonly number[]) {
		this.#rules = rules;
		this.#flapping = new Set(flapping);
	}

	/** Forgets the checks; nodes that flap do so until enough new ones say otherwise. */
	clear(): void {
		this.#checks.clear();
	}

	/** Takes in a result. What is not known counts as none. */
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

	/** `flapping (4 changes in 21 checks)`, of a node that is. */
	textOf(nodeId: number): string | undefined {
		const checks = this.#checks.get(nodeId);
		return checks && this.isFlapping(nodeId)
			? `flapping (${countWithNoun(flapChanges(checks), 'change')} in ${countWithNoun(checks.bad.length, 'check')})`
			: undefined;
	}
}
