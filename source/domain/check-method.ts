/** How a node is checked. Each method proves more than the one before, and takes longer. */
export const checkMethods = ['pid', 'port', 'api', 'full'] as const;

/** One of {@link checkMethods}. */
export type CheckMethod = (typeof checkMethods)[number];

/** What a person choosing a method reads. */
export interface CheckMethodWords {
	/** What a passing check proves. */
	readonly proves: string;
	/** What it leaves open; absent when nothing is. */
	readonly doesNotProve?: string;
	/**
	 * The method whose history this one's verdict belongs to: transitions are kept per node and method,
	 * and `full` counts as `api` because it ends in the API's verdict.
	 */
	readonly recordedAs: RecordedMethod;
}

/** The methods that have a history of their own. */
export const recordedMethods = ['pid', 'port', 'api'] as const satisfies readonly CheckMethod[];

/** One of `recordedMethods`. */
export type RecordedMethod = (typeof recordedMethods)[number];

/** The words of every method; a new method does not compile without its row. */
export const checkMethodWords: Readonly<Record<CheckMethod, CheckMethodWords>> = {
	pid: {proves: 'the process exists', doesNotProve: 'that it works', recordedAs: 'pid'},
	port: {proves: 'something listens on the port', doesNotProve: 'that it is the wallet', recordedAs: 'port'},
	api: {
		proves: 'the wallet answers; with a daemon, in sync',
		doesNotProve: 'why it fails',
		recordedAs: 'api',
	},
	full: {proves: 'all of the above, with the likely cause; the slowest', recordedAs: 'api'},
};

/** Narrows a word typed by a person to a method, or `undefined`. */
export function parseCheckMethod(text: string): CheckMethod | undefined {
	return checkMethods.find(method => method === text);
}

/** The commands a person can type; a node may not be named like one. */
export const commandNames = [
	'status',
	'watch',
	'serve',
	'nodes',
	'discover',
	'history',
	'wait',
	'demo',
	'config',
	'info',
	'completion',
	'help',
] as const;

/** The version of every JSON document and file that xmrtop writes. */
export const schemaVersion = 1;
