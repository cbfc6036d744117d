import type {NotedPoller} from '../application/poller.js';
import type {ClosablePorts, Stores} from '../application/session.js';
import type {Action, ActionStore} from '../domain/actions.js';
import type {OpenAlert} from '../domain/alerts/alert.js';
import type {
	AlertChannel,
	AlertsFile,
	ChannelWishes,
	HeartbeatWishes,
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

/** The outside of a command, handed in by the composition root. */
export interface ProgramSurroundings {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly nowMs: () => number;
	/** Opens the stores in the folders that flags and environment name. */
	readonly openStores: (flags: GivenFlags) => OpenedStores;
	/** Opens the way to the outside; `close` ends every kept connection. The flags are those that hints repeat. */
	readonly openPorts: (flags?: GivenFlags) => ClosablePorts;
	/** How many connections of HTTP clients the limit of open files has room for. */
	readonly maxHttpConnections: () => number;
	/** Opens the ways to these hosts. */
	readonly openRemoteHosts: (credentials: RemoteCredentials, hosts: readonly HostSpec[]) => Promise<RemoteHosts>;
	/** Opens the store of the remembered view in the folder that flags and environment name. */
	readonly openViewStore: (flags: GivenFlags) => Promise<ViewStore>;
	/** Saves passwords in the configuration folder that flags and environment name. */
	readonly savePassword: (flags: GivenFlags) => SavePassword;
	/** Opens the alerts' store in the folder that flags and environment name, and the ways to their receivers. */
	readonly openAlerts: (flags: GivenFlags, ...wishes: Parameters<OpenAlerts>) => ReturnType<OpenAlerts>;
	/** Opens the ways to receivers alone. */
	readonly openChannels: (wishes: ChannelWishes) => Promise<readonly AlertChannel[]>;
	/** Opens the way to whoever watches this monitor. */
	readonly openHeartbeat: (wishes: HeartbeatWishes) => Promise<SendHeartbeat>;
	/** Opens the way to the service manager; `undefined` where none listens. Sends assignments such as `WATCHDOG=1`. */
	readonly createServiceNotifier: (
		onProblem: (problem: string) => void,
	) => Promise<((assignments: readonly string[]) => Promise<void>) | undefined>;
	/** What alerts.json holds now, whoever owns it. */
	readonly readAlerts: (flags: GivenFlags) => Promise<AlertsFile>;
	/** See {@link ScreenOptions}. */
	readonly openAlertsReader: (flags: GivenFlags) => Promise<() => readonly OpenAlert[]>;
	/** Finds the running wallets of this machine. */
	readonly findWallets: FindWallets;
	/** The whole text of a file. Rejects with the system's error. */
	readonly readFile: (path: string) => Promise<string>;
	/**
	 * The text of a small file that holds a secret, without its last newline, and who else may read it. Never rejects.
	 * @param what it holds, in a word for errors: `token`
	 */
	readonly readSecretFile: (path: string, what: string) => Promise<SecretText & {readonly exposure?: Exposure}>;
	/** Asks a person on the terminal. @returns whether the answer is yes; the end of the input and Ctrl-C are a no */
	readonly confirm: (question: string) => Promise<boolean>;
	/** Asks a person on the terminal; what is typed is hidden if so wished. @returns the line that is typed; the end of the input and Ctrl-C are an empty one */
	readonly ask: (question: string, isHidden?: boolean) => Promise<string>;
	/**
	 * Shows a page of the manual, such as `xmrtop-status`, with the system's own program.
	 * @returns its exit code; `undefined` where there is no such program
	 */
	readonly showManual: (page: string) => Promise<number | undefined>;
	/** A stream that nobody reads. */
	readonly openUnread: () => NodeJS.WriteStream;
	/** Everything on stdin. */
	readonly readStdin: () => Promise<string>;
	/**
	 * Runs a command until it ends.
	 * @param onOutput told what it prints, while it then has no input; absent: it has the streams of this program
	 */
	readonly runChild: (command: readonly string[], onOutput?: (text: string) => void) => Promise<CommandEnd>;
	/** Opens the store of actions in the folder that flags and environment name. */
	readonly openActionStore: (flags: GivenFlags) => Promise<ActionStore>;
	/** Opens the store of saved hosts in the folder that flags and environment name. */
	readonly openHostStore: (flags: GivenFlags) => Promise<HostStore>;
	/** Draws the live table until the user leaves it. */
	readonly runScreen: (screen: ScreenOptions) => Promise<void>;
	/** Starts the simulated fleet in a process of its own. */
	readonly startDemo: (nodes: number) => Promise<DemoFleet>;
	/** Resolves at the first SIGINT or SIGTERM, or when there is no more need to wait for one. */
	readonly untilSignal: (unneeded?: AbortSignal) => Promise<void>;
	/** Calls back at every SIGHUP, which then no longer ends the program. @returns the way to end it */
	readonly onHangup: (listener: () => void) => () => void;
	/** Whether stdout leads to the systemd journal, which gives every line its time. */
	readonly isJournal: () => boolean;
	/** Lets go of output that nobody reads, after a moment: it would keep a loop from ending. */
	readonly dropUnread: () => Promise<void>;
	/** Makes the engine optimise functions later, for a run that ends before that pays off. */
	readonly optimiseLater: () => void;
}

export interface OpenedStores extends Stores {
	/** Path of alerts.json, which only a process that sends alerts opens. */
	readonly alertsPath: string;
	readonly silenceStore: SilenceStore;
}

export interface DemoFleet {
	/** The folder whose nodes.json knows the fleet. */
	readonly configDir: string;
	/** Ends the fleet and removes the folder. */
	readonly stop: () => Promise<void>;
}

/** What the live table is given. */
export interface ScreenOptions extends Stores, OutputStyle {
	/** Absent: nobody is silenced from the screen. */
	readonly silenceStore?: SilenceStore;
	readonly poller: NotedPoller;
	/** The open alerts: the same list while they are the same. Cheap to call again; never throws. Absent: that is not known. */
	readonly openAlerts?: () => readonly OpenAlert[];
	/** Asked while there is no node; absent: nobody is. */
	readonly findWallets?: FindWallets;
	/** Whether the fleet is said in sentences instead of drawn. Default false. */
	readonly isForScreenReader?: boolean;
	/** What rings the terminal's bell; absent: nothing. */
	readonly bell?: Settings['bell'];
	/** Absent: the password of a wallet that was found is not asked for. */
	readonly savePassword?: SavePassword;
	/** The view remembered from earlier runs; absent: none is. */
	readonly viewPersistence?: ScreenViewPersistence;
	/** Loads what runs actions; absent: none is run from the screen. */
	readonly loadActions?: () => Promise<ScreenActions>;
	/** Present where the nodes are those of remote hosts: nothing is edited or checked from here. */
	readonly remote?: RemoteScreen;
}

/** How the live table runs what a person has configured for its nodes. */
export interface ScreenActions {
	/** @throws InputError where actions.json is not acceptable */
	readonly read: () => readonly Action[];
	/** Actions that a person may want to add, by where the processes of nodes run. */
	readonly suggest: (nodes: readonly Pick<FleetNode, 'nodeState'>[]) => readonly Action[];
	/** @throws InputError where its name or key is taken, or it cannot be saved */
	readonly add: (action: Action) => Promise<void>;
	/** See {@link ProgramSurroundings.runChild}. */
	readonly run: ProgramSurroundings['runChild'];
	/**
	 * Silences a node while something restarts it, and a moment longer.
	 * @param work tells whether the node is up again, or not within two minutes
	 */
	readonly whileSilenced: (
		node: Pick<Node, 'id' | 'name'>,
		command: readonly string[],
		work: () => Promise<{readonly isUp: boolean}>,
		say: (problem: string) => void,
	) => Promise<unknown>;
	/** Blocks that a wallet may be behind without having to catch up. */
	readonly maxLag: number;
}

/** How the live table remembers its view. */
export interface ScreenViewPersistence {
	readonly viewStore: ViewStore;
	/** Whether to begin with the default view, and to remember that. */
	readonly isReset: boolean;
	/** Whether changes are saved. */
	readonly isSaved: boolean;
	/** What the command line says is neither restored nor remembered. */
	readonly given: {readonly method: boolean; readonly interval: boolean; readonly filter: boolean};
}

/** The live table of remote hosts. */
export interface RemoteScreen {
	/** Whether any host is asked for its documents, rather than sending them at its own interval. */
	readonly isAsked: boolean;
	/** The changes of state of a node that were seen in this run, oldest first. */
	readonly transitionsOf: (nodeId: number) => readonly Transition[];
	/** Whether the host of a node, or any host, can be asked for a check now, or called again because it is silent. */
	readonly isAskable: (nodeId?: number) => boolean;
}

/** One run of a command. */
export interface Invocation {
	/** What was typed after the command's own words. */
	readonly input: readonly string[];
	readonly flags: GivenFlags;
	readonly surroundings: ProgramSurroundings;
}

/**
 * Runs a command.
 * @returns the exit code
 * @throws InputError for anything a person can correct; it ends with exit code 2
 */
export type RunCommand = (invocation: Invocation) => Promise<number>;

/** One command: how it is typed, what it is for, which flags it takes. */
export interface Command {
	/** As typed after `xmrtop`, with its arguments, such as `status [node...]`. */
	readonly usage: string;
	readonly about: string;
	readonly flags: readonly FlagName[];
	/** The words of flags that mean something of their own here. */
	readonly flagWords?: Readonly<Partial<Record<FlagName, Pick<Flag, 'value' | 'about' | 'choices'>>>>;
	/** What its arguments are, for completion. */
	readonly takes?: 'nodes' | 'actions' | 'hosts' | 'settings' | 'file' | 'shells';
	/** How many arguments it takes after its own words. */
	readonly input: readonly [least: number, most: number];
	/** Loads the code that runs it; nothing is loaded before it is needed. */
	readonly load: () => Promise<RunCommand>;
}
