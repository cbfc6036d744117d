import {InputError} from '../../domain/input-error.js';
import type {Invocation, RunCommand} from '../command.js';
import type {GivenFlags} from '../flags.js';
import {parseFlagValue} from '../run-settings.js';
import {runLive} from './live.js';

const maxNodes = 5000;

/** Shows a simulated fleet in the live table; without a terminal prints its status once; with `--hold` runs until a signal. */
export const runDemoCommand: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	if (flags.text('config-dir') !== undefined || flags.text('state-dir') !== undefined) {
		throw new InputError('bad_usage', 'demo uses its own folders: --config-dir and --state-dir are not allowed');
	}

	const fleet = await surroundings.startDemo(nodeCountOf(flags));
	try {
		if (flags.isOn('hold')) {
			surroundings.stdout.write(`--config-dir ${fleet.configDir}\n`);
			await surroundings.untilSignal();
			return 0;
		}

		const code = await runLive(inFolder(invocation, fleet.configDir));
		// The demo has failing nodes by design, so the exit code is 1 only if `--fail-on` is given.
		return code === 1 && flags.text('fail-on') === undefined ? 0 : code;
	} finally {
		await fleet.stop();
	}
};

function nodeCountOf(flags: GivenFlags): number {
	const parse = (text: string): number | undefined =>
		/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= maxNodes ? Number(text) : undefined;
	return parseFlagValue('nodes', flags.text('nodes') ?? '12', parse, `a whole number from 1 to ${maxNodes}`);
}

function inFolder(invocation: Invocation, configDir: string): Invocation {
	const {flags} = invocation;
	const text: GivenFlags['text'] = name =>
		name === 'config-dir' || name === 'state-dir' ? configDir : flags.text(name);
	return {...invocation, flags: {...flags, text}};
}
