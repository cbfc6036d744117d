import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {parseSetting, parseSettingName, type SettingName, settingFields, settingNames} from '../../domain/settings.js';
import type {NodesFile} from '../../domain/store.js';
import {didYouMean, quoteValue} from '../../domain/text.js';
import type {RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';

function requireSetting(text: string | undefined): SettingName {
	const name = parseSettingName(text ?? '');
	if (name === undefined) {
		const meant = didYouMean(text ?? '', settingNames);
		throw new InputError('invalid_setting', `${quoteValue(text)} is not a setting: ${settingNames.join(', ')}${meant}`);
	}

	return name;
}

const settingText = (file: NodesFile, name: SettingName): string => file.settings[name] ?? settingFields[name].default;

const list: RunCommand = async ({flags, surroundings}) => {
	const file = surroundings.openStores(flags).nodeStore.read();
	if (flags.isOn('json')) {
		const settings = Object.fromEntries(settingNames.map(name => [name, settingText(file, name)]));
		writeJson(surroundings.stdout, {schema_version: schemaVersion, settings});
		return 0;
	}

	const lines = settingNames.map(name => {
		const field = settingFields[name];
		const value = settingText(file, name);
		const byDefault = value === field.default ? '' : ` (default ${field.default})`;
		return `${name.padEnd(17)}${value.padEnd(9)}${field.about}${byDefault}\n`;
	});
	surroundings.stdout.write(lines.join(''));
	return 0;
};

const get: RunCommand = async ({input, flags, surroundings}) => {
	const name = requireSetting(input[0]);
	const value = settingText(surroundings.openStores(flags).nodeStore.read(), name);
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, settings: {[name]: value}});
	} else {
		surroundings.stdout.write(`${value}\n`);
	}

	return 0;
};

const set: RunCommand = async ({input, flags, surroundings}) => {
	const name = requireSetting(input[0]);
	const value = input[1] ?? '';
	if (value !== '') {
		parseSetting(name, value, 'config set');
	}

	const {nodeStore} = surroundings.openStores(flags);
	const file = await nodeStore.update(before => {
		const {[name]: _, ...others} = before.settings;
		return {...before, settings: value === '' ? others : {...others, [name]: value}};
	});
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, settings: {[name]: settingText(file, name)}});
	} else {
		writeNote(surroundings.stderr, `${name} is now ${settingText(file, name)}`);
	}

	return 0;
};

/** The commands that begin with `config`. */
export const configCommands = {list, get, set} as const;
