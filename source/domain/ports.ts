import type {ProcessIdentity} from './check-result.js';
import type {ProxyAddress} from './daemon-address.js';
import type {HeldSocket, ProcessConnections, SocketTraffic} from './daemon-link.js';
import type {RenderRemedy} from './hints/remedy.js';
import type {Login, NodeDefinition, Tls} from './node/node.js';
import type {WorkCounters} from './past/work.js';

/**
 * The outside things a check needs, as function types. `source/adapters` holds the real ones;
 * only the composition roots hand them in.
 */

/** The only RPC methods that may ever be sent, by the program they are sent to. */
export const rpcMethods = {
	wallet: ['get_version', 'get_height'],
	daemon: ['get_info', 'get_version', 'get_last_block_header', 'get_block_header_by_height'],
} as const;

/** A method of {@link rpcMethods}. */
export type RpcMethod = (typeof rpcMethods)['wallet' | 'daemon'][number];

/** Bounds of one question to the outside. The clock starts when the request itself starts. */
export interface CallOptions {
	/** Bounds the whole exchange: name resolution, connect, TLS, login, and every byte of the answer. */
	readonly timeoutMs: number;
	/** Ends the call early; it still resolves, as `aborted`. */
	readonly signal?: AbortSignal;
	/** Whether the server is known to speak HTTP from an earlier run. A server that is not is listened to before it is asked. */
	readonly answeredBefore?: boolean;
}

/** Where a JSON-RPC server listens and how to log in. */
export interface RpcEndpoint {
	readonly host: string;
	readonly port: number;
	readonly path: string;
	/** What it is taken for: only that program's methods may be sent to it. Absent: any of {@link rpcMethods}. */
	readonly program?: keyof typeof rpcMethods;
	/** Present: https. */
	readonly tls?: Tls;
	readonly login?: Login;
	/** Present: every connection goes through this proxy. */
	readonly proxy?: ProxyAddress;
}

/** Why there was no answer. */
export type NoAnswerCause =
	| 'timeout'
	| 'refused'
	| 'reset'
	/** The connection was closed without an answer. */
	| 'closed'
	/** The name does not resolve. */
	| 'unresolved'
	| 'unreachable'
	/** Something answered, not in HTTP. */
	| 'not_http'
	/** The answer broke off. */
	| 'truncated'
	/** The certificate was signed by an authority that is not trusted. */
	| 'tls_untrusted'
	/** The certificate was signed by itself, and is not among the trusted ones. */
	| 'tls_self_signed'
	/** The certificate, or that of its authority, has expired. `error` says which, and when. */
	| 'tls_expired'
	/** The certificate is not valid yet, or the clock of this machine is wrong. */
	| 'tls_not_yet_valid'
	/** The certificate is for another host. `error` names those it is for. */
	| 'tls_wrong_name'
	/** The certificate is not the pinned one; nothing was sent. */
	| 'tls_fingerprint'
	/** https was spoken to a server that does not speak TLS. */
	| 'tls_not_spoken'
	/** The certificate authority file cannot be used. */
	| 'tls_ca_unreadable'
	/** This machine or this process could not make the call: nothing is known of the server. `error` says why. */
	| 'not_checkable'
	| 'aborted'
	| 'other';

/** Why a login failed. */
export type LoginRefusal =
	/** The server asks for a login and none is configured. */
	| 'none_given'
	/** Wrong user or password. */
	| 'wrong'
	/** Until the time was up the server called every answer stale: something in between splits the connection. */
	| 'stale'
	/** The configured password source cannot be read; `error` says why. */
	| 'unreadable'
	/** The server offers no Digest algorithm we know (or only Basic). */
	| 'unsupported';

/** What came back of one JSON-RPC call. Never thrown: every failure is an outcome. */
export type RpcOutcome = {
	/** Milliseconds of the last exchange: from its request to its last byte (or to giving up: from the call's start). */
	readonly latencyMs: number;
	/**
	 * A daemon's clock when it answered, in milliseconds since the epoch, to the second: monero writes it as `Last-Modified`. Absent
	 * for wallets, and where a proxy leaves it out.
	 */
	readonly serverTimeMs?: number;
	/** Present and true when a daemon answered only after a login. */
	readonly isLoggedIn?: true;
	/** Whether a connection was lost since the last answer: its server may have been started again. */
	readonly hasReconnected?: boolean;
} & (
	| {readonly kind: 'result'; readonly result: unknown}
	| {readonly kind: 'rpc_error'; readonly code: number; readonly message: string}
	| {
			readonly kind: 'http_error';
			readonly statusCode: number;
			readonly statusText: string;
			/** What answers there, where it says so. */
			readonly service?: ForeignService;
	  }
	| {readonly kind: 'login_refused'; readonly refusal: LoginRefusal; readonly error?: string}
	/** HTTP 200, but no JSON-RPC 2.0 answer. */
	| {readonly kind: 'not_rpc'; readonly content: 'html' | 'json' | 'text' | 'empty'}
	/** The answer is longer than what is read of this method's. */
	| {readonly kind: 'too_large'; readonly limitBytes: number}
	| {
			readonly kind: 'no_answer';
			readonly cause: NoAnswerCause;
			readonly error: string;
			readonly service?: ForeignService;
	  }
);

/** Sends one JSON-RPC request on the endpoint's one kept connection, after those already waiting for it. */
export type CallRpc = (
	endpoint: RpcEndpoint,
	method: RpcMethod,
	options: CallOptions,
	params?: object,
) => Promise<RpcOutcome>;

/** What a TCP connect found. */
export type TcpOutcome =
	| {readonly open: true; readonly latencyMs: number}
	| {readonly open: false; readonly latencyMs: number; readonly cause: NoAnswerCause; readonly error: string};

/** Connects and closes at once. */
export type ConnectTcp = (
	target: {readonly host: string; readonly port: number; readonly proxy?: ProxyAddress},
	options: CallOptions,
) => Promise<TcpOutcome>;

/** A process that exists and may be looked at. */
export interface LiveProcess extends ProcessIdentity {
	/** Arguments as the process was started with, secrets and all: redact before showing. */
	readonly argv: readonly string[];
	/** Path of the executable, when this user may read it. */
	readonly executable?: string;
	/** Whether it is stopped by a signal or a debugger. */
	readonly stopped: boolean;
	/** Processor time used since its start, user and system, in milliseconds, in steps of 10. Linux only. */
	readonly cpuMs?: number;
}

/** What a process has used so far, and what its threads are doing at this moment. */
export interface ProcessWork {
	readonly counters: WorkCounters;
	/** Whether a thread runs or waits for a processor. */
	readonly runnable: boolean;
	/** Whether a thread waits for a disk (state D). */
	readonly waitsForDisk: boolean;
}

/** Whether a process takes requests: it listens nowhere yet, leaves them unread, or has read all there are. */
export type RequestsState = 'no_listener' | 'unread' | 'all_read';

/** What keeps a process from running at all. */
export interface StopCause {
	/** A stop signal; a debugger that stopped it; the freezer of its control group. */
	readonly by: 'signal' | 'tracer' | 'freezer';
	/** The tracer's. */
	readonly pid?: number;
	/** The tracer's program. */
	readonly program?: string;
}

/** What the system says of one pid. */
export type ProcessObservation =
	| {readonly kind: 'alive'; readonly process: LiveProcess}
	| {readonly kind: 'gone' /** Ended, its exit not yet collected by its parent. */; readonly zombie?: boolean}
	/** It exists, and this user may not see what it is (hidepid, another user's namespace). */
	| {readonly kind: 'hidden'};

/** What a process uses at a moment. What this user may not see is absent. */
export interface ProcessUsage {
	readonly memory_bytes?: number;
	readonly threads?: number;
	readonly open_files?: number;
	readonly open_files_limit?: number;
	readonly network_namespace?: string;
}

/** Who holds the socket that listens at an address of this machine. */
export interface PortHolder {
	readonly pid: number;
	/** The name a person knows the program by. */
	readonly program: string;
	/** False: something stands in front of the wallet (docker-proxy, ssh, nginx), or took its port. */
	readonly isWallet: boolean;
}

/** The process that serves an address, or why none is taken for it. */
export type WalletSearch =
	| {
			readonly pid: number;
			/** `socket`: it listens there. `arguments`: nobody does, and it alone was started to. */
			readonly evidence: 'socket' | 'arguments';
			/** The program that listens at the address and passes connections on to the wallet. */
			readonly relay?: PortHolder;
	  }
	| {
			readonly pid?: undefined;
			readonly reason: string;
			/** The program that has the port in the wallet's place. */
			readonly holder?: PortHolder;
	  };

/**
 * The table of this machine's processes, opened for every cycle. A host names a network namespace: a loopback address and this
 * machine's own addresses that of this program, other private addresses that of the one process namespace that has it, such as a
 * container's. What runs in another namespace never serves it.
 */
export interface ProcessTable {
	/** Facts of one pid. */
	readonly inspect: (pid: number) => Promise<ProcessObservation>;
	/**
	 * The wallet that serves an address: the owner of the listening socket, behind a relay whose command line says where it leads too;
	 * while nobody listens, the one that was started for the address by its flags or its `--config-file`. Of two that were started
	 * differently neither is taken. The list of processes is read once per table.
	 */
	readonly findByRpcPort: (host: string, port: number) => Promise<WalletSearch>;
	/** Whether this process serves this address, by the same evidence; `undefined` when that cannot be read. */
	readonly servesRpcPort: (pid: number, host: string, port: number) => Promise<boolean | undefined>;
	/**
	 * The same by its network namespace and command line alone, which costs next to nothing: enough of a process that was found by
	 * its socket before. `undefined` when they do not tell.
	 */
	readonly mayServe: (process: LiveProcess, host: string, port: number) => Promise<boolean | undefined>;
	/** Who listens at an address; `undefined` when nobody does, or this user may not see who. */
	readonly listenerOf: (host: string, port: number) => Promise<PortHolder | undefined>;
	/** Whether this user may see which sockets a process holds; true where the system tells that of none. */
	readonly seesSockets: (pid: number) => Promise<boolean>;
	/** Whether a host is not this machine but an address of a container or another network namespace that is seen here. */
	readonly isContainerHost: (host: string) => Promise<boolean>;
	/** The numbers a process has in pid namespaces within this one, the outermost first; empty when it is in none. */
	readonly innerPids: (pid: number) => Promise<readonly number[]>;
}

/**
 * Whether anything listens on a TCP port in the network namespace of a process; `undefined` when that cannot be read. Costs the
 * listener nothing.
 */
export type ListeningPorts = (pid: number, port: number) => boolean | undefined;

/** A running `monero-wallet-rpc` and the node it could be watched as. Holds no secret. What could not be read is absent. */
export interface RunningWallet extends ProcessIdentity {
	/** Name of the user it runs as, or `uid 1000`. */
	readonly user?: string;
	/** Its command line, as far as it is known to hold no secret. */
	readonly cmdline: string;
	readonly network?: 'mainnet' | 'testnet' | 'stagenet';
	/** As given to `--wallet-file`. */
	readonly wallet_file?: string;
	/** As given to `--wallet-dir`. */
	readonly wallet_dir?: string;
	/** The address it was told to listen on, such as `0.0.0.0`. */
	readonly bind_ip?: string;
	/** Present when it runs in a network namespace of its own, as containers do: the addresses of that, without loopback. */
	readonly network_addresses?: readonly string[];
	/** Present where the port of the definition was published for it: the port it listens on in its own network. */
	readonly inner_port?: number;
	/** `none`: it asks for no login. `login_file`: the file it wrote. `given`: its password was given by a person. */
	readonly login?: 'none' | 'login_file' | 'given';
	/** The user of a `given` login. */
	readonly login_user?: string;
	/** How its RPC speaks TLS; `autodetect` answers plain HTTP too. */
	readonly tls?: 'enabled' | 'disabled' | 'autodetect';
	/** The node it could be watched as; absent when its RPC port is not known. */
	readonly definition?: Omit<NodeDefinition, 'name'>;
	/** What a person should know about the definition, one sentence each. */
	readonly notes: readonly string[];
	/** What keeps it from being watched with this definition, one sentence each. */
	readonly obstacles: readonly string[];
	/** Present where a user name and password are all that is missing. */
	readonly needs_login?: true;
}

/** Something `discover` wanted to see and this user may not. */
export interface UnreadableFact {
	/** Absent when it is about processes that cannot even be seen. */
	readonly pid?: number;
	readonly what: string;
	/** Which right would change that. */
	readonly needs: string;
}

/** Finds every running `monero-wallet-rpc` of this machine that this user can see. Reads only; never rejects. */
export type FindWallets = () => Promise<{
	readonly found: readonly RunningWallet[];
	readonly unreadable: readonly UnreadableFact[];
}>;

/** The pid written in a node's `pid_file`. */
export type PidFileOutcome = {readonly pid: number} | {readonly error: string; readonly missing: boolean};

/** Who besides its owner may read a file. */
export type Exposure = 'everyone' | 'its group';

/** Where this program runs, as far as the commands of its advice depend on it. */
export interface OwnPlace {
	/** The user it acts as; absent where users have no numbers. */
	readonly uid?: number;
	/** Whether systemd runs this machine, so that there is a journal. */
	readonly hasSystemd: boolean;
}

/** Everything a check may ask of the outside. */
export interface Ports {
	readonly callRpc: CallRpc;
	readonly connectTcp: ConnectTcp;
	/** Opens a fresh view of the process table; cheap until asked. */
	readonly openProcessTable: () => ProcessTable;
	/** Opens a fresh view of the ports that are listened on; absent where the system has no list of them. */
	readonly openListeningPorts?: () => ListeningPorts;
	readonly readPidFile: (path: string) => Promise<PidFileOutcome>;
	/** The login file that a running wallet wrote for its RPC port, as far as this user may see it. */
	readonly findLoginFile: (pid: number, port: number) => Promise<LoginFileSearch>;
	/** What the files and surroundings of a wallet's process say besides its command line. Never rejects. */
	readonly readWalletSetup: (process: LiveProcess) => Promise<WalletSetup>;
	readonly ownPlace: () => OwnPlace;
	/** Writes what a person can do with xmrtop as it is typed. */
	readonly renderRemedy: RenderRemedy;
	/** Whether a process is in another network namespace than this program; `undefined` when that cannot be seen. */
	readonly hasOwnNetworkNamespace: (pid: number) => boolean | undefined;
	/** The file a process was told to write its log to, as an absolute path from here; `undefined` when none is known. */
	readonly walletLogFile: (process: Pick<LiveProcess, 'pid' | 'argv'>) => string | undefined;
	/** Who besides its owner may read a file; `undefined` when nobody may, or it cannot be seen. */
	readonly readFileExposure: (path: string) => Exposure | undefined;
	/** Whether the host is this machine, so that its process table holds the node's process. */
	readonly isLocalHost: (host: string) => boolean;
	/**
	 * The connections a process opened; `undefined` when they cannot be seen. It lists the open files of the process and every socket
	 * of its network, so it is asked now and then, and about wallets that are stuck or have lost a connection.
	 */
	readonly readProcessConnections: (pid: number) => ProcessConnections | undefined;
	/** Whether a process still holds a socket; costs next to nothing. */
	readonly holdsSocket: (pid: number, socket: HeldSocket) => boolean;
	/** What has passed over a connection of a process; `undefined` where that cannot be told. Runs a program. */
	readonly readSocketTraffic: (pid: number, inode: string) => Promise<SocketTraffic | undefined>;
	/** What a process uses. @param isFull whether more than its memory is wanted: that lists its open files */
	readonly readProcessUsage: (pid: number, isFull?: boolean) => ProcessUsage;
	/** What a process has used so far; `undefined` when that cannot be seen. Asked only about nodes that do not answer. */
	readonly readProcessWork: (pid: number) => ProcessWork | undefined;
	/** What becomes of requests at a process that serves this port; `undefined` when that cannot be seen. */
	readonly readUnreadRequests: (pid: number, port: number) => RequestsState | undefined;
	/** What keeps a process from running; `undefined` when nothing is seen to. */
	readonly readStopCause: (pid: number) => StopCause | undefined;
	/** Runs something later unless it is cancelled by what this returns. */
	readonly after: (ms: number, run: () => void) => () => void;
	/** Waits, or ends early with the signal; never rejects. */
	readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** A clock that only goes forward, in milliseconds, for measuring. */
	readonly monotonicMs: () => number;
}

/** What was found where a wallet writes its login file. */
export type LoginFileSearch =
	| {readonly kind: 'readable'; readonly path: string}
	| {readonly kind: 'unreadable'; readonly path: string}
	/** There is none in the wallet's folder. */
	| {readonly kind: 'missing'}
	/** A link, or another user's file: not what the wallet itself wrote. */
	| {readonly kind: 'foreign'; readonly path: string}
	/** The wallet sees another file system than this program. */
	| {readonly kind: 'elsewhere'; readonly path: string}
	/** The wallet's folder cannot be seen. */
	| {readonly kind: 'folder_hidden'};

/** What a process's files and surroundings say besides its command line. */
export type WalletSetup = Pick<WalletProcessFacts, 'config' | 'daemonFingerprint' | 'ownNetwork'>;

/** What listens on a port where a monero-wallet-rpc or a monerod was expected, as far as it says so by itself. */
export type ForeignService =
	/** ZeroMQ's protocol (ZMTP): on a monerod's machine, its `--zmq-rpc-bind-port` or `--zmq-pub`. */
	| 'zmq'
	| 'monero_p2p'
	| 'stratum'
	| 'moneropay'
	| 'monero_lws'
	| 'tor'
	| 'ssh'
	| 'mail'
	| 'ftp'
	| 'mysql'
	| 'vnc'
	| 'redis';

/** A port of this machine, and where connections to it are passed on to. */
export interface PublishedPort {
	readonly host: string;
	readonly port: number;
	readonly innerHost: string;
	readonly innerPort: number;
}

/** Everything an adapter could see of one process. */
export interface WalletProcessFacts {
	readonly process: LiveProcess;
	/** Name of the user it runs as, or `uid 1000`. */
	readonly user?: string;
	/** Which right would let this user see what it may not. */
	readonly right: string;
	/** The file of `--config-file`; absent when none is named. */
	readonly config?: ProcessFile;
	/** The TCP ports it listens on; absent when this user may not see them. */
	readonly listeningPorts?: readonly number[];
	readonly loginFile?: LoginFileSearch;
	/** SHA-256 of the file of `--rpc-ssl-certificate`, when it is its own authority. */
	readonly pinnableFingerprint?: string;
	/** SHA-256 of the certificate in the file of `--daemon-ssl-ca-certificates`, when that is its own authority. */
	readonly daemonFingerprint?: string;
	/** Whether it runs in a network of its own, as containers do. */
	readonly ownNetwork?: boolean;
	/** The addresses of that network, without loopback. */
	readonly networkAddresses?: readonly string[];
	/** The programs that pass ports of this machine on into other networks, such as docker-proxy. */
	readonly publishedPorts?: readonly PublishedPort[];
}

/** The text of a file that a process names, or its path and why it cannot be read. */
export type ProcessFile = {readonly text: string} | {readonly unreadable: string; readonly isGone: boolean};

/** How a command of a person ended. */
export interface CommandEnd {
	/** As a shell has it: 128 and the signal's number where one ended it, 126 and 127 where it could not be started. */
	readonly exitCode: number;
	/** How it failed, such as `exit code 1`; absent when it did not. */
	readonly failure?: string;
}
