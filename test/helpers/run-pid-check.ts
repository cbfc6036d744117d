import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {runPidCheck} from './pid-check.js';

/**
 * Runs one pid check in a separate process, as another user or in another namespace, and prints its result.
 * Usage: node --import tsx run-pid-check.ts '{"fields": {...}, "nodeState": {...}, "uid": 65534}'
 */

interface Request {
	readonly fields: Partial<Node>;
	readonly nodeState?: NodeState;
	/** The user to switch to before the check. */
	readonly uid?: number;
}

const {fields, nodeState, uid}: Request = JSON.parse(process.argv[2] ?? '');
if (uid !== undefined) {
	process.setgroups?.([]);
	process.setgid?.(uid);
	process.setuid?.(uid);
}

process.stdout.write(`${JSON.stringify(await runPidCheck(fields, nodeState))}\n`);
