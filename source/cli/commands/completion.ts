import {InputError} from '../../domain/input-error.js';
import {shown} from '../../domain/text.js';
import type {RunCommand} from '../command.js';
import {type Shell, shells} from '../completion/completion-model.js';

const scripts: Readonly<Record<Shell, () => Promise<string>>> = {
	bash: async () => (await import('../completion/completion-bash.js')).bashScript,
	zsh: async () => (await import('../completion/completion-zsh.js')).zshScript,
	fish: async () => (await import('../completion/completion-fish.js')).fishScript,
};

/** Prints the script that makes a shell complete xmrtop's words. */
export const runCompletion: RunCommand = async ({input, surroundings}) => {
	const shell = shells.find(name => name === input[0]);
	if (!shell) {
		throw new InputError('bad_usage', `shell ${shown(input[0])} is invalid: expected ${shells.join(', ')}`);
	}

	surroundings.stdout.write(await scripts[shell]());
	return 0;
};
