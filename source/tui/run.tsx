import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {stripVTControlCharacters} from 'node:util';
import {render} from 'ink';
import type {NotedPoller} from '../application/poller.js';
import type {RemoteScreen, ScreenActions, ScreenViewPersistence} from '../cli/command.js';
import type {OpenAlert} from '../domain/alerts/alert.js';
import type {SilenceStore} from '../domain/alerts/silences.js';
import {compact} from '../domain/compact.js';
import type {FindWallets} from '../domain/ports.js';
import type {SavePassword} from '../domain/secret-files.js';
import type {Settings} from '../domain/settings.js';
import {statusDocument} from '../domain/status-document.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {App} from './app.js';
import {createAttention} from './attention.js';
import {createController} from './controller.js';
import {refusalOf} from './effects.js';
import {createWalletSearch} from './found-wallets.js';
import {createScreenStore} from './screen-store.js';
import {createChangedCells} from './terminal/changed-cells.js';
import {copyToClipboard} from './terminal/clipboard.js';
import {
	createTerminalGuard,
	createTerminalRunner,
	type SuspendTerminal,
	watchExitSignals,
} from './terminal/exit-signals.js';
import type {UiState} from './ui-state.js';
import {openViewPersistence} from './view-persistence.js';

/** What the live table needs. */
export interface RunScreenOptions {
	/** A poller that is not yet started. The screen does not stop it. */
	readonly poller: NotedPoller;
	readonly nodeStore: NodeStore;
	/** Absent: nodes cannot be silenced. */
	readonly silenceStore?: SilenceStore;
	readonly resultStore: ResultStore;
	/** See {@link UiState}. Default: none. */
	readonly openAlerts?: () => readonly OpenAlert[];
	/** Called while no nodes are configured. Default: no search. */
	readonly findWallets?: FindWallets;
	/** Absent: wallets that need a login cannot be added. */
	readonly savePassword?: SavePassword;
	/** Absent: actions cannot be run. */
	readonly loadActions?: () => Promise<ScreenActions>;
	/** Absent: the default view is used. */
	readonly viewPersistence?: ScreenViewPersistence;
	/** Present when the nodes belong to remote hosts. */
	readonly remote?: RemoteScreen;
	/** Must be terminals. */
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	readonly ascii: boolean;
	readonly color: boolean;
	/** Default: the process's own. */
	readonly env?: NodeJS.ProcessEnv;
	/** The events that ring the bell. Default: none. */
	readonly bell?: Settings['bell'];
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** How often wallets are searched again while the page of discovered wallets is open; milliseconds. */
const searchMs = 5000;
/** Changes of the fleet are collected for this long before they are drawn; keys are drawn at once; milliseconds. */
const newsMs = 100;

/**
 * Shows the live table until the user quits, the terminal is closed or a signal arrives.
 * Restores the terminal.
 * @throws any internal error, after the terminal is restored
 */
export async function runScreen(options: RunScreenOptions): Promise<void> {
	const {poller, stdin, stdout, nodeStore, resultStore, nowMs, ascii, color, remote, env = process.env} = options;
	const cells = createChangedCells(stdout);
	const guard = createTerminalGuard(stdout);
	const store = createScreenStore({
		poller,
		size: () => ({columns: stdout.columns || 80, rows: stdout.rows || 24}),
		look: {ascii, color},
		nodesPath: nodeStore.path,
		isRemote: remote !== undefined,
		openAlerts: options.openAlerts,
		nowMs,
	});
	const search = createWalletSearch({store, nodeStore, findWallets: options.findWallets});
	const memory = options.viewPersistence && openViewPersistence({store, poller, ...options.viewPersistence});
	const attention = createAttention({
		getUiState: store.getUiState,
		write: bytes => stdout.write(bytes),
		bell: options.bell ?? 'off',
	});
	const ended = deferred();
	let suspendTerminal: SuspendTerminal = async during => during();
	const exitSignals = watchExitSignals({
		stdin,
		stdout,
		suspendTerminal: async during => {
			guard.disarm();
			attention.leave();
			await suspendTerminal(during);
			attention.enter();
			guard.arm();
		},
		end: error => (error === undefined ? ended.resolve() : ended.reject(error)),
	});
	const controller = createController({
		store,
		poller,
		nodeStore,
		resultStore: remote ? remotePast(remote) : resultStore,
		...(remote ? {refusal: refusalOf(remote, store)} : {}),
		nowMs,
		copy: text => copyToClipboard(text, {env, write: bytes => stdout.write(bytes)}),
		save: () => saveSnapshot(store.getUiState(), cells.lastFrame(), snapshotFolders(resultStore.path)),
		search,
		savePassword: options.savePassword,
		silenceStore: options.silenceStore,
		viewChanged: () => memory?.changed(),
		resetView: () => memory?.reset(),
		redraw: cells.redraw,
		suspend: exitSignals.suspend,
		loadActions: options.loadActions,
		runInTerminal: createTerminalRunner({stdin, stdout, lend: exitSignals.lend}),
		quit: ended.resolve,
	});
	const fleetChanged = (): void => {
		controller.fleetChanged();
		attention.fleetChanged();
	};
	const news = throttle(fleetChanged, newsMs);
	const searchAgain = (): void => {
		const {snapshot, view} = store.getUiState();
		if (!remote && (snapshot.nodes.length === 0 || view.page.kind === 'found')) {
			search();
		}
	};
	const searching = setInterval(searchAgain, searchMs);
	const onMount = (suspend: SuspendTerminal): void => {
		suspendTerminal = suspend;
	};

	const ink = render(
		<App store={store} onKeys={controller.press} onResize={controller.fleetChanged} onMount={onMount} />,
		{
			stdin,
			stdout: cells.stdout,
			alternateScreen: true,
			interactive: true,
			// Makes Ink write whole frames; ChangedCells sends only the differences.
			debug: true,
			exitOnCtrlC: false,
			patchConsole: false,
			isScreenReaderEnabled: false,
		},
	);
	ink.waitUntilExit().then(ended.resolve, ended.reject);
	guard.arm();
	attention.enter();
	const unsubscribe = poller.subscribe(news.call);
	const clock = setInterval(controller.fleetChanged, 1000);
	try {
		poller.start();
		searchAgain();

		await ended.promise;
	} finally {
		clearInterval(clock);
		clearInterval(searching);
		news.cancel();
		unsubscribe();
		guard.disarm();
		exitSignals.close();
		attention.leave();
		ink.unmount();
		stdin.pause();
		stdin.unref();
		await memory?.close();
	}
}

/** The transitions seen on remote hosts. */
function remotePast({transitionsOf}: RemoteScreen): Pick<ResultStore, 'readTransitions'> {
	return {readTransitions: async ({nodeId} = {}) => (nodeId === undefined ? [] : transitionsOf(nodeId))};
}

/** The current folder, unless it no longer exists, and the state folder. */
function snapshotFolders(resultsPath: string): string[] {
	const stateDir = path.dirname(resultsPath);
	try {
		return [process.cwd(), stateDir];
	} catch {
		return [stateDir];
	}
}

/** A promise and the functions that settle it. */
interface Deferred {
	readonly promise: Promise<void>;
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

function deferred(): Deferred {
	let resolve: Deferred['resolve'] = () => {};
	let reject: Deferred['reject'] = () => {};
	const promise = new Promise<void>((onEnd, onError) => {
		resolve = onEnd;
		reject = onError;
	});
	return {promise, resolve, reject};
}

/** Calls `callee` once, `ms` after the first of several calls: the results of a cycle arrive at almost the same time. */
function throttle(callee: () => void, ms: number): {readonly call: () => void; readonly cancel: () => void} {
	let timer: NodeJS.Timeout | undefined;
	const run = (): void => {
		timer = undefined;
		callee();
	};

	return {
		call: () => {
			timer ??= setTimeout(run, ms);
		},
		cancel: () => clearTimeout(timer),
	};
}

/** The lines of a frame without escape sequences. */
function plainText(frame: string): string[] {
	return stripVTControlCharacters(frame).split('\n');
}

/**
 * Writes a snapshot to a new file: the document of `status --json`, and the screen's text.
 * @param folders tried in turn until one can be written to
 * @returns the file's path
 */
async function saveSnapshot(uiState: UiState, frame: string, folders: readonly string[]): Promise<string> {
	const {snapshot, nowMs} = uiState;
	const checked = compact({
		method: snapshot.method,
		checkedAtMs: snapshot.lastCycle?.startedAtMs ?? nowMs,
		durationMs: snapshot.lastCycle?.durationMs ?? 0,
		nodes: snapshot.nodes,
		atMs: snapshot.atMs,
	});
	const saved = {...statusDocument(checked), saved_at: new Date(nowMs).toISOString(), screen: plainText(frame)};
	const name = `xmrtop-${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').replace('.000', '')}.json`;
	let problem: unknown;
	for (const folder of folders) {
		try {
			const file = path.join(folder, name);
			await writeFile(file, `${JSON.stringify(saved, undefined, 2)}\n`, {mode: 0o600});
			return file;
		} catch (error) {
			problem = error;
		}
	}

	throw problem;
}
