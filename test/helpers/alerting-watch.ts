import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import type {Alert} from '../../source/domain/alerts/alert.js';
import {eventually} from './child-processes.js';
import {type Hook, hookFixture} from './hook-fixture.js';
import type {CliOptions} from './run-cli.js';
import {type RunningCli, runningCli} from './running-cli.js';

/** A node in one document of a watch. */
export interface SeenNode {
	readonly state: string;
	readonly details: {readonly last_check: string};
}

/** A `watch` process that sends alerts, and the documents it printed of its first node. */
export interface AlertingWatch extends RunningCli {
	/** The first node in every document so far. */
	readonly seen: () => readonly SeenNode[];
	/** Waits for `count` more documents in which the first node has this state. */
	readonly untilSeen: (state: string, count?: number) => Promise<void>;
}

/**
 * Starts `watch` and waits for its first cycle.
 * @param args additional arguments
 */
export async function startAlertingWatch(
	context: TestContext,
	args: readonly string[],
	options: CliOptions,
): Promise<AlertingWatch> {
	const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s', ...args], options);
	const seen = (): readonly SeenNode[] => watch.lines().map(line => JSON.parse(line).nodes[0]);
	await watch.until(() => watch.lines().length > 0 && watch.stderr().includes('watching'), 'the first cycle');
	const untilSeen = async (state: string, count = 1): Promise<void> => {
		const before = watch.lines().length;
		const isIt = (): boolean =>
			seen()
				.slice(before)
				.filter(node => node.state === state).length >= count;
		await watch.until(isIt, `${count} times ${state}`);
	};
	return {...watch, seen, untilSeen};
}

/** Changes settings in the nodes.json of a folder. */
export function setSettings(configDir: string, settings: Readonly<Record<string, string>>): void {
	const file = path.join(configDir, 'nodes.json');
	const before = JSON.parse(readFileSync(file, 'utf8'));
	writeFileSync(file, JSON.stringify({...before, settings}));
}

/** A hook that appends every alert to a file, one per line. */
export interface RecordingHook extends Hook {
	/** Every alert so far, in the order they came. */
	readonly alerts: () => readonly Alert[];
	/** All alerts as `kind text`. */
	readonly alertTexts: () => readonly string[];
	/** Waits until this many alerts have arrived, and returns them as {@link alertTexts}. */
	readonly untilAlerts: (count: number) => Promise<readonly string[]>;
}

/** Writes a hook that records every alert. @param more shell code that runs afterwards */
export function recordingHook(context: TestContext, more = ''): RecordingHook {
	const hook = hookFixture(context, `cat > one; cat one >> alerts\n${more}`);
	const alerts = (): readonly Alert[] => hook.lines('alerts').map(line => JSON.parse(line));
	const alertTexts = (): readonly string[] => alerts().map(({kind, text}) => `${kind} ${text}`);
	const untilAlerts = (count: number): Promise<readonly string[]> =>
		eventually(
			async () => alertTexts(),
			lines => lines.length >= count,
			60_000,
		);
	return {...hook, alerts, alertTexts, untilAlerts};
}
