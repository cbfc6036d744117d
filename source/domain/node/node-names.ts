import {InputError} from '../input-error.js';
import {shown} from '../text.js';
import type {Node} from './node.js';

/**
 * Refuses a name that another node has.
 * @param ownId the node that is to be called so; absent: a new one
 * @throws InputError (`invalid_node`) naming the node that has it
 */
export function refuseTakenName(nodes: readonly Node[], name: string, ownId?: number): void {
	const taken = nodes.find(node => node.name === name && node.id !== ownId);
	if (taken) {
		throw new InputError('invalid_node', `node ${shown(name)} already exists (id ${taken.id}): names must be unique`);
	}
}
