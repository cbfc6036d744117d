import path from 'node:path';

/** What decides where the files are. */
export interface FolderInputs {
	/** `--config-dir`. */
	readonly configDir?: string | undefined;
	/** `--state-dir`. */
	readonly stateDir?: string | undefined;
	/** The environment, as `process.env`. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The user's home folder. */
	readonly home: string;
}

/** Where the files are. */
export interface Folders {
	/** Holds nodes.json. */
	readonly configDir: string;
	/** Holds results.json, transitions.ndjson and alerts.json. */
	readonly stateDir: string;
}

/**
 * Decides where the files are: a flag, else xmrtop's own variable, else the XDG folder. When the configuration folder was
 * named, the state stays beside it, so that a copied or throw-away folder is complete.
 */
export function resolveFolders({configDir, stateDir, env, home}: FolderInputs): Folders {
	const namedConfigDir = configDir || env.XMRTOP_CONFIG_DIR;
	return {
		configDir: namedConfigDir || path.join(xdgFolder(env.XDG_CONFIG_HOME) ?? path.join(home, '.config'), 'xmrtop'),
		stateDir:
			stateDir ||
			env.XMRTOP_STATE_DIR ||
			namedConfigDir ||
			path.join(xdgFolder(env.XDG_STATE_HOME) ?? path.join(home, '.local', 'state'), 'xmrtop'),
	};
}

/** The XDG specification has relative paths ignored. */
function xdgFolder(value: string | undefined): string | undefined {
	return value && path.isAbsolute(value) ? value : undefined;
}

/** Where alerts.json is. */
export function alertsPathIn(stateDir: string): string {
	return path.resolve(stateDir, 'alerts.json');
}
