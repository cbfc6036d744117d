import type {Node, NodeDefinition} from './node/node.js';
import type {NodeState, Observation} from './past/node-state.js';
import type {Transition} from './past/transition.js';
import type {SettingTexts} from './settings.js';
import type {RememberedView} from './view/remembered-view.js';

/** The stores, as the application sees them. `source/adapters` holds the real ones, on `conf`. */

/** A file of things that a person has named, such as actions.json. */
export interface ListStore<T> {
	/** Path of the file. */
	readonly path: string;
	/**
	 * What is configured now. Cheap to call again while the file has not changed.
	 * @throws InputError for a file that is not acceptable
	 */
	readonly read: () => readonly T[];
	/**
	 * Changes the file under its lock. A change that throws, or returns what it was given, writes nothing.
	 * @throws InputError when the file is not acceptable, and when it cannot be saved
	 */
	readonly update: (change: (entries: readonly T[]) => readonly T[]) => Promise<readonly T[]>;
}

/** What nodes.json holds. */
export interface NodesFile {
	readonly nodes: readonly Node[];
	readonly settings: SettingTexts;
	/** The id the next node gets; ids are never reused. */
	readonly next_id: number;
}

/** The definitions and settings. */
export interface NodeStore {
	/** Path of nodes.json. */
	readonly path: string;
	/**
	 * What the file holds now; empty when there is none. Cheap to call again while the file has not changed,
	 * and then returns the same object. Never writes.
	 * @throws InputError for a file that is not JSON, of the wrong shape, or from a newer version
	 */
	readonly read: () => NodesFile;
	/**
	 * Changes the file under its lock: reads, lets `change` decide, keeps a backup, writes, reads back.
	 * A `change` that throws, or returns what it was given, writes nothing.
	 * @throws InputError when the file is not acceptable, and when it cannot be saved; nothing is lost then
	 */
	readonly update: (change: (file: NodesFile) => NodesFile) => Promise<NodesFile>;
	/**
	 * A definition as it is to be stored: relative paths are taken from the current folder. Those that a person wrote into the
	 * file itself are read as relative to its folder.
	 * @throws InputError for a relative path when the current folder cannot be found
	 */
	readonly withStoredPaths: <N extends NodeDefinition>(definition: N) => N;
	/** One warning line when others may read a file that holds a password, else `undefined`. */
	readonly permissionWarning: () => string | undefined;
}

/** How results are saved. */
export interface SaveOptions {
	/**
	 * The ids of every node there is, disabled ones included: what is remembered of removed nodes is dropped. Ids above all of
	 * these stay, because such a node was added by another process in the meantime.
	 */
	readonly keepOnly?: ReadonlySet<number>;
}

/** The last results and the transitions. */
export interface ResultStore {
	/** Path of results.json. */
	readonly path: string;
	/** Path of transitions.ndjson. */
	readonly transitionsPath: string;
	/**
	 * What is remembered of every node, by id; empty when there is no file, or it is corrupt (it is then set aside at the
	 * next save). Never waits for a lock.
	 */
	readonly read: () => ReadonlyMap<number, NodeState>;
	/**
	 * Merges observations into results.json, and appends the transitions among them that no other process has
	 * appended already.
	 * @returns the transitions that were appended
	 * @throws InputError (`save_failed`) when the files cannot be written
	 */
	readonly save: (observations: readonly Observation[], options?: SaveOptions) => Promise<readonly Transition[]>;
	/** Only appends the transitions among the observations, and leaves results.json for a later `save` of the same ones. */
	readonly saveTransitions: (observations: readonly Observation[]) => Promise<readonly Transition[]>;
	/** The transitions of the last 30 days, oldest first; lines that cannot be read are passed over. */
	readonly readTransitions: (filter?: {readonly nodeId?: number}) => Promise<readonly Transition[]>;
	/** One line for the user when something was noticed while reading (a corrupt file), once; else `undefined`. */
	readonly takeNote: () => string | undefined;
}

/** The view that a person left, in the live table. */
export interface ViewStore {
	/** Path of view.json. */
	readonly path: string;
	/** The view; the default one where there is none or it cannot be used, with a line that says why. Never throws, never writes. */
	readonly read: () => {readonly view: RememberedView; readonly note?: string};
	/** @throws InputError (`save_failed`, `newer_config`) */
	readonly save: (view: RememberedView) => Promise<void>;
}
