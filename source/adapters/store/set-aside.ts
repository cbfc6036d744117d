import {renameSync} from 'node:fs';

/**
 * Gives a file that cannot be read a name of its own, so that nothing of it is lost.
 * @returns its new path
 * @throws Error of the system
 */
export function setAside(file: string): string {
	const aside = `${file}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
	renameSync(file, aside);
	return aside;
}
