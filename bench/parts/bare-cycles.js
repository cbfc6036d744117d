// Runs cycles over the fleet in argv[2], on kept-alive connections.
import {callAll, hangUp, readNodes} from './bare-client.js';
import {answerCycles} from './cycles.js';

const nodes = readNodes(process.argv[2]);
await answerCycles(async () => {
	const versions = await callAll(nodes);
	return nodes.length - versions.length;
});
hangUp(nodes);
