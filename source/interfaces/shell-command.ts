/** Words as a person can paste them into a shell. */
export function shellCommand(words: readonly string[]): string {
	return words.map(word => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
