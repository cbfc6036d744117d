import path from 'node:path';
import {InputError} from '../../domain/input-error.js';

/** What determines where the files are. */
export interface FolderInputs {
	/** `--config-dir`. */
	readonly configDir?: string | undefined;
	/** `--state-dir`. */
	readonly stateDir?: string | undefined;
	/** The environment, as `process.env`. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The user's home folder; `undefined` when there is none (a user id without a passwd entry, and no HOME). */
	readonly home: string | undefined;
	/** The current folder, against which relative paths are resolved; `undefined` when it was removed. */
	readonly cwd: string | undefined;
}

/** Where the files are, as absolute paths. */
export interface Folders {
	/** Holds nodes.json. */
	readonly configDir: string;
	/** Holds results.json, transitions.ndjson, alerts.json and view.json. */
	readonly stateDir: string;
}

/**
 * Determines where the files are: a flag, else xmrtop's own variable, else the XDG folder. When the configuration folder is
 * given, the state is kept in it too, so that a copied or temporary folder is complete.
 * @throws InputError (`no_folder`) when a folder is not given and there is no home folder for a default
 */
export function resolveStoreFolders({configDir, stateDir, env, home, cwd}: FolderInputs): Folders {
	const namedConfigDir = configDir || env.XMRTOP_CONFIG_DIR;
	const namedStateDir = stateDir || env.XMRTOP_STATE_DIR || namedConfigDir;
	return {
		configDir:
			absoluteFolder(namedConfigDir, '--config-dir', cwd) ??
			path.join(xdgFolder(env.XDG_CONFIG_HOME) ?? inHome(home, '.config', 'config'), 'xmrtop'),
		stateDir:
			absoluteFolder(namedStateDir, '--state-dir', cwd) ??
			path.join(xdgFolder(env.XDG_STATE_HOME) ?? inHome(home, '.local/state', 'state'), 'xmrtop'),
	};
}

function absoluteFolder(named: string | undefined, flag: string, cwd: string | undefined): string | undefined {
	if (!named || path.isAbsolute(named)) {
		return named || undefined;
	}

	if (cwd === undefined) {
		throw new InputError(
			'no_folder',
			`the folder "${named}" is relative, and the current folder cannot be found: use an absolute path for ${flag}`,
		);
	}

	return path.resolve(cwd, named);
}

function inHome(home: string | undefined, folder: string, kind: 'config' | 'state'): string {
	if (home === undefined) {
		throw new InputError(
			'no_folder',
			`no folder for the ${kind} files: HOME is not set and this user has no home folder; use --${kind}-dir DIR or set XMRTOP_${kind.toUpperCase()}_DIR`,
		);
	}

	return path.join(home, folder);
}

/** The XDG specification says that relative paths are ignored. */
function xdgFolder(value: string | undefined): string | undefined {
	return value && path.isAbsolute(value) ? value : undefined;
}

/** Where alerts.json is. */
export function alertsPathInStore(stateDir: string): string {
	return path.resolve(stateDir, 'alerts.json');
}

/** Where view.json is. */
export function viewPathInStore(stateDir: string): string {
	return path.resolve(stateDir, 'view.json');
}

/** Where silences.json is. */
export function silencesPathInStore(stateDir: string): string {
	return path.resolve(stateDir, 'silences.json');
}

/** Where actions.json is. */
export function actionsPathInStore(configDir: string): string {
	return path.resolve(configDir, 'actions.json');
}

/** Where hosts.json is. */
export function hostsPathInStore(configDir: string): string {
	return path.resolve(configDir, 'hosts.json');
}
