import type {Node, NodeDefinition} from './node/node.js';
import type {NodeState, Observation} from './past/node-state.js';
import type {Transition} from './past/transition.js';
import type {SettingTexts} from './settings.js';
import type {RememberedView} from './view/remembered-view.js';

/** The interfaces of the stores; `source/adapters` implements them with `conf`. */

/** A file with a list of named entries, such as actions.json. */
export interface ListStore<T> {
	/** Path of the file. */
	readonly path: string;
	/**
	 * The current entries. Calling it again is cheap while the file is unchanged.
	 * @throws InputError if the file is invalid
	 */
	readonly read: () => readonly T[];
	/**
	 * Changes the file under its lock. Nothing is written if `change` throws or returns its argument.
	 * @throws InputError if the file is invalid or cannot be saved
	 */
	readonly update: (change: (entries: readonly T[]) => readonly T[]) => Promise<readonly T[]>;
}

/** The contents of nodes.json. */
export interface NodesFile {
	readonly nodes: readonly Node[];
	readonly settings: SettingTexts;
	/** The id of the next new node; ids are never reused. */
	readonly next_id: number;
}

/** Stores definitions and settings. */
export interface NodeStore {
	/** Path of nodes.json. */
	readonly path: string;
	/**
	 * The current contents of the file; empty if it does not exist. Calling it again is cheap while the file is unchanged,
	 * and returns the same object. Never writes.
	 * @throws InputError if the file is not JSON, has the wrong shape, or is from a newer version
	 */
	readonly read: () => NodesFile;
	/**
	 * Changes the file under its lock: reads it, calls `change`, keeps a backup, writes, and reads back. Nothing is written
	 * if `change` throws or returns its argument.
	 * @throws InputError if the file is invalid or cannot be saved; the old contents are kept
	 */
	readonly update: (change: (file: NodesFile) => NodesFile) => Promise<NodesFile>;
	/**
	 * A definition with the paths that are to be stored: relative paths are resolved against the current folder. Relative
	 * paths that the user wrote into the file itself are resolved against the folder of the file.
	 * @throws InputError for a relative path if the current folder does not exist
	 */
	readonly withStoredPaths: <N extends NodeDefinition>(definition: N) => N;
	/** A warning in one line if other users may read the file and it contains a password, else `undefined`. */
	readonly permissionWarning: () => string | undefined;
}

/** Options for saving results. */
export interface SaveOptions {
	/**
	 * The ids of all configured nodes, including disabled ones: the state of removed nodes is dropped. Ids greater than all
	 * of these are kept, because another process has added such a node in the meantime.
	 */
	readonly keepOnly?: ReadonlySet<number>;
}

/** Stores the last results and the transitions. */
export interface ResultStore {
	/** Path of results.json. */
	readonly path: string;
	/** Path of transitions.ndjson. */
	readonly transitionsPath: string;
	/**
	 * The stored state of every node, by id; empty if the file does not exist or is corrupt (a corrupt file is renamed and
	 * kept at the next save). Never waits for a lock.
	 */
	readonly read: () => ReadonlyMap<number, NodeState>;
	/**
	 * Merges observations into results.json, and appends the transitions they make, except those that another process has
	 * already appended.
	 * @returns the transitions that were appended
	 * @throws InputError (`save_failed`) if the files cannot be written
	 */
	readonly save: (observations: readonly Observation[], options?: SaveOptions) => Promise<readonly Transition[]>;
	/**
	 * Only appends the transitions that the observations make; a later `save` of the same observations updates results.json.
	 */
	readonly saveTransitions: (observations: readonly Observation[]) => Promise<readonly Transition[]>;
	/** The transitions of the last 30 days, oldest first; invalid lines are skipped. */
	readonly readTransitions: (filter?: {readonly nodeId?: number}) => Promise<readonly Transition[]>;
	/** A note of one line if reading found a problem, such as a corrupt file; each note is returned once, then `undefined`. */
	readonly takeNote: () => string | undefined;
}

/** Stores the view of the live table. */
export interface ViewStore {
	/** Path of view.json. */
	readonly path: string;
	/**
	 * The saved view; the default view if there is none, or if it is invalid, with a note that says why. Never throws and
	 * never writes.
	 */
	readonly read: () => {readonly view: RememberedView; readonly note?: string};
	/** @throws InputError (`save_failed`, `newer_config`) */
	readonly save: (view: RememberedView) => Promise<void>;
}
