import {openPorts} from '../../source/adapters/open-ports.js';
import {createNodeStore} from '../../source/adapters/store/node-store.js';
import {createResultStore} from '../../source/adapters/store/result-store.js';
import {checkFleet, createChecker} from '../../source/application/checker.js';
import {createRecorder} from '../../source/application/recorder.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {resolveSettings} from '../../source/domain/settings.js';
import {answerCycles} from './cycles.js';

// Runs cycles over the fleet in argv[2] as the live table does: with one checker that remembers results.

const folder = process.argv[2] ?? '';
const {nodes, settings: texts} = createNodeStore(folder).read();
const settings = resolveSettings({texts, where: folder}, {texts: {}, where: 'bench'});
const ports = openPorts({renderRemedy});
const recorder = createRecorder({store: createResultStore(folder), saving: 'never', onSaveProblem: () => {}});
const checker = createChecker({ports, settings, recall: recorder.recall});

await answerCycles(async () => {
	const checked = await checkFleet({checker, recorder, ports, fleet: nodes, nodes, method: 'api'});
	return checked.nodes.filter(({result}) => result?.status !== true).length;
});
ports.close();
