import {shellWord} from '../domain/shell-word.js';

/** Words as a person can paste them into a shell. */
export function shellCommand(words: readonly string[]): string {
	return words.map(shellWord).join(' ');
}
