import type {NodeChanges, NodeField, ProgramOption, Remedy} from '../domain/hints/remedy.js';
import {shellWord} from '../domain/text.js';
import type {FlagName} from './flags.js';

/**
 * Renders a remedy as an xmrtop command to paste into a shell, or a field or option as the flag that sets it.
 * @param configDir value of `--config-dir` to include in the command, if any
 */
export function renderRemedy(remedy: Remedy, configDir?: string): string {
	const words = wordsOf(remedy);
	const isFlag = remedy.kind === 'set-field' || remedy.kind === 'set-option';
	const folder = isFlag || configDir === undefined ? [] : ['--config-dir', configDir];
	return [...words, ...folder].map(shellWord).join(' ');
}

function wordsOf(remedy: Remedy): string[] {
	switch (remedy.kind) {
		case 'watch-node': {
			return ['xmrtop', remedy.node];
		}

		case 'show-node': {
			return ['xmrtop', 'nodes', 'show', remedy.node];
		}

		case 'edit-node': {
			return ['xmrtop', 'nodes', 'edit', remedy.node, ...flagsFor(remedy.changes)];
		}

		case 'add-node': {
			const {node, changes = {}} = remedy;
			return ['xmrtop', 'nodes', 'add', ...(node === undefined ? [] : [node]), ...flagsFor(changes)];
		}

		case 'set-field': {
			return [`--${flagOf(remedy.field)}`];
		}

		case 'set-option': {
			return optionWords[remedy.option].split(' ');
		}

		case 'set-setting': {
			return ['xmrtop', 'config', 'set', remedy.setting, remedy.value];
		}
	}
}

const optionWords: Readonly<Record<ProgramOption, string>> = {
	listen: '--listen',
	prefix: '--prefix',
	token: '--token-file or XMRTOP_TOKEN',
	'token-file': '--token-file',
	'prometheus-login': '--token-file or --basic-auth-file',
};

/** Every field has a flag of the same name except the password, which is read from stdin. */
function flagOf(field: NodeField): FlagName {
	return field === 'password' ? 'password-stdin' : (field.replace(/[_.]/g, '-') as FlagName);
}

function flagsFor(changes: NodeChanges): string[] {
	return Object.entries(changes).flatMap(([field, value]) => {
		const flag = flagOf(field as NodeField);
		if (field === 'password' || value === true) {
			return [`--${flag}`];
		}

		return value === false ? [`--no-${flag}`] : [`--${flag}`, String(value)];
	});
}
