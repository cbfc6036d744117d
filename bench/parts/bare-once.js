// Calls every node of the fleet in argv[2] once and prints the answers: the minimum that `xmrtop --json --no-save` has to do.
import {callAll, hangUp, readNodes} from './bare-client.js';

const nodes = readNodes(process.argv[2]);
const versions = await callAll(nodes);
hangUp(nodes);
process.stdout.write(`${JSON.stringify({total: versions.length, nodes: versions})}\n`);
