import {createChecker} from '../../application/checker.js';
import {createWatcher, type WatchedNodes} from '../../application/create-watcher.js';
import {createRecorder} from '../../application/recorder.js';
import {requireNode, type Selection, selectNodes} from '../../application/selection.js';
import {isAvailable} from '../../domain/node.js';
import {exposedFiles, exposedFilesNote} from '../../domain/secret-files.js';
import type {NodeStore} from '../../domain/store.js';
import {terminalTraits} from '../colour.js';
import type {RunCommand} from '../command.js';
import {settingsFor} from './run-settings.js';
import {runStatus, traitFlags} from './status.js';

/** The live table; without a terminal, or asked for a document, as `status`. */
export const runLive: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const {stdin, stdout, env, nowMs} = surroundings;
	const wantsDocument = (['json', 'csv', 'json-schema'] as const).some(name => flags.isOn(name));
	if (wantsDocument || !stdin.isTTY || !stdout.isTTY) {
		return runStatus(invocation);
	}

	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const file = nodeStore.read();
	const settings = settingsFor(file, flags, nodeStore.path);
	const group = flags.text('group');
	const selection: Selection = {names: input, ...(group === undefined ? {} : {group})};
	// A name that does not exist is refused now; one removed later merely leaves the screen.
	selectNodes(file.nodes, selection, {where: nodeStore.path, nowMs: nowMs()});
	const namedIds = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path).id));

	const ports = surroundings.openPorts();
	const notes: {set?: (name: string, note: string | undefined) => void} = {};
	const recorder = createRecorder({
		store: resultStore,
		saving: flags.isOn('save') === false ? 'never' : 'later',
		onSaveProblem: problem => notes.set?.('save', problem),
	});
	const watcher = createWatcher({
		checker: createChecker({ports, settings, recall: recorder.recall}),
		recorder,
		ports,
		method: settings.method,
		intervalMs: settings.interval,
		readNodes: () => watchedNodes(nodeStore, {namedIds, group, nowMs: nowMs()}),
	});
	notes.set = watcher.setNote;
	watcher.setNote('results', resultStore.takeNote());
	watcher.setNote('permissions', nodeStore.permissionWarning());
	watcher.setNote('secrets', exposedFilesNote(exposedFiles(file.nodes, ports.exposureOf)));
	try {
		const traits = terminalTraits(traitFlags(flags), env, true);
		await surroundings.runScreen({watcher, nodeStore, resultStore, ...traits});
	} finally {
		await watcher.stop();
		ports.close();
	}

	return 0;
};

interface Wanted {
	readonly namedIds: ReadonlySet<number>;
	readonly group: string | undefined;
	readonly nowMs: number;
}

function watchedNodes(nodeStore: NodeStore, {namedIds, group, nowMs}: Wanted): WatchedNodes {
	const isNamed = (id: number): boolean => namedIds.has(id);
	return {
		fleet: nodeStore.read().nodes,
		isShown: node => (namedIds.size === 0 || isNamed(node.id)) && (group === undefined || node.group === group),
		isChecked: node => isNamed(node.id) || isAvailable(node, nowMs),
	};
}
