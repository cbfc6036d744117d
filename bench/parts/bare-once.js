// One look at the fleet in argv[2], printed: the least that `xmrtop --json --no-save` could do.
import {callAll, hangUp, readNodes} from './bare-client.js';

const nodes = readNodes(process.argv[2]);
const versions = await callAll(nodes);
hangUp(nodes);
process.stdout.write(`${JSON.stringify({total: versions.length, nodes: versions})}\n`);
