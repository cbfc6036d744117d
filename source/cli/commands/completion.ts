import {InputError} from '../../domain/input-error.js';
import {quoteValue} from '../../domain/text.js';
import type {Command, RunCommand} from '../command.js';
import {type CompletionModel, completionModel, type Shell, shells} from '../completion/completion-model.js';

const scripts: Readonly<Record<Shell, () => Promise<(model: CompletionModel) => string>>> = {
	bash: async () => (await import('../completion/completion-bash.js')).bashScript,
	zsh: async () => (await import('../completion/completion-zsh.js')).zshScript,
	fish: async () => (await import('../completion/completion-fish.js')).fishScript,
};

/**
 * Creates the command that prints a shell's completion script.
 * @param commands the commands to complete, by name
 */
export function createCompletion(commands: Readonly<Record<string, Command>>): RunCommand {
	return async ({input, surroundings}) => {
		const shell = shells.find(name => name === input[0]);
		if (!shell) {
			throw new InputError('bad_usage', `shell ${quoteValue(input[0])} is invalid: expected ${shells.join(', ')}`);
		}

		const script = await scripts[shell]();
		surroundings.stdout.write(script(completionModel(commands)));
		return 0;
	};
}
