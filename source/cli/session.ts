import type {NotedPoller, PolledNodes} from '../application/poller.js';
import type {RecorderOptions} from '../application/recorder.js';
import {refuseUnknownGroup, requireNode, type Selection, selectNodes} from '../application/selection.js';
import {type OpenPoller, openCheckSession, type Session, type Stores} from '../application/session.js';
import {isActiveSilence, type SilenceStore} from '../domain/alerts/silences.js';
import {compact} from '../domain/compact.js';
import {isNodeAvailable, type Node} from '../domain/node/node.js';
import {exposedFiles, exposedFilesNote} from '../domain/secret-files.js';
import type {NodeStore, NodesFile} from '../domain/store.js';
import type {Invocation} from './command.js';
import type {GivenFlags} from './flags.js';
import {resolveRunSettings} from './run-settings.js';

/** The session of a command, with its stores and nodes. */
export interface CommandSession extends Stores, Session {
	readonly silenceStore: SilenceStore;
	/** The contents of nodes.json when the session was opened. */
	readonly file: NodesFile;
	/** The nodes named on the command line, or all available ones. */
	readonly nodes: readonly Node[];
	/** Selects these nodes again from the current nodes.json. */
	readonly select: () => readonly Node[];
}

export interface CommandSessionOptions extends Omit<RecorderOptions, 'store' | 'saving'> {
	/** When results are saved; never with `--no-save`. */
	readonly saving: 'later' | 'atClose';
	/** The flags that override settings. Default: those of the command line. */
	readonly settingFlags?: GivenFlags;
}

/**
 * Opens the session of a command.
 * @throws InputError for nodes that do not exist, and for invalid files and flags
 */
export function openCommandSession(
	{input, flags, surroundings}: Invocation,
	{saving, settingFlags = flags, ...listeners}: CommandSessionOptions,
): CommandSession {
	const {nodeStore, resultStore, silenceStore} = surroundings.openStores(flags);
	const file = nodeStore.read();
	const settings = resolveRunSettings(file, settingFlags, nodeStore.path);
	const group = flags.text('group');
	refuseUnknownGroup(file.nodes, group, nodeStore.path);
	const selection: Selection = compact({names: input, group});
	const selectFrom = ({nodes}: NodesFile): readonly Node[] =>
		selectNodes(nodes, selection, {where: nodeStore.path, nowMs: surroundings.nowMs()});
	const nodes = selectFrom(file);
	const session = openCheckSession({
		ports: surroundings.openPorts(flags),
		resultStore,
		settings,
		saving: flags.isOn('save') === false ? 'never' : saving,
		...listeners,
	});
	return {...session, nodeStore, resultStore, silenceStore, file, nodes, select: () => selectFrom(nodeStore.read())};
}

/**
 * Opens the poller of a command that runs until it is stopped.
 * @param listeners additional listeners for results and transitions
 * @throws InputError for nodes that do not exist, and for invalid files and flags
 */
export function openCommandPoller(
	invocation: Invocation,
	listeners: Pick<RecorderOptions, 'onTransition' | 'onResult'> = {},
): OpenPoller {
	const {input, flags, surroundings} = invocation;
	const session = openCommandSession(invocation, {
		saving: 'later',
		onSaveProblem: problem => poller.setNote('save', problem),
		...listeners,
	});
	const {settings, nodeStore, resultStore, silenceStore, file, ports} = session;
	// Names that do not exist were rejected above; a node removed later is no longer watched.
	const namedIds = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path).id));
	const group = flags.text('group');
	// The nodes and silences are read while the poller is created, when there is no poller yet to set a note on.
	const opened: {poller?: NotedPoller} = {};
	const poller = session.poll(
		() => watchedNodes(nodeStore, {namedIds, group, nowMs: surroundings.nowMs()}),
		() => {
			opened.poller?.setNote('silences', silenceStore.problem());
			return silenceStore.read().filter(silence => isActiveSilence(silence, surroundings.nowMs()));
		},
	);
	opened.poller = poller;
	poller.setNote('silences', silenceStore.problem());
	poller.setNote('results', resultStore.takeNote());
	poller.setNote('permissions', nodeStore.permissionWarning());
	poller.setNote('secrets', exposedFilesNote(exposedFiles(file.nodes, ports.readFileExposure)));
	const close = async (): Promise<void> => {
		await poller.stop();
		ports.close();
	};
	return {poller, settings, nodeStore, resultStore, silenceStore, close};
}

interface Wanted {
	readonly namedIds: ReadonlySet<number>;
	readonly group: string | undefined;
	readonly nowMs: number;
}

function watchedNodes(nodeStore: NodeStore, {namedIds, group, nowMs}: Wanted): PolledNodes {
	const isNamed = (id: number): boolean => namedIds.has(id);
	return {
		fleet: nodeStore.read().nodes,
		isShown: node => (namedIds.size === 0 || isNamed(node.id)) && (group === undefined || node.group === group),
		isChecked: node => isNamed(node.id) || isNodeAvailable(node, nowMs),
	};
}
