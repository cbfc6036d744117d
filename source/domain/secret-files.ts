import {countWithNoun} from './format.js';
import type {Node, NodeDefinition} from './node/node.js';
import {type FieldName, filePath, nodeFields} from './node/parse-node.js';
import type {Exposure} from './ports.js';
import {shellWord} from './text.js';

const fields = ['password_file', 'login_file', 'login_config', 'daemon_password_file'] as const;

/** The contents of a file with a secret, or why it cannot be used. The error never contains the secret. */
export type SecretText = {readonly text: string} | {readonly error: string};

/** A file with a secret that other users may read. */
export interface ExposedFile {
	readonly path: string;
	/** One sentence, with the command that corrects the permissions. */
	readonly warning: string;
}

/** The files with secrets of these nodes that other users may read, each once. */
export function exposedFiles(
	nodes: readonly Node[],
	readExposure: (path: string) => Exposure | undefined,
): readonly ExposedFile[] {
	const seen = new Map<string, ExposedFile | undefined>();
	for (const node of nodes) {
		for (const field of fields) {
			const path = node[field];
			if (path !== undefined && !seen.has(path)) {
				const who = readExposure(path);
				seen.set(path, who && {path, warning: exposureWarning(field, path, who)});
			}
		}
	}

	return [...seen.values()].filter(file => file !== undefined);
}

/**
 * A warning that other users may read a file with a secret, with the command that corrects the permissions.
 * @param role the field or flag that names the file
 */
export function exposureWarning(role: string, path: string, who: Exposure): string {
	return `${role} ${path} can be read by ${who}; try: chmod 600 ${shellWord(path)}`;
}

/** Exposed files as one line, or `undefined` if there are none. */
export function exposedFilesNote(files: readonly ExposedFile[]): string | undefined {
	const [first, ...others] = files;
	return (
		first &&
		(others.length === 0 ? first.warning : `${first.warning}; and ${countWithNoun(others.length, 'more file')}`)
	);
}

const pathFields = (Object.keys(nodeFields) as FieldName[]).filter(name => nodeFields[name] === filePath);

/**
 * Makes every path of a definition absolute.
 * @param absolute makes a path absolute; it is called for every path, including absolute ones
 * @returns the same object if nothing changes
 */
export function withAbsolutePaths<N extends NodeDefinition>(node: N, absolute: (path: string) => string): N {
	const changes: Record<string, unknown> = {};
	for (const name of pathFields) {
		const path = node[name];
		if (typeof path === 'string' && absolute(path) !== path) {
			changes[name] = absolute(path);
		}
	}

	// Every TLS field of a definition is an object that may contain `ca_file`.
	for (const [name, tls] of Object.entries(node)) {
		const file = typeof tls === 'object' && tls !== null && 'ca_file' in tls ? tls.ca_file : undefined;
		if (typeof file === 'string' && absolute(file) !== file) {
			changes[name] = {...tls, ca_file: absolute(file)};
		}
	}

	return Object.keys(changes).length === 0 ? node : {...node, ...changes};
}

/** A secret that was saved in its own file. */
export interface SavedSecret {
	/** Absolute. */
	readonly path: string;
	/** Removes the file again if it is not needed after all. */
	readonly remove: () => void;
}

/**
 * Saves a password in a new file in the configuration folder that only this user can read.
 * @param name the name of the node
 * @throws InputError (`save_failed`)
 */
export type SavePassword = (name: string, text: string) => SavedSecret;
