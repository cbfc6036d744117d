import {InputError} from '../../domain/input-error.js';
import {resolveSettings, type SettingName, type Settings, settingFields} from '../../domain/settings.js';
import {parseState, type State, states} from '../../domain/state.js';
import type {NodesFile} from '../../domain/store.js';
import {shown} from '../../domain/text.js';
import {type FailLevel, failLevels, parseFailLevel} from '../fail-level.js';
import type {FlagName, GivenFlags} from '../flags.js';

/** The settings that a flag of the same name overrides. */
const flagSettings = ['method', 'interval', 'timeout', 'concurrency'] as const satisfies ReadonlyArray<
	SettingName & FlagName
>;

/**
 * The settings in force for one run: the file's, overridden by flags.
 * @throws InputError naming the flag or setting, its value and what is allowed
 */
export function settingsFor(file: NodesFile, flags: GivenFlags, where: string): Settings {
	const texts: Partial<Record<SettingName, string>> = {};
	for (const name of flagSettings) {
		const text = flags.text(name);
		if (text !== undefined) {
			parseFlag<unknown>(name, text, settingFields[name].parse, settingFields[name].allowed);
			texts[name] = text;
		}
	}

	return resolveSettings({texts: file.settings, where}, {texts, where: 'flags'});
}

/**
 * Reads the value of a flag.
 * @throws InputError (`bad_usage`) when it is not allowed
 */
export function parseFlag<T>(name: FlagName, text: string, parse: (text: string) => T | undefined, allowed: string): T {
	const value = parse(text);
	if (value === undefined) {
		throw new InputError('bad_usage', `--${name} ${shown(text)} is invalid: expected ${allowed}`);
	}

	return value;
}

/** From which verdict on this run fails. Default `failed`. */
export function failLevelOf(flags: GivenFlags): FailLevel {
	const text = flags.text('fail-on');
	return text === undefined ? 'failed' : parseFlag('fail-on', text, parseFailLevel, failLevels.join(', '));
}

/** The one state to list; `undefined` is all. */
export function stateFilterOf(flags: GivenFlags): State | undefined {
	const text = flags.text('state');
	return text === undefined ? undefined : parseFlag('state', text, parseState, states.join(', '));
}
