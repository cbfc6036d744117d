/** The methods of checking a node. Each one proves more than the one before, and takes longer. */
export const checkMethods = ['pid', 'port', 'api', 'full'] as const;

/** One of {@link checkMethods}. */
export type CheckMethod = (typeof checkMethods)[number];

/** The description of a method. */
export interface CheckMethodWords {
	/** What a passing check proves. */
	readonly proves: string;
	/** What it does not prove; absent if it proves everything. */
	readonly doesNotProve?: string;
	/**
	 * The method under which results are recorded: transitions are kept per node and method, and `full` counts as `api`
	 * because its verdict is that of the API.
	 */
	readonly recordedAs: RecordedMethod;
}

/** The methods that have their own history. */
export const recordedMethods = ['pid', 'port', 'api'] as const satisfies readonly CheckMethod[];

/** One of `recordedMethods`. */
export type RecordedMethod = (typeof recordedMethods)[number];

/** The description of every method. A new method without its row does not compile. */
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

/** Parses the name of a method; `undefined` if there is none of that name. */
export function parseCheckMethod(text: string): CheckMethod | undefined {
	return checkMethods.find(method => method === text);
}

/** The version of every JSON document and file that xmrtop writes. */
export const schemaVersion = 1;
