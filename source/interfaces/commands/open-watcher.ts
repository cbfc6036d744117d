import {createChecker} from '../../application/checker.js';
import {createWatcher, type NotedWatcher, type WatchedNodes} from '../../application/create-watcher.js';
import {createRecorder, type RecorderOptions} from '../../application/recorder.js';
import {requireNode, type Selection, selectNodes} from '../../application/selection.js';
import {isAvailable} from '../../domain/node/node.js';
import {exposedFiles, exposedFilesNote} from '../../domain/secret-files.js';
import type {Settings} from '../../domain/settings.js';
import type {NodeStore} from '../../domain/store.js';
import type {Invocation, Stores} from '../command.js';
import {settingsFor} from './run-settings.js';

/** A watcher of the nodes that a command line names, not yet started. */
export interface OpenWatcher extends Stores {
	readonly watcher: NotedWatcher;
	readonly settings: Settings;
	/** Ends it, saves what is not yet saved, and ends the kept connections. */
	readonly close: () => Promise<void>;
}

/**
 * Makes the watcher of a command that goes on.
 * @param heard what else hears of the results
 * @throws InputError for nodes that do not exist, and files and flags that are not acceptable
 */
export function openWatcher(
	{input, flags, surroundings}: Invocation,
	heard: Pick<RecorderOptions, 'onTransition' | 'onResult'> = {},
): OpenWatcher {
	const {nowMs} = surroundings;
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const file = nodeStore.read();
	const settings = settingsFor(file, flags, nodeStore.path);
	const group = flags.text('group');
	const selection: Selection = {names: input, ...(group === undefined ? {} : {group})};
	// A name that does not exist is refused now; one removed later merely is no longer watched.
	selectNodes(file.nodes, selection, {where: nodeStore.path, nowMs: nowMs()});
	const namedIds = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path).id));

	const ports = surroundings.openPorts(flags);
	const notes: {set?: (name: string, note: string | undefined) => void} = {};
	const recorder = createRecorder({
		store: resultStore,
		saving: flags.isOn('save') === false ? 'never' : 'later',
		onSaveProblem: problem => notes.set?.('save', problem),
		...heard,
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
	const close = async (): Promise<void> => {
		await watcher.stop();
		ports.close();
	};
	return {watcher, settings, nodeStore, resultStore, close};
}

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
