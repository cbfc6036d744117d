import {checkFleet} from '../../application/checker.js';
import {schemaVersion} from '../../domain/check-method.js';
import type {FinishedCheck} from '../../domain/fleet.js';
import {durationForm, parseDurationMs} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {coverageGapMs} from '../../domain/past/coverage.js';
import {type State, stateWords} from '../../domain/state.js';
import {type NodeReport, statusDocument} from '../../domain/status-document.js';
import type {Invocation, RunCommand} from '../command.js';
import type {GivenFlags} from '../flags.js';
import {writeJson, writeNote} from '../output.js';
import {parseFlagValue} from '../run-settings.js';
import {openCommandSession} from '../session.js';

/** What can be waited for, and which states fulfil it. */
const goals = {
	up: state => state === 'up',
	ok: state => stateWords[state].works,
	down: state => state === 'down',
} as const satisfies Readonly<Record<string, (state: State) => boolean>>;
type Goal = keyof typeof goals;

/** The names of {@link goals}. */
const waitGoals = Object.keys(goals) as Goal[];

/** Waits until every named node is up, ok or down; exits with 1 when the timeout or a signal comes first. */
export const runWait: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const goal = goalOf(flags);
	const timeoutMs = timeoutOf(flags);
	const say = (line: string): void => writeNote(surroundings.stderr, line);
	const over = new AbortController();
	const ending: {why?: string} = {};
	const end = (why: string): void => {
		ending.why ??= why;
		over.abort();
	};
	const timer = timeoutMs && setTimeout(end, timeoutMs, `after ${flags.text('timeout')}`);
	const unneeded = new AbortController();
	void surroundings.untilSignal(unneeded.signal).then(() => end('when a signal arrived'));
	let finish = async (): Promise<void> => undefined;
	try {
		const waited = await waitFor(invocation, goal, over.signal, names =>
			say(`waiting until ${names} ${goal}${timeoutMs ? `, at most ${flags.text('timeout')}` : ''}`),
		);
		const {last} = waited;
		finish = waited.finish;
		const document = last && statusDocument(last);
		const missing = document?.nodes.filter(({state}) => !goals[goal](state)) ?? [];
		const isReached = document !== undefined && missing.length === 0;
		const problem = `not ${goal} ${ending.why}: ${document ? missing.map(nodeText).join(', ') : 'no check finished'}`;
		if (flags.isOn('json')) {
			const none = {schema_version: schemaVersion, error: {code: 'not_reached', message: problem}};
			writeJson(surroundings.stdout, document ?? none);
		}

		if (!isReached) {
			say(problem);
		}

		return isReached ? 0 : 1;
	} finally {
		clearTimeout(timer);
		unneeded.abort();
		// Results are saved only now, so that saving does not delay the output.
		await finish();
	}
};

const nodeText = ({name, state, reason}: NodeReport): string =>
	`${name} is ${state}${reason === undefined ? '' : ` (${reason})`}`;

function goalOf(flags: GivenFlags): Goal {
	const allowed = waitGoals.join(', ');
	const text = flags.text('for');
	if (text === undefined) {
		throw new InputError('bad_usage', `--for is missing: ${allowed}`);
	}

	return parseFlagValue('for', text, given => waitGoals.find(goal => goal === given), allowed);
}

/** The longest delay of a Node.js timer, about 24 days. */
const maxTimeoutMs = 2 ** 31 - 1;

function timeoutOf(flags: GivenFlags): number | undefined {
	const text = flags.text('timeout');
	const parse = (given: string): number | undefined => {
		const ms = parseDurationMs(given);
		return ms !== undefined && ms <= maxTimeoutMs ? ms : undefined;
	};
	return text === undefined ? undefined : parseFlagValue('timeout', text, parse, `${durationForm}, at most 596h`);
}

/** The outcome of waiting. */
interface WaitOutcome {
	/** The last finished check; `undefined` when none finished. */
	readonly last: FinishedCheck | undefined;
	/** Saves the results. */
	readonly finish: () => Promise<void>;
}

/**
 * Checks the nodes every interval until all have reached the goal or `signal` aborts.
 * @param begin called with the nodes it waits for, such as `a, b are`
 */
export async function waitFor(
	invocation: Invocation,
	goal: Goal,
	signal: AbortSignal,
	begin: (names: string) => void,
): Promise<WaitOutcome> {
	const {flags, surroundings} = invocation;
	// In this command --timeout limits the whole wait, not a single call.
	const settingFlags = {
		...flags,
		text: (name => (name === 'timeout' ? undefined : flags.text(name))) as GivenFlags['text'],
	};
	const session = openCommandSession(invocation, {
		saving: 'later',
		settingFlags,
		onSaveProblem: problem => writeNote(surroundings.stderr, problem),
	});
	const {settings, ports, nodeStore, select} = session;
	begin(subjectOf(session.nodes));
	const checking = {...session, method: settings.method, coverMs: coverageGapMs(settings.interval, true), signal};
	const finish = session.recorder.close;
	try {
		for (let last: FinishedCheck | undefined; ; ) {
			const startedMs = ports.monotonicMs();
			const nodes = select();
			const finished = await checkFleet({...checking, fleet: nodeStore.read().nodes, nodes});
			if (signal.aborted) {
				return {last, finish};
			}

			last = finished;
			if (finished.nodes.every(({result}) => result && goals[goal](result.details.state))) {
				return {last, finish};
			}

			await ports.wait(Math.max(0, settings.interval - (ports.monotonicMs() - startedMs)), signal);
			if (signal.aborted) {
				return {last, finish};
			}
		}
	} catch (error) {
		await finish();
		throw error;
	} finally {
		ports.close();
	}
}

function subjectOf(nodes: readonly Node[]): string {
	const names = nodes.map(({name}) => name);
	return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`;
}
