import fc from 'fast-check';
import {type Outcome, runScenario} from './run-scenario.js';
import {type Scenario, scenarios} from './scenario.js';

/** Figures of a simulation. */
export interface Figures extends Pick<Outcome, 'days' | 'checks' | 'alerts' | 'kills' | 'violations'> {
	readonly runs: number;
	/** Duration of the simulation in real time. */
	readonly seconds: number;
	/** The smallest scenario that violates an invariant, if any does. */
	readonly smallest?: Scenario;
}

/** Simulates random scenarios until `days` simulated days have passed or an invariant is violated. */
export async function simulateDays(days: number, seed: number): Promise<Figures> {
	const began = process.hrtime.bigint();
	const total = {days: 0, checks: 0, alerts: 0, kills: 0, runs: 0};
	let smallest: Scenario | undefined;
	let violations: readonly string[] = [];
	for (let round = 0; total.days < days && violations.length === 0; round += 1) {
		const details = await fc.check(
			fc.asyncProperty(scenarios, async scenario => {
				const outcome = await runScenario(scenario);
				total.days += outcome.days;
				total.checks += outcome.checks;
				total.alerts += outcome.alerts;
				total.kills += outcome.kills;
				total.runs += 1;
				return outcome.violations.length === 0;
			}),
			{seed: seed * 10_007 + round, numRuns: 20},
		);
		if (details.failed) {
			smallest = details.counterexample?.[0];
			violations = smallest ? (await runScenario(smallest)).violations : [String(details.errorInstance)];
		}
	}

	const seconds = Number(process.hrtime.bigint() - began) / 1e9;
	return {...total, seconds, violations, ...(smallest ? {smallest} : {})};
}
