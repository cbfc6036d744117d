import type {HostSpec} from './host-spec.js';

/** What comes over a line to a host. Nothing is called after the line was ended. */
export interface LineListener {
	/** A JSON document, not yet looked at. */
	readonly onDocument: (value: unknown) => void;
	/** The line is over by itself. @param complaint why, in the words of ssh or the network, cleaned */
	readonly onEnd: (complaint: string) => void;
}

/** A connection to a host over which its documents come. */
export interface Line {
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
export type OpenLine = (host: HostSpec, options: LineOptions, listener: LineListener) => Line;

/** What is asked of a history. */
export interface HistoryQuestion {
	/** A word without spaces, which ssh's other side is given as it is. */
	readonly method?: string;
	readonly limit?: number;
	/** Bounds the whole, in milliseconds. */
	readonly timeoutMs: number;
}

/** Reads what `history --json` prints on a host. Never rejects. */
export type ReadHistory = (
	host: HostSpec,
	question: HistoryQuestion,
) => Promise<{readonly value: unknown} | {readonly complaint: string}>;

/** The ways to other hosts. */
export interface RemoteHosts {
	readonly openLine: OpenLine;
	readonly readHistory: ReadHistory;
}
