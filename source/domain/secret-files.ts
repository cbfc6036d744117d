import type {Node} from './node.js';
import type {Exposure} from './ports.js';
import {countOf} from './quantity.js';
import {shellWord} from './shell-word.js';

const fields = ['password_file', 'login_file', 'daemon_password_file'] as const;

/** A file with a secret that others may read. */
export interface ExposedFile {
	readonly path: string;
	/** One sentence, with the command that ends it. */
	readonly warning: string;
}

/** The files that hold the secrets of some nodes and that others may read, each once. */
export function exposedFiles(
	nodes: readonly Node[],
	exposureOf: (path: string) => Exposure | undefined,
): readonly ExposedFile[] {
	const seen = new Map<string, ExposedFile | undefined>();
	for (const node of nodes) {
		for (const field of fields) {
			const path = node[field];
			if (path !== undefined && !seen.has(path)) {
				const who = exposureOf(path);
				const warning = `${field} ${path} can be read by ${who}; try: chmod 600 ${shellWord(path)}`;
				seen.set(path, who && {path, warning});
			}
		}
	}

	return [...seen.values()].filter(file => file !== undefined);
}

/** The same as one line, or `undefined` when there are none. */
export function exposedFilesNote(files: readonly ExposedFile[]): string | undefined {
	const [first, ...others] = files;
	return (
		first && (others.length === 0 ? first.warning : `${first.warning}; and ${countOf(others.length, 'more file')}`)
	);
}
