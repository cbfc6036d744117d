import {filePath} from './field-kinds.js';
import type {NodeDefinition} from './node.js';
import {type FieldName, nodeFields} from './node-fields.js';

const pathFields = (Object.keys(nodeFields) as FieldName[]).filter(name => nodeFields[name] === filePath);

/**
 * A definition with every path absolute.
 * @param absolute turns a path into an absolute one; given every path, absolute ones too
 * @returns the same object when nothing changes
 */
export function withAbsolutePaths<N extends NodeDefinition>(node: N, absolute: (path: string) => string): N {
	const changes: Record<string, unknown> = {};
	for (const name of pathFields) {
		const path = node[name];
		if (typeof path === 'string' && absolute(path) !== path) {
			changes[name] = absolute(path);
		}
	}

	// Every certificate of a definition is judged by an object of this shape.
	for (const [name, tls] of Object.entries(node)) {
		const file = typeof tls === 'object' && tls !== null && 'ca_file' in tls ? tls.ca_file : undefined;
		if (typeof file === 'string' && absolute(file) !== file) {
			changes[name] = {...tls, ca_file: absolute(file)};
		}
	}

	return Object.keys(changes).length === 0 ? node : {...node, ...changes};
}
