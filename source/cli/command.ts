import type {NotedPoller} from '../application/poller.js';
import type {ClosablePorts, Stores} from '../application/session.js';
import type {Action, ActionStore} from '../domain/actions.js';
import type {OpenAlert} from '../domain/alerts/alert.js';
import type {
	AlertChannel,
	AlertsFile,
	ChannelOptions,
	HeartbeatOptions,
	OpenAlerts,
	SendHeartbeat,
} from '../domain/alerts/outbox.js';
import type {SilenceStore} from '../domain/alerts/silences.js';
import type {FleetNode} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import type {Transition} from '../domain/past/transition.js';
import type {CommandEnd, Exposure, FindWallets} from '../domain/ports.js';
import type {HostSpec, HostStore, RemoteCredentials, RemoteHosts} from '../domain/remote/remote-nodes.js';
import type {SavePassword, SecretText} from '../domain/secret-files.js';
import type {Settings} from '../domain/settings.js';
import type {ViewStore} from '../domain/store.js';
import type {Flag, FlagName, GivenFlags} from './flags.js';
import type {OutputStyle} from './output.js';

/** Everything a command uses outside itself: streams, clock, stores and adapters. Passed in by the composition root. */
export interface ProgramSurroundings {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly nowMs: () => number;
	/** Opens the stores in the folders given by flags and environment. */
	readonly openStores: (flags: GivenFlags) => OpenedStores;
	/** Opens the ports to network and processes; `close` ends all kept-alive connections. Hints repeat `--config-dir` from these flags. */
	readonly openPorts: (flags?: GivenFlags) => ClosablePorts;
	/** How many HTTP client connections the limit of open files allows. */
	readonly maxHttpConnections: () => number;
	/** Opens the adapter that reads these hosts. */
	readonly openRemoteHosts: (credentials: RemoteCredentials, hosts: readonly HostSpec[]) => Promise<RemoteHosts>;
	/** Opens the store of the remembered view in the folder given by flags and environment. */
	readonly openViewStore: (flags: GivenFlags) => Promise<ViewStore>;
	/** Returns a function that saves passwords in the configuration folder given by flags and environment. */
	readonly savePassword: (flags: GivenFlags) => SavePassword;
	/** Opens the store of alerts in the folder given by flags and environment, and the alert channels. */
	readonly openAlerts: (flags: GivenFlags, ...options: Parameters<OpenAlerts>) => ReturnType<OpenAlerts>;
	/** Opens the alert channels without the store. */
	readonly openChannels: (options: ChannelOptions) => Promise<readonly AlertChannel[]>;
	/** Opens the sender of heartbeats to a service that monitors xmrtop itself. */
	readonly openHeartbeat: (options: HeartbeatOptions) => Promise<SendHeartbeat>;
	/** Opens the systemd notification socket; `undefined` without `NOTIFY_SOCKET`. Sends assignments such as `WATCHDOG=1`. */
	readonly createServiceNotifier: (
		onProblem: (problem: string) => void,
	) => Promise<((assignments: readonly string[]) => Promise<void>) | undefined>;
	/** Reads alerts.json, even while another process holds its lease. */
	readonly readAlerts: (flags: GivenFlags) => Promise<AlertsFile>;
	/** Opens the reader for `alertingIds` of {@link ScreenOptions}. */
	readonly openAlertsReader: (flags: GivenFlags) => Promise<() => readonly OpenAlert[]>;
	/** Finds the wallets running on this machine. */
	readonly findWallets: FindWallets;
	/** Reads a whole text file. Rejects with the system's error. */
	readonly readFile: (path: string) => Promise<string>;
	/**
	 * Reads a small file that holds a secret, without its last newline, and determines who else may read it. Never rejects.
	 * @param what what the file holds, for error messages, such as `token`
	 */
	readonly readSecretFile: (path: string, what: string) => Promise<SecretText & {readonly exposure?: Exposure}>;
	/** Asks a yes/no question on the terminal. @returns whether the answer is yes; end of input and Ctrl-C count as no */
	readonly confirm: (question: string) => Promise<boolean>;
	/** Asks for a line on the terminal, without echo if `isHidden`. @returns the line; `''` on end of input and Ctrl-C */
	readonly ask: (question: string, isHidden?: boolean) => Promise<string>;
	/**
	 * Shows a manual page, such as `xmrtop-status`, with the system's `man`.
	 * @returns its exit code; `undefined` when `man` is not installed
	 */
	readonly showManual: (page: string) => Promise<number | undefined>;
	/** Opens a stream that discards everything. */
	readonly openUnread: () => NodeJS.WriteStream;
	/** Reads all of stdin. */
	readonly readStdin: () => Promise<string>;
	/**
	 * Runs a command until it ends.
	 * @param onOutput receives the command's output, and the command has no input; absent: the command inherits stdin, stdout and stderr
	 */
	readonly runChild: (command: readonly string[], onOutput?: (text: string) => void) => Promise<CommandEnd>;
	/** Opens the store of actions in the folder given by flags and environment. */
	readonly openActionStore: (flags: GivenFlags) => Promise<ActionStore>;
	/** Opens the store of saved hosts in the folder given by flags and environment. */
	readonly openHostStore: (flags: GivenFlags) => Promise<HostStore>;
	/** Draws the live table until the user leaves it. */
	readonly runScreen: (screen: ScreenOptions) => Promise<void>;
	/** Starts the simulated fleet in a child process. */
	readonly startDemo: (nodes: number) => Promise<DemoFleet>;
	/** Resolves at the first SIGINT or SIGTERM, or when `unneeded` is aborted. */
	readonly untilSignal: (unneeded?: AbortSignal) => Promise<void>;
	/** Calls back at every SIGHUP, which then does not end the program. @returns the function that removes the listener */
	readonly onHangup: (listener: () => void) => () => void;
	/** Whether stdout is the systemd journal, which adds the time to every line. */
	readonly isJournal: () => boolean;
	/** Discards output that is still unread after a moment, because it would keep the process from exiting. */
	readonly dropUnread: () => Promise<void>;
	/** Makes V8 optimize functions later, for a run that is too short to benefit. */
	readonly optimizeLater: () => void;
}

export interface OpenedStores extends Stores {
	/** Path of alerts.json, which only a process that sends alerts opens. */
	readonly alertsPath: string;
	readonly silenceStore: SilenceStore;
}

export interface DemoFleet {
	/** The folder whose nodes.json describes the fleet. */
	readonly configDir: string;
	/** Ends the fleet and removes the folder. */
	readonly stop: () => Promise<void>;
}

/** What the live table needs. */
export interface ScreenOptions extends Stores, OutputStyle {
	/** Absent: nodes cannot be silenced from the screen. */
	readonly silenceStore?: SilenceStore;
	readonly poller: NotedPoller;
	/** Returns the open alerts, as the same array until they change. Cheap to call repeatedly; never throws. Absent: not known. */
	readonly openAlerts?: () => readonly OpenAlert[];
	/** Called while no nodes are configured, to offer running wallets; absent: none are offered. */
	readonly findWallets?: FindWallets;
	/** Whether to write plain sentences for a screen reader instead of drawing a table. Default false. */
	readonly isForScreenReader?: boolean;
	/** The events that ring the terminal's bell; absent: none. */
	readonly bell?: Settings['bell'];
	/** Saves the password of a discovered wallet; absent: it is not asked for. */
	readonly savePassword?: SavePassword;
	/** The view remembered from earlier runs; absent: none is. */
	readonly viewPersistence?: ScreenViewPersistence;
	/** Loads the code that runs actions; absent: actions cannot be run from the screen. */
	readonly loadActions?: () => Promise<ScreenActions>;
	/** Present when the nodes belong to remote hosts: they cannot be edited or checked here. */
	readonly remote?: RemoteScreen;
}

/** How the live table runs the configured actions. */
export interface ScreenActions {
	/** @throws InputError when actions.json is invalid */
	readonly read: () => readonly Action[];
	/** Suggests actions to add, based on what runs the nodes' processes (systemd, a container engine). */
	readonly suggest: (nodes: readonly Pick<FleetNode, 'nodeState'>[]) => readonly Action[];
	/** @throws InputError when its name or key is taken, or it cannot be saved */
	readonly add: (action: Action) => Promise<void>;
	/** See {@link ProgramSurroundings.runChild}. */
	readonly run: ProgramSurroundings['runChild'];
	/**
	 * Silences a node while it is restarted, and for a moment after that.
	 * @param work resolves with whether the node came up in time
	 */
	readonly whileSilenced: (
		node: Pick<Node, 'id' | 'name'>,
		command: readonly string[],
		work: () => Promise<{readonly isUp: boolean}>,
		say: (problem: string) => void,
	) => Promise<unknown>;
	/** How many blocks a wallet may be behind and still count as synchronized. */
	readonly maxLag: number;
}

/** How the live table remembers its view. */
export interface ScreenViewPersistence {
	readonly viewStore: ViewStore;
	/** Whether to start with the default view and save that. */
	readonly isReset: boolean;
	/** Whether changes are saved. */
	readonly isSaved: boolean;
	/** Which parts of the view the command line sets: they are neither restored nor saved. */
	readonly given: {readonly method: boolean; readonly interval: boolean; readonly filter: boolean};
}

/** The live table of remote hosts. */
export interface RemoteScreen {
	/** Whether any host is polled (HTTP), rather than sending documents at its own interval (ssh). */
	readonly isAsked: boolean;
	/** The state changes of a node seen in this run, oldest first. */
	readonly transitionsOf: (nodeId: number) => readonly Transition[];
	/** Whether the host of a node (without an id: any host) can be asked for a check now, or reconnected because it is silent. */
	readonly isAskable: (nodeId?: number) => boolean;
}

/** One run of a command. */
export interface Invocation {
	/** The arguments after the command's name. */
	readonly input: readonly string[];
	readonly flags: GivenFlags;
	readonly surroundings: ProgramSurroundings;
}

/**
 * Runs a command.
 * @returns the exit code
 * @throws InputError for bad input; the program then exits with code 2
 */
export type RunCommand = (invocation: Invocation) => Promise<number>;

/** One command: its usage, its purpose and its flags. */
export interface Command {
	/** As typed after `xmrtop`, with its arguments, such as `status [node...]`. */
	readonly usage: string;
	readonly about: string;
	readonly flags: readonly FlagName[];
	/** Help for flags whose meaning in this command differs from the general one. */
	readonly flagWords?: Readonly<Partial<Record<FlagName, Pick<Flag, 'value' | 'about' | 'choices'>>>>;
	/** The kind of its arguments, for completion. */
	readonly takes?: 'nodes' | 'actions' | 'hosts' | 'settings' | 'file' | 'shells';
	/** How many arguments it takes after its name. */
	readonly input: readonly [min: number, max: number];
	/** Loads the code that runs it, so that only the code of this command is loaded. */
	readonly load: () => Promise<RunCommand>;
}
