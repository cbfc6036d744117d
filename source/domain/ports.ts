import type {ProcessIdentity} from './check-result.js';
import type {ProxyAddress} from './daemon-address.js';
import type {HeldSocket, ProcessConnections, SocketTraffic} from './daemon-link.js';
import type {RenderRemedy} from './hints/remedy.js';
import type {Login, NodeDefinition, Tls} from './node/node.js';
import type {WorkCounters} from './past/work.js';

/**
 * The system as checks see it, as function types. `source/adapters` implements them; only the composition roots pass them
 * in.
 */

/** The only RPC methods that are ever sent, by the program that receives them. */
export const rpcMethods = {
	wallet: ['get_version', 'get_height'],
	daemon: ['get_info', 'get_version', 'get_last_block_header', 'get_block_header_by_height'],
} as const;

/** A method of {@link rpcMethods}. */
export type RpcMethod = (typeof rpcMethods)['wallet' | 'daemon'][number];

/** Limits of one call. The timeout starts when the request itself starts, not while it is queued. */
export interface CallOptions {
	/** Timeout of the whole exchange: name resolution, connect, TLS, login, and every byte of the answer. */
	readonly timeoutMs: number;
	/** Aborts the call; it still resolves, as `aborted`. */
	readonly signal?: AbortSignal;
	/** Whether the server has spoken HTTP in an earlier run; if not, a request waits for the greeting of another protocol. */
	readonly answeredBefore?: boolean;
}

/** Where a JSON-RPC server listens and how to log in. */
export interface RpcEndpoint {
	readonly host: string;
	readonly port: number;
	readonly path: string;
	/** The expected program: only its methods are sent. Default: any of {@link rpcMethods}. */
	readonly program?: keyof typeof rpcMethods;
	/** Present: https. */
	readonly tls?: Tls;
	readonly login?: Login;
	/** The proxy for every connection. */
	readonly proxy?: ProxyAddress;
}

/** Why a call got no answer. */
export type NoAnswerCause =
	| 'timeout'
	| 'refused'
	| 'reset'
	/** The connection was closed without an answer. */
	| 'closed'
	/** The name does not resolve. */
	| 'unresolved'
	| 'unreachable'
	/** Something answered, but not in HTTP. */
	| 'not_http'
	/** The answer was cut off. */
	| 'truncated'
	/** The certificate was signed by an untrusted authority. */
	| 'tls_untrusted'
	/** The certificate is self-signed and not trusted. */
	| 'tls_self_signed'
	/** The certificate, or that of its authority, has expired. `error` says which one, and when. */
	| 'tls_expired'
	/** The certificate is not valid yet, or the clock of this machine is wrong. */
	| 'tls_not_yet_valid'
	/** The certificate is for other hosts, which `error` names. */
	| 'tls_wrong_name'
	/** The certificate is not the pinned one; nothing was sent. */
	| 'tls_fingerprint'
	/** https was spoken to a server that does not speak TLS. */
	| 'tls_not_spoken'
	/** The CA file cannot be used. */
	| 'tls_ca_unreadable'
	/** This machine or this process could not make the call, so nothing is known about the server. `error` says why. */
	| 'not_checkable'
	| 'aborted'
	| 'other';

/** Why a login failed. */
export type LoginRefusal =
	/** The server requires a login, and none is configured. */
	| 'none_given'
	/** Wrong user or password. */
	| 'wrong'
	/** The server rejected every nonce as stale until the timeout: something in between splits the connection. */
	| 'stale'
	/** The configured password source cannot be read; `error` says why. */
	| 'unreadable'
	/** The server offers no supported Digest algorithm (or only Basic). */
	| 'unsupported';

/** The outcome of one JSON-RPC call. Failures are outcomes too, never exceptions. */
export type RpcOutcome = {
	/** Milliseconds from the last request to the last byte of its answer; without an answer, the duration of the call. */
	readonly latencyMs: number;
	/**
	 * A daemon's clock when it answered, in milliseconds since the epoch, with a resolution of one second: monero sends it as
	 * `Last-Modified`. Absent for wallets, and if a proxy removes it.
	 */
	readonly serverTimeMs?: number;
	/** Present and true if a daemon answered only after a login. */
	readonly isLoggedIn?: true;
	/** Whether the connection was lost since the last answer, so that the server may have been restarted. */
	readonly hasReconnected?: boolean;
} & (
	| {readonly kind: 'result'; readonly result: unknown}
	| {readonly kind: 'rpc_error'; readonly code: number; readonly message: string}
	| {
			readonly kind: 'http_error';
			readonly statusCode: number;
			readonly statusText: string;
			/** The service that answered, if it could be identified. */
			readonly service?: ForeignService;
	  }
	| {readonly kind: 'login_refused'; readonly refusal: LoginRefusal; readonly error?: string}
	/** HTTP 200, but not a JSON-RPC 2.0 answer. */
	| {readonly kind: 'not_rpc'; readonly content: 'html' | 'json' | 'text' | 'empty'}
	/** The answer is longer than the limit of this method. */
	| {readonly kind: 'too_large'; readonly limitBytes: number}
	| {
			readonly kind: 'no_answer';
			readonly cause: NoAnswerCause;
			readonly error: string;
			readonly service?: ForeignService;
	  }
);

/** Sends one JSON-RPC request on the endpoint's single kept-alive connection, after the requests queued before it. */
export type CallRpc = (
	endpoint: RpcEndpoint,
	method: RpcMethod,
	options: CallOptions,
	params?: object,
) => Promise<RpcOutcome>;

/** The outcome of a TCP connect. */
export type TcpOutcome =
	| {readonly open: true; readonly latencyMs: number}
	| {readonly open: false; readonly latencyMs: number; readonly cause: NoAnswerCause; readonly error: string};

/** Connects, and closes the connection at once. */
export type ConnectTcp = (
	target: {readonly host: string; readonly port: number; readonly proxy?: ProxyAddress},
	options: CallOptions,
) => Promise<TcpOutcome>;

/** A process that exists and that this user may inspect. */
export interface LiveProcess extends ProcessIdentity {
	/** The command-line arguments, including secrets: redact them before showing them. */
	readonly argv: readonly string[];
	/** The path of the executable, if this user may read it. */
	readonly executable?: string;
	/** Whether it is stopped by a signal or a debugger. */
	readonly stopped: boolean;
	/** CPU time since its start, user and system, in milliseconds, in steps of 10. Linux only. */
	readonly cpuMs?: number;
}

/** The counters of a process, and what its threads are doing now. */
export interface ProcessWork {
	readonly counters: WorkCounters;
	/** Whether a thread is running or waiting for a CPU. */
	readonly runnable: boolean;
	/** Whether a thread is waiting for a disk (state D). */
	readonly waitsForDisk: boolean;
}

/** Whether a process reads its requests: it does not listen yet, has unread requests, or has read them all. */
export type RequestsState = 'no_listener' | 'unread' | 'all_read';

/** Why a process is stopped. */
export interface StopCause {
	/** `signal`: a stop signal. `tracer`: a debugger. `freezer`: the freezer of its control group. */
	readonly by: 'signal' | 'tracer' | 'freezer';
	/** The pid of the debugger. */
	readonly pid?: number;
	/** The program of the debugger. */
	readonly program?: string;
}

/** What the system reports about one pid. */
export type ProcessObservation =
	| {readonly kind: 'alive'; readonly process: LiveProcess}
	| {
			readonly kind: 'gone' /** It has ended, but its parent has not collected its exit status. */;
			readonly zombie?: boolean;
	  }
	/** It exists, but this user may not inspect it (hidepid, another user's namespace). */
	| {readonly kind: 'hidden'};

/** The current resource usage of a process. What this user may not read is absent. */
export interface ProcessUsage {
	readonly memory_bytes?: number;
	readonly threads?: number;
	readonly open_files?: number;
	readonly open_files_limit?: number;
	readonly network_namespace?: string;
}

/** The process that owns a listening socket of this machine. */
export interface PortHolder {
	readonly pid: number;
	/** The usual name of the program. */
	readonly program: string;
	/** False for a program in front of the wallet (docker-proxy, ssh, nginx), or one that took its port. */
	readonly isWallet: boolean;
}

/** The process that serves an address, or why none was found. */
export type WalletSearch =
	| {
			readonly pid: number;
			/** `socket`: it listens there. `arguments`: nothing listens there, and only it was started for the address. */
			readonly evidence: 'socket' | 'arguments';
			/** The program that listens at the address and passes connections on to the wallet. */
			readonly relay?: PortHolder;
	  }
	| {
			readonly pid?: undefined;
			readonly reason: string;
			/** The other program that listens on the port instead of the wallet. */
			readonly holder?: PortHolder;
	  };

/**
 * The process table of this machine, opened for every cycle. A host determines a network namespace: for a loopback address
 * and this machine's own addresses it is that of xmrtop; for another private address it is the one namespace that has it,
 * such as a container's. A process in another namespace never serves the address.
 */
export interface ProcessTable {
	/** Inspects one pid. */
	readonly inspect: (pid: number) => Promise<ProcessObservation>;
	/**
	 * Finds the wallet that serves an address: the owner of the listening socket, also behind a relay whose command line
	 * names its target; while nothing listens, the wallet whose options or `--config-file` name the address. If there are two
	 * candidates, neither is used. The list of processes is read once per table.
	 */
	readonly findByRpcPort: (host: string, port: number) => Promise<WalletSearch>;
	/** Whether this process serves this address, by the same evidence; `undefined` if that cannot be read. */
	readonly servesRpcPort: (pid: number, host: string, port: number) => Promise<boolean | undefined>;
	/**
	 * The same, but only by its network namespace and command line: cheap, and sufficient for a process that was found by its
	 * socket before; `undefined` if they do not decide it.
	 */
	readonly mayServe: (process: LiveProcess, host: string, port: number) => Promise<boolean | undefined>;
	/** The process that listens at an address; `undefined` if there is none, or this user may not see it. */
	readonly listenerOf: (host: string, port: number) => Promise<PortHolder | undefined>;
	/** Whether this user may see the sockets of a process; true if the system never shows them. */
	readonly seesSockets: (pid: number) => Promise<boolean>;
	/** Whether a host is an address of a container or another network namespace on this machine. */
	readonly isContainerHost: (host: string) => Promise<boolean>;
	/** The pids of a process in nested pid namespaces, outermost first; empty if it is in none. */
	readonly innerPids: (pid: number) => Promise<readonly number[]>;
}

/** Whether a TCP port in the network namespace of a process is listened on, without connecting; `undefined` if unknown. */
export type ListeningPorts = (pid: number, port: number) => boolean | undefined;

/** A running `monero-wallet-rpc`, with a node definition for it. Contains no secrets. What could not be read is absent. */
export interface RunningWallet extends Omit<ProcessIdentity, 'network_host'> {
	/** The user it runs as: a name, or `uid 1000`. */
	readonly user?: string;
	/** Its command line with secrets redacted. */
	readonly cmdline: string;
	readonly network?: 'mainnet' | 'testnet' | 'stagenet';
	/** The value of `--wallet-file`. */
	readonly wallet_file?: string;
	/** The value of `--wallet-dir`. */
	readonly wallet_dir?: string;
	/** The address on which it was started to listen, such as `0.0.0.0`. */
	readonly bind_ip?: string;
	/** Present if it has its own network namespace, as containers do: the addresses of that namespace, without loopback. */
	readonly network_addresses?: readonly string[];
	/** Present if the port of the definition is a published port: the port it listens on in its own network. */
	readonly inner_port?: number;
	/** `none`: no login. `login_file`: the file it wrote. `given`: a login that was given in its options. */
	readonly login?: 'none' | 'login_file' | 'given';
	/** The user of a `given` login. */
	readonly login_user?: string;
	/** The TLS mode of its RPC; `autodetect` also answers plain HTTP. */
	readonly tls?: 'enabled' | 'disabled' | 'autodetect';
	/** The node definition to monitor it with; absent if its RPC port is unknown. */
	readonly definition?: Omit<NodeDefinition, 'name'>;
	/** Notes about the definition, one sentence each. */
	readonly notes: readonly string[];
	/** What prevents monitoring it with this definition, one sentence each. */
	readonly obstacles: readonly string[];
	/** Present if only a user name and password are missing. */
	readonly needs_login?: true;
}

/** Something that discovery could not read as this user. */
export interface UnreadableFact {
	/** Absent if it is about processes that are not visible at all. */
	readonly pid?: number;
	readonly what: string;
	/** The privilege that is needed. */
	readonly needs: string;
}

/** Finds every running `monero-wallet-rpc` on this machine that is visible to this user. Only reads; never rejects. */
export type FindWallets = () => Promise<{
	readonly found: readonly RunningWallet[];
	readonly unreadable: readonly UnreadableFact[];
}>;

/** The pid in a node's `pid_file`. */
export type PidFileOutcome = {readonly pid: number} | {readonly error: string; readonly missing: boolean};

/** Who may read a file, apart from its owner. */
export type Exposure = 'everyone' | 'its group';

/** The environment of xmrtop, as far as suggested commands depend on it. */
export interface OwnPlace {
	/** The effective uid; absent on systems without uids. */
	readonly uid?: number;
	/** Whether systemd is running, so that there is a journal. */
	readonly hasSystemd: boolean;
}

/** Everything that a check may use outside the program. */
export interface Ports {
	readonly callRpc: CallRpc;
	readonly connectTcp: ConnectTcp;
	/** Opens a fresh view of the process table; nothing is read until it is used. */
	readonly openProcessTable: () => ProcessTable;
	/** Opens a fresh view of the listening ports; absent if the system has no list of them. */
	readonly openListeningPorts?: () => ListeningPorts;
	readonly readPidFile: (path: string) => Promise<PidFileOutcome>;
	/** Finds the login file that a running wallet wrote for its RPC port, as far as this user may see it. */
	readonly findLoginFile: (pid: number, port: number) => Promise<LoginFileSearch>;
	/** Reads the configuration file, certificates and network of a wallet's process. Never rejects. */
	readonly readWalletSetup: (process: LiveProcess) => Promise<WalletSetup>;
	readonly ownPlace: () => OwnPlace;
	/** Writes a remedy as the command that the user types. */
	readonly renderRemedy: RenderRemedy;
	/** Whether a process is in another network namespace than xmrtop; `undefined` if unknown. */
	readonly hasOwnNetworkNamespace: (pid: number) => boolean | undefined;
	/** The log file of a process, as an absolute path that is valid here; `undefined` if none is known. */
	readonly walletLogFile: (process: Pick<LiveProcess, 'pid' | 'argv'>) => string | undefined;
	/** Who else may read a file; `undefined` if nobody, or if it cannot be determined. */
	readonly readFileExposure: (path: string) => Exposure | undefined;
	/** Whether the host is this machine, so that the node's process is in its process table. */
	readonly isLocalHost: (host: string) => boolean;
	/**
	 * The connections that a process opened; `undefined` if they cannot be read. This lists its open files and all sockets of
	 * its network, so it is called only occasionally, and for wallets that are stuck or have lost a connection.
	 */
	readonly readProcessConnections: (pid: number) => ProcessConnections | undefined;
	/** Whether a process still has a socket open; cheap. */
	readonly holdsSocket: (pid: number, socket: HeldSocket) => boolean;
	/** The traffic of a process's connection; `undefined` if it cannot be read. Runs a program. */
	readonly readSocketTraffic: (pid: number, inode: string) => Promise<SocketTraffic | undefined>;
	/** The resource usage of a process. @param isFull whether to read more than its memory, which lists its open files */
	readonly readProcessUsage: (pid: number, isFull?: boolean) => ProcessUsage;
	/** The counters of a process; `undefined` if they cannot be read. Read only for nodes that do not answer. */
	readonly readProcessWork: (pid: number) => ProcessWork | undefined;
	/** Whether the process that serves this port reads its requests; `undefined` if unknown. */
	readonly readUnreadRequests: (pid: number, port: number) => RequestsState | undefined;
	/** Why a process is stopped; `undefined` if it is not stopped. */
	readonly readStopCause: (pid: number) => StopCause | undefined;
	/** Runs a function after a delay. @returns a function that cancels it */
	readonly after: (ms: number, run: () => void) => () => void;
	/** Waits until the delay has passed or the signal is aborted; never rejects. */
	readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	/** A monotonic clock in milliseconds, for measuring durations. */
	readonly monotonicMs: () => number;
}

/** The result of looking for a wallet's login file. */
export type LoginFileSearch =
	| {readonly kind: 'readable'; readonly path: string}
	| {readonly kind: 'unreadable'; readonly path: string}
	/** There is no login file in the wallet's folder. */
	| {readonly kind: 'missing'}
	/** It is a link or belongs to another user, so the wallet did not write it. */
	| {readonly kind: 'foreign'; readonly path: string}
	/** The wallet has another root file system than xmrtop. */
	| {readonly kind: 'elsewhere'; readonly path: string}
	/** The wallet's folder is not accessible. */
	| {readonly kind: 'folder_hidden'};

/** The facts about a wallet's process from its configuration file, certificates and network. */
export type WalletSetup = Pick<WalletProcessFacts, 'config' | 'daemonFingerprint' | 'ownNetwork'>;

/** The services that can be identified on a port where a monero-wallet-rpc or a monerod was expected. */
export type ForeignService =
	/** ZeroMQ (ZMTP): usually monerod's `--zmq-rpc-bind-port` or `--zmq-pub`. */
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

/** A published port of this machine, and the address to which its connections are forwarded. */
export interface PublishedPort {
	readonly host: string;
	readonly port: number;
	readonly innerHost: string;
	readonly innerPort: number;
}

/** Everything that could be read about one process. */
export interface WalletProcessFacts {
	readonly process: LiveProcess;
	/** The user it runs as: a name, or `uid 1000`. */
	readonly user?: string;
	/** The privilege that is needed to read what is missing. */
	readonly right: string;
	/** The file named by `--config-file`; absent if there is none. */
	readonly config?: ProcessFile;
	/** The TCP ports it listens on; absent if this user may not see them. */
	readonly listeningPorts?: readonly number[];
	readonly loginFile?: LoginFileSearch;
	/** SHA-256 of the certificate in `--rpc-ssl-certificate`, if it is self-signed. */
	readonly pinnableFingerprint?: string;
	/** SHA-256 of the certificate in `--daemon-ssl-ca-certificates`, if it is self-signed. */
	readonly daemonFingerprint?: string;
	/** Whether it has its own network namespace, as containers do. */
	readonly ownNetwork?: boolean;
	/** The addresses of that network, without loopback. */
	readonly networkAddresses?: readonly string[];
	/** The ports of this machine that programs such as docker-proxy forward to other networks. */
	readonly publishedPorts?: readonly PublishedPort[];
}

/** The text of a file that a process uses, or why it cannot be read. */
export type ProcessFile = {readonly text: string} | {readonly unreadable: string; readonly isGone: boolean};

/** How a command that the user configured ended. */
export interface CommandEnd {
	/** As in a shell: 128 plus the signal number if a signal ended it; 126 or 127 if it could not be started. */
	readonly exitCode: number;
	/** How it failed, such as `exit code 1`; absent if it succeeded. */
	readonly failure?: string;
}
