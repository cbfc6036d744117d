import type {CheckResult} from '../check-result.js';
import type {Settings} from '../settings.js';
import {type State, stateWords} from '../state.js';

/** The settings that decide about alerts. */
export interface AlertRules extends Pick<Settings, 'fail_after' | 'recover_after' | 'alert_on' | 'remind'> {
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

/** How a result counts for alerts. */
export function judge({status, details}: CheckResult, alertOn: AlertRules['alert_on']): Judgement {
	if (details.state === 'unknown') {
		return 'neither';
	}

	return isBad[alertOn](details.state) ? 'bad' : status ? 'good' : 'neither';
}

/** The daemon that explains a result, when one does. */
export function causeOf({details}: CheckResult): string | undefined {
	return 'caused_by' in details ? details.caused_by : undefined;
}
