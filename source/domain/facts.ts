import * as v from 'valibot';
import type {CheckMethod} from './check-method.js';
import type {WorkCounters} from './past/work.js';
import {amount, anyObject, boolean, count, isObject, isoTime, number, state, text} from './schemas.js';
import {states} from './state.js';

/**
 * The table of facts of a result. The types of results, the JSON Schema, the parsers of results.json and of other hosts'
 * documents, and the facts that `full` copies from its parts are derived from it.
 */

/** The kind of a result: a method, or a part of a `full` check that is not a method. */
export type ResultKind = CheckMethod | 'daemon' | 'wallet';

/** The kinds of results that contain the facts of each group. */
const carriers = {
	/** Facts of every result. */
	common: ['pid', 'port', 'api', 'full', 'daemon', 'wallet'],
	/** The address that was asked. */
	url: ['api'],
	/** The answer to `get_version`. */
	version: ['api', 'full'],
	/** What went wrong, in the words of the system or the server. */
	error: ['port', 'api', 'daemon', 'wallet'],
	http: ['api'],
	address: ['port'],
	/** A running process, stored to detect restarts and reused pids. */
	process: ['pid', 'api'],
	/** Other facts about a process. */
	process_look: ['pid'],
	/** The daemon of the node. Absent facts are unknown, or hidden by a restricted port. */
	daemon: ['api', 'full', 'daemon'],
	/** Facts that only a check of the daemon itself provides. */
	daemon_look: ['daemon'],
	wallet: ['api', 'full', 'wallet'],
	cause: ['api', 'full'],
	/** A node that does not answer, or does not answer correctly. */
	response: ['api', 'full'],
	/** The process of a node, in addition to its identity. */
	restarts: ['api', 'full'],
	/** The resources that the process of a node uses. */
	usage: ['pid', 'api', 'full'],
	/** The wallet's own connection to a daemon. */
	link: ['api', 'full'],
	diagnosis: ['full'],
} as const satisfies Readonly<Record<string, readonly ResultKind[]>>;

/** A group of facts. */
export type FactGroup = keyof typeof carriers;

/** A type of value. */
interface Kind<T> {
	/**
	 * Whether a value has this type. It accepts more than `json` describes, because another version may know more words or
	 * round differently.
	 */
	readonly fits: (value: unknown) => value is T;
	/** The JSON Schema of the values that this version writes; absent if nothing is guaranteed. */
	readonly json?: object;
	readonly unit?: 'ms' | 's' | 'blocks' | 'blocks/s' | 'bytes/s' | 'bytes' | 'cores';
}

/** @param json the JSON Schema of the values that this version writes; absent if nothing is guaranteed */
const kind = <T>(schema: v.GenericSchema<unknown, T>, json?: object, unit?: Kind<T>['unit']): Kind<T> => ({
	// The published types must not depend on the types of valibot, so the schema is not part of the result.
	fits: (value): value is T => v.is(schema, value),
	...(json && {json}),
	...(unit && {unit}),
});

const anyText = kind(text, {type: 'string'});
const flag = kind(boolean, {type: 'boolean'});
/** ISO-8601 UTC. */
const time = kind(isoTime, {type: 'string', format: 'date-time', description: 'ISO-8601 UTC'});
const milliseconds = kind(amount, {type: 'number', minimum: 0, description: 'milliseconds'}, 'ms');
const seconds = kind(amount, {type: 'integer', minimum: 0}, 's');
const speed = kind(amount, {type: 'number', exclusiveMinimum: 0}, 'blocks/s');
const blocks = kind(count, {type: 'integer', minimum: 0}, 'blocks');
const wholeNumber = (minimum: number) => kind(count, {type: 'integer', minimum});
const words = <const W extends string>(known: readonly W[]) =>
	kind(
		v.custom<W>(value => typeof value === 'string'),
		{enum: known},
	);

/**
 * The states of a wallet's connection to its daemon. `connecting`: the wallet is trying to connect. `closed`: the peer has
 * closed the connection, but the wallet has not noticed yet. `other`: the connection goes to another daemon than the
 * configured one. `none`: there is no connection.
 */
const linkStates = ['connected', 'retransmitting', 'connecting', 'closed', 'other', 'none'] as const;

/** One of {@link linkStates}. */
export type LinkState = (typeof linkStates)[number];

/** The counters of a process, and when they last showed work. */
export interface WorkFacts extends WorkCounters {
	/** ISO-8601 UTC; absent if they have not shown work since the node last answered. */
	readonly worked_at?: string;
}

const work = kind(v.custom<WorkFacts>(isObject), {
	type: 'object',
	description: 'resources used since its start by the process of a node that does not respond',
	required: ['cpu_ms'],
	properties: {
		cpu_ms: milliseconds.json,
		context_switches: {type: 'integer', minimum: 0, description: 'voluntary context switches of all threads'},
		disk_read_bytes: {type: 'integer', minimum: 0},
		major_faults: {type: 'integer', minimum: 0},
		throttled: {
			type: 'integer',
			minimum: 0,
			description: 'periods in which the process was throttled by its CPU limit',
		},
		worked_at: {...time.json, description: 'when the process was last seen working'},
	},
});

/** The steps of a `full` check. */
export const stepNames = ['name', 'tcp', 'tls', 'http', 'login', 'json_rpc', 'version', 'wallet', 'daemon'] as const;
const stepStates = ['passed', 'broken', 'not_reached'] as const;

/** One step of a `full` check. Steps that do not apply (no TLS, no daemon configured) are left out. */
export interface ConnectionStep {
	readonly rung: (typeof stepNames)[number];
	readonly state: (typeof stepStates)[number];
	/** Why it is broken, or why it was not reached. */
	readonly reason?: string;
}

const rungs = kind<readonly ConnectionStep[]>(
	v.array(v.looseObject({rung: v.picklist(stepNames), state: v.picklist(stepStates), reason: v.exactOptional(text)})),
	{
		type: 'array',
		items: {
			type: 'object',
			required: ['rung', 'state'],
			properties: {rung: {enum: stepNames}, state: {enum: stepStates}, reason: anyText.json},
		},
	},
);

const checks = kind<object>(anyObject, {
	type: 'object',
	required: ['pid', 'port', 'api', 'wallet'],
	additionalProperties: {
		type: 'object',
		required: ['status', 'details'],
		properties: {status: {type: 'boolean'}, details: {type: 'object', required: ['message', 'state']}},
	},
});

/** The findings of a `full` check, as one boolean each. */
export interface FullSummary {
	readonly pid_alive: boolean;
	readonly port_in_use: boolean;
	readonly api_responding: boolean;
	readonly daemon_reachable?: boolean;
	readonly daemon_synchronized?: boolean;
	readonly wallet_open?: boolean;
}

const summary = kind(v.custom<FullSummary>(isObject), {
	type: 'object',
	required: ['pid_alive', 'port_in_use', 'api_responding'],
	additionalProperties: {type: 'boolean'},
});

/** One row of the table. */
interface Fact<G extends FactGroup, T, R extends boolean> extends Kind<T> {
	readonly group: G;
	/** Whether the fact is present in every result of its kinds. */
	readonly required: R;
}

/** An optional fact. @param description its description in the JSON Schema, if its name is not clear enough */
function fact<G extends FactGroup, T>(group: G, kind: Kind<T>, description?: string): Fact<G, T, false> {
	const json = description === undefined ? kind.json : {...kind.json, description};
	return {...kind, group, required: false, ...(json && {json})};
}

const required = <G extends FactGroup, T>(group: G, kind: Kind<T>): Fact<G, T, true> => ({
	...kind,
	group,
	required: true,
});

/** Every fact, in the order of the JSON Schema. The names are those of the fields in JSON documents. */
export const facts = {
	/** One of the fixed texts of this method. */
	message: required('common', anyText),
	/** One sentence in plain words that says why the node is not `up`. Absent only if it is `up`. */
	reason: fact('common', anyText),
	state: required('common', kind(state, {enum: states})),
	/** The duration of the exchange if there was an answer, else the time until the check gave up. */
	latency_ms: required('common', milliseconds),
	last_check: required('common', time),
	url: required('url', anyText),
	/** As in the answer: major << 16 | minor. */
	version: fact('version', wholeNumber(0)),
	/** `1.25` for 65561. */
	version_text: fact('version', kind(text, {type: 'string', pattern: '^\\d+\\.\\d+$'})),
	/** Whether the program was built from a release tag; false is not a problem. */
	release: fact('version', flag),
	/** What went wrong, in the words of the system or the server. */
	error: fact('error', anyText),
	/** The HTTP status, if there was an HTTP answer other than 200. */
	status_code: fact('http', kind(count, {type: 'integer'})),
	host: required('address', anyText),
	port: required('address', kind(count, {type: 'integer', minimum: 1, maximum: 65_535})),
	pid: fact('process', wholeNumber(1)),
	/**
	 * The command line with secrets redacted; for a program that is not a wallet, its name and the number of its arguments.
	 */
	cmdline: fact('process', anyText),
	/**
	 * Whether it is `monero-wallet-rpc`, by its name or because it owns the node's listening socket and was started as a
	 * wallet.
	 */
	is_monero_process: fact('process_look', flag),
	/** Derived from the boot time, so it may move by a second when the clock is set. */
	started_at: fact('process', time),
	/** Linux: field 22 of /proc/PID/stat, in clock ticks since boot. Exact, unlike `started_at`. */
	start_ticks: fact('process', wholeNumber(0), 'Linux: when the process started, in clock ticks since boot'),
	/** The systemd unit the process runs in, from its cgroup. */
	unit: fact('process', anyText),
	/** The uid of the user whose systemd instance (`systemd --user`) runs that unit or container; absent for the system's. */
	unit_uid: fact('process', wholeNumber(0), 'uid of the user whose own systemd instance runs the unit or container'),
	/** The id or name of the container it runs in, from its cgroup. */
	container: fact('process', anyText),
	/** Its name at its engine, else that of its Kubernetes pod, if that can be read. */
	container_name: fact('process', anyText, 'name of the container or Kubernetes pod it runs in'),
	/** The engine that runs that container. */
	container_engine: fact('process', words(['docker', 'podman', 'kubernetes', 'nerdctl', 'nspawn', 'lxc'])),
	/** The uid of the Kubernetes pod it runs in, from its cgroup. */
	pod_uid: fact('process', anyText),
	/** The node's host, if it is an address of the process's network and not of this machine itself. */
	network_host: fact('process', anyText, "the node's host, if it is an address of a container of this machine"),
	/** The network namespace it runs in, in the kernel's notation: `net:[4026531840]`. */
	network_namespace: fact('process_look', anyText),
	/** Resident memory of the node's process. */
	memory_bytes: fact('usage', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'resident memory of the process'),
	threads: fact('process_look', wholeNumber(1)),
	/** Open file descriptors of the process, and their soft limit. */
	open_files: fact('process_look', wholeNumber(0)),
	open_files_limit: fact('process_look', wholeNumber(0), 'soft limit of open files of the process'),
	/** The daemon's address as configured, in its short form (`host:port`). */
	daemon: fact('daemon', anyText),
	daemon_reachable: fact('daemon', flag),
	daemon_synchronized: fact('daemon', flag),
	/** The number of blocks in the daemon's chain (top height + 1); that of its bootstrap daemon while it uses one. */
	daemon_height: fact('daemon', blocks),
	/**
	 * Present and true if the node's definition names no daemon, and the daemon was taken from the command line or
	 * configuration file of its process.
	 */
	daemon_inferred: fact('daemon', flag, 'the daemon was taken from the options of the process'),
	/** Why the node's daemon is not checked or not compared, if that is not a problem of the daemon. */
	daemon_note: fact('daemon', anyText, 'why the daemon is not checked or not compared'),
	/** While it uses a bootstrap daemon: the number of blocks in its own chain. */
	daemon_own_height: fact('daemon', blocks, "height of the daemon's own chain, without its bootstrap daemon"),
	/** While it uses a bootstrap daemon: the address of the bootstrap daemon. */
	bootstrap_daemon: fact('daemon', anyText),
	/**
	 * The number of blocks by which the daemon is behind the highest plausible daemon of its chain in the fleet or, until it
	 * is synchronized, behind its target.
	 */
	daemon_lag: fact('daemon', blocks),
	/** What is wrong with the daemon, such as `last saw a block 47 m ago`; absent if nothing is. */
	daemon_fault: fact('daemon', anyText),
	/** The speed at which the daemon catches up; present while it is too far behind and its height rises. */
	daemon_blocks_per_s: fact('daemon', speed),
	/** Seconds until it has caught up at that speed. */
	daemon_eta_s: fact('daemon', seconds, 'estimated seconds until the daemon is synchronized'),
	/** Milliseconds since its height last rose; present while it is too far behind and its height does not rise. */
	daemon_stalled_ms: fact('daemon', milliseconds),
	/** `mainnet`, `stagenet`, `testnet` or `fakechain` (regtest). */
	nettype: fact('daemon', anyText),
	wallet_open: fact('wallet', flag),
	/** The number of blocks the wallet has scanned (counted as in `daemon_height`). */
	wallet_height: fact('wallet', blocks),
	/**
	 * The number of blocks by which the wallet is behind its daemon or, without a daemon, behind the fleet's daemons of its
	 * network; negative if it is ahead.
	 */
	wallet_lag: fact('wallet', kind(number, {type: 'integer'}, 'blocks')),
	/** When its height last fell within the last hour: a rescan, or another wallet was opened. */
	wallet_fell_at: fact('wallet', time, 'when the wallet height last fell, within the last hour'),
	/** The height before it fell. */
	wallet_fell_from: fact('wallet', blocks),
	/** The height after it fell. */
	wallet_fell_to: fact('wallet', blocks),
	/** The speed at which the wallet catches up; present while it is too far behind and its height rises. */
	catch_up_blocks_per_s: fact('wallet', speed),
	/** Seconds until it has caught up with its daemon at that speed. */
	eta_s: fact('wallet', seconds, 'estimated seconds until the wallet has caught up with its daemon'),
	/** Present and true if it is too far behind and its height does not rise. */
	stalled: fact('wallet', flag),
	/** Milliseconds since its height last rose, or since it was first seen behind. */
	stalled_ms: fact('wallet', milliseconds),
	/**
	 * Seconds since the timestamp of the daemon's last block, by the clock that fits it; never negative. Not determined for a
	 * regtest chain.
	 */
	block_age_s: fact('daemon', seconds, "seconds since the daemon's last block"),
	/** CPU cores that the node's process used between two samples. */
	cpu_cores: fact('usage', kind(amount, {type: 'number', minimum: 0}, 'cores'), 'CPU cores used by the process'),
	/** Milliseconds since the first check that was not answered. */
	silent_ms: fact('response', milliseconds),
	/** The counters of its process at `last_check`, for comparison by a later check. */
	work: fact('response', work),
	/** When the API last answered, in a result whose `status` is false. Equal to `last_check` if it answered this time. */
	last_answer_at: fact('response', time, 'when the API last responded, if status is false'),
	/** When the wallet's height, lag and speed were measured, if by an earlier check. */
	facts_at: fact(
		'response',
		time,
		'when height, lag and speed of the wallet were measured, if earlier than this check',
	),
	/** Present and true while the wallet scans the chain and responds intermittently. */
	scanning: fact('response', flag, 'the wallet scans the chain and responds intermittently'),
	/** The number of starts that were seen; present during a crash loop. */
	crash_loop_starts: fact('response', wholeNumber(2)),
	/** Milliseconds since the first of these starts. */
	crash_loop_ms: fact('response', milliseconds, 'milliseconds since the first start of the crash loop'),
	/** Present and true while the process is stopped; `stopped_by` says by what. */
	stopped: fact('process_look', flag),
	/** What stopped it: a signal, a debugger that traces it, or the freezer of its control group. */
	stopped_by: fact('process_look', words(['signal', 'tracer', 'freezer'])),
	/** The tracer: program and pid, such as `gdb, pid 4711`. */
	tracer: fact('process_look', anyText),
	/** The number of restarts of the process seen in the last hour; absent if there were none. */
	restarts: fact('restarts', wholeNumber(1), 'restarts seen in the last hour'),
	/** When the current process was started, if it replaced another one within the last hour. */
	restarted_at: fact('restarts', time),
	/** The version before the last change, if the change was seen in the last 24 h. */
	version_before: fact('restarts', anyText),
	/** The state of the wallet's connection to its daemon, if its process can be inspected. */
	link_state: fact('link', words(linkStates), "the wallet's own connection to a daemon"),
	/** The remote address of that connection, as seen in the wallet's network namespace: `10.0.0.5:18081`. */
	link_peer: fact('link', anyText),
	/** Present if the wallet has been without its daemon for two refreshes: `moved` to another daemon, or `lost`. */
	link_trouble: fact('link', words(['lost', 'moved']), 'the wallet has lost its daemon, or was moved to another one'),
	/** When this state of the connection was first seen; it may have begun earlier. */
	link_since: fact('link', time, 'when this state of the connection was first seen'),
	/** Bytes per second received and sent over it since the previous sample. */
	link_bytes_per_s: fact(
		'link',
		kind(amount, {type: 'number', minimum: 0}, 'bytes/s'),
		"bytes per second over the wallet's connection to its daemon",
	),
	/** Why the process of the node was not found. */
	process_unseen: fact('restarts', anyText),
	/** Warnings in addition to the verdict, such as a password file that others can read. */
	notes: fact('diagnosis', kind<readonly string[]>(v.array(text), {type: 'array', items: anyText.json})),
	/** The steps from the host name to the daemon: which passed, the first broken one, and those not reached after it. */
	rungs: required('diagnosis', rungs),
	/** The daemon that causes the state, if any. */
	caused_by: fact('cause', anyText),
	/** What most likely broke, and which command to try next. Absent if nothing is wrong. */
	hint: fact('diagnosis', anyText),
	/** The same time as `last_check`. */
	timestamp: required('diagnosis', time),
	checks: required('diagnosis', checks),
	summary: required('diagnosis', summary),
	daemon_version_text: fact('daemon_look', anyText),
	/** Whether the daemon knows of a newer version. Absent for a restricted daemon, and if its update check is disabled. */
	update_available: fact('daemon_look', flag, 'whether the daemon knows of a newer version'),
	/** When the daemon was started. */
	daemon_started_at: fact('daemon_look', time, 'when the daemon was started'),
	/** The size of its database; a restricted daemon reports it rounded up to a multiple of 5 GiB. */
	database_bytes: fact('daemon_look', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'size of its database'),
	/** Free space on the disk of its database. */
	free_disk_bytes: fact('daemon_look', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'free space of its disk'),
	/** Its clock minus the local clock, accurate to about a second. */
	clock_ahead_s: fact('daemon_look', kind(number, {type: 'integer'}, 's'), "the daemon's clock minus the clock here"),
	/** Whether it was asked over TLS. */
	tls: fact('daemon_look', flag, 'whether the daemon was asked over TLS'),
	/**
	 * `none`: it requires no login. `accepted`: the configured login works. `missing`: it requires a login, but none is
	 * configured. `refused`: the login is wrong.
	 */
	login: fact('daemon_look', words(['none', 'accepted', 'missing', 'refused'])),
	target_height: fact('daemon_look', blocks),
	outgoing_peers: fact('daemon_look', wholeNumber(0)),
	incoming_peers: fact('daemon_look', wholeNumber(0)),
	offline: fact('daemon_look', flag),
	restricted: fact('daemon_look', flag),
	/** Present and true while it is synchronizing a batch of blocks. */
	busy_syncing: fact('daemon_look', flag),
};

/** The table's type. */
type Facts = typeof facts;

/** The name of a fact. */
export type FactName = keyof Facts;

type ValueOf<F> = F extends Kind<infer T> ? T : never;

type OptionalFacts<G extends FactGroup> = {
	readonly [N in FactName as Facts[N] extends Fact<G, unknown, false> ? N : never]?: ValueOf<Facts[N]>;
};
type RequiredFacts<G extends FactGroup> = {
	readonly [N in FactName as Facts[N] extends Fact<G, unknown, true> ? N : never]: ValueOf<Facts[N]>;
};

/** The facts of one or more groups, as fields of an object. */
export type FactsOf<G extends FactGroup> = OptionalFacts<G> & RequiredFacts<G>;

/** The facts in results of one kind. */
export type FactsCarriedBy<K extends ResultKind> = FactsOf<
	{[G in FactGroup]: K extends (typeof carriers)[G][number] ? G : never}[FactGroup]
>;

const allNames = Object.keys(facts) as FactName[];
const allGroups = Object.keys(carriers) as FactGroup[];

/** The names of the facts of a group. */
export function factNames<G extends FactGroup>(group: G): ReadonlyArray<keyof FactsOf<G>> {
	return allNames.filter(name => facts[name].group === group) as string[] as Array<keyof FactsOf<G>>;
}

/** The names of the facts that both `api` and `full` results contain, group by group, without the common ones. */
export const nodeFactNames = allGroups
	.filter(group => group !== 'common' && ['api', 'full'].every(kind => carriesGroup(kind as ResultKind, group)))
	.flatMap(factNames) as ReadonlyArray<
	Exclude<keyof FactsCarriedBy<'api'> & keyof FactsCarriedBy<'full'>, keyof FactsOf<'common'>>
>;

function carriesGroup(kind: ResultKind, group: FactGroup): boolean {
	return (carriers[group] as readonly ResultKind[]).includes(kind);
}

/** Whether results of a kind may contain a fact. */
export function isFactCarriedBy(name: FactName, kind: ResultKind): boolean {
	return carriesGroup(kind, facts[name].group);
}

/** The facts that every result of a kind contains. */
export function requiredFacts(kind: ResultKind): readonly FactName[] {
	return allNames.filter(name => facts[name].required && isFactCarriedBy(name, kind));
}

/** Whether a value is valid for the fact of that name. For a name that is not in the table, any value is. */
export function fitsFact(name: string, value: unknown): boolean {
	return !Object.hasOwn(facts, name) || facts[name as FactName].fits(value);
}
