// What the library promises: everything here is published, with its documentation, as the types of the package.
import type {Silence} from '../domain/alerts/silences.js';
import type {CheckMethod} from '../domain/check-method.js';
import type {CheckResult, Details, ResultOf} from '../domain/check-result.js';
import type {Node, NodeDefinition} from '../domain/node/node.js';
import type {Transition} from '../domain/past/transition.js';
import type {StatusDocument} from '../domain/status-document.js';
import type {HistoryDocument} from './history-document.js';

/** A definition as a person writes it: what has a default may be left out. */
export type NodeInput = Pick<NodeDefinition, 'name' | 'port'> & Partial<NodeDefinition> & {readonly id?: number};

/** A stored node's id or name, or a definition that need not be stored. */
export type NodeOrName = NodeInput | number | string;

/** A node and its last saved result. */
export type NodeWithResult = Omit<Node, 'password'> & {
	/** `status` of the result. */
	readonly worked: boolean;
	/** `details` of the result. */
	readonly worked_data: Details;
};

/** A stored node without its password, and its last saved result where there is one. */
export type StoredNode = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself holds the password. */
	readonly has_password?: true;
	/** `status` of the last saved result. */
	readonly worked?: boolean;
	/** `details` of the last saved result. */
	readonly worked_data?: Details;
};

/** Fields of a definition that change; `undefined` clears a field. */
export type NodeChanges = {readonly [F in keyof NodeDefinition]?: NodeDefinition[F] | undefined};

/** Which pasts are wanted. */
export interface HistoryOptions {
	/** Ids or names; default: every node. */
	readonly nodes?: ReadonlyArray<number | string>;
	/** As which method saw them; `full` counts as `api`. Default: the setting `method`. */
	readonly method?: CheckMethod;
	/** At most so many outages and transitions of each node, the last ones. Default: all of the last 30 days. */
	readonly limit?: number;
}

/** Whom a silence is about, for how long, and why. Exactly one of `nodes`, `group`, `daemon` and `all` is given. */
export interface SilenceInput {
	/** Ids or names of nodes, at least one. */
	readonly nodes?: ReadonlyArray<number | string>;
	/** A group that at least one node is in. */
	readonly group?: string;
	/** A daemon, as `host`, `host:port` or a URL: only what it causes is silenced. */
	readonly daemon?: string;
	/** True: all alerts. */
	readonly all?: boolean;
	/** How long, as a duration text such as `30m` or `2h`; at most `8784h`. */
	readonly for: string;
	/** Shown with the silence; cut to 200 characters. */
	readonly reason?: string;
}

/** Who hears what is seen while nodes are watched. An error that is thrown here is uncaught, as in any other callback. */
export interface WatchListener {
	/** A node changed its state. */
	readonly onTransition?: (transition: Transition) => void;
	/** A check ended. */
	readonly onResult?: (node: {readonly id: number; readonly name: string}, result: CheckResult) => void;
	/** Something besides a node is wrong, in one line: results cannot be saved. Called with `undefined` when it is over. */
	readonly onProblem?: (problem: string | undefined) => void;
}

/**
 * The checker for programs: what the commands of xmrtop use.
 *
 * A failed check is a result and rejects nothing. Every method rejects (`listNodes` and `listSilences` throw) with an
 * {@link InputError} for what a person can correct: its `code` is `node_not_found`, `invalid_node` for a definition that is not
 * allowed, `invalid_config` or `newer_config` for a nodes.json that cannot be read, and `bad_usage` for anything else. What saves
 * rejects with an `Error` of one line when nothing could be saved, or after `close`.
 *
 * Times are ISO-8601 UTC texts, and fields whose names end in `_ms` or `_s` are milliseconds or seconds. What is not known is absent.
 */
export interface Monitor {
	/**
	 * Whether the process of a node exists, and is `monero-wallet-rpc`. Looks at /proc (or `ps`); sends nothing and saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `status`, and as `details` the process where one was seen; `state` is `unknown` where no process can be seen from here
	 * @example
	 * ```ts
	 * const {status, details} = await monitor.checkByPid('shop');
	 * console.log(status ? `pid ${details.pid}` : details.message);
	 * ```
	 */
	readonly checkByPid: (node: NodeOrName) => Promise<ResultOf<'pid'>>;
	/**
	 * Whether something listens on the port of a node, within the setting `port_timeout` (1 s). Connects and closes; saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `status`, and as `details` the address and, in milliseconds, how long the connection took
	 * @example
	 * ```ts
	 * const {details} = await monitor.checkByPort({name: 'new', port: 18082});
	 * console.log(details.message, details.latency_ms);
	 * ```
	 */
	readonly checkByPort: (node: NodeOrName) => Promise<ResultOf<'port'>>;
	/**
	 * Whether the wallet answers, within the setting `timeout` (3 s) or the node's own, and its daemon is in sync. Calls `get_version` and
	 * `get_height` of the wallet, and read-only methods of its daemon; saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `status` is true for `up` and `degraded`; `details.reason` is one sentence about what is wrong, absent when nothing is
	 * @example
	 * ```ts
	 * const {status, details} = await monitor.checkByApi('shop');
	 * console.log(status ? details.version_text : details.reason);
	 * ```
	 */
	readonly checkByApi: (node: NodeOrName) => Promise<ResultOf<'api'>>;
	/**
	 * All of these, with every step of the connection and a hint about the cause; the slowest. Saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `details.checks` has the parts, `details.summary` a word for each, `details.hint` the likely cause and a command to try
	 * @example
	 * ```ts
	 * const {details} = await monitor.checkFull('shop');
	 * console.log(details.summary.api_responding, details.hint);
	 * ```
	 */
	readonly checkFull: (node: NodeOrName) => Promise<ResultOf<'full'>>;
	/**
	 * Checks a node by any method, and saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @param method - default: the setting `method`
	 * @returns what the `checkBy` method of that name gives
	 * @example
	 * ```ts
	 * const {status, details} = await monitor.checkNodeStatus('shop', 'api');
	 * ```
	 */
	readonly checkNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<CheckResult>;
	/**
	 * Checks a stored node, and saves the result in results.json and a change of state in transitions.ndjson.
	 *
	 * @param node - a stored node, by id, name or definition
	 * @param method - default: the setting `method`
	 * @returns the node without its password, with the result as `worked` and `worked_data`
	 * @throws Error when the result cannot be saved, or the monitor is closed
	 * @example
	 * ```ts
	 * const {worked, worked_data: details} = await monitor.updateNodeStatus('shop');
	 * console.log(worked, details.last_check);
	 * ```
	 */
	readonly updateNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<NodeWithResult>;
	/**
	 * Checks every available node, and saves the results as `updateNodeStatus` does.
	 *
	 * @param method - default: the setting `method`
	 * @returns the document that `xmrtop status --json` prints; its schema is `xmrtop/schemas/status.json`
	 * @throws Error when the results cannot be saved, or the monitor is closed
	 * @example
	 * ```ts
	 * const {working, total} = await monitor.checkAllNodesStatus('api');
	 * console.log(`${working} of ${total} work`);
	 * ```
	 */
	readonly checkAllNodesStatus: (method?: CheckMethod) => Promise<StatusDocument>;
	/**
	 * Checks the available nodes every `interval` (5 s) by the `method` of the settings, saves the results, and tells what is
	 * seen, as `xmrtop watch` does; it sends no alerts. nodes.json is read anew before every cycle.
	 *
	 * @param listener - who is told; every part may be left out
	 * @returns ends the watching; resolves after the results are saved
	 * @throws Error after `close`
	 * @example
	 * ```ts
	 * const stop = monitor.watch({onTransition: ({node, to, reason}) => console.log(node, to, reason)});
	 * await stop();
	 * ```
	 */
	readonly watch: (listener: WatchListener) => () => Promise<void>;
	/**
	 * Uptime, outages and changes of state, from results.json and transitions.ndjson; nothing is checked.
	 *
	 * @param options - which nodes, by which method, and how much; default: everything
	 * @returns the document that `xmrtop history --json` prints; its schema is `xmrtop/schemas/history.json`
	 * @example
	 * ```ts
	 * const {nodes} = await monitor.history({nodes: ['shop'], limit: 10});
	 * console.log(nodes[0]?.uptime['24h'].ratio, nodes[0]?.outages);
	 * ```
	 */
	readonly history: (options?: HistoryOptions) => Promise<HistoryDocument>;
	/**
	 * Every stored node, from nodes.json, and its last result, from results.json.
	 *
	 * @returns in order of ids, without passwords
	 * @example
	 * ```ts
	 * for (const {name, worked_data: last} of monitor.listNodes()) {
	 *   console.log(name, last?.state ?? 'never checked');
	 * }
	 * ```
	 */
	readonly listNodes: () => readonly StoredNode[];
	/**
	 * Stores a new node in nodes.json; its name must be new. Relative paths count from the current folder.
	 *
	 * @param definition - at least a name and a port; an `id` in it is ignored
	 * @returns the node as it is stored, with its id and without its password
	 * @example
	 * ```ts
	 * await monitor.addNode({name: 'shop', port: 18082, login_file: '/run/wallet.login'});
	 * ```
	 */
	readonly addNode: (definition: NodeInput) => Promise<StoredNode>;
	/**
	 * Changes fields of a stored node in nodes.json; id and history stay.
	 *
	 * @param node - its id or name
	 * @param changes - `undefined` clears a field
	 * @returns the node as it is stored now
	 * @example
	 * ```ts
	 * await monitor.editNode('shop', {group: 'hot', title: undefined});
	 * ```
	 */
	readonly editNode: (node: number | string, changes: NodeChanges) => Promise<StoredNode>;
	/**
	 * Removes a stored node from nodes.json.
	 *
	 * @param node - its id or name
	 * @returns what it was, without its password
	 * @example
	 * ```ts
	 * await monitor.removeNode('shop');
	 * ```
	 */
	readonly removeNode: (node: number | string) => Promise<StoredNode>;
	/**
	 * The silences that hold now, from silences.json, oldest first.
	 *
	 * @throws InputError (`invalid_config`) when the file cannot be read: that nobody is silenced is then no answer
	 * @example
	 * ```ts
	 * for (const {by, until, reason} of monitor.listSilences()) {
	 *   console.log(by, until, reason);
	 * }
	 * ```
	 */
	readonly listSilences: () => readonly Silence[];
	/**
	 * Silences alerts for a while, in silences.json: a running `watch` or `serve` of the same state folder honours it at once. Checks go on.
	 *
	 * @param about - whom, for how long, and why
	 * @returns the silence, with its id and its end
	 * @example
	 * ```ts
	 * const {id, until} = await monitor.silence({nodes: ['shop'], for: '2h', reason: 'new disk'});
	 * ```
	 */
	readonly silence: (about: SilenceInput) => Promise<Silence>;
	/**
	 * Ends silences now.
	 *
	 * @param which - ids of silences, names of nodes that are silenced by name, or `all`
	 * @returns those that were ended
	 * @throws InputError (`bad_usage`) for an id or a name that is not silenced; none is ended then
	 * @example
	 * ```ts
	 * await monitor.endSilences(['shop']);
	 * ```
	 */
	readonly endSilences: (which: 'all' | ReadonlyArray<number | string>) => Promise<readonly Silence[]>;
	/**
	 * Ends the watching and the kept connections, so that the process can end. Checks then say that they were cancelled; what saves
	 * results is rejected. May be called twice.
	 *
	 * @example
	 * ```ts
	 * await monitor.close();
	 * ```
	 */
	readonly close: () => Promise<void>;
}
