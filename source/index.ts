import {openPorts} from './adapters/open-ports.js';
import {currentFolder, homeFolder} from './adapters/own-process/system-calls.js';
import {createNodeStore} from './adapters/store/node-store.js';
import {resolveStoreFolders} from './adapters/store/paths.js';
import {createResultStore} from './adapters/store/result-store.js';
import {createMonitorWith, type Monitor} from './application/monitor.js';
import {renderRemedy} from './cli/render-remedy.js';
import type {SettingTexts} from './domain/settings.js';

export type {HistoryDocument} from './application/history-document.js';
export type {
	HistoryOptions,
	Monitor,
	NodeChanges,
	NodeInput,
	NodeOrName,
	NodeWithResult,
	StoredNode,
	WatchListener,
} from './application/monitor.js';
export {type CheckMethod, checkMethods} from './domain/check-method.js';
export type * from './domain/check-result.js';
export {InputError, type InputErrorCode} from './domain/input-error.js';
export type {Login, Node, NodeDefinition, Tls} from './domain/node/node.js';
export type {Transition} from './domain/past/transition.js';
export type {Settings, SettingTexts} from './domain/settings.js';
export {type State, states} from './domain/state.js';
export type {NodeReport, StatusDocument} from './domain/status-document.js';

/** Where a monitor finds its nodes, and what it does differently from the stored settings. */
export interface MonitorOptions {
	/** Folder of nodes.json. Default: as the command line finds it. */
	readonly configDir?: string;
	/** Folder of results.json and transitions.ndjson. Default: as the command line finds it. */
	readonly stateDir?: string;
	/** Override the stored settings; written as a person writes them, such as `{timeout: '5s'}`. */
	readonly settings?: SettingTexts;
}

/**
 * Creates the monitor that the commands use. Call `close()` when done: it ends the kept connections.
 * @throws InputError when nodes.json or a setting is not acceptable
 */
export function createMonitor({configDir, stateDir, settings = {}}: MonitorOptions = {}): Monitor {
	const folders = resolveStoreFolders({
		configDir,
		stateDir,
		env: process.env,
		home: homeFolder(),
		cwd: currentFolder(),
	});
	return createMonitorWith({
		ports: openPorts({renderRemedy}),
		nodeStore: createNodeStore(folders.configDir),
		resultStore: createResultStore(folders.stateDir),
		settings,
	});
}
