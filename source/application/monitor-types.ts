// The public interface of the library: everything here is published, with its documentation, as the types of the package.
import type {Silence} from '../domain/alerts/silences.js';
import type {CheckMethod} from '../domain/check-method.js';
import type {CheckResult, Details, ResultOf} from '../domain/check-result.js';
import type {Node, NodeDefinition} from '../domain/node/node.js';
import type {Transition} from '../domain/past/transition.js';
import type {StatusDocument} from '../domain/status-document.js';
import type {HistoryDocument} from './history-document.js';

/** A node definition as the user writes it: fields with a default may be left out. */
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

/** A stored node without its password, and its last saved result if there is one. */
export type StoredNode = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself holds the password. */
	readonly has_password?: true;
	/** `status` of the last saved result. */
	readonly worked?: boolean;
	/** `details` of the last saved result. */
	readonly worked_data?: Details;
};

/** Fields of a definition to change; `undefined` clears a field. */
export type NodeChanges = {readonly [F in keyof NodeDefinition]?: NodeDefinition[F] | undefined};

/** Which part of the history to return. */
export interface HistoryOptions {
	/** Ids or names; default: every node. */
	readonly nodes?: ReadonlyArray<number | string>;
	/** The method whose records are used; `full` counts as `api`. Default: the setting `method`. */
	readonly method?: CheckMethod;
	/** At most this many outages and transitions of each node, the latest. Default: all of the last 30 days. */
	readonly limit?: number;
}

/** What to silence, for how long, and why. Exactly one of `nodes`, `group`, `daemon` and `all` is given. */
export interface SilenceInput {
	/** Ids or names of nodes, at least one. */
	readonly nodes?: ReadonlyArray<number | string>;
	/** A group that at least one node is in. */
	readonly group?: string;
	/** A daemon, as `host`, `host:port` or a URL: only alerts that it causes are silenced. */
	readonly daemon?: string;
	/** True: all alerts. */
	readonly all?: boolean;
	/** How long, as a duration text such as `30m` or `2h`; at most `8784h`. */
	readonly for: string;
	/** Shown with the silence; cut to 200 characters. */
	readonly reason?: string;
}

/** The callbacks of `watch`. An error thrown in one is uncaught, as in any other callback. */
export interface WatchListener {
	/** Called when a node changed its state. */
	readonly onTransition?: (transition: Transition) => void;
	/** Called after every check. */
	readonly onResult?: (node: {readonly id: number; readonly name: string}, result: CheckResult) => void;
	/**
	 * Called with one line about a problem that does not belong to a node, such as results that cannot be saved, and with
	 * `undefined` when it is over.
	 */
	readonly onProblem?: (problem: string | undefined) => void;
}

/**
 * The checker for programs: what the commands of xmrtop use.
 *
 * A failed check is a result, not a rejection. Every method rejects (`listNodes` and `listSilences` throw) with an
 * `InputError` for something the caller can correct: its `code` is `node_not_found`, `invalid_node` for an invalid
 * definition, `invalid_config` or `newer_config` for a nodes.json that cannot be read, and `bad_usage` for anything else.
 * Methods that save reject with an `Error` of one line when nothing could be saved, or after `close`.
 *
 * Times are ISO-8601 UTC texts, and fields whose names end in `_ms` or `_s` are milliseconds or seconds. Unknown values are
 * absent.
 */
export interface Monitor {
	/**
	 * Whether the process of a node exists, and is `monero-wallet-rpc`. Reads /proc (or runs `ps`); sends nothing and saves
	 * nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `status`, and as `details` the process that was found; `state` is `unknown` when processes cannot be seen from
	 * here
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
	 * Whether the wallet answers, within the setting `timeout` (3 s) or the node's own, and its daemon is in sync. Calls
	 * `get_version` and `get_height` of the wallet, and read-only methods of its daemon; saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `status` is true for `up` and `degraded`; `details.reason` is one sentence about what is wrong, absent when
	 * nothing is wrong
	 * @example
	 * ```ts
	 * const {status, details} = await monitor.checkByApi('shop');
	 * console.log(status ? details.version_text : details.reason);
	 * ```
	 */
	readonly checkByApi: (node: NodeOrName) => Promise<ResultOf<'api'>>;
	/**
	 * All three checks, with every step of the connection and a hint about the cause; the slowest method. Saves nothing.
	 *
	 * @param node - a stored node's id or name, or a definition
	 * @returns `details.checks` has the results of the parts, `details.summary` one word for each, `details.hint` the likely
	 * cause and a command to try
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
	 * @returns what the `checkBy` method of that name returns
	 * @example
	 * ```ts
	 * const {status, details} = await monitor.checkNodeStatus('shop', 'api');
	 * ```
	 */
	readonly checkNodeStatus: (node: NodeOrName, method?: CheckMethod) => Promise<CheckResult>;
	/**
	 * Checks a stored node, saves the result in results.json and appends a state change to transitions.ndjson.
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
	 * Checks the available nodes every `interval` (5 s) by the `method` of the settings, saves the results, and reports what it
	 * finds, as `xmrtop watch` does; it sends no alerts. nodes.json is read again before every cycle.
	 *
	 * @param listener - callbacks; each may be left out
	 * @returns a function that stops watching; it resolves after the results are saved
	 * @throws Error after `close`
	 * @example
	 * ```ts
	 * const stop = monitor.watch({onTransition: ({node, to, reason}) => console.log(node, to, reason)});
	 * await stop();
	 * ```
	 */
	readonly watch: (listener: WatchListener) => () => Promise<void>;
	/**
	 * Returns uptime, outages and state changes from results.json and transitions.ndjson, without checking anything.
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
	 * Stores a new node in nodes.json; its name must be new. Relative paths are resolved against the current folder.
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
	 * Changes fields of a stored node in nodes.json; its id and history are kept.
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
	 * @returns the removed node, without its password
	 * @example
	 * ```ts
	 * await monitor.removeNode('shop');
	 * ```
	 */
	readonly removeNode: (node: number | string) => Promise<StoredNode>;
	/**
	 * The silences in force now, from silences.json, oldest first.
	 *
	 * @throws InputError (`invalid_config`) when the file cannot be read, instead of an empty list
	 * @example
	 * ```ts
	 * for (const {by, until, reason} of monitor.listSilences()) {
	 *   console.log(by, until, reason);
	 * }
	 * ```
	 */
	readonly listSilences: () => readonly Silence[];
	/**
	 * Silences alerts for a while, in silences.json: a running `watch` or `serve` of the same state folder applies it at once.
	 * Checks continue.
	 *
	 * @param about - what to silence, for how long, and why
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
	 * @throws InputError (`bad_usage`) for an id or a name that is not silenced; then no silence is ended
	 * @example
	 * ```ts
	 * await monitor.endSilences(['shop']);
	 * ```
	 */
	readonly endSilences: (which: 'all' | ReadonlyArray<number | string>) => Promise<readonly Silence[]>;
	/**
	 * Stops watching and closes kept-alive connections, so that the process can exit. Checks in progress report that they were
	 * cancelled, and methods that save results reject. May be called twice.
	 *
	 * @example
	 * ```ts
	 * await monitor.close();
	 * ```
	 */
	readonly close: () => Promise<void>;
}
