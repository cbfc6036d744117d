import {shown} from '../../domain/text.js';

/**
 * Why there is nothing to check.
 * @param count how many nodes the file holds
 * @param path of nodes.json
 */
export function emptyNote(count: number, path: string, group: string | undefined): string {
	if (count === 0) {
		return `there are no nodes in ${path}; add one: xmrtop nodes add NAME --port N`;
	}

	return group === undefined
		? `every node in ${path} is disabled; enable one: xmrtop nodes enable NODE`
		: `no available node in ${path} is of group ${shown(group)}`;
}
