import {createSilenceStore} from './adapters/alerts/silence-store.js';
import {openPorts} from './adapters/open-ports.js';
import {currentFolder, homeFolder} from './adapters/own-process/system-calls.js';
import {createNodeStore} from './adapters/store/node-store.js';
import {resolveStoreFolders, silencesPathInStore} from './adapters/store/paths.js';
import {createResultStore} from './adapters/store/result-store.js';
import {createMonitorWith} from './application/monitor.js';
import type {Monitor} from './application/monitor-types.js';
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
	SilenceInput,
	StoredNode,
	WatchListener,
} from './application/monitor-types.js';
export type {Silence} from './domain/alerts/silences.js';
export {type CheckMethod, checkMethods, type RecordedMethod} from './domain/check-method.js';
export type * from './domain/check-result.js';
export type {FactGroup, FactsCarriedBy, FactsOf, FullSummary, ResultKind, WorkFacts} from './domain/facts.js';
export {InputError, type InputErrorCode} from './domain/input-error.js';
export type {Login, Node, NodeDefinition, Tls} from './domain/node/node.js';
export type {StateRecord} from './domain/past/node-state.js';
export type {Transition} from './domain/past/transition.js';
export type {NodeHistory, Outage, Uptime, UptimeWindow} from './domain/past/uptime.js';
export type {SettingName, Settings, SettingTexts} from './domain/settings.js';
export {type State, states} from './domain/state.js';
export type {NodeReport, StatusDocument} from './domain/status-document.js';

/** Options of a monitor: the folders with its files, and settings that override the stored ones. */
export interface MonitorOptions {
	/** Folder of nodes.json. Default: the same as that of the command line. */
	readonly configDir?: string;
	/** Folder of results.json and transitions.ndjson. Default: the same as that of the command line. */
	readonly stateDir?: string;
	/** Settings that override the stored ones, as text as on the command line, such as `{timeout: '5s'}`. */
	readonly settings?: SettingTexts;
}

/**
 * Creates a monitor, which checks nodes as the commands do. Call `close()` when done: it closes the kept-alive connections.
 * @throws InputError when nodes.json or a setting is invalid
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
		silenceStore: createSilenceStore(silencesPathInStore(folders.stateDir)),
		settings,
	});
}
