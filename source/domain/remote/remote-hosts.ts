interface NamedHost {
	/** What it is called in tables and before the names of its nodes; unique among the remote hosts. */
	readonly label: string;
	/** As it would be typed again, in its short form. */
	readonly url: string;
}

/** A host on which the user's own ssh runs an xmrtop that sends its documents. */
export interface SshHost extends NamedHost {
	readonly kind: 'ssh';
	readonly user?: string;
	/** A name of the user's ssh configuration, a DNS name or an address, without brackets. */
	readonly host: string;
	readonly port?: number;
}

/** A host on which an xmrtop serves its documents over HTTP. */
export interface HttpHost extends NamedHost {
	readonly kind: 'http';
	/** Its address with the prefix, without a slash at the end. */
	readonly base: string;
}

/** A Prometheus, or what speaks its query API, that scrapes any number of hosts. */
export interface PrometheusHost extends NamedHost {
	readonly kind: 'prometheus';
	/** Its address with the prefix, without a slash at the end and without `/api`. */
	readonly base: string;
	/** Label matchers without their braces, such as `job="xmrtop"`; `''` for none. */
	readonly matchers: string;
	/** The moment that is looked at, in milliseconds since the epoch; absent: now. */
	readonly atMs?: number;
}

/** A host to read. */
export type HostSpec = SshHost | HttpHost | PrometheusHost;

/** What comes over a line to a host. Nothing is called after the line was ended. */
export interface LineListener {
	/** A JSON document, not yet looked at. */
	readonly onDocument: (value: unknown) => void;
	/** The line is over by itself. @param complaint why, in the words of ssh or the network, cleaned */
	readonly onEnd: (complaint: string) => void;
}

/** A connection to a host over which its documents come. */
export interface HostLine {
	/** Ends it; resolves when nothing of it is left. */
	readonly end: () => Promise<void>;
	/** Asks for a document of a check made now, where that can be asked for. */
	readonly askNow?: () => void;
	/** How often documents are asked for, in milliseconds, where they are. */
	readonly setIntervalMs?: (intervalMs: number) => void;
}

export interface LineOptions {
	/** Time between questions, where documents are asked for, in milliseconds. */
	readonly intervalMs: number;
	/** How long the answer to a question may take, in milliseconds. */
	readonly answerMs: number;
	/** Whether the first document must be of a check made now. */
	readonly isFresh: boolean;
}

/** Opens a line to a host; what fails is told by `onEnd`, never thrown. */
export type OpenLine = (host: HostSpec, options: LineOptions, listener: LineListener) => HostLine;

/** What is asked of a history. */
export interface HistoryQuestion {
	/** A word without spaces, which ssh's other side is given as it is. */
	readonly method?: string;
	readonly limit?: number;
	/** Bounds the whole, in milliseconds. */
	readonly timeoutMs: number;
}

/** Reads the history document of a host. Never rejects. */
export type ReadHistory = (
	host: HostSpec,
	question: HistoryQuestion,
) => Promise<{readonly value: unknown} | {readonly complaint: string}>;

/** What hosts are shown to be let in. */
export interface RemoteCredentials {
	/** A bearer token, sent to every host that is read over HTTP, and to every Prometheus unless there is a user for it. */
	readonly token?: string;
	/** `user:password`, sent to every Prometheus and to nobody else. */
	readonly basicAuth?: string;
}

/** The ways to other hosts. */
export interface RemoteHosts {
	readonly openLine: OpenLine;
	readonly readHistory: ReadHistory;
}
