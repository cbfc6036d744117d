import {createChecker} from '../application/checker.js';
import type {LoopPart, OpenWatcher} from '../application/loop-part.js';
import {createWatcher, type WatchedNodes} from '../application/poller.js';
import {createRecorder, type RecorderOptions} from '../application/recorder.js';
import {requireNode, type Selection, selectNodes} from '../application/selection.js';
import {countOf, durationText} from '../domain/format.js';
import {InputError} from '../domain/input-error.js';
import {isAvailable} from '../domain/node/node.js';
import {exposedFiles, exposedFilesNote} from '../domain/secret-files.js';
import type {NodeStore} from '../domain/store.js';
import type {Invocation} from './command.js';
import {emptyNote, settingsFor} from './run-settings.js';
import {writeNote} from './write-note.js';

/**
 * Watches the nodes that a command line names until a signal, or until nobody reads what it says.
 * SIGHUP reads the nodes anew.
 * @returns the exit code
 */
export async function runLoop(invocation: Invocation, parts: readonly LoopPart[]): Promise<number> {
	const {flags, surroundings} = invocation;
	const {stdout, stderr} = surroundings;
	const say = (line: string): void => writeNote(stderr, line);
	const {close, ...open} = openWatcher(invocation, {
		onTransition: transition => parts.forEach(part => void part.onTransition?.(transition)),
		onResult: (observation, memory) => parts.forEach(part => void part.onResult?.(observation, memory)),
	});
	const {watcher, settings, nodeStore} = open;
	const ended = new AbortController();
	const end = (): void => ended.abort();
	const sayNotes = noteSayer(say);
	watcher.subscribe(() => sayNotes(watcher.getSnapshot().notes));
	stdout.once('error', end);
	stderr.once('error', end);
	const ignoreHangup = surroundings.onHangup(() => {
		if (ended.signal.aborted) {
			// A lost terminal says so twice, by the system and by the shell; the second time must not cut off the saving.
			return;
		}

		// Where the terminal is gone, this line is what notices it.
		say('SIGHUP: reading the nodes again');
		void watcher.checkNow();
	});
	const signalled = surroundings.untilSignal(ended.signal).then(end);
	const endings: Array<() => Promise<void>> = [];
	try {
		for (const part of parts) {
			const ending = await part.begin?.({...open, say, ended: ended.signal});
			if (ending) {
				endings.unshift(ending);
			}
		}

		watcher.start();
		const {nodes} = watcher.getSnapshot();
		const count = nodes.filter(({disabled}) => !disabled).length;
		say(
			count > 0
				? `watching ${countOf(count, 'node')} by ${settings.method} every ${durationText(settings.interval)}`
				: emptyNote(nodeStore.read().nodes.length, nodeStore.path, flags.text('group')),
		);
		await signalled;
	} catch (error) {
		// What a part gave up because of the end is no failure.
		if (!(ended.signal.aborted && error instanceof InputError)) {
			throw error;
		}
	} finally {
		end();
		await Promise.all(endings.map(ending => ending()));
		await close();
		await surroundings.dropUnread();
		ignoreHangup();
	}

	return 0;
}

/** Says every note once, and when what it was about is over. */
function noteSayer(say: (line: string) => unknown): (notes: readonly string[]) => void {
	let said: readonly string[] = [];
	return notes => {
		for (const note of notes.filter(text => !said.includes(text))) {
			say(note);
		}

		for (const note of said.filter(text => !notes.includes(text))) {
			say(`resolved: ${note}`);
		}

		said = notes;
	};
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
