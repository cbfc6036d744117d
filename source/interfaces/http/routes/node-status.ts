import type {FleetNode} from '../../../domain/fleet.js';
import {findNode, type Node} from '../../../domain/node/node.js';
import {shown} from '../../../domain/text.js';
import {type Answer, closingAnswer, errorAnswer, jsonAnswer} from '../answer.js';
import {isFreshAsked} from '../query.js';
import type {AnswerRequest} from '../route.js';
import type {Served} from '../served.js';

/** The last result of one node, or that of a check now. What cycles have not checked is checked now. */
export const answerNodeStatus: AnswerRequest = async ({query, node: idOrName}, served) => {
	const isFresh = isFreshAsked(query);
	const seen = watchedNode(served, idOrName);
	const node = seen?.node ?? storedNode(served, idOrName);
	if (!node) {
		return errorAnswer(404, 'node_not_found', `node ${shown(idOrName)} not found`);
	}

	if (!isFresh && seen?.result && !seen.disabled) {
		return answerOf(seen);
	}

	const times = await served.fresh.ask(node.id);
	if (!times) {
		return closingAnswer;
	}

	const found = served.watcher.getSnapshot().nodes.find(({node: {id}}) => id === node.id);
	return found?.result
		? answerOf(found)
		: errorAnswer(404, 'node_not_found', `node ${shown(idOrName)} is not served here`);
};

const answerOf = ({result}: FleetNode): Answer => jsonAnswer(200, result);

function watchedNode({watcher}: Served, idOrName: string): FleetNode | undefined {
	const {nodes} = watcher.getSnapshot();
	const node = findNode(
		nodes.map(({node}) => node),
		idOrName,
	);
	return node && nodes.find(watched => watched.node === node);
}

/** A node that no cycle has read yet, or that is not served. */
function storedNode({nodeStore}: Served, idOrName: string): Node | undefined {
	try {
		return findNode(nodeStore.read().nodes, idOrName);
	} catch {
		// The loop says what is wrong with the file.
		return undefined;
	}
}
